/*
 * Windows' events as JSON: {u32 tag, u32 length, payload}, where a container's
 * payload is such tags again. The names and forms are sipa_tags.c's; whether the
 * data is what was measured is the caller's to have found out. A tag that is not
 * known is passed over, as a log of a newer Windows must stay readable; lengths
 * that do not fit make the whole event unreadable.
 *
 * Many tags may repeat (modules, policies): these are arrays even when there is
 * one, because policies flatten them. Of another one that repeats the last counts.
 */
#include "evidence/eventlog/sipa.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

bool
sipa_next(struct avow_cursor *c, uint32_t *id, struct avow_span *payload)
{
	uint32_t n;

	if (avow_cur_left(c) == 0)
		return false;
	*id = avow_cur_le32(c);
	n = avow_cur_le32(c);
	if (avow_cur_is_bad(c) || n > avow_cur_left(c)) {
		c->bad = true;
		return false;
	}
	*payload = avow_cur_bytes(c, n);
	return true;
}

static bool
is_container(uint32_t id)
{
	return id & 0x40000000; /* wbcl.h: SIPAEVENTTYPE_AGGREGATION */
}

/* wbcl.h marks TrustPoint as not measured; its lengths are not reliable. */
static bool
is_unmeasured(uint32_t id)
{
	return id & 0x80000000;
}

static bool
nests_well(struct avow_span data, size_t depth)
{
	struct avow_cursor c = avow_cur(data);
	struct avow_span payload;
	uint32_t id;

	if (depth > AVOW_MAX_SIPA_DEPTH)
		return false;
	while (sipa_next(&c, &id, &payload))
		if (is_container(id) && !is_unmeasured(id) &&
			!nests_well(payload, depth + 1))
			return false;
	return avow_cur_is_done(&c);
}

bool
sipa_is(struct avow_span data)
{
	struct avow_cursor c = avow_cur(data);
	struct avow_span payload;
	uint32_t id, class;

	if (!sipa_next(&c, &id, &payload) || !avow_cur_is_done(&c))
		return false;
	class = id >> 16 & 0xf;
	/* wbcl.h: classes 1 (container) to 0xc (DRTM); other users of the event
	 * type (the Linux EFI stub, systemd) have random numbers */
	if ((id & 0x3ff00000) != 0 || class < 1 || class > 0xc)
		return false;
	return !is_container(id) || is_unmeasured(id) || nests_well(payload, 1);
}

/* --- values -------------------------------------------------------------------- */

static bool
read_int(struct avow_span s, uint64_t *out)
{
	*out = 0;
	for (size_t i = s.n; i > 0 && s.n <= 8; i--)
		*out = *out << 8 | s.p[i - 1];
	return s.n >= 1 && s.n <= 8;
}

static void
put_int(struct avow_jw *w, uint64_t v)
{
	char text[24];
	int n;

	if (v <= INT64_MAX) {
		avow_jw_int(w, (int64_t)v);
		return;
	}
	n = snprintf(text, sizeof(text), "%" PRIu64, v); /* a kernel's address */
	avow_jw_raw(w, avow_span_make(text, (size_t)n));
}

/* A single bit has its name, several have theirs joined; what has none is hex. */
static void
put_enum_name(struct avow_jw *w, const struct sipa_tag *tag, uint64_t v)
{
	uint64_t left = v;
	char text[256];
	size_t n = 0;

	for (const struct sipa_name *e = tag->names; e->name; e++)
		if (e->value == v) {
			avow_jw_str(w, e->name);
			return;
		}
	for (const struct sipa_name *e = tag->names; tag->flags && e->name; e++)
		if (e->value && (v & e->value) == e->value) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				n ? "|" : "", e->name);
			left &= ~e->value;
		}
	if (n == 0 || left)
		n = (size_t)snprintf(text, sizeof(text), "0x%" PRIx64, v);
	avow_jw_string(w, avow_span_make(text, n));
}

static void
put_number(struct avow_jw *w, const struct sipa_tag *tag, uint64_t v)
{
	if (tag->form == SIPA_INT) {
		put_int(w, v);
		return;
	}
	avow_jw_open(w, '{');
	if (tag->form == SIPA_ENUM) {
		avow_jw_name(w, "String");
		put_enum_name(w, tag, v);
	}
	avow_jw_name(w, "Value");
	put_int(w, v);
	avow_jw_close(w);
}

