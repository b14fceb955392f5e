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

/* Values of getopt_long beyond any letter and those of server.h. */
enum avow_collect_option {
	AVOW_OPT_TSM = 400,
	AVOW_OPT_TCTI,
	AVOW_OPT_AK,
	AVOW_OPT_AK_CERT,
	AVOW_OPT_PCRS,
	AVOW_OPT_LOG,
	AVOW_OPT_NO_LOGS
};

/** Rows of a getopt_long table. */
#define AVOW_COLLECT_OPTIONS                                                           \
	{"tsm", required_argument, NULL, AVOW_OPT_TSM},                                \
		{"tcti", required_argument, NULL, AVOW_OPT_TCTI},                      \
		{"ak", required_argument, NULL, AVOW_OPT_AK},                          \
		{"ak-cert", required_argument, NULL, AVOW_OPT_AK_CERT},                \
		{"pcrs", required_argument, NULL, AVOW_OPT_PCRS},                      \
		{"log", required_argument, NULL, AVOW_OPT_LOG},                        \
	{                                                                              \
		"no-logs", no_argument, NULL, AVOW_OPT_NO_LOGS                         \
	}
/** The lines of a usage text for them. */
#define AVOW_COLLECT_USAGE                                                             \
	"  --tsm DIR               snp, tdx: /sys/kernel/config/tsm/report\n"          \
	"  --tcti TCTI             tpm: as tpm2-tss names it; the default is\n"        \
	"                          its own choice, /dev/tpmrm0 first\n"                \
	"  --ak KEY                tpm: rsa (default) or ecc, made from the "          \
	"endorsement\n"                                                                \
	"                          seed; a persistent handle (0x8100....); or "        \
	"azure\n"                                                                      \
	"  --ak-cert FILE|0xNV     tpm: the key's certificate\n"                       \
	"  --pcrs LIST             tpm: \"sha256:0-7,14+sha1:0\"; default "            \
	"sha256:0-23\n"                                                                \
	"  --log TYPE:FILE         tpm: TCG or IMA, in the order of measurement;\n"    \
	"                          default: those of this kernel that can be read\n"   \
	"  --no-logs               tpm: none\n"

/** Defaults: every SHA-256 register, an RSA key of the endorsement seed. */
void avow_collect_run_init(struct avow_collect_run *r);
/** Take one option up; false: it is not one of these, or has a wrong value. */
bool avow_collect_set(struct avow_collect_run *r, int option, const char *arg);
/** After the options: the logs of this kernel where none were named. */
void avow_collect_default_logs(struct avow_collect_run *r);
/** "0x81000003". */
bool avow_collect_handle(const char *text, uint32_t *out);

bool avow_collect_knows(const char *kind);
/** Appended to out, in the kind's own form. The codes of collect/. */
enum avow_err avow_collect_evidence(struct avow_collect_run *r, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

#endif
