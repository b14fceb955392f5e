/*
 * Compares logs with the registers that a quote signed, and tells only what that
 * comparison has proven. The logs are replayed one behind the other into one set of
 * registers. An IMA list is read while it grows, so it may have gone on behind the
 * quote: its replay stops for each register where the quoted value is reached, and
 * what follows is no evidence.
 *
 * Kernels before 5.8 extended every bank by the SHA-1 template hash with zeros
 * behind it; a bank that only so is reached is accepted, as the same entries prove
 * it.
 */
#include "evidence/eventlog/attested.h"

#include <string.h>

#include "base/limits.h"
#include "evidence/eventlog/document.h"

#define SOURCE "TCG TPM 2.0 Library part 1, 11.4.9; PFP 1.06, 10"

/* An IMA register on its way to the quoted value. */
struct ima_course {
	bool begun, reached;
	bool lacks; /* a log before the list had not all quoted banks' digests */
	uint8_t padded[AVOW_LOG_BANKS][AVOW_MAX_DIGEST]; /* as old kernels extend */
};

struct comparison {
	const struct avow_log_input *in;
	struct avow_attested *at;
	struct avow_eventlog *logs;
	uint32_t (*used)[AVOW_LOG_REGISTERS];
	struct avow_log_replay *registers;
	struct ima_course *ima; /* one a register */
	struct replayer replayer;
	struct avow_arena *arena;
	struct avow_why *why;
};

static enum avow_err
no_memory(struct comparison *c)
{
	return avow_refuse(c->why, avow_arena_err(c->arena), NULL, NULL, NULL);
}

/* What is read is what the quote can prove, and nothing beside it: an IMA entry's
 * digests are made for the banks that are compared, another log's are cut to them. */
static enum avow_err
parse_logs(struct comparison *c, size_t n)
{
	unsigned banks[AVOW_LOG_REGISTERS], any = 0;

	for (uint32_t pcr = 0; pcr < AVOW_LOG_REGISTERS; pcr++) {
		banks[pcr] = attested_banks(c->at, pcr);
		any |= banks[pcr];
	}
	for (size_t i = 0; i < n; i++) {
		enum avow_err e = eventlog_parse_for(c->in[i].bytes, c->in[i].format,
			any, c->arena, &c->logs[i], c->why);

		if (e == AVOW_OK &&
			log_keep_covered(&c->logs[i], banks, c->arena) != AVOW_OK)
			return no_memory(c);
		if (e != AVOW_OK && c->why)
			avow_why_document(c->why, "logs[%zu]", i);
		AVOW_TRY(e);
	}
	return AVOW_OK;
}

static bool
is_quoted(const struct avow_attested *at, uint32_t pcr)
{
	return attested_banks(at, pcr) != 0;
}

/* --- IMA ----------------------------------------------------------------------- */

static struct avow_span
quoted_value(const struct avow_quoted_bank *q, uint32_t pcr)
{
	return q->mask & 1u << pcr ? q->value[pcr] : avow_span_make(NULL, 0);
}

static bool
is_reached(const struct comparison *c, uint32_t pcr)
{
	const struct avow_log_register *reg = &c->registers->reg[pcr];

	if (c->ima[pcr].lacks)
		return false;
	for (size_t i = 0; i < c->at->bank_count; i++) {
		const struct avow_quoted_bank *q = &c->at->banks[i];
		size_t n = avow_hash_bytes(q->bank);

		if (!(q->mask & 1u << pcr))
			continue;
		if (!(reg->has[q->bank] &&
			    avow_span_eq(quoted_value(q, pcr),
				    avow_span_make(reg->value[q->bank], n))) &&
			!avow_span_eq(quoted_value(q, pcr),
				avow_span_make(c->ima[pcr].padded[q->bank], n)))
			return false;
	}
	return true;
}

