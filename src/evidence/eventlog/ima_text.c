/*
 * Reads IMA's text list: each line's template data is made again from its fields,
 * and must have the template hash that the line begins with. So what the two files
 * of one kernel give is the same.
 */
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "evidence/eventlog/impl.h"

/* ima_template.c: d digest, n name, h a blob in hex */
static const struct template
{
	const char *name, *fields;
}
TEMPLATES[] = {
	{"ima-ng", "dn"},
	{"ima-sig", "dnh"},
	{"ima-ngv2", "dn"},
	{"ima-sigv2", "dnh"},
	{"ima-buf", "dnh"},
	{"ima-modsig", "dnhdh"},
};

struct line {
	struct avow_span text; /* what is left of it */
	uint8_t *out;
	size_t n;
};

bool
ima_is_text(struct avow_span bytes)
{
	struct avow_span s = avow_span_trim(avow_span_slice(bytes, 0, 64));
	size_t at = avow_span_find_byte(s, ' ');

	return at >= 1 && at <= 2 && s.n >= at + 41 && s.p[0] >= '0' && s.p[0] <= '9' &&
	       avow_hex_is(avow_span_slice(s, at + 1, 40));
}

static struct avow_span
word(struct line *l)
{
	size_t at = avow_span_find_byte(l->text, ' ');
	struct avow_span s = avow_span_slice(l->text, 0, at);

	l->text = avow_span_from(l->text, at + 1);
	return s;
}

static void
put(struct line *l, struct avow_span s)
{
	if (s.n)
		memcpy(l->out + l->n, s.p, s.n);
	l->n += s.n;
}

static void
put_length(struct line *l, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		l->out[l->n++] = (uint8_t)(n >> (8 * i));
}

static bool
put_hex(struct line *l, struct avow_span hex)
{
	if (avow_hex_decode(hex, l->out + l->n, hex.n / 2) != AVOW_OK)
		return false;
	l->n += hex.n / 2;
	return true;
}

static bool
put_digest(struct line *l, struct avow_span s)
{
	size_t at = s.n;

	if (s.n == 0) {
		put_length(l, 0);
		return true;
	}
	while (at > 0 && s.p[at - 1] != ':')
		at--;
	if (at == 0)
		return false;
	put_length(l, at + 1 + (s.n - at) / 2);
	put(l, avow_span_slice(s, 0, at));
	l->out[l->n++] = 0;
	return put_hex(l, avow_span_from(s, at));
}

static bool
put_field(struct line *l, char kind, bool last)
{
	struct avow_span s = last ? l->text : word(l);

	if (kind == 'd')
		return put_digest(l, s);
	if (kind == 'h') {
		put_length(l, s.n / 2);
		return put_hex(l, s);
	}
	put_length(l, s.n + 1);
	put(l, s);
	l->out[l->n++] = 0;
	return true;
}

/* The old template: 20 bytes of digest, then the name as it is. */
static bool
put_old(struct line *l)
{
	struct avow_span digest = word(l);

	if (digest.n != 40 || !put_hex(l, digest) || l->text.n > 255)
		return false;
	put_length(l, l->text.n);
	put(l, l->text);
	return true;
}

static const char *
fields_of(struct avow_span name)
{
	for (size_t i = 0; i < sizeof(TEMPLATES) / sizeof(TEMPLATES[0]); i++)
		if (avow_span_eq_str(name, TEMPLATES[i].name))
			return TEMPLATES[i].fields;
	return NULL;
}

static bool
read_pcr(struct avow_span s, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (uint32_t)(s.p[i] - '0');
	}
	return s.n >= 1 && s.n <= 2 && *out < AVOW_LOG_REGISTERS;
}

static enum avow_err
read_line(struct line *l, unsigned banks, struct avow_log_event *e,
	struct avow_arena *a, struct avow_why *why)
{
	uint8_t *listed = avow_arena_alloc(a, AVOW_SHA1_BYTES);
	const char *fields;
	bool ok;

	/* each field grows by its length and a NUL at most */
	l->out = avow_arena_alloc(a, l->text.n + 64);
	if (!listed || !l->out)
		return avow_refuse(why, avow_arena_err(a), NULL, NULL, NULL);
	ok = read_pcr(word(l), &e->pcr) &&
	     avow_hex_decode(word(l), listed, AVOW_SHA1_BYTES) == AVOW_OK;
	e->template_name = word(l);
	fields = fields_of(e->template_name);
	if (ok && !fields && !avow_span_eq_str(e->template_name, "ima"))
		return log_refuse(why, AVOW_E_IMA_TEMPLATE, "template",
			"ima, ima-ng, ima-sig, ima-buf, ima-modsig or a v2", e->seq,
			e->offset);
	if (ok && !fields)
		ok = put_old(l);
	for (; ok && fields && *fields; fields++)
		ok = put_field(l, *fields, !fields[1]);
	if (!ok)
		return log_refuse(why, AVOW_E_IMA_FORMAT, "line",
			"register, template hash, template and its fields", e->seq,
			e->offset);
	e->data = avow_span_make(l->out, l->n);
	return ima_finish(banks, e, avow_span_make(listed, AVOW_SHA1_BYTES), a, why);
}

enum avow_err
ima_text_parse(struct avow_span bytes, unsigned banks, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why)
{
	struct event_list list = {.arena = a, .max = AVOW_MAX_IMA_EVENTS};
	struct avow_span left = bytes;

	if (bytes.n > AVOW_MAX_IMA_LOG * 2) /* hex doubles */
		return log_refuse(why, AVOW_E_TOO_LARGE, "log",
			"at most 33554432 bytes", bytes.n, 0);
	while (left.n > 0) {
		size_t end = avow_span_find_byte(left, '\n'), at = bytes.n - left.n;
		struct line l = {.text = avow_span_slice(left, 0, end)};
		struct avow_log_event *e = event_list_add(&list);

		if (!e)
			return event_list_err(&list, why, at);
		while (l.text.n && l.text.p[0] == ' ') /* "%2d" */
			l.text = avow_span_from(l.text, 1);
		e->offset = at;
		AVOW_TRY(read_line(&l, banks, e, a, why));
		left = avow_span_from(left, end + 1);
	}
	out->events = list.events;
	out->count = list.count;
	return AVOW_OK;
}
