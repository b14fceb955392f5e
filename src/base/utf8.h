/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef AVOW_BASE_UTF8_H
#define AVOW_BASE_UTF8_H

#include "base/buf.h"
#include "base/span.h"

/** True when the whole span is well-formed. */
bool avow_utf8_is_valid(struct avow_span s);
/**
 * Decode one code point at the start of s.
 * @return its length in bytes (1..4) and the code point in *cp, or 0 when
 * the bytes are not well-formed.
 */
size_t avow_utf8_decode(struct avow_span s, uint32_t *cp);
/** Append one code point; a surrogate or out of range appends U+FFFD. */
void avow_utf8_put(struct avow_buf *b, uint32_t cp);
/** Write 1..4 bytes of cp to out (4 bytes of room); returns the length. */
size_t avow_utf8_encode(uint32_t cp, uint8_t *out);

#endif
