/*
 * Replays a log: extends each register by each event's digest, bank by bank, from
 * the value that the register had before (zeros; PCR 0 the startup locality; 17
 * to 22 all FF until a DRTM). Whether the result is what a TPM quoted is for the
 * caller to compare.
 */
#include <string.h>

#include "evidence/eventlog/impl.h"

static bool
is_drtm_type(uint32_t type)
{
	/* Intel TXT, AMD SecureLaunch, ARM DRTM */
	return (type >= 0x400 && type <= 0x4ff) || (type >= 0x8000 && type <= 0x8007) ||
	       (type >= 0x9001 && type <= 0x900e) || type == EV_EVENT_TAG;
}

static bool
has_drtm_event(const struct avow_eventlog *log)
{
	for (size_t i = 0; i < log->count; i++) {
		const struct avow_log_event *e = &log->events[i];

		if (e->pcr >= 17 && e->pcr <= 22 && !event_is_silent(log, e) &&
			is_drtm_type(e->type))
			return true;
	}
	return false;
}

/* TPM 2.0 Library part 1, 34: 17 to 22 are FF after a start, and zero after the
 * DRTM sequence, of which only the logs' events tell. A wrong guess fails the
 * comparison with the quote. */
void
replay_begin(struct replayer *r, const struct avow_eventlog *logs, size_t n,
	struct avow_log_replay *out)
{
	memset(r, 0, sizeof(*r));
	memset(out, 0, sizeof(*out));
	r->out = out;
	for (size_t i = 0; i < AVOW_LOG_REGISTERS; i++)
		for (size_t b = 0; b < AVOW_LOG_BANKS; b++)
			out->reg[i].has[b] = true;
	for (size_t i = 0; i < n; i++)
		if (logs[i].format == AVOW_LOG_CCEL || has_drtm_event(&logs[i]))
			return;
	for (size_t i = 17; i <= 22; i++)
		memset(out->reg[i].value, 0xff, sizeof(out->reg[i].value));
}

static void
set_locality(struct avow_log_register *r, uint8_t locality)
{
	for (size_t b = 0; b < AVOW_LOG_BANKS; b++)
		r->value[b][avow_hash_bytes((enum avow_hash)b) - 1] = locality;
}

/* PFP 10.4.5.3: EV_NO_ACTION "StartupLocality", NUL, one byte. */
static bool
is_locality(const struct avow_log_event *e)
{
	return e->type == EV_NO_ACTION && !e->is_ima && !e->not_extended &&
	       e->pcr == 0 && avow_span_starts(e->data, AVOW_LIT("StartupLocality\0"));
}

static enum avow_err
apply_locality(const struct avow_log_event *e, bool seen, struct avow_log_register *r,
	struct avow_why *why)
{
	uint8_t value = e->data.n == 17 ? e->data.p[16] : 0xff;

	if (value != 0 && value != 3 && value != 4)
		return log_refuse(why, AVOW_E_EVENTLOG_LOCALITY, "StartupLocality",
			"0, 3 or 4", value, e->offset);
	if (seen || r->extended)
		return log_refuse(why, AVOW_E_EVENTLOG_LOCALITY, "StartupLocality",
			"once, before PCR 0 is extended", e->seq, e->offset);
	set_locality(r, value);
	return AVOW_OK;
}

/* PFP 3.3.2: an H-CRTM sequence starts PCR 0 at 4, whatever the log says. */
static bool
is_hcrtm(const struct avow_log_event *e)
{
	return e->type == EV_EFI_HCRTM_EVENT && e->pcr == 0 && !e->is_ima &&
	       avow_span_eq_str(e->data, "HCRTM");
}

enum avow_err
replay_extend(enum avow_hash h, uint8_t *value, struct avow_span digest)
{
	size_t n = avow_hash_bytes(h);
	const struct avow_span parts[2] = {avow_span_make(value, n), digest};
	uint8_t next[AVOW_MAX_DIGEST];

	AVOW_TRY(avow_digest_short(h, parts, 2, next));
	memcpy(value, next, n);
	return AVOW_OK;
}

static enum avow_err
extend(struct avow_log_register *reg, const struct avow_log_event *e)
{
	bool have[AVOW_LOG_BANKS] = {false};

	for (size_t i = 0; i < e->digest_count; i++) {
		enum avow_hash h;

		if (!log_bank(e->digests[i].alg, &h) || !reg->has[h])
			continue;
		AVOW_TRY(replay_extend(h, reg->value[h], e->digests[i].bytes));
		have[h] = true;
	}
	/* a bank that lacks one event's digest has no value from here on */
	for (size_t b = 0; b < AVOW_LOG_BANKS; b++)
		reg->has[b] = reg->has[b] && have[b];
	reg->extended = true;
	return AVOW_OK;
}

enum avow_err
replay_event(struct replayer *r, const struct avow_eventlog *log,
	const struct avow_log_event *e, struct avow_why *why)
{
	struct avow_log_register *zero = &r->out->reg[0];

	if (log->format != AVOW_LOG_CCEL && is_locality(e)) {
		AVOW_TRY(apply_locality(e, r->locality, zero, why));
		r->locality = true;
	}
	if (event_is_silent(log, e))
		return AVOW_OK;
	if (log->format != AVOW_LOG_CCEL && is_hcrtm(e) && !zero->extended)
		set_locality(zero, 4);
	return extend(&r->out->reg[e->pcr], e);
}

enum avow_err
avow_eventlog_replay(const struct avow_eventlog *log, struct avow_log_replay *out,
	struct avow_why *why)
{
	enum avow_err e = AVOW_OK;
	struct replayer r;

	replay_begin(&r, log, 1, out);
	for (size_t i = 0; i < log->count && e == AVOW_OK; i++)
		e = replay_event(&r, log, &log->events[i], why);
	return e;
}