static void
put_raw(struct avow_jw *w, struct avow_span payload)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "RawData");
	avow_jw_b64url(w, payload);
	avow_jw_close(w);
}

static void put_members(struct avow_jw *w, struct avow_span data);

static void
put_object(struct avow_jw *w, struct avow_span payload)
{
	avow_jw_open(w, '{');
	put_members(w, payload);
	avow_jw_close(w);
}

/* Every payload of that tag, in order. */
static void
put_array(struct avow_jw *w, const struct sipa_tag *tag, struct avow_span siblings)
{
	struct avow_cursor c = avow_cur(siblings);
	struct avow_span payload;
	uint32_t id;

	avow_jw_name(w, tag->name);
	avow_jw_open(w, '[');
	while (sipa_next(&c, &id, &payload)) {
		if (id != tag->id)
			continue;
		if (tag->form == SIPA_OBJECTS)
			put_object(w, payload);
		else
			put_raw(w, payload);
	}
	avow_jw_close(w);
}

/* The text before its NUL; nothing for what is no text, because two names that
 * differ must not read alike. */
static void
put_text(struct avow_jw *w, const char *name, struct avow_span payload)
{
	struct avow_span s = payload;
	struct avow_buf text;

	while (s.n >= 2 && s.p[s.n - 1] == 0 && s.p[s.n - 2] == 0)
		s.n -= 2;
	avow_buf_init(&text, s.n * 2 + 1);
	if (log_utf8(s, &text)) {
		avow_jw_name(w, name);
		avow_jw_string(w, avow_buf_span(&text));
	}
	avow_buf_clear(&text);
}

/* A payload of another size than its form has is no member: it says nothing that
 * is known. */
static void
put_member(struct avow_jw *w, const struct sipa_tag *tag, struct avow_span payload)
{
	uint64_t v;

	switch (tag->form) {
	case SIPA_BOOL:
		if (payload.n != 1)
			return;
		avow_jw_name(w, tag->name);
		avow_jw_bool(w, payload.p[0] != 0);
		return;
	case SIPA_INT:
	case SIPA_ENUM:
	case SIPA_VALUE:
		if (!read_int(payload, &v))
			return;
		avow_jw_name(w, tag->name);
		put_number(w, tag, v);
		return;
	case SIPA_TEXT:
		put_text(w, tag->name, payload);
		return;
	case SIPA_BYTES:
		avow_jw_name(w, tag->name);
		avow_jw_b64url(w, payload);
		return;
	case SIPA_RAW:
		avow_jw_name(w, tag->name);
		put_raw(w, payload);
		return;
	case SIPA_AUTH:
		/* the keys that sign DRTM policies are not public: never valid */
		avow_jw_name(w, tag->name);
		avow_jw_open(w, '{');
		avow_jw_name(w, "SignatureValid");
		avow_jw_bool(w, false);
		avow_jw_close(w);
		return;
	case SIPA_OBJECT:
		avow_jw_name(w, tag->name);
		put_object(w, payload);
		return;
	case SIPA_RAWS:
	case SIPA_OBJECTS:
	case SIPA_SILENT:
	default:
		return;
	}
}

/* --- containers ------------------------------------------------------------------ */

struct first_last {
	bool seen;
	struct avow_span last;
};

static void
put_members(struct avow_jw *w, struct avow_span data)
{
	struct first_last rows[SIPA_MAX_TAGS] = {{0}};
	struct avow_cursor c = avow_cur(data);
	struct avow_span payload;
	uint32_t id;
	size_t row;

	while (sipa_next(&c, &id, &payload))
		if ((row = sipa_tag_row(id)) < SIPA_MAX_TAGS)
			rows[row].last = payload;
	c = avow_cur(data);
	while (sipa_next(&c, &id, &payload)) {
		const struct sipa_tag *tag;

		row = sipa_tag_row(id);
		if (row >= SIPA_MAX_TAGS || rows[row].seen)
			continue;
		rows[row].seen = true; /* a member stands where its first one did */
		tag = sipa_tag_at(row);
		if (tag->form == SIPA_RAWS || tag->form == SIPA_OBJECTS)
			put_array(w, tag, data);
		else
			put_member(w, tag, rows[row].last);
	}
}

void
sipa_put(struct avow_jw *w, struct avow_span data)
{
	put_members(w, data);
}
