/* avow forge tdx: its flags. */
#include "cli/forge_kinds.h"

static const struct forge_row ROWS[] = {
	FORGE_ROW(tdx, "version", ROW_NUMBER, version),
	FORGE_ROW(tdx, "report-15", ROW_FLAG, report_15),
	FORGE_ROW(tdx, "padded", ROW_FLAG, padded),
	FORGE_ROW(tdx, "tee-tcb-svn", ROW_HEX, tee_tcb_svn),
	FORGE_ROW(tdx, "tee-tcb-svn2", ROW_HEX, tee_tcb_svn2),
	FORGE_ROW(tdx, "td-attributes", ROW_NUMBER, td_attributes),
	FORGE_ROW(tdx, "xfam", ROW_NUMBER, xfam),
	FORGE_ROW(tdx, "mr-td", ROW_HEX, mr_td),
	FORGE_ROW(tdx, "mr-config-id", ROW_HEX, mr_config_id),
	FORGE_ROW(tdx, "mr-owner", ROW_HEX, mr_owner),
	FORGE_ROW(tdx, "mr-owner-config", ROW_HEX, mr_owner_config),
	FORGE_ROW(tdx, "rtmr0", ROW_HEX, rtmr[0]),
	FORGE_ROW(tdx, "rtmr1", ROW_HEX, rtmr[1]),
	FORGE_ROW(tdx, "rtmr2", ROW_HEX, rtmr[2]),
	FORGE_ROW(tdx, "rtmr3", ROW_HEX, rtmr[3]),
	FORGE_ROW(tdx, "event-log", ROW_FLAG, with_event_log),
	FORGE_ROW(tdx, "hcl", ROW_FLAG, with_hcl),
	FORGE_ROW(tdx, "mr-service-td", ROW_HEX, mr_service_td),
	FORGE_ROW(tdx, "module-status", ROW_TEXT, module_status),
	FORGE_ROW_HAS(tdx, "report-data", ROW_HEX, platform.report_data,
		platform.has_report_data),
	FORGE_ROW(tdx, "runtime-data", ROW_FILE, platform.runtime_data),
	FORGE_ROW_HAS(
		tdx, "init-data", ROW_FILE, platform.init_data, platform.has_init_data),
	FORGE_ROW(tdx, "tcb-status", ROW_TEXT, platform.tcb_status),
	FORGE_ROW(tdx, "tcb-date", ROW_TIME, platform.tcb_date_s),
	FORGE_ROW(tdx, "evaluation-number", ROW_NUMBER, platform.tcb_evaluation_number),
	FORGE_ROW(tdx, "qe-status", ROW_TEXT, platform.qe_status),
	FORGE_ROW(tdx, "fmspc", ROW_HEX, platform.fmspc),
	FORGE_ROW(tdx, "ppid", ROW_HEX, platform.ppid),
	FORGE_ROW(tdx, "corrupt", ROW_TEXT, platform.corrupt),
};

static void
defaults(struct forge_run *r, int64_t at_s)
{
	avow_forge_tdx_defaults(&r->p.tdx, at_s);
}

static enum avow_err
make(const struct forge_run *r, struct avow_forged **out, struct avow_why *why)
{
	return avow_forge_tdx_make(&r->p.tdx, out, why);
}

const struct forge_kind forge_kind_tdx = {
	.name = "tdx",
	.rows = ROWS,
	.n_rows = sizeof(ROWS) / sizeof(ROWS[0]),
	.defaults = defaults,
	.deviation_at = avow_forge_tdx_deviation_at,
	.make = make,
};
