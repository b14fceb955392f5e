/* Hexadecimal text: lower case out, either case in, nothing else accepted. */
#ifndef AVOW_BASE_HEX_H
#define AVOW_BASE_HEX_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/** Write 2*s.n lower-case digits and a NUL; out has 2*s.n+1 bytes. */
void avow_hex_encode(struct avow_span s, char *out);
void avow_hex_put(struct avow_buf *b, struct avow_span s);
/**
 * Decode exactly `n` bytes from exactly 2*n digits.
 * @return AVOW_OK, or AVOW_E_HEX (length or digit).
 */
enum avow_err avow_hex_decode(struct avow_span text, uint8_t *out, size_t n)
	AVOW_CHECKED;
/** What a digit stands for, 0 to 15; -1: it is none. */
int avow_hex_value(uint8_t c);
/** True when s is non-empty, even in length, and all digits. */
bool avow_hex_is(struct avow_span s);

#endif
