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
#include "cli/cli.h"
#include "cli/collect.h"
#include "cli/inputs.h"
#include "crypto/digest.h"

static const char USAGE[] =
	"usage: avow collect KIND [-o FILE] [OPTIONS]\n"
	"\n"
	"Gathers evidence on this machine. KIND is tpm, snp or tdx. The result goes "
	"to\n"
	"FILE or standard output: for tpm the JSON object that `avow appraise tpm`\n"
	"takes, for snp the contract's JSON with report and certificates, for tdx the\n"
	"quote's bytes.\n"
	"\n"
	"  -o, --out FILE          where it goes\n"
	"  --runtime-data FILE     snp, tdx: its SHA-256 goes into the report, zeros\n"
	"                          behind it\n"
	"  --report-data HEX       snp, tdx: the 64 bytes themselves\n"
	"  --tsm DIR               snp, tdx: /sys/kernel/config/tsm/report\n"
	"  --challenge HEX         tpm: the quote's qualifying data, up to 32 bytes\n"
	"  --tcti TCTI             tpm: as tpm2-tss names it; the default is\n"
	"                          its own choice, /dev/tpmrm0 first\n"
	"  --ak KEY                tpm: rsa (default) or ecc, made from the "
	"endorsement\n"
	"                          seed; a persistent handle (0x8100....); or azure\n"
	"  --ak-cert FILE|0xNV     tpm: the key's certificate\n"
	"  --pcrs LIST             tpm: \"sha256:0-7,14+sha1:0\"; default sha256:0-23\n"
	"  --log TYPE:FILE         tpm: TCG or IMA, in the order of measurement;\n"
	"                          default: those of this kernel that can be read\n"
	"  --no-logs               tpm: none\n"
	"\n"
	"exit status: 0 gathered, 2 it cannot be had, 64 usage\n";

static const struct option OPTIONS[] = {
	{"out", required_argument, NULL, 'o'},
	{"runtime-data", required_argument, NULL, 'r'},
	{"report-data", required_argument, NULL, 'R'},
	{"tsm", required_argument, NULL, 't'},
	{"challenge", required_argument, NULL, 'c'},
	{"tcti", required_argument, NULL, 'T'},
	{"ak", required_argument, NULL, 'a'},
	{"ak-cert", required_argument, NULL, 'A'},
	{"pcrs", required_argument, NULL, 'p'},
	{"log", required_argument, NULL, 'l'},
	{"no-logs", no_argument, NULL, 'L'},
	{NULL, 0, NULL, 0},
};

/* --- flags ------------------------------------------------------------------------------ */

static bool
read_handle(const char *text, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (strncmp(text, "0x", 2) != 0)
		return false;
	v = strtoul(text + 2, &end, 16);
	*out = (uint32_t)v;
	return *end == '\0' && end > text + 2 && v > 0 && v <= UINT32_MAX;
}

static bool
read_ak(const char *text, struct avow_collect_tpm *o)
{
	if (strcmp(text, "azure") == 0) {
		o->ak_handle = AVOW_COLLECT_AZURE_AK;
		o->ak_cert_nv = AVOW_COLLECT_AZURE_AK_CERT;
		return true;
	}
	o->ak_is_ecc = strcmp(text, "ecc") == 0;
	return o->ak_is_ecc || strcmp(text, "rsa") == 0 ||
	       read_handle(text, &o->ak_handle);
}

/* "0-7,14" */
static bool
read_mask(const char *text, const char *end, uint32_t *mask)
{
	while (text < end) {
		char *next;
		unsigned long from, to;

		if (*text < '0' || *text > '9')
			return false;
		from = to = strtoul(text, &next, 10);
		if (*next == '-') {
			if (next[1] < '0' || next[1] > '9')
				return false;
			to = strtoul(next + 1, &next, 10);
		}
		if (from > to || to > 23 || next > end || (next < end && *next != ','))
			return false;
		for (unsigned long i = from; i <= to; i++)
			*mask |= UINT32_C(1) << i;
		text = next + (next < end);
	}
	return *mask != 0;
}

