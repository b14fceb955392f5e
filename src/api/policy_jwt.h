/*
 * Policy text out of what clients put a policy in: a compact JWS whose payload
 * holds it (PUT /policies, and some clients' draft policies), or plain text.
 */
#ifndef AVOW_API_POLICY_JWT_H
#define AVOW_API_POLICY_JWT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/** True when the text can only be a compact JWS: a policy starts with the word
 *  `version` and has no two dots before its first space. */
bool avow_policy_jwt_is(struct avow_span text);
/**
 * The policy text of a policy JWT; nothing is verified here. An empty payload
 * (a reset) gives the empty span. AttestationPolicy is base64url of the text,
 * or, from old clients, the text itself (spec 02).
 * @return AVOW_OK; AVOW_E_JWS_FORMAT; AVOW_E_JSON_*; AVOW_E_JSON_MISSING without
 * AttestationPolicy; AVOW_E_UTF8; AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_policy_jwt_text(struct avow_span jwt, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** Append the unsigned policy JWT of a text, as the contract's clients write it:
 *  {"alg":"none"}, {"AttestationPolicy":base64url(text)}, empty signature. An
 *  empty text gives the JWT of "no policy". */
struct avow_buf;
void avow_policy_jwt_put_unsigned(struct avow_buf *b, struct avow_span text);

#endif
