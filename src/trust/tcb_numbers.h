/*
 * The TCB evaluation data numbers that Intel offers, as PCS serves them:
 * {"tcbEvaluationDataNumbers":{...},"signature":"..."}, version 1. Parsed strictly;
 * the signature, over `raw`, and the dates are the reader's to judge.
 */
#ifndef AVOW_TRUST_TCB_NUMBERS_H
#define AVOW_TRUST_TCB_NUMBERS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/why.h"
#include "trust/tcb_info.h"

struct avow_tcb_number {
	uint32_t number;
	int64_t recovery_s; /* tcbRecoveryEventDate */
	int64_t date_s; /* tcbDate */
};

struct avow_tcb_numbers {
	struct avow_span document; /* as served */
	struct avow_span raw; /* the signed bytes, inside document */
	uint8_t signature[64]; /* r || s, big-endian */
	enum avow_tee tee;
	int64_t issue_date_s, next_update_s;
	const struct avow_tcb_number *numbers; /* as served: the highest first */
	size_t n;
};

/**
 * Parse a document. *out borrows it and lives in the arena.
 * @return AVOW_OK; AVOW_E_TCB_NUMBERS for everything wrong with the text;
 * AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena).
 * Source: Intel PCS API v4, "Retrieve TCB Evaluation Data Numbers".
 */
enum avow_err avow_tcb_numbers_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_tcb_numbers **out, struct avow_why *why) AVOW_CHECKED;

#endif