static void
begin_course(struct comparison *c, uint32_t pcr)
{
	struct ima_course *course = &c->ima[pcr];

	if (course->begun)
		return;
	course->begun = true;
	for (size_t i = 0; i < c->at->bank_count; i++)
		if (c->at->banks[i].mask & 1u << pcr)
			course->lacks |=
				!c->registers->reg[pcr].has[c->at->banks[i].bank];
	memcpy(course->padded, c->registers->reg[pcr].value, sizeof(course->padded));
	course->reached = is_reached(c, pcr); /* quoted before the list's first */
}

/* ima_tpm.c before Linux 5.8: SHA-1 in every bank, zeros behind it. */
static enum avow_err
extend_padded(struct comparison *c, const struct avow_log_event *e)
{
	const struct avow_log_digest *sha1 = event_digest(e, ALG_SHA1);
	uint8_t padded[AVOW_MAX_DIGEST] = {0};

	if (!sha1)
		return AVOW_OK;
	memcpy(padded, sha1->bytes.p, sha1->bytes.n);
	for (size_t i = 0; i < c->at->bank_count; i++) {
		enum avow_hash h = c->at->banks[i].bank;

		if (c->at->banks[i].mask & 1u << e->pcr)
			AVOW_TRY(replay_extend(h, c->ima[e->pcr].padded[h],
				avow_span_make(padded, avow_hash_bytes(h))));
	}
	return AVOW_OK;
}

static enum avow_err
replay_ima(struct comparison *c, size_t log, size_t i)
{
	const struct avow_log_event *e = &c->logs[log].events[i];
	struct ima_course *course = &c->ima[e->pcr];

	c->at->extended |= 1u << e->pcr;
	if (!is_quoted(c->at, e->pcr))
		return AVOW_OK; /* it will tell nothing */
	begin_course(c, e->pcr);
	if (course->reached)
		return AVOW_OK;
	AVOW_TRY(replay_event(&c->replayer, &c->logs[log], e, c->why));
	AVOW_TRY(extend_padded(c, e));
	c->used[log][e->pcr] = (uint32_t)i + 1;
	course->reached = is_reached(c, e->pcr);
	return AVOW_OK;
}

/* --- every other log -------------------------------------------------------------- */

/* Where an IMA list has reached the quoted value the register's comparison is over:
 * a record behind it would be believed and compared by nobody. */
static enum avow_err
refuse_behind_ima(struct comparison *c, const struct avow_log_event *e)
{
	const struct avow_at at = {"eventlog_replay", NULL, SOURCE};

	(void)avow_refuse(c->why, AVOW_E_EVENTLOG_QUOTE, &at,
		"no other log's event behind an IMA list of the register", "event %u",
		e->seq);
	if (c->why) {
		avow_why_field(c->why, "PCR %u", e->pcr);
		avow_why_offset(c->why, e->offset);
	}
	return AVOW_E_EVENTLOG_QUOTE;
}

static enum avow_err
replay_record(struct comparison *c, size_t log, size_t i)
{
	const struct avow_log_event *e = &c->logs[log].events[i];

	AVOW_TRY(replay_event(&c->replayer, &c->logs[log], e, c->why));
	if (event_is_silent(&c->logs[log], e))
		return AVOW_OK;
	if (c->ima[e->pcr].begun)
		return refuse_behind_ima(c, e);
	c->at->extended |= 1u << e->pcr;
	c->used[log][e->pcr] = (uint32_t)i + 1;
	return AVOW_OK;
}

static enum avow_err
replay_logs(struct comparison *c, size_t n)
{
	for (size_t l = 0; l < n; l++)
		for (size_t i = 0; i < c->logs[l].count; i++)
			AVOW_TRY(c->logs[l].format == AVOW_LOG_IMA
					 ? replay_ima(c, l, i)
					 : replay_record(c, l, i));
	return AVOW_OK;
}

/* --- the comparison ------------------------------------------------------------------ */

