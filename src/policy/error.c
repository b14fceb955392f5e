/*
 * Errors of a policy text in the contract's form (spec 10): offending symbol,
 * line, column, failure and failing rule. What failed is decided by the rooms
 * that call it; here it only becomes printable text.
 */
#include "policy/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

void
policy_printable(char *dst, size_t size, struct avow_span s)
{
	size_t at = 0, n;
	uint32_t cp;

	while (s.n) {
		n = avow_utf8_decode(s, &cp);
		if (n == 0 || cp < 0x20 || cp == 0x7f) {
			if (at + 1 >= size)
				break;
			dst[at++] = '?';
			s = avow_span_from(s, n ? n : 1);
			continue;
		}
		if (at + n >= size)
			break;
		memcpy(dst + at, s.p, n);
		at += n;
		s = avow_span_from(s, n);
	}
	dst[at] = '\0';
}

enum avow_err
policy_refuse(struct avow_policy_error *err, enum avow_err code,
	const struct policy_at *at, const char *expected, const char *fmt, ...)
{
	char text[sizeof(err->failure)];
	va_list ap;

	if (err->code != AVOW_OK)
		return err->code;
	err->code = code;
	err->line = at->place.line;
	err->column = at->place.column;
	policy_printable(err->symbol, sizeof(err->symbol), at->symbol);
	snprintf(err->expected, sizeof(err->expected), "%s", expected ? expected : "");
	snprintf(err->rule, sizeof(err->rule), "%s", at->rule);
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	policy_printable(err->failure, sizeof(err->failure), avow_span_str(text));
	snprintf(err->message, sizeof(err->message),
		"Offending symbol: '%s'\nLine: '%u', Column: '%u'\n"
		"Failure message: '%s'\nFailing rule: '%s'",
		err->symbol, err->line, err->column, err->failure, err->rule);
	return code;
}
