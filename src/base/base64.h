/*
 * Base 64 (RFC 4648). Two readers: `strict` takes canonical unpadded
 * base64url alone (JOSE, RFC 7515 section 2); `lenient` takes either alphabet
 * with or without padding, as real clients of the contract send it. Neither
 * takes white space, and both refuse non-zero trailing bits.
 */
#ifndef AVOW_BASE_BASE64_H
#define AVOW_BASE_BASE64_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/** Append unpadded base64url. */
void avow_b64url_put(struct avow_buf *b, struct avow_span s);
/** Append padded base 64 in the standard alphabet. */
void avow_b64_put(struct avow_buf *b, struct avow_span s);
/**
 * Decode into the arena. *out is empty on error.
 * @return AVOW_OK; AVOW_E_BASE64; AVOW_E_TOO_LARGE when more than `max`
 * bytes would come out (judged before any is written); AVOW_E_NO_MEMORY.
 */
enum avow_err avow_b64url_decode(struct avow_span text, size_t max,
	struct avow_arena *a, struct avow_span *out) AVOW_CHECKED;
enum avow_err avow_b64_decode_lenient(struct avow_span text, size_t max,
	struct avow_arena *a, struct avow_span *out) AVOW_CHECKED;

#endif
