/*
 * Reads IMA's text list: each line's template data is made again from its fields,
 * and must have the template hash that the line begins with. So what the two files
 * of one kernel give is the same.
 */
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "evidence/eventlog/impl.h"

/* ima_template.c: the lists of fields that have a name. A custom template is named
 * by its list. */
static const struct template
{
	const char *name, *fields;
}
TEMPLATES[] = {
	{"ima-ng", "d-ng|n-ng"},
	{"ima-sig", "d-ng|n-ng|sig"},
	{"ima-ngv2", "d-ngv2|n-ng"},
	{"ima-sigv2", "d-ngv2|n-ng|sig"},
	{"ima-buf", "d-ng|n-ng|buf"},
	{"ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig"},
	{"evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|"
		    "imode"},
};

/* ima_template_lib.c: how the text list writes a field */
enum form {
	FORM_NONE,
	FORM_BARE, /* a digest in hex */
	FORM_DIGEST, /* the same behind its algorithm's name */
	FORM_STRING,
	FORM_NAMES, /* a string that may be absent: both are written as nothing */
	FORM_HEX,
	FORM_16, /* a number of so many bits, in decimal; or absent */
	FORM_32
};

static const struct {
	const char *id;
	enum form form;
} FIELDS[] = {
	{"d", FORM_BARE},
	{"n", FORM_STRING},
	{"d-ng", FORM_DIGEST},
	{"d-ngv2", FORM_DIGEST},
	{"d-modsig", FORM_DIGEST},
	{"n-ng", FORM_STRING},
	{"sig", FORM_HEX},
	{"buf", FORM_HEX},
	{"modsig", FORM_HEX},
	{"evmsig", FORM_HEX},
	{"xattrnames", FORM_NAMES},
	{"xattrlengths", FORM_HEX},
	{"xattrvalues", FORM_HEX},
	{"iuid", FORM_32},
	{"igid", FORM_32},
	{"imode", FORM_16},
};

#define MAX_FIELDS 16

struct line {
	struct avow_span text; /* what is left of it */
	uint8_t *out;
	size_t n;
	bool no_names; /* empty xattrnames were absent */
	bool has_choice; /* there were some */
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
put_number(struct line *l, struct avow_span s, size_t bytes)
{
	uint64_t v = 0, max = bytes == 2 ? UINT16_MAX : UINT32_MAX;

	if (s.n == 0 || s.n > 10) {
		put_length(l, 0);
		return s.n == 0;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	put_length(l, bytes);
	for (size_t i = 0; i < bytes; i++)
		l->out[l->n++] = (uint8_t)(v >> (8 * i));
	return v <= max;
}

static void
put_text(struct line *l, struct avow_span s)
{
	put_length(l, s.n + 1);
	put(l, s);
	l->out[l->n++] = 0;
}

static bool
put_field(struct line *l, enum form form, bool last)
{
	struct avow_span s = last ? l->text : word(l);

	switch (form) {
	case FORM_DIGEST:
		return put_digest(l, s);
	case FORM_BARE:
	case FORM_HEX:
		put_length(l, s.n / 2);
		return put_hex(l, s);
	case FORM_16:
		return put_number(l, s, 2);
	case FORM_32:
		return put_number(l, s, 4);
	case FORM_NAMES:
		l->has_choice |= s.n == 0;
		if (s.n == 0 && l->no_names)
			put_length(l, 0);
		else
			put_text(l, s);
		return true;
	case FORM_STRING:
		put_text(l, s);
		return true;
	case FORM_NONE:
	default:
		return false;
	}
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

static enum form
form_of(struct avow_span id)
{
	for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++)
		if (avow_span_eq_str(id, FIELDS[i].id))
			return FIELDS[i].form;
	return FORM_NONE;
}

/* The forms of a template's fields; how many, 0 for one that is not known. */
static size_t
forms_of(struct avow_span name, enum form *out)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(TEMPLATES) / sizeof(TEMPLATES[0]); i++)
		if (avow_span_eq_str(name, TEMPLATES[i].name))
			name = avow_span_str(TEMPLATES[i].fields);
	while (name.n > 0) {
		size_t end = avow_span_find_byte(name, '|');

		if (n == MAX_FIELDS || end + 1 == name.n)
			return 0;
		out[n] = form_of(avow_span_slice(name, 0, end));
		if (out[n++] == FORM_NONE)
			return 0;
		name = avow_span_from(name, end + 1);
	}
	return n;
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

static bool
put_fields(struct line *l, const enum form *forms, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = put_field(l, forms[i], i + 1 == n);
	return ok;
}

/* Template data from what is left of the line. An absent list of names and an empty
 * one are written alike, and the template hash tells which it was. */
static bool
put_template(struct line *l, const enum form *forms, size_t n, struct avow_span listed)
{
	struct line again = *l;
	struct avow_span data;
	uint8_t digest[AVOW_SHA1_BYTES];

	if (!put_fields(l, forms, n))
		return false;
	data = avow_span_make(l->out, l->n);
	if (!l->has_choice || avow_span_all_zero(listed) ||
		avow_digest_short(AVOW_SHA1, &data, 1, digest) != AVOW_OK ||
		avow_span_eq(listed, avow_span_make(digest, sizeof(digest))))
		return true;
	again.no_names = true;
	*l = again;
	return put_fields(l, forms, n);
}

static enum avow_err
read_line(struct line *l, unsigned banks, struct avow_log_event *e,
	struct avow_arena *a, struct avow_why *why)
{
	struct avow_span listed = {
		avow_arena_alloc(a, AVOW_SHA1_BYTES), AVOW_SHA1_BYTES};
	enum form forms[MAX_FIELDS];
	size_t n;
	bool ok;

	/* each field grows by its length and at most a NUL or a number's bytes */
	l->out = avow_arena_alloc(a, l->text.n + 8 * MAX_FIELDS);
	if (!listed.p || !l->out)
		return avow_refuse(why, avow_arena_err(a), NULL, NULL, NULL);
	ok = read_pcr(word(l), &e->pcr) &&
	     avow_hex_decode(word(l), (uint8_t *)(uintptr_t)listed.p, listed.n) ==
		     AVOW_OK;
	e->template_name = word(l);
	n = forms_of(e->template_name, forms);
	if (ok && n == 0 && !avow_span_eq_str(e->template_name, "ima"))
		return log_refuse(why, AVOW_E_IMA_TEMPLATE, "template",
			"a template of Linux's, or a list of its fields", e->seq,
			e->offset);
	if (ok)
		ok = n == 0 ? put_old(l) : put_template(l, forms, n, listed);
	if (!ok)
		return log_refuse(why, AVOW_E_IMA_FORMAT, "line",
			"register, template hash, template and its fields", e->seq,
			e->offset);
	e->data = avow_span_make(l->out, l->n);
	return ima_finish(banks, e, listed, a, why);
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