/* What firmware and Windows always measure as it stands in the log. */
static bool
is_always_proven(const struct avow_log_event *e)
{
	switch (e->type) {
	case EV_SEPARATOR:
	case EV_ACTION:
	case EV_EFI_ACTION:
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT2:
	case EV_EFI_VARIABLE_AUTHORITY:
		return true;
	case EV_EVENT_TAG:
		return e->pcr >= 12 && e->pcr <= 14;
	default:
		return false;
	}
}

/* A hint for the reader: the replay itself cannot tell which digest is wrong. */
static void
note_suspect(struct comparison *c, size_t n, uint32_t pcr)
{
	struct efi_variable v;
	struct avow_span text;

	for (size_t l = 0; l < n && c->why; l++)
		for (size_t i = 0; i < c->logs[l].count; i++) {
			const struct avow_log_event *e = &c->logs[l].events[i];

			if (e->pcr != pcr || e->is_ima || !is_always_proven(e) ||
				event_prove(e, &v, &text) != PROOF_NONE)
				continue;
			avow_why_note(c->why,
				"event %u of logs[%zu] (%s) has a digest that is not "
				"its data's",
				e->seq, l, avow_event_type_name(e->type));
			avow_why_offset(c->why, e->offset);
			return;
		}
}

static void
name_register(struct comparison *c, const struct avow_quoted_bank *q, uint32_t pcr)
{
	if (c->why && c->logs[0].format == AVOW_LOG_CCEL)
		avow_why_field(c->why, "rtmr%u", pcr - 1);
	else if (c->why)
		avow_why_field(c->why, "PCR %u, %s", pcr, log_bank_name(q->bank));
}

static enum avow_err
compare_register(struct comparison *c, const struct avow_quoted_bank *q, uint32_t pcr)
{
	const struct avow_log_register *reg = &c->registers->reg[pcr];
	const struct avow_at at = {"eventlog_replay", NULL, SOURCE};
	struct avow_span value =
		avow_span_make(reg->value[q->bank], avow_hash_bytes(q->bank));

	if (!reg->has[q->bank]) {
		(void)avow_refuse(c->why, AVOW_E_EVENTLOG_BANK, &at,
			"a digest of the quoted bank in each event", NULL);
		name_register(c, q, pcr);
		return AVOW_E_EVENTLOG_BANK;
	}
	if (avow_span_eq(q->value[pcr], value))
		return AVOW_OK;
	(void)avow_refuse_bytes(
		c->why, AVOW_E_EVENTLOG_QUOTE, &at, q->value[pcr], value);
	name_register(c, q, pcr);
	note_suspect(c, c->at->log_count, pcr);
	return AVOW_E_EVENTLOG_QUOTE;
}

/* mistakes A2, bug 22: only what the signed selection covers is compared, and only
 * what was compared is told. */
static enum avow_err
compare(struct comparison *c)
{
	for (uint32_t pcr = 0; pcr < AVOW_LOG_REGISTERS; pcr++) {
		if (!(c->at->extended & c->at->quoted & 1u << pcr) ||
			c->ima[pcr].reached)
			continue;
		for (size_t b = 0; b < c->at->bank_count; b++)
			if (c->at->banks[b].mask & 1u << pcr)
				AVOW_TRY(compare_register(c, &c->at->banks[b], pcr));
	}
	return AVOW_OK;
}

static enum avow_err
refuse_windows(struct comparison *c, size_t log, const struct avow_log_event *e)
{
	const struct avow_at at = {"eventlog_wbcl", NULL, "Microsoft wbcl.h"};

	(void)avow_refuse(c->why, AVOW_E_EVENTLOG_WBCL, &at,
		"a tagged event that its digest proves",
		"event %u of logs[%zu], type 0x%08x", e->seq, log, e->type);
	if (c->why) {
		avow_why_field(c->why, "PCR %u", e->pcr);
		avow_why_offset(c->why, e->offset);
	}
	return AVOW_E_EVENTLOG_WBCL;
}

