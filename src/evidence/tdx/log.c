/*
 * CC measurement register 1 is RTMR0, and so on; register 0, MRTD, is never extended
 * (UEFI 2.10, 38.4.1). A log is hearsay until it leads to what the quote signed, so
 * nothing of it is told before every register has been compared.
 */
#include "evidence/tdx/log.h"

#include "base/limits.h"
#include "evidence/eventlog/attested.h"

#define SOURCE "UEFI 2.10, 38.4.1, and TCG PC Client PFP, 10"
#define SIGNED (((1u << TDX_RTMRS) - 1) << 1) /* as the log numbers them */

/* Nothing but the log may have been measured there. */
static enum avow_err
check_untold(const struct avow_attested *at, const struct avow_td_report *r,
	struct avow_why *why)
{
	static const uint8_t zeros[AVOW_SHA384_BYTES];
	static const struct avow_at where = {"event_log", NULL, SOURCE};

	for (unsigned i = 0; i + 1 < TDX_RTMRS; i++) {
		if (at->extended & 2u << i || avow_span_all_zero(r->rtmr[i]))
			continue;
		(void)avow_refuse_bytes(why, AVOW_E_EVENTLOG_QUOTE, &where,
			avow_span_make(zeros, sizeof(zeros)), r->rtmr[i]);
		avow_why_field(why, "rtmr%u", i);
		return AVOW_E_EVENTLOG_QUOTE;
	}
	return AVOW_OK;
}

static enum avow_err
put_events(const struct avow_attested *at, struct avow_arena *a, struct avow_span *out)
{
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init_arena(&b, a, AVOW_MAX_JMESPATH_OUTPUT);
	avow_jw_init(&w, &b);
	avow_attested_put_list(at, &w);
	*out = avow_buf_span(&b);
	return b.err;
}

enum avow_err
avow_tdx_log_check(struct avow_span bytes, const struct avow_td_report *r,
	struct avow_arena *a, struct avow_tdx_log *out, struct avow_why *why)
{
	static const struct avow_at at_size = {"event_log", "eventLog", NULL};
	const struct avow_log_input in = {bytes, AVOW_LOG_CCEL};
	struct avow_quoted_bank bank = {.bank = AVOW_SHA384, .mask = SIGNED};
	struct avow_attested at;

	if (bytes.n > AVOW_MAX_EVENT_LOG)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &at_size, "at most 2 MiB",
			"%zu bytes", bytes.n);
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		bank.value[i + 1] = r->rtmr[i];
	AVOW_TRY(avow_attested_logs(&in, 1, &bank, 1, a, &at, why));
	AVOW_TRY(check_untold(&at, r, why));
	AVOW_TRY(put_events(&at, a, &out->events));
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		out->covers[i] = at.extended & 2u << i;
	out->present = true;
	return AVOW_OK;
}
