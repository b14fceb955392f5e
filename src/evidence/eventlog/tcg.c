/*
 * Reads TCG logs, from the records' lengths alone: the SHA-1 form, and the
 * crypto-agile one, whose first record (Spec ID) says how long each bank's
 * digests are. Every length is tested against what is left before it is used,
 * and nothing is allocated from a count that the log claims (bug 24). What the
 * events mean is prove.c's and replay.c's.
 */
#include "base/limits.h"
#include "evidence/eventlog/impl.h"

struct reader {
	struct avow_cursor c;
	struct avow_arena *arena;
	struct avow_why *why;
	struct event_list list;
	size_t alg_count;
	struct avow_log_bank {
		uint16_t alg, size;
	} banks[AVOW_MAX_EVENT_BANKS];
	size_t at; /* where the record began */
	size_t zeros_from; /* no byte of the log from here on is another */
};

static enum avow_err
refuse(struct reader *r, enum avow_err code, const char *field, const char *expected,
	uint64_t got)
{
	return log_refuse(r->why, code, field, expected, got, r->at);
}

static enum avow_err
truncated(struct reader *r, const char *field, uint64_t wanted)
{
	return refuse(r, AVOW_E_EVENTLOG_TRUNCATED, field, "no more than what follows",
		wanted);
}

/* PFP 10.2.1: eventSize and the event. */
static enum avow_err
read_data(struct reader *r, struct avow_span *out)
{
	uint32_t n = avow_cur_le32(&r->c);

	if (avow_cur_is_bad(&r->c))
		return truncated(r, "eventSize", 4);
	if (n > avow_cur_left(&r->c))
		return truncated(r, "eventSize", n);
	if (n > AVOW_MAX_EVENT_DATA)
		return refuse(r, AVOW_E_TOO_LARGE, "eventSize", "at most 1048576", n);
	*out = avow_cur_bytes(&r->c, n);
	return AVOW_OK;
}

static const struct avow_log_bank *
find_bank(const struct reader *r, uint16_t alg)
{
	for (size_t i = 0; i < r->alg_count; i++)
		if (r->banks[i].alg == alg)
			return &r->banks[i];
	return NULL;
}

/* TPM 2.0 Library part 2, 6.3: what a known algorithm's digest must measure. */
static bool
size_fits(uint16_t alg, uint16_t size)
{
	enum avow_hash h;

	if (log_bank(alg, &h))
		return size == avow_hash_bytes(h);
	return size > 0 && size <= AVOW_MAX_DIGEST;
}

static enum avow_err
read_banks(struct reader *r, struct avow_cursor *c)
{
	uint32_t n = avow_cur_le32(c);

	if (avow_cur_is_bad(c) || n == 0 || n > AVOW_MAX_EVENT_BANKS)
		return refuse(
			r, AVOW_E_EVENTLOG_SPEC_ID, "numberOfAlgorithms", "1 to 8", n);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t alg = avow_cur_le16(c), size = avow_cur_le16(c);

		if (avow_cur_is_bad(c) || !size_fits(alg, size))
			return refuse(r, AVOW_E_EVENTLOG_SPEC_ID, "digestSize",
				"the size of its algorithm", size);
		if (find_bank(r, alg))
			return refuse(r, AVOW_E_EVENTLOG_SPEC_ID, "algorithmId",
				"each algorithm once", alg);
		r->banks[r->alg_count].alg = alg;
		r->banks[r->alg_count++].size = size;
	}
	return AVOW_OK;
}

/* PFP 10.4.5.1, TCG_EfiSpecIDEvent. The errata number differs between firmwares
 * that write the same form, and some leave the vendor's bytes out of eventSize. */
static enum avow_err
read_spec_id(struct reader *r, struct avow_span data)
{
	struct avow_cursor c = avow_cur(data);
	uint8_t vendor;

	avow_cur_skip(&c, 24);
	AVOW_TRY(read_banks(r, &c));
	vendor = avow_cur_u8(&c);
	if (avow_cur_is_done(&c))
		avow_cur_skip(&r->c, vendor);
	else
		avow_cur_skip(&c, vendor);
	if (!avow_cur_is_done(&c) || avow_cur_is_bad(&r->c))
		return refuse(r, AVOW_E_EVENTLOG_SPEC_ID, "vendorInfoSize",
			"what is left of the event", vendor);
	return AVOW_OK;
}

