/*
 * avow collect KIND: evidence of this machine, in the form that `avow appraise`
 * and a service take. Flags become what collect/ asks for; nothing is verified.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/attest.h"
#include "cli/cli.h"
#include "cli/collect.h"
#include "cli/inputs.h"
#include "crypto/digest.h"

static const char USAGE[] =
	"usage: avow collect KIND [-o FILE] [OPTIONS]\n"
	"       avow collect KIND --server URL [OPTIONS of avow attest]\n"
	"\n"
	"Gathers evidence on this machine. KIND is tpm, snp, tdx or azure-guest. The\n"
	"result goes to FILE or standard output: for tpm and azure-guest the JSON "
	"that\n"
	"`avow appraise` takes, for snp the contract's JSON with report and\n"
	"certificates, for tdx the "
	"quote's bytes. With --server it goes straight to a\n"
	"service, and what comes "
	"out is the token, as with `avow attest`.\n"
	"\n"
	"  -o, --out FILE          where it goes\n"
	"  --runtime-data FILE     snp, tdx: its SHA-256 goes into the report, zeros\n"
	"                          behind it\n"
	"  --report-data HEX       snp, tdx: the 64 bytes themselves\n"
	"  --nonce S               azure-guest: member nonce of the client's payload\n"
	"  --certs FILE            azure-guest: PEM of the SEV-SNP key's chain; "
	"default:\n"
	"                          asked of --imds\n"
	"  --challenge HEX         tpm: the quote's qualifying data, up to 32 "
	"bytes\n" AVOW_COLLECT_USAGE "\n"
	"exit status: 0 gathered, 2 it cannot be had, 64 usage\n";

static const struct option OPTIONS[] = {
	{"out", required_argument, NULL, 'o'},
	{"runtime-data", required_argument, NULL, 'r'},
	{"report-data", required_argument, NULL, 'R'},
	{"challenge", required_argument, NULL, 'c'},
	{"nonce", required_argument, NULL, 'n'},
	{"certs", required_argument, NULL, 'C'},
	AVOW_COLLECT_OPTIONS,
	{NULL, 0, NULL, 0},
};

/* --- flags ------------------------------------------------------------------------------ */

static bool
read_hex(const char *text, uint8_t *out, size_t max, size_t *n)
{
	struct avow_span s = avow_span_str(text);

	*n = s.n / 2;
	return avow_hex_is(s) && *n <= max && avow_hex_decode(s, out, *n) == AVOW_OK;
}

/* report_data: the digest and zeros behind it, as MAA reads it. */
static bool
digest_file(const char *path, uint8_t out[AVOW_COLLECT_REPORT_DATA])
{
	struct avow_buf b;
	bool good;

	avow_buf_init(&b, 0);
	memset(out, 0, AVOW_COLLECT_REPORT_DATA);
	good = avow_cli_read(path, &b) &&
	       avow_sha256(avow_buf_span(&b), out) == AVOW_OK;
	avow_buf_clear(&b);
	return good;
}

static bool
set_option(struct avow_collect_run *r, int option, const char *arg)
{
	size_t n;

	switch (option) {
	case 'o':
		r->out = arg;
		return true;
	case 'r':
		r->has_data = true;
		return digest_file(arg, r->data);
	case 'R':
		r->has_data = true;
		return read_hex(arg, r->data, sizeof(r->data), &n) &&
		       n == sizeof(r->data);
	case 'c':
		return read_hex(
			arg, r->challenge, sizeof(r->challenge), &r->n_challenge);
	case 'n':
		r->nonce = arg;
		return true;
	case 'C':
		r->certs = arg;
		return true;
	default:
		return avow_collect_set(r, option, arg);
	}
}

/* --- gathering ----------------------------------------------------------------------------- */

static enum avow_err
collect_tpm(struct avow_collect_run *r, struct avow_buf *out, struct avow_why *why)
{
	struct avow_span challenge = avow_span_make(r->challenge, r->n_challenge);
	struct avow_tss *t;
	struct avow_jw w;
	enum avow_err e;

	AVOW_TRY(avow_tss_open(&r->tpm, &t, why));
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	if (challenge.n) {
		avow_jw_name(&w, "challenge");
		avow_jw_hex(&w, challenge);
	}
	e = avow_tss_attest(t, challenge, &w, why);
	avow_jw_close(&w);
	avow_tss_close(t);
	return e == AVOW_OK ? out->err : e;
}

/* configfs-tsm where the kernel has it, else the older device. */
static enum avow_err
collect_snp(struct avow_collect_run *r, struct avow_buf *out, struct avow_why *why)
{
	const struct avow_collect_io *io = &avow_collect_kernel;
	struct avow_collect_report report;
	enum avow_err e;

	avow_collect_report_init(&report);
	if (avow_collect_readable(r->tsm))
		e = avow_collect_tsm(io, r->tsm, "sev_guest", r->data, &report, why);
	else
		e = avow_collect_sev_guest(io, "/dev/sev-guest", r->data, &report, why);
	if (e == AVOW_OK)
		e = avow_cli_put_snp(out, avow_buf_span(&report.report),
			avow_buf_span(&report.certs));
	avow_collect_report_clear(&report);
	return e;
}

