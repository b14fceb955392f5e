/*
 * CC measurement register 1 is RTMR0, and so on; register 0, MRTD, is never extended
 * (UEFI 2.10, 38.4.1). A log is hearsay until it leads to what the quote signed, so
 * nothing of it is told before every register has been compared.
 */
#include "evidence/tdx/log.h"

#include "base/limits.h"
#include "evidence/eventlog/eventlog.h"

#define SOURCE "UEFI 2.10, 38.4.1, and TCG PC Client PFP, 10"

static enum avow_err
compare(unsigned i, const struct avow_log_register *reg, struct avow_span rtmr,
	struct avow_why *why)
{
	static const uint8_t zeros[AVOW_SHA384_BYTES];
	struct avow_at at = {"event_log", NULL, SOURCE};
	struct avow_span want = avow_span_make(
		reg->extended ? reg->value[AVOW_SHA384] : zeros, AVOW_SHA384_BYTES);

	if (reg->extended && !reg->has[AVOW_SHA384])
		return avow_refuse(why, AVOW_E_EVENTLOG_BANK, &at,
			"a SHA-384 digest in every event", NULL);
	if (avow_span_eq(want, rtmr) || (i == TDX_RTMRS - 1 && !reg->extended))
		return AVOW_OK;
	(void)avow_refuse_bytes(why, AVOW_E_EVENTLOG_QUOTE, &at, want, rtmr);
	avow_why_field(why, "rtmr%u", i);
	return AVOW_E_EVENTLOG_QUOTE;
}

static enum avow_err
put_events(const struct avow_eventlog *log, struct avow_arena *a, struct avow_span *out)
{
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init_arena(&b, a, AVOW_MAX_JMESPATH_OUTPUT);
	avow_jw_init(&w, &b);
	avow_eventlog_put_events(log, &w);
	*out = avow_buf_span(&b);
	return b.err;
}

enum avow_err
avow_tdx_log_check(struct avow_span bytes, const struct avow_td_report *r,
	struct avow_arena *a, struct avow_tdx_log *out, struct avow_why *why)
{
	static const struct avow_at at = {"event_log", "eventLog", NULL};
	struct avow_log_replay replay;
	struct avow_eventlog log;

	if (bytes.n > AVOW_MAX_EVENT_LOG)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &at, "at most 2 MiB",
			"%zu bytes", bytes.n);
	AVOW_TRY(avow_eventlog_parse(bytes, AVOW_LOG_CCEL, a, &log, why));
	AVOW_TRY(avow_eventlog_replay(&log, &replay, why));
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		AVOW_TRY(compare(i, &replay.reg[i + 1], r->rtmr[i], why));
	AVOW_TRY(put_events(&log, a, &out->events));
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		out->covers[i] = replay.reg[i + 1].extended;
	out->present = true;
	return AVOW_OK;
}
