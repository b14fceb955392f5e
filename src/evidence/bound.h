/*
 * Data that a caller says is bound into the evidence by its SHA-256: runtime
 * data in report data, init-time data in the configuration id or host data.
 * Shared by every kind that has such a field.
 */
#ifndef AVOW_EVIDENCE_BOUND_H
#define AVOW_EVIDENCE_BOUND_H

#include "base/arena.h"
#include "base/err.h"
#include "base/why.h"
#include "evidence/evidence.h"
#include "wire/json.h"

/* Where the hash stands, and how a refusal is told. */
struct avow_bound_rule {
	struct avow_at at;
	enum avow_err mismatch, not_json;
};

/* AVOW_E_RUNTIME_DATA_MISMATCH and _JSON; AVOW_E_INIT_DATA_MISMATCH and _JSON. */
extern const struct avow_bound_rule avow_bound_runtime;
extern const struct avow_bound_rule avow_bound_init;

/**
 * SHA-256 of the data equals `hash` (32 bytes of verified or to be verified
 * evidence); JSON is parsed then, with NULs at its very end passed over, because
 * real clients hash and send them.
 * @param tree set to the JSON value, in the arena; NULL for binary data.
 * @return AVOW_OK; the rule's codes; AVOW_E_TOO_LARGE (AVOW_MAX_RUNTIME_DATA,
 * AVOW_MAX_RUNTIME_JSON); AVOW_E_CRYPTO, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_bound_check(const struct avow_bound_data *data,
	const struct avow_bound_rule *rule, struct avow_span hash, struct avow_arena *a,
	const struct avow_json **tree, struct avow_why *why) AVOW_CHECKED;

#endif