static enum avow_err
add(struct reader *r, struct avow_log_event **out)
{
	*out = event_list_add(&r->list);
	if (!*out)
		return event_list_err(&r->list, r->why, r->at);
	(*out)->offset = r->at;
	return AVOW_OK;
}

static enum avow_err
one_digest(struct reader *r, struct avow_log_event *e, uint16_t alg,
	struct avow_span bytes)
{
	struct avow_log_digest *d = avow_arena_alloc(r->arena, sizeof(*d));

	if (!d)
		return avow_refuse(r->why, avow_arena_err(r->arena), NULL, NULL, NULL);
	d->alg = alg;
	d->bytes = bytes;
	e->digests = d;
	e->digest_count = 1;
	return AVOW_OK;
}

/* EFI Protocol 2.0, 5.1: TCG_PCR_EVENT. `spec` is set for a record that only
 * describes the log. */
static enum avow_err
read_sha1(struct reader *r, struct avow_log_event *e)
{
	struct avow_span digest;

	e->pcr = avow_cur_le32(&r->c);
	e->type = avow_cur_le32(&r->c);
	digest = avow_cur_bytes(&r->c, AVOW_SHA1_BYTES);
	if (avow_cur_is_bad(&r->c))
		return truncated(r, "digest", AVOW_SHA1_BYTES);
	AVOW_TRY(one_digest(r, e, ALG_SHA1, digest));
	return read_data(r, &e->data);
}

static enum avow_err
read_digest(struct reader *r, struct avow_log_digest *d, size_t before)
{
	uint16_t alg = avow_cur_le16(&r->c);
	const struct avow_log_bank *bank = find_bank(r, alg);

	if (avow_cur_is_bad(&r->c))
		return truncated(r, "digests", 2);
	if (!bank) /* its length is unknown: nothing behind it can be read */
		return refuse(r, AVOW_E_EVENTLOG_ALGORITHM, "algorithmId",
			"one that the Spec ID event declares", alg);
	for (size_t i = 1; i <= before; i++)
		if (d[-(ptrdiff_t)i].alg == alg)
			return refuse(r, AVOW_E_EVENTLOG_DIGESTS, "algorithmId",
				"each algorithm once", alg);
	d->alg = alg;
	d->bytes = avow_cur_bytes(&r->c, bank->size);
	if (avow_cur_is_bad(&r->c))
		return truncated(r, "digests", bank->size);
	return AVOW_OK;
}

/* PFP 10.2.2: TCG_PCR_EVENT2. */
static enum avow_err
read_agile(struct reader *r, struct avow_log_event *e)
{
	struct avow_log_digest *d;
	uint32_t n;

	e->pcr = avow_cur_le32(&r->c);
	e->type = avow_cur_le32(&r->c);
	n = avow_cur_le32(&r->c);
	if (avow_cur_is_bad(&r->c))
		return truncated(r, "digestCount", 12);
	if (n > r->alg_count)
		return refuse(r, AVOW_E_EVENTLOG_DIGESTS, "digestCount",
			"no more than the Spec ID event declares", n);
	d = avow_arena_array(r->arena, n ? n : 1, sizeof(*d));
	if (!d)
		return avow_refuse(r->why, avow_arena_err(r->arena), NULL, NULL, NULL);
	for (uint32_t i = 0; i < n; i++)
		AVOW_TRY(read_digest(r, d + i, i));
	e->digests = d;
	e->digest_count = n;
	return read_data(r, &e->data);
}

static bool
all_ff(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0xff)
			return false;
	return true;
}

/* A log copied with its area: zeros or FF to the end, at least a record's head of
 * them, so that a record which was cut short is not taken for padding. */
