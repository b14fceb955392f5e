/*
 * Finds a log's form and has it read by that form's file. What the forms share
 * about events is here; what a form means is not.
 */
#include "evidence/eventlog/eventlog.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/eventlog/impl.h"

static const char *const FORMATS[] = {
	[AVOW_LOG_TCG] = "tcg",
	[AVOW_LOG_CCEL] = "ccel",
	[AVOW_LOG_CEL] = "cel",
	[AVOW_LOG_CEL_JSON] = "cel-json",
	[AVOW_LOG_IMA] = "ima",
};
#define FORMAT_COUNT (sizeof(FORMATS) / sizeof(FORMATS[0]))

const char *
avow_log_format_name(enum avow_log_format f)
{
	return f > AVOW_LOG_AUTO && (size_t)f < FORMAT_COUNT ? FORMATS[f] : "auto";
}

enum avow_log_format
avow_log_format_named(struct avow_span name)
{
	for (size_t i = AVOW_LOG_TCG; i < FORMAT_COUNT; i++)
		if (avow_span_eq_str(name, FORMATS[i]))
			return (enum avow_log_format)i;
	return AVOW_LOG_AUTO;
}

enum avow_err
log_refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, uint64_t got, size_t offset)
{
	const struct avow_at at = {"eventlog", field, PFP};

	(void)avow_refuse(why, code, &at, expected, "%" PRIu64, got);
	if (why)
		avow_why_offset(why, offset);
	return code;
}

static bool
grow(struct event_list *l)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	struct avow_log_event *p = avow_arena_array(l->arena, cap, sizeof(*p));

	if (!p)
		return false;
	if (l->count)
		memcpy(p, l->events, l->count * sizeof(*p));
	l->events = p;
	l->cap = cap;
	return true;
}

struct avow_log_event *
event_list_add(struct event_list *l)
{
	struct avow_log_event *e;

	if (l->count >= l->max || (l->count == l->cap && !grow(l)))
		return NULL;
	e = &l->events[l->count++];
	e->seq = (uint32_t)l->count;
	return e;
}

void
event_list_drop_spec_id(struct event_list *l)
{
	struct avow_log_event *e = &l->events[l->count - 1];

	if (e->is_ima || e->type != EV_NO_ACTION ||
		!avow_span_starts(e->data, AVOW_LIT("Spec ID Event0")))
		return;
	memset(e, 0, sizeof(*e));
	l->count--;
}

enum avow_err
event_list_err(const struct event_list *l, struct avow_why *why, size_t offset)
{
	if (l->count >= l->max)
		return log_refuse(why, AVOW_E_TOO_LARGE, "events",
			"no more events than the limit", l->count, offset);
	return avow_refuse(why, avow_arena_err(l->arena), NULL, NULL, NULL);
}

bool
log_bank(uint16_t alg, enum avow_hash *out)
{
	static const uint16_t ALGS[AVOW_LOG_BANKS] = {[AVOW_SHA1] = ALG_SHA1,
		[AVOW_SHA256] = ALG_SHA256,
		[AVOW_SHA384] = ALG_SHA384,
		[AVOW_SHA512] = ALG_SHA512};

	for (size_t i = 0; i < AVOW_LOG_BANKS; i++) {
		if (ALGS[i] != alg)
			continue;
		*out = (enum avow_hash)i;
		return true;
	}
	return false;
}

const struct avow_log_digest *
event_digest(const struct avow_log_event *e, uint16_t alg)
{
	for (size_t i = 0; i < e->digest_count; i++)
		if (e->digests[i].alg == alg)
			return &e->digests[i];
	return NULL;
}

bool
event_is_silent(const struct avow_eventlog *log, const struct avow_log_event *e)
{
	if (e->not_extended)
		return true;
	if (log->format == AVOW_LOG_CCEL && (e->pcr < 1 || e->pcr > 4))
		return true; /* 0 is MRTD, which nothing extends */
	if (e->pcr >= AVOW_LOG_REGISTERS)
		return true;
	return !e->is_ima &&
	       (e->type == EV_NO_ACTION || e->type == EV_ARM_DRTM_NO_ACTION);
}

static enum avow_err
parse_as(struct avow_span bytes, enum avow_log_format f, unsigned banks,
	struct avow_arena *a, struct avow_eventlog *out, struct avow_why *why)
{
	switch (f) {
	case AVOW_LOG_TCG:
	case AVOW_LOG_CCEL:
		return tcg_parse(bytes, a, out, why);
	case AVOW_LOG_CEL:
		return cel_parse(bytes, a, out, why);
	case AVOW_LOG_CEL_JSON:
		return cel_json_parse(bytes, a, out, why);
	case AVOW_LOG_IMA:
		return ima_is_text(bytes) ? ima_text_parse(bytes, banks, a, out, why)
					  : ima_parse(bytes, banks, a, out, why);
	case AVOW_LOG_AUTO:
	default:
		return log_refuse(why, AVOW_E_EVENTLOG_UNKNOWN, "format",
			"a form that is read", bytes.n, 0);
	}
}

static enum avow_log_format
detect(struct avow_span bytes)
{
	struct avow_span text = avow_span_trim(avow_span_slice(bytes, 0, 64));

	if (avow_span_starts(text, AVOW_LIT("[")))
		return AVOW_LOG_CEL_JSON;
	if (ima_is_text(bytes) || ima_is(bytes))
		return AVOW_LOG_IMA;
	return cel_is(bytes) ? AVOW_LOG_CEL : AVOW_LOG_TCG;
}

enum avow_err
eventlog_parse_for(struct avow_span bytes, enum avow_log_format hint, unsigned banks,
	struct avow_arena *a, struct avow_eventlog *out, struct avow_why *why)
{
	enum avow_log_format f = hint == AVOW_LOG_AUTO ? detect(bytes) : hint;
	struct avow_eventlog log = {.format = f};

	memset(out, 0, sizeof(*out));
	if (bytes.n == 0)
		return log_refuse(why, AVOW_E_EVENTLOG_UNKNOWN, "format",
			"at least one record", 0, 0);
	AVOW_TRY(parse_as(bytes, f, banks, a, &log, why));
	if (hint == AVOW_LOG_AUTO && f == AVOW_LOG_TCG && tcg_is_ccel(&log))
		log.format = AVOW_LOG_CCEL;
	*out = log;
	return AVOW_OK;
}

/* Of an IMA list by itself: what TPMs have in use. */
#define SHOWN_BANKS (1u << AVOW_SHA1 | 1u << AVOW_SHA256 | 1u << AVOW_SHA384)

enum avow_err
avow_eventlog_parse(struct avow_span bytes, enum avow_log_format hint,
	struct avow_arena *a, struct avow_eventlog *out, struct avow_why *why)
{
	return eventlog_parse_for(bytes, hint, SHOWN_BANKS, a, out, why);
}
