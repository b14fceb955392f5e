/*
 * Where SGX's makers ask TDX's: what a TD's quote and collateral have instead.
 */
#ifndef AVOW_FORGE_TDX_IMPL_H
#define AVOW_FORGE_TDX_IMPL_H

#include "forge/internal.h"
#include "forge/tdx.h"
#include "wire/json.h"

/** AVOW_E_USAGE with the field named. */
enum avow_err forge_tdx_check(
	const struct avow_forge_tdx *p, struct avow_why *why) AVOW_CHECKED;
/** Work those deviations into *t that are nothing but other parameters. */
void forge_tdx_bend(const struct forge *f, struct avow_forge_tdx *t);
/** The event log, and the RTMRs that it leads to into *t. */
enum avow_err forge_tdx_make_log(
	struct forge *f, struct avow_forge_tdx *t) AVOW_CHECKED;
/** Append the TD report. */
enum avow_err forge_tdx_put_report(
	const struct forge *f, struct avow_buf *b) AVOW_CHECKED;
/** The HCL blob of the same TD; wants runtime and the parameters bent. */
enum avow_err forge_tdx_make_hcl(struct forge *f) AVOW_CHECKED;
/** Append MRCONFIGID and REPORTDATA as the quote has them. */
enum avow_err forge_tdx_put_config_id(
	const struct forge *f, struct avow_buf *b) AVOW_CHECKED;
enum avow_err forge_tdx_put_report_data(
	const struct forge *f, struct avow_buf *b) AVOW_CHECKED;
/** The member tdxtcbcomponents; lowest: all zero. */
void forge_tdx_put_components(const struct forge *f, struct avow_jw *w, bool lowest);
/** The members tdxModule and tdxModuleIdentities. */
void forge_tdx_put_modules(const struct forge *f, struct avow_jw *w);

#endif
