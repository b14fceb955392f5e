/* From claims to a token's payload; see assemble.c. */
#ifndef AVOW_TOKEN_ASSEMBLE_H
#define AVOW_TOKEN_ASSEMBLE_H

#include "token/token.h"

/** A claim for the token under any name; both are borrowed. */
void avow_token_add_string(
	struct avow_claims *set, struct avow_span name, struct avow_span value);
void avow_token_add_int(struct avow_claims *set, struct avow_span name, int64_t value);

/**
 * Append the payload to json, whose maximum is the payload's.
 * @param own the token's own claims (iss, times, jti), or empty; grows.
 * Errors as avow_token_make.
 */
enum avow_err avow_token_assemble(const struct avow_token_spec *spec,
	struct avow_claims *own, struct avow_buf *json,
	struct avow_why *why) AVOW_CHECKED;

#endif
