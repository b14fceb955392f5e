/*
 * avow forge KIND: simulated evidence into a folder. Everything that a flag can
 * ask for is a row of the kind's table (forge_kinds.h); what it means is forge/'s.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "cli/cli.h"
#include "cli/forge_kinds.h"

static const char USAGE[] =
	"usage: avow forge sgx|snp|tdx|vbs --out DIR [OPTIONS]\n"
	"       avow forge sgx|snp|tdx|vbs --list\n"
	"\n"
	"Makes simulated evidence with a PKI and signed collateral of its own, in the "
	"makers'\n"
	"formats. Verified only where its root.pem is added as a trust anchor.\n"
	"\n"
	"  --at TIME                everything is valid around this time (default: "
	"now)\n"
	"  --corrupt NAME           one deviation; --list names them all\n"
	"  --runtime-data FILE      report data holds its SHA-256\n"
	"  --report-data HEX        64 bytes as they are\n"
	"  --init-data FILE         CONFIGID (sets KSS) or HOST_DATA holds its "
	"SHA-256\n"
	"\n"
	"sgx: an SGX quote and an Open Enclave report: quote.bin, report.bin, "
	"evidence.bin\n"
	"  --mrenclave HEX --mrsigner HEX --prod-id N --svn N --debug\n"
	"  --kss --config-id HEX --config-svn N --family-id HEX --ext-prod-id HEX\n"
	"  --tcb-status S           of the level that matches, as Intel spells it\n"
	"  --tcb-date TIME --advisory ID (may be repeated) --evaluation-number N\n"
	"  --tcb-info-version N     2 or 3\n"
	"  --qe-status S --qe-isvsvn N\n"
	"  --fmspc HEX --ppid HEX --pcesvn N --platform-ca\n"
	"  --cert-type N            certification data type\n"
	"  --revoke pck|ca|signing  on the CRL of its issuer\n"
	"\n"
	"snp: an SEV-SNP report: report.bin, request.json (as clients send it), "
	"hcl.bin, vek.der,\n"
	"cert_chain.pem\n"
	"  --product NAME           milan (default), genoa, siena or turin\n"
	"  --version N              of the report: 2, 3 or 5\n"
	"  --vlek --csp-id TEXT     signed by a VLEK, not by a VCEK\n"
	"  --measurement HEX --host-data HEX --family-id HEX --image-id HEX\n"
	"  --report-id HEX --id-key-digest HEX --author-key-digest HEX --author-key\n"
	"  --guest-svn N --guest-policy N --platform-info N --vmpl N\n"
	"  --chip-id HEX --mask-chip-id --wrap-hwid\n"
	"  --reported-tcb HEX --current-tcb HEX --committed-tcb HEX --launch-tcb HEX\n"
	"                           5 bytes: FMC, boot loader, TEE, SNP, microcode\n"
	"  --uvm                    a UVM endorsement: uvm.cose, uvm_reference.txt\n"
	"  --uvm-cwt --uvm-feed TEXT --uvm-svn N\n"
	"                           its newer form of header, its feed and SVN\n"
	"  --revoke-ca              the ASK or ASVK, on the ARK's CRL\n"
	"\n"
	"tdx: a TDX quote: quote.bin; also the flags for TCB, QE, FMSPC and PPID of "
	"sgx\n"
	"  --version 4|5 --report-15 --padded\n"
	"  --tee-tcb-svn HEX --tee-tcb-svn2 HEX --module-status S\n"
	"  --td-attributes N --xfam N --mr-td HEX --mr-config-id HEX\n"
	"  --mr-owner HEX --mr-owner-config HEX --mr-service-td HEX\n"
	"  --event-log              ccel.bin, and the RTMRs that it leads to\n"
	"  --hcl                    hcl.bin: Azure's HCL blob, with the TD's own "
	"report\n"
	"  --rtmr0 HEX --rtmr1 HEX --rtmr2 HEX --rtmr3 HEX\n"
	"\n"
	"vbs: a VBS enclave's attestation for POST /attest/Tpm: request.json, "
	"report.bin; no\n"
	"runtime, report or init data\n"
	"  --first FILE             what the service answered to the first round\n"
	"  --ca-key FILE            PEM: root.pem is of this key, so that it can be "
	"trusted\n"
	"                           before the first round\n"
	"  --version 1|2            of the protocol\n"
	"  --rp-id TEXT --owner-id HEX --unique-id HEX --author-id HEX\n"
	"  --family-id HEX --image-id HEX --enclave-svn N --secure-kernel-svn N\n"
	"  --platform-svn N --flags N\n"
	"  --module NAME            loaded beside the enclave's image\n"
	"\n"
	"exit status: 0 made, 1 it cannot be written, 64 usage\n";

static const struct forge_kind *const KINDS[] = {
	&forge_kind_sgx, &forge_kind_snp, &forge_kind_tdx, &forge_kind_vbs};

#define MAX_ROWS 64

enum option_code { OUT = 0x200, LIST, AT };

static const struct option COMMON[] = {
	{"out", required_argument, NULL, OUT},
	{"list", no_argument, NULL, LIST},
	{"at", required_argument, NULL, AT},
	{NULL, 0, NULL, 0},
};

/* --- one flag ------------------------------------------------------------------------- */

static bool
read_number(const char *text, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && text[0] != '-' &&
	       *out <= max;
}

static bool
set_number(void *at, size_t size, const char *text)
{
	unsigned long long v, max = size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	if (!read_number(text, max, &v))
		return false;
	one = (uint8_t)v;
	two = (uint16_t)v;
	four = (uint32_t)v;
	eight = v;
	memcpy(at,
		size == 1   ? (const void *)&one
		: size == 2 ? (const void *)&two
		: size == 4 ? (const void *)&four
			    : (const void *)&eight,
		size);
	return true;
}

