/* What `avow collect` gathers, for the commands that send it too. */
#ifndef AVOW_CLI_COLLECT_H
#define AVOW_CLI_COLLECT_H

#include "collect/collect.h"

struct avow_collect_run {
	const char *kind; /* "tpm", "snp", "tdx" */
	const char *out; /* NULL: standard output */
	const char *tsm;
	uint8_t data[AVOW_COLLECT_REPORT_DATA];
	uint8_t challenge[32];
	size_t n_challenge;
	bool no_logs;
	struct avow_collect_tpm tpm;
};

/** Defaults: every SHA-256 register, an RSA key of the endorsement seed. */
void avow_collect_run_init(struct avow_collect_run *r);
bool avow_collect_knows(const char *kind);
/** Appended to out, in the kind's own form. The codes of collect/. */
enum avow_err avow_collect_evidence(struct avow_collect_run *r, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

#endif
