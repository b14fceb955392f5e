/*
 * Recording a refusal. Texts that may come from hostile input are made
 * printable here, once, so that no caller has to remember it.
 */
#include "base/why.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

void
avow_why_init(struct avow_why *why)
{
	memset(why, 0, sizeof(*why));
	why->offset = SIZE_MAX;
}

/* Control bytes and bytes above ASCII become '?': logs and JSON stay clean. */
static void
make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			*s = '?';
}

static void __attribute__((format(printf, 3, 0)))
put(char *dst, size_t n, const char *fmt, va_list ap)
{
	if (vsnprintf(dst, n, fmt, ap) < 0)
		dst[0] = '\0';
	make_printable(dst);
}

static void
put_str(char *dst, size_t n, const char *s)
{
	snprintf(dst, n, "%s", s ? s : "");
	make_printable(dst);
}

static bool
begin(struct avow_why *why, enum avow_err code, const struct avow_at *at)
{
	if (!why || why->code != AVOW_OK)
		return false;
	why->code = code;
	why->check = at ? at->check : NULL;
	why->source = at ? at->source : NULL;
	if (why->field[0] == '\0')
		put_str(why->field, sizeof(why->field), at ? at->field : NULL);
	return true;
}

enum avow_err
avow_refuse(struct avow_why *why, enum avow_err code, const struct avow_at *at,
	const char *expected, const char *got_fmt, ...)
{
	va_list ap;

	if (!begin(why, code, at))
		return code;
	put_str(why->expected, sizeof(why->expected), expected);
	if (got_fmt) {
		va_start(ap, got_fmt);
		put(why->got, sizeof(why->got), got_fmt, ap);
		va_end(ap);
	}
	return code;
}

static void
put_hex(char *dst, size_t n, struct avow_span s)
{
	size_t room = (n - 4) / 2;
	bool cut = s.n > room;

	avow_hex_encode(avow_span_slice(s, 0, room), dst);
	if (cut)
		memcpy(dst + room * 2, "...", 4);
}

enum avow_err
avow_refuse_bytes(struct avow_why *why, enum avow_err code, const struct avow_at *at,
	struct avow_span expected, struct avow_span got)
{
	if (!begin(why, code, at))
		return code;
	put_hex(why->expected, sizeof(why->expected), expected);
	put_hex(why->got, sizeof(why->got), got);
	return code;
}

void
avow_why_note(struct avow_why *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	put(why->message, sizeof(why->message), fmt, ap);
	va_end(ap);
}

void
avow_why_document(struct avow_why *why, const char *fmt, ...)
{
	va_list ap;

	if (!why || why->document[0])
		return;
	va_start(ap, fmt);
	put(why->document, sizeof(why->document), fmt, ap);
	va_end(ap);
}

void
avow_why_field(struct avow_why *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	put(why->field, sizeof(why->field), fmt, ap);
	va_end(ap);
}

void
avow_why_offset(struct avow_why *why, size_t offset)
{
	if (why)
		why->offset = offset;
}
