/* avow forge sgx: its flags. */
#include <string.h>

#include "cli/forge_kinds.h"

static const struct forge_row ROWS[] = {
	FORGE_ROW(sgx, "mrenclave", ROW_HEX, mrenclave),
	FORGE_ROW(sgx, "mrsigner", ROW_HEX, mrsigner),
	FORGE_ROW(sgx, "prod-id", ROW_NUMBER, prod_id),
	FORGE_ROW(sgx, "svn", ROW_NUMBER, svn),
	FORGE_ROW(sgx, "debug", ROW_FLAG, debug), FORGE_ROW(sgx, "kss", ROW_FLAG, kss),
	FORGE_ROW(sgx, "config-id", ROW_HEX, config_id),
	FORGE_ROW(sgx, "config-svn", ROW_NUMBER, config_svn),
	FORGE_ROW(sgx, "family-id", ROW_HEX, family_id),
	FORGE_ROW(sgx, "ext-prod-id", ROW_HEX, ext_prod_id),
	FORGE_ROW_HAS(sgx, "report-data", ROW_HEX, report_data, has_report_data),
	FORGE_ROW(sgx, "runtime-data", ROW_FILE, runtime_data),
	FORGE_ROW_HAS(sgx, "init-data", ROW_FILE, init_data, has_init_data),
	FORGE_ROW(sgx, "tcb-status", ROW_TEXT, tcb_status),
	FORGE_ROW(sgx, "tcb-date", ROW_TIME, tcb_date_s),
	FORGE_ROW(sgx, "evaluation-number", ROW_NUMBER, tcb_evaluation_number),
	FORGE_ROW(sgx, "tcb-info-version", ROW_NUMBER, tcb_info_version),
	FORGE_ROW(sgx, "qe-status", ROW_TEXT, qe_status),
	FORGE_ROW(sgx, "qe-isvsvn", ROW_NUMBER, qe_isvsvn),
	FORGE_ROW(sgx, "fmspc", ROW_HEX, fmspc), FORGE_ROW(sgx, "ppid", ROW_HEX, ppid),
	FORGE_ROW(sgx, "pcesvn", ROW_NUMBER, pcesvn),
	FORGE_ROW(sgx, "cert-type", ROW_NUMBER, certification_type),
	FORGE_ROW(sgx, "corrupt", ROW_TEXT, corrupt), FORGE_OTHER("advisory"),
	FORGE_OTHER("revoke"), {"platform-ca", ROW_OTHER, 0, 0, 1}, /* takes no value */
};

static void
defaults(struct forge_run *r, int64_t at_s)
{
	avow_forge_sgx_defaults(&r->p.sgx, at_s);
}

static bool
set_revoked(struct avow_forge_sgx *p, const char *what)
{
	p->revoke_pck |= strcmp(what, "pck") == 0;
	p->revoke_pck_ca |= strcmp(what, "ca") == 0;
	p->revoke_tcb_signing |= strcmp(what, "signing") == 0;
	return strcmp(what, "pck") == 0 || strcmp(what, "ca") == 0 ||
	       strcmp(what, "signing") == 0;
}

static bool
other(struct forge_run *r, const char *name, const char *text)
{
	if (strcmp(name, "platform-ca") == 0) {
		r->p.sgx.pck_ca = AVOW_FORGE_PLATFORM_CA;
		return true;
	}
	if (strcmp(name, "revoke") == 0)
		return set_revoked(&r->p.sgx, text);
	if (r->n_advisories == FORGE_MAX_ADVISORIES)
		return false;
	r->advisories[r->n_advisories++] = text;
	r->p.sgx.tcb_advisories = r->advisories;
	return true;
}

static enum avow_err
make(const struct forge_run *r, struct avow_forged **out, struct avow_why *why)
{
	return avow_forge_sgx_make(&r->p.sgx, out, why);
}

const struct forge_kind forge_kind_sgx = {
	.name = "sgx",
	.rows = ROWS,
	.n_rows = sizeof(ROWS) / sizeof(ROWS[0]),
	.defaults = defaults,
	.other = other,
	.deviation_at = avow_forge_deviation_at,
	.make = make,
};
