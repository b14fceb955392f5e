/*
 * Reads the TCG Canonical Event Log in its TLV form: type of one byte, length of
 * four, big-endian. A record's number must rise; its register, digests and content
 * come in that order. What the content says is judged as any other log's.
 */
#include "base/limits.h"
#include "evidence/eventlog/impl.h"

enum {
	CEL_RECNUM,
	CEL_PCR,
	CEL_NV,
	CEL_DIGESTS,
	CEL_MANAGEMENT,
	CEL_PCCLIENT,
	CEL_IMA = 7
};

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, uint64_t got,
	size_t at)
{
	return log_refuse(why, AVOW_E_CEL_FORMAT, field, expected, got, at);
}

static bool
read_tlv(struct avow_cursor *c, uint8_t *type, struct avow_span *value)
{
	uint32_t n;

	*type = avow_cur_u8(c);
	n = avow_cur_be32(c);
	if (avow_cur_is_bad(c) || n > avow_cur_left(c)) {
		*value = avow_span_make(NULL, 0);
		return false;
	}
	*value = avow_cur_bytes(c, n);
	return true;
}

/* A number of 1 to `max` bytes. */
static bool
number(struct avow_span s, size_t max, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.n && i < max; i++)
		*out = *out << 8 | s.p[i];
	return s.n >= 1 && s.n <= max;
}

bool
cel_is(struct avow_span bytes)
{
	struct avow_cursor c = avow_cur(bytes);
	struct avow_span v;
	uint64_t n;
	uint8_t type;

	return read_tlv(&c, &type, &v) && type == CEL_RECNUM && number(v, 8, &n) &&
	       read_tlv(&c, &type, &v) && (type == CEL_PCR || type == CEL_NV) &&
	       number(v, 4, &n) && read_tlv(&c, &type, &v) && type == CEL_DIGESTS;
}

bool
cel_digest_ok(const struct avow_log_digest *all, size_t before)
{
	enum avow_hash h;

	for (size_t i = 0; i < before; i++)
		if (all[i].alg == all[before].alg)
			return false;
	if (log_bank(all[before].alg, &h))
		return all[before].bytes.n == avow_hash_bytes(h);
	return all[before].bytes.n >= 1 && all[before].bytes.n <= AVOW_MAX_DIGEST;
}

static enum avow_err
read_digests(struct avow_span s, struct avow_log_event *e, struct avow_arena *a,
	struct avow_why *why)
{
	struct avow_log_digest *d =
		avow_arena_array(a, AVOW_MAX_EVENT_BANKS, sizeof(*d));
	struct avow_cursor c = avow_cur(s);
	size_t n = 0;
	uint8_t alg;

	if (!d)
		return avow_refuse(why, avow_arena_err(a), NULL, NULL, NULL);
	for (; avow_cur_left(&c) > 0; n++) {
		if (n == AVOW_MAX_EVENT_BANKS || !read_tlv(&c, &alg, &d[n].bytes))
			return refuse(why, "digests", "1 to 8 digests", n, e->offset);
		d[n].alg = alg;
		if (!cel_digest_ok(d, n))
			return refuse(why, "digests",
				"each algorithm once, of its size", alg, e->offset);
	}
	e->digests = d;
	e->digest_count = n;
	return AVOW_OK;
}

/* Two TLVs, types 0 and 1. */
static bool
read_pair(struct avow_span s, struct avow_span *first, struct avow_span *second)
{
	struct avow_cursor c = avow_cur(s);
	uint8_t type;

	return read_tlv(&c, &type, first) && type == 0 && read_tlv(&c, &type, second) &&
	       type == 1 && avow_cur_is_done(&c);
}

static enum avow_err
read_content(uint8_t kind, struct avow_span s, struct avow_log_event *e,
	struct avow_why *why)
{
	struct avow_span first;
	uint64_t type;

	e->data = s;
	if (kind == CEL_PCCLIENT) {
		if (!read_pair(s, &first, &e->data) || !number(first, 4, &type))
			return refuse(why, "content", "event_type and event_data", s.n,
				e->offset);
		e->type = (uint32_t)type;
	} else if (kind == CEL_IMA) {
		if (!read_pair(s, &e->template_name, &e->data))
			return refuse(why, "content", "template_name and template_data",
				s.n, e->offset);
		e->is_ima = true;
		e->type_name = "IMA_MEASUREMENT_EVENT";
	} else {
		e->type_name = kind == CEL_MANAGEMENT ? "CEL_MANAGEMENT_EVENT"
						      : "CEL_CONTENT_EVENT";
	}
	return AVOW_OK;
}

static enum avow_err
read_record(struct avow_cursor *c, struct avow_log_event *e, uint64_t *recnum,
	struct avow_arena *a, struct avow_why *why)
{
	struct avow_span v;
	uint64_t n = 0;
	uint8_t type;

	if (!read_tlv(c, &type, &v) || type != CEL_RECNUM || !number(v, 8, &n))
		return refuse(why, "recnum", "1 to 8 bytes", v.n, e->offset);
	if (e->seq > 1 && n <= *recnum)
		return refuse(
			why, "recnum", "more than the record's before", n, e->offset);
	*recnum = n;
	if (!read_tlv(c, &type, &v) || (type != CEL_PCR && type != CEL_NV) ||
		!number(v, 4, &n))
		return refuse(why, "pcr", "1 to 4 bytes", v.n, e->offset);
	e->pcr = (uint32_t)n;
	e->not_extended = type == CEL_NV;
	if (!read_tlv(c, &type, &v) || type != CEL_DIGESTS)
		return refuse(why, "digests", "type 3", type, e->offset);
	AVOW_TRY(read_digests(v, e, a, why));
	if (!read_tlv(c, &type, &v) || type <= CEL_DIGESTS)
		return refuse(why, "content", "a content", type, e->offset);
	e->not_extended =
		e->not_extended || (type == CEL_MANAGEMENT && e->digest_count == 0);
	return read_content(type, v, e, why);
}

enum avow_err
cel_parse(struct avow_span bytes, struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why)
{
	struct event_list list = {.arena = a, .max = AVOW_MAX_IMA_EVENTS};
	struct avow_cursor c = avow_cur(bytes);
	uint64_t recnum = 0;

	if (bytes.n > AVOW_MAX_IMA_LOG)
		return log_refuse(why, AVOW_E_TOO_LARGE, "log",
			"at most 16777216 bytes", bytes.n, 0);
	while (avow_cur_left(&c) > 0) {
		size_t at = avow_cur_offset(&c);
		struct avow_log_event *e = event_list_add(&list);

		if (!e)
			return event_list_err(&list, why, at);
		e->offset = at;
		AVOW_TRY(read_record(&c, e, &recnum, a, why));
		event_list_drop_spec_id(&list);
	}
	out->events = list.events;
	out->count = list.count;
	return AVOW_OK;
}
