/* What `avow collect` gathers, for the commands that send it too. */
#ifndef AVOW_CLI_COLLECT_H
#define AVOW_CLI_COLLECT_H

#include <stdatomic.h>

#include "collect/collect.h"

struct avow_collect_run {
	const char *kind; /* "tpm", "snp", "tdx", "azure-guest" */
	const char *out; /* NULL: standard output */
	const char *tsm;
	uint8_t data[AVOW_COLLECT_REPORT_DATA];
	uint8_t challenge[32];
	size_t n_challenge;
	bool no_logs;
	bool has_ak, has_pcrs, has_data; /* were named */
	const char *nonce; /* azure-guest: for the client's payload; NULL: none */
	bool no_hcl; /* azure-guest: trusted launch, whatever NV holds */
	const char *certs; /* azure-guest: PEM chain of the report; NULL: IMDS */
	const char *imds; /* its address */
	const atomic_bool *cancel; /* ends a wait for it; NULL: nothing does */
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
	AVOW_OPT_NO_LOGS,
	AVOW_OPT_IMDS,
	AVOW_OPT_NO_HCL
};

/** Rows of a getopt_long table. */
#define AVOW_COLLECT_OPTIONS                                                           \
	{"tsm", required_argument, NULL, AVOW_OPT_TSM},                                \
		{"tcti", required_argument, NULL, AVOW_OPT_TCTI},                      \
		{"ak", required_argument, NULL, AVOW_OPT_AK},                          \
		{"ak-cert", required_argument, NULL, AVOW_OPT_AK_CERT},                \
		{"pcrs", required_argument, NULL, AVOW_OPT_PCRS},                      \
		{"log", required_argument, NULL, AVOW_OPT_LOG},                        \
		{"no-logs", no_argument, NULL, AVOW_OPT_NO_LOGS},                      \
		{"imds", required_argument, NULL, AVOW_OPT_IMDS},                      \
	{                                                                              \
		"no-hcl", no_argument, NULL, AVOW_OPT_NO_HCL                           \
	}
/** The lines of a usage text for them. */
#define AVOW_COLLECT_USAGE                                                             \
	"  --tsm DIR               snp, tdx: /sys/kernel/config/tsm/report\n"          \
	"  --tcti TCTI             tpm, azure-guest: as tpm2-tss names it; the\n"      \
	"                          default is its own choice, /dev/tpmrm0 first\n"     \
	"  --ak KEY                rsa (tpm's default) or ecc, made from the\n"        \
	"                          endorsement seed; a persistent handle\n"            \
	"                          (0x8100....); or azure (azure-guest's default)\n"   \
	"  --ak-cert FILE|0xNV     the key's certificate\n"                            \
	"  --pcrs LIST             \"sha256:0-7,14+sha1:0\"; the default is\n"         \
	"                          sha256:0-23, azure-guest sha256:0-7\n"              \
	"  --log TYPE:FILE         TCG or IMA, in the order of measurement;\n"         \
	"                          default: those of this kernel that can be read\n"   \
	"  --no-logs               none\n"                                             \
	"  --imds URL              azure-guest: the platform's metadata service, "     \
	"for\n"                                                                        \
	"                          certificates and quotes; "                          \
	"http://169.254.169.254\n"                                                     \
	"  --no-hcl                azure-guest: trusted launch, whatever NV holds\n"

/** Defaults: every SHA-256 register, an RSA key of the endorsement seed. */
void avow_collect_run_init(struct avow_collect_run *r);
/** Take one option up; false: it is not one of these, or has a wrong value. */
bool avow_collect_set(struct avow_collect_run *r, int option, const char *arg);
/** After the options: defaults of the kind, the logs of this kernel where none were
 *  named. */
void avow_collect_ready(struct avow_collect_run *r);
/** "0x81000003". */
bool avow_collect_handle(const char *text, uint32_t *out);

/** An Azure guest's request, appended. tss is the one of these options, and holds the
 *  key that the answer is sealed to afterwards. @return the codes of avow_tss_guest
 *  and avow_net_fetch; AVOW_E_HCL_FORMAT; AVOW_E_COLLECT_ABSENT (a report of another
 *  hardware); AVOW_E_COLLECT_ANSWER, AVOW_E_JSON_* (the metadata service). */
enum avow_err avow_collect_guest(struct avow_collect_run *r, struct avow_tss *tss,
	struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;

bool avow_collect_knows(const char *kind);
/** Appended to out, in the kind's own form. The codes of collect/. */
enum avow_err avow_collect_evidence(struct avow_collect_run *r, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

#endif