static enum avow_err
collect_tdx(struct avow_collect_run *r, struct avow_buf *out, struct avow_why *why)
{
	struct avow_collect_report report;
	enum avow_err e;

	avow_collect_report_init(&report);
	e = avow_collect_tsm(
		&avow_collect_kernel, r->tsm, "tdx_guest", r->data, &report, why);
	if (e == AVOW_OK)
		avow_buf_put(out, avow_buf_span(&report.report));
	avow_collect_report_clear(&report);
	return e == AVOW_OK ? out->err : e;
}

static enum avow_err
collect_guest(struct avow_collect_run *r, struct avow_buf *out, struct avow_why *why)
{
	struct avow_tss *t;
	enum avow_err e;

	AVOW_TRY(avow_tss_open(&r->tpm, &t, why));
	e = avow_collect_guest(r, t, out, why);
	avow_tss_close(t);
	return e;
}

static const struct {
	const char *name;
	enum avow_err (*run)(
		struct avow_collect_run *, struct avow_buf *, struct avow_why *);
} KINDS[] = {{"tpm", collect_tpm}, {"snp", collect_snp}, {"tdx", collect_tdx},
	{"azure-guest", collect_guest}};

bool
avow_collect_knows(const char *kind)
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(kind, KINDS[i].name) == 0)
			return true;
	return false;
}

enum avow_err
avow_collect_evidence(
	struct avow_collect_run *r, struct avow_buf *out, struct avow_why *why)
{
	avow_collect_ready(r);
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(r->kind, KINDS[i].name) == 0)
			return KINDS[i].run(r, out, why);
	return AVOW_E_USAGE;
}

/* --- the command ------------------------------------------------------------------------------ */

static int
save(const struct avow_collect_run *r, struct avow_buf *b)
{
	static const struct avow_at at = {"collect", "out", "avow(1)"};
	struct avow_why why;

	if (!r->out)
		return fwrite(b->p, 1, b->n, stdout) == b->n && fflush(stdout) == 0
			       ? AVOW_EXIT_OK
			       : AVOW_EXIT_UNDECIDED;
	avow_why_init(&why);
	if (avow_file_write(r->out, avow_buf_span(b), 0600) == AVOW_OK)
		return AVOW_EXIT_OK;
	avow_cli_complain(avow_refuse(&why, AVOW_E_FILE_WRITE, &at, "a writable file",
				  "%s", r->out),
		&why);
	return AVOW_EXIT_UNDECIDED;
}

static int
collect(struct avow_collect_run *r)
{
	struct avow_buf out;
	struct avow_why why;
	enum avow_err e;
	int status = AVOW_EXIT_UNDECIDED;

	/* tpm2-tss logs to stderr by itself; what failed is told below. */
	setenv("TSS2_LOG", "all+none", 0);
	avow_why_init(&why);
	avow_buf_init(&out, AVOW_MIB(128));
	e = avow_collect_evidence(r, &out, &why);
	if (e == AVOW_OK)
		status = save(r, &out);
	else
		avow_cli_complain(e, &why);
	avow_buf_clear(&out);
	return status;
}

/* Data that this kind of evidence has no room for: it must not look bound. */
static bool
is_misplaced(const struct avow_collect_run *r)
{
	bool is_tpm = strcmp(r->kind, "tpm") == 0;
	bool is_guest = strcmp(r->kind, "azure-guest") == 0;

	return (r->has_data && (is_tpm || is_guest)) || (r->n_challenge && !is_tpm) ||
	       ((r->nonce || r->certs) && !is_guest);
}

/* `avow collect KIND --server URL` is `avow attest KIND`: one way to send. */
static bool
is_for_a_server(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--server") == 0 ||
			strncmp(argv[i], "--server=", 9) == 0)
			return true;
	return false;
}

static int
run_collect(int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_collect;
	struct avow_collect_run r;
	int c;

	if (is_for_a_server(argc, argv))
		return avow_attest_main(argc, argv, false);
	avow_collect_run_init(&r);
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:", OPTIONS, NULL)) != -1)
		if (!set_option(&r, c, optarg))
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (argc - optind != 1)
		return avow_cli_usage(cmd, "it takes a KIND");
	r.kind = argv[optind];
	if (!avow_collect_knows(r.kind))
		return avow_cli_usage(cmd, "unknown kind of evidence: %s", r.kind);
	if (is_misplaced(&r))
		return avow_cli_usage(cmd,
			"what binds %s is: --challenge for tpm, "
			"--runtime-data or --report-data for snp and tdx, --nonce for "
			"azure-guest",
			r.kind);
	return collect(&r);
}

const struct avow_cmd avow_cmd_collect = {
	.name = "collect",
	.summary = "gather evidence on this machine",
	.usage = USAGE,
	.run = run_collect,
};