static bool
is_padding(const struct reader *r, struct avow_span rest, size_t head)
{
	struct avow_cursor peek = avow_cur(rest);

	if (rest.n < head)
		return false;
	/* told once for the whole log: a look at every record would cost the
	 * square of its length */
	return r->c.pos >= r->zeros_from ||
	       (avow_cur_le64(&peek) == UINT64_MAX && all_ff(rest));
}

static size_t
last_byte(struct avow_span s)
{
	while (s.n > 0 && s.p[s.n - 1] == 0)
		s.n--;
	return s.n;
}

static struct avow_span
rest(const struct reader *r)
{
	return avow_span_from(r->c.in, r->c.pos);
}

static enum avow_err
at_end(struct reader *r, size_t head, bool *end)
{
	struct avow_cursor peek = r->c;

	r->at = avow_cur_offset(&r->c);
	*end = avow_cur_left(&r->c) == 0 || is_padding(r, rest(r), head);
	if (*end)
		return AVOW_OK;
	if (avow_cur_le64(&peek) == UINT64_MAX)
		return refuse(r, AVOW_E_EVENTLOG_TAIL, "pcrIndex",
			"padding to the end behind an end mark", avow_cur_left(&r->c));
	return AVOW_OK;
}

static bool
is_spec_id(const struct avow_log_event *e)
{
	return e->type == EV_NO_ACTION && /* a CCEL's has index 1 */
	       avow_span_starts(e->data, AVOW_LIT("Spec ID Event0"));
}

/* The first record decides the form of the rest. It is in the list only when
 * it is an event. */
static enum avow_err
read_first(struct reader *r, bool *agile)
{
	struct avow_log_event first = {0}, *e;

	AVOW_TRY(read_sha1(r, &first));
	*agile = false;
	if (is_spec_id(&first)) {
		*agile = avow_span_starts(first.data, AVOW_LIT("Spec ID Event03\0"));
		return *agile ? read_spec_id(r, first.data) : AVOW_OK;
	}
	AVOW_TRY(add(r, &e));
	first.seq = e->seq;
	first.offset = e->offset;
	*e = first;
	return AVOW_OK;
}

static enum avow_err
read_all(struct reader *r, bool *agile)
{
	AVOW_TRY(read_first(r, agile));
	for (;;) {
		struct avow_log_event *e;
		bool end;

		AVOW_TRY(at_end(r, *agile ? 12 : 32, &end));
		if (end)
			return AVOW_OK;
		AVOW_TRY(add(r, &e));
		if (*agile)
			AVOW_TRY(read_agile(r, e));
		else
			AVOW_TRY(read_sha1(r, e));
	}
}

enum avow_err
tcg_parse(struct avow_span bytes, struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why)
{
	struct reader r = {.c = avow_cur(bytes),
		.arena = a,
		.why = why,
		.zeros_from = last_byte(bytes)};

	if (bytes.n > AVOW_MAX_EVENT_LOG)
		return refuse(
			&r, AVOW_E_TOO_LARGE, "log", "at most 2097152 bytes", bytes.n);
	r.list = (struct event_list){.arena = a, .max = AVOW_MAX_EVENTS};
	AVOW_TRY(read_all(&r, &out->agile));
	if (!out->agile) {
		r.alg_count = 1;
		r.banks[0].alg = ALG_SHA1;
	}
	out->alg_count = r.alg_count;
	for (size_t i = 0; i < r.alg_count; i++)
		out->algs[i] = r.banks[i].alg;
	out->events = r.list.events;
	out->count = r.list.count;
	return AVOW_OK;
}

/* A CCEL has the TPM log's form. What it has not: another bank than SHA-384, and
 * events in registers 5 and up or in 0, which every TPM firmware extends. */
bool
tcg_is_ccel(const struct avow_eventlog *log)
{
	bool any = false;

	if (!log->agile || log->alg_count != 1 || log->algs[0] != ALG_SHA384)
		return false;
	for (size_t i = 0; i < log->count; i++) {
		const struct avow_log_event *e = &log->events[i];

		if (e->type == EV_NO_ACTION)
			continue;
		if (e->pcr < 1 || e->pcr > 4)
			return false;
		any = true;
	}
	return any;
}