struct suspect {
	const struct avow_log_event *event; /* NULL: none */
	size_t log;
};

/* Of one log and register: *s becomes the first event that is no proven tagged one.
 * @return true at "WBCL". */
static bool
look_for_end(const struct comparison *c, const struct markers *m, size_t log,
	uint32_t pcr, struct suspect *s)
{
	for (size_t i = 0; i < c->used[log][pcr]; i++) {
		const struct avow_log_event *e = &c->logs[log].events[i];

		if (e->pcr != pcr || event_is_silent(&c->logs[log], e))
			continue;
		if (event_is_marker(m, e, MARKER_WBCL))
			return true;
		if (!s->event &&
			!(e->type == EV_EVENT_TAG && avow_eventlog_proves(e, e->data)))
			*s = (struct suspect){e, log};
	}
	return false;
}

/* Before "WBCL", and only where there is one, in whichever of the logs: who sends a
 * log may send it in parts. */
static enum avow_err
check_windows_register(struct comparison *c, const struct markers *m, uint32_t pcr)
{
	struct suspect s = {NULL, 0};

	for (size_t l = 0; l < c->at->log_count; l++)
		if (c->logs[l].format != AVOW_LOG_CCEL &&
			look_for_end(c, m, l, pcr, &s))
			return s.event ? refuse_windows(c, s.log, s.event) : AVOW_OK;
	return AVOW_OK;
}

/* Windows' policies ask whether all tagged events say this or that. One whose data
 * was spoiled, or whose type was renamed, must not drop out in silence: up to "WBCL"
 * the registers 12 and 13 hold nothing but tagged events, each proven (bug 23). */
static enum avow_err
check_windows(struct comparison *c)
{
	struct markers m;

	AVOW_TRY(markers_make(&m));
	for (uint32_t pcr = 12; pcr <= 13; pcr++)
		if (is_quoted(c->at, pcr))
			AVOW_TRY(check_windows_register(c, &m, pcr));
	return AVOW_OK;
}

static enum avow_err
run(struct comparison *c, size_t n)
{
	enum avow_err e;

	AVOW_TRY(parse_logs(c, n));
	replay_begin(&c->replayer, c->logs, n, c->registers);
	e = replay_logs(c, n);
	if (e == AVOW_OK)
		e = compare(c);
	AVOW_TRY(e);
	return check_windows(c);
}

enum avow_err
avow_attested_logs(const struct avow_log_input *logs, size_t n,
	const struct avow_quoted_bank *banks, size_t n_banks, struct avow_arena *a,
	struct avow_attested *out, struct avow_why *why)
{
	struct avow_attested at = {
		.log_count = n, .banks = banks, .bank_count = n_banks};
	struct comparison c = {.in = logs, .at = &at, .arena = a, .why = why};

	memset(out, 0, sizeof(*out));
	if (n > AVOW_MAX_ATTESTED_LOGS)
		return avow_refuse(
			why, AVOW_E_TOO_LARGE, NULL, "at most 8 logs", "%zu", n);
	for (size_t i = 0; i < n_banks; i++)
		at.quoted |= banks[i].mask & ((1u << AVOW_LOG_REGISTERS) - 1);
	c.logs = avow_arena_array(a, n ? n : 1, sizeof(*c.logs));
	c.used = avow_arena_array(a, n ? n : 1, sizeof(*c.used));
	c.registers = avow_arena_alloc(a, sizeof(*c.registers));
	c.ima = avow_arena_array(a, AVOW_LOG_REGISTERS, sizeof(*c.ima));
	if (!c.logs || !c.used || !c.registers || !c.ima)
		return no_memory(&c);
	at.logs = c.logs;
	at.used = (const uint32_t(*)[AVOW_LOG_REGISTERS])c.used;
	AVOW_TRY(run(&c, n));
	*out = at;
	return AVOW_OK;
}