static bool
read_bank(const char *text, size_t n, struct avow_collect_bank *out)
{
	/* TCG Algorithm Registry 1.34, table 3 */
	static const struct {
		const char *name;
		uint16_t alg;
	} banks[] = {{"sha1:", 0x0004}, {"sha256:", 0x000b}, {"sha384:", 0x000c},
		{"sha512:", 0x000d}};

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		size_t k = strlen(banks[i].name);

		if (n < k || strncmp(text, banks[i].name, k) != 0)
			continue;
		*out = (struct avow_collect_bank){.alg = banks[i].alg};
		return read_mask(text + k, text + n, &out->mask);
	}
	return false;
}

static bool
read_pcrs(const char *text, struct avow_collect_tpm *o)
{
	o->n_banks = 0;
	for (;;) {
		size_t n = strcspn(text, "+");

		if (o->n_banks == AVOW_COLLECT_MAX_BANKS ||
			!read_bank(text, n, &o->banks[o->n_banks]))
			return false;
		for (size_t i = 0; i < o->n_banks; i++)
			if (o->banks[i].alg == o->banks[o->n_banks].alg)
				return false;
		o->n_banks++;
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
}

static bool
read_log(const char *text, struct avow_collect_tpm *o)
{
	const char *type = strncmp(text, "TCG:", 4) == 0   ? "TCG"
			   : strncmp(text, "IMA:", 4) == 0 ? "IMA"
							   : NULL;

	if (!type || text[4] == '\0' || o->n_logs == AVOW_COLLECT_MAX_LOGS)
		return false;
	o->logs[o->n_logs++] = (struct avow_collect_log){type, text + 4};
	return true;
}

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
set_ak_cert(struct avow_collect_run *r, const char *arg)
{
	if (!read_handle(arg, &r->tpm.ak_cert_nv))
		r->tpm.ak_cert = arg;
	return true;
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
		return digest_file(arg, r->data);
	case 'R':
		return read_hex(arg, r->data, sizeof(r->data), &n) &&
		       n == sizeof(r->data);
	case 't':
		r->tsm = arg;
		return true;
	case 'c':
		return read_hex(
			arg, r->challenge, sizeof(r->challenge), &r->n_challenge);
	case 'T':
		r->tpm.tcti = arg;
		return true;
	case 'a':
		return read_ak(arg, &r->tpm);
	case 'A':
		return set_ak_cert(r, arg);
	case 'p':
		return read_pcrs(arg, &r->tpm);
	case 'l':
		return read_log(arg, &r->tpm);
	case 'L':
		r->no_logs = true;
		return true;
	default:
		return false;
	}
}

/* --- gathering ----------------------------------------------------------------------------- */

static void
default_logs(struct avow_collect_run *r)
{
	static const struct avow_collect_log logs[] = {
		{"TCG", "/sys/kernel/security/tpm0/binary_bios_measurements"},
		{"IMA", "/sys/kernel/security/ima/binary_runtime_measurements"}};

	if (r->no_logs || r->tpm.n_logs)
		return;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (avow_collect_readable(logs[i].path))
			r->tpm.logs[r->tpm.n_logs++] = logs[i];
}

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

static const struct {
	const char *name;
	enum avow_err (*run)(
		struct avow_collect_run *, struct avow_buf *, struct avow_why *);
} KINDS[] = {{"tpm", collect_tpm}, {"snp", collect_snp}, {"tdx", collect_tdx}};

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
	default_logs(r);
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(r->kind, KINDS[i].name) == 0)
			return KINDS[i].run(r, out, why);
	return AVOW_E_USAGE;
}

/* --- the command ------------------------------------------------------------------------------ */

void
avow_collect_run_init(struct avow_collect_run *r)
{
	*r = (struct avow_collect_run){
		.tsm = AVOW_COLLECT_TSM,
		.tpm = {.n_banks = 1, .banks = {{.alg = 0x000b, .mask = 0xffffff}}},
	};
}

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

static int
run_collect(int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_collect;
	struct avow_collect_run r;
	int c;

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
	return collect(&r);
}

const struct avow_cmd avow_cmd_collect = {
	.name = "collect",
	.summary = "gather evidence on this machine",
	.usage = USAGE,
	.run = run_collect,
};