static bool
set_file(struct forge_run *r, void *at, const char *path)
{
	struct avow_buf *b = &r->files[r->n_files];
	struct avow_span bytes;

	if (r->n_files == FORGE_MAX_FILES_READ)
		return false;
	r->n_files++;
	avow_buf_init(b, 0);
	if (!avow_cli_read(path, b))
		return false;
	bytes = avow_buf_span(b);
	memcpy(at, &bytes, sizeof(bytes));
	return true;
}

static bool
set_time(void *at, const char *text)
{
	int64_t time;

	if (avow_time_parse(avow_span_str(text), &time) != AVOW_OK)
		return false;
	memcpy(at, &time, sizeof(time));
	return true;
}

static bool
set_row(const struct forge_kind *k, struct forge_run *r, const struct forge_row *row,
	const char *text)
{
	uint8_t *p = (uint8_t *)&r->p, *at = p + row->offset;

	if (row->flag && row->type != ROW_OTHER)
		*(bool *)(p + row->flag) = true;
	switch (row->type) {
	case ROW_HEX:
		return avow_hex_decode(avow_span_str(text), at, row->size) == AVOW_OK;
	case ROW_NUMBER:
		return set_number(at, row->size, text);
	case ROW_FLAG:
		*(bool *)at = true;
		return true;
	case ROW_TEXT:
		memcpy(at, &text, sizeof(text));
		return true;
	case ROW_TIME:
		return set_time(at, text);
	case ROW_FILE:
		return set_file(r, at, text);
	case ROW_OTHER:
		return k->other(r, row->name, text);
	}
	return false;
}

/* --- all flags ------------------------------------------------------------------------- */

static void
make_options(const struct forge_kind *k, struct option *all)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n_rows; i++) {
		bool bare = k->rows[i].type == ROW_FLAG ||
			    (k->rows[i].type == ROW_OTHER && k->rows[i].flag);

		all[n++] = (struct option){k->rows[i].name,
			bare ? no_argument : required_argument, NULL, 0x100 + (int)i};
	}
	memcpy(&all[n], COMMON, sizeof(COMMON));
}

static bool
set_common(struct forge_run *r, int code, const char *text)
{
	if (code == OUT)
		r->out = text;
	else if (code == LIST)
		r->list = true;
	else if (code != AT) /* --at was read before the defaults were made */
		return false;
	return true;
}

/* --at decides all defaults, so it is looked for before the other options. */
static bool
find_time(int argc, char **argv, int64_t *at_s)
{
	*at_s = avow_clock_now_s();
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--at") == 0)
			return avow_time_parse(avow_span_str(argv[i + 1]), at_s) ==
			       AVOW_OK;
	return true;
}

static int
read_options(const struct forge_kind *k, struct forge_run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_forge;
	struct option all[MAX_ROWS + sizeof(COMMON) / sizeof(COMMON[0])];
	int c;

	make_options(k, all);
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		bool good = false;

		if (c >= OUT)
			good = set_common(r, c, optarg);
		else if (c >= 0x100)
			good = set_row(k, r, &k->rows[c - 0x100], optarg);
		if (!good)
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
	}
	if (argc != optind)
		return avow_cli_usage(cmd, "not understood: %s", argv[optind]);
	if (!r->out && !r->list)
		return avow_cli_usage(cmd, "it takes --out DIR");
	return AVOW_EXIT_OK;
}

/* --- doing it ------------------------------------------------------------------------------ */

static int
list_deviations(const struct forge_kind *k)
{
	const struct avow_forge_deviation *d;

	for (size_t i = 0; (d = k->deviation_at(i)) != NULL; i++)
		printf("%-28s %-12s %-24s %s\n", d->name, d->evidence,
			avow_err_name(d->refused_with), d->what);
	return AVOW_EXIT_OK;
}

static int
make(const struct forge_kind *k, const struct forge_run *r)
{
	struct avow_forged *f = NULL;
	struct avow_forge_file file;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = k->make(r, &f, &why);
	if (e == AVOW_OK)
		e = avow_forge_write(f, r->out, &why);
	if (e != AVOW_OK) {
		avow_cli_complain(e, &why);
		avow_forged_free(f);
		return e == AVOW_E_USAGE ? AVOW_EXIT_USAGE : AVOW_EXIT_REFUSED;
	}
	for (size_t i = 0; avow_forged_at(f, i, &file); i++)
		printf("%s/%s (%zu bytes)\n", r->out, file.name, file.bytes.n);
	avow_forged_free(f);
	return AVOW_EXIT_OK;
}

static const struct forge_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(name, KINDS[i]->name) == 0)
			return KINDS[i];
	return NULL;
}

static int
run_forge(int argc, char **argv)
{
	const struct forge_kind *k = argc < 2 ? NULL : find_kind(argv[1]);
	static struct forge_run r;
	int64_t at_s;
	int status;

	if (!k)
		return avow_cli_usage(
			&avow_cmd_forge, "it takes a kind: sgx, snp, tdx or vbs");
	if (!find_time(argc, argv, &at_s))
		return avow_cli_usage(&avow_cmd_forge, "--at: not an RFC 3339 time");
	k->defaults(&r, at_s);
	status = read_options(k, &r, argc - 1, argv + 1);
	if (status == AVOW_EXIT_OK)
		status = r.list ? list_deviations(k) : make(k, &r);
	for (size_t i = 0; i < r.n_files; i++)
		avow_buf_clear(&r.files[i]);
	return status;
}

const struct avow_cmd avow_cmd_forge = {
	.name = "forge",
	.summary = "make simulated evidence under a test root",
	.usage = USAGE,
	.run = run_forge,
};
