/*
 * The JSON body of POST /attest/{type}, decoded as real clients send it.
 */
#ifndef AVOW_API_REQUEST_H
#define AVOW_API_REQUEST_H

#include "appraise/appraise.h"

struct avow_attest_body {
	struct avow_span evidence;	/* decoded */
	struct avow_bound_data runtime, init;
	struct avow_span event_log;	/* TDX: eventLog, decoded; empty: none */
	struct avow_span nonce;		/* as sent; empty: none */
	bool has_draft;
	struct avow_span draft_policy;	/* policy text, never a JWT */
};

/**
 * @param body the JSON text; a leading UTF-8 byte order mark is skipped.
 * @param kind tells the name of the member that holds the evidence.
 * @param out spans live in the arena or in `body`.
 * @return AVOW_OK; AVOW_E_JSON_* ; AVOW_E_JSON_MISSING (no evidence);
 * AVOW_E_BASE64; AVOW_E_UTF8 (nonce); AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY.
 * Contract: member names in any case, either base 64 alphabet with or without
 * padding, unknown members ignored, empty data as absent (spec 01, section 3).
 */
enum avow_err avow_attest_body_decode(struct avow_span body,
	const struct avow_kind *kind, struct avow_arena *a,
	struct avow_attest_body *out, struct avow_why *why) AVOW_CHECKED;

#endif
