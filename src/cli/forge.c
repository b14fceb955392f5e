/*
 * avow forge sgx: simulated evidence into a folder. Everything that a flag can
 * ask for is a row of a table here; what it means is forge/'s.
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "cli/cli.h"
#include "forge/forge.h"

static const char USAGE[] =
	"usage: avow forge sgx --out DIR [OPTIONS]\n"
	"       avow forge sgx --list\n"
	"\n"
	"Makes an SGX quote and an Open Enclave report with a PKI and signed collateral of\n"
	"their own, in the makers' formats: quote.bin, report.bin, evidence.bin, runtime.bin,\n"
	"root.pem and collateral/. Verified only where root.pem is added as a trust anchor.\n"
	"\n"
	"  --at TIME                everything is valid around this time (default: now)\n"
	"  --corrupt NAME           one deviation; --list names them all\n"
	"  --mrenclave HEX --mrsigner HEX --prod-id N --svn N --debug\n"
	"  --kss --config-id HEX --config-svn N --family-id HEX --ext-prod-id HEX\n"
	"  --runtime-data FILE      report data holds its SHA-256\n"
	"  --report-data HEX        64 bytes as they are\n"
	"  --init-data FILE         CONFIGID holds its SHA-256; sets KSS\n"
	"  --tcb-status S           of the level that matches, as Intel spells it\n"
	"  --tcb-date TIME --advisory ID (may be repeated) --evaluation-number N\n"
	"  --tcb-info-version N     2 or 3\n"
	"  --qe-status S --qe-isvsvn N\n"
	"  --fmspc HEX --ppid HEX --pcesvn N --platform-ca\n"
	"  --cert-type N            certification data type\n"
	"  --revoke pck|ca|signing  on the CRL of its issuer\n"
	"\n"
	"exit status: 0 made, 1 it cannot be written, 64 usage\n";

#define MAX_ADVISORIES 32

struct run {
	struct avow_forge_sgx p;
	const char *out;
	bool list;
	struct avow_buf runtime, init;
	const char *advisories[MAX_ADVISORIES + 1];
	size_t n_advisories;
};

enum row_type { HEX_BYTES, U16, U32, UNSIGNED, FLAG, TEXT, TIME };

struct row {
	const char *name;
	enum row_type type;
	size_t offset, size; /* in struct avow_forge_sgx */
};

#define ROW(name, type, field)                                                         \
	{                                                                              \
		name, type, offsetof(struct avow_forge_sgx, field),                    \
			sizeof(((struct avow_forge_sgx *)NULL)->field)                 \
	}

static const struct row ROWS[] = {
	ROW("mrenclave", HEX_BYTES, mrenclave),
	ROW("mrsigner", HEX_BYTES, mrsigner),
	ROW("prod-id", U16, prod_id),
	ROW("svn", U16, svn),
	ROW("debug", FLAG, debug),
	ROW("kss", FLAG, kss),
	ROW("config-id", HEX_BYTES, config_id),
	ROW("config-svn", U16, config_svn),
	ROW("family-id", HEX_BYTES, family_id),
	ROW("ext-prod-id", HEX_BYTES, ext_prod_id),
	ROW("report-data", HEX_BYTES, report_data),
	ROW("tcb-status", TEXT, tcb_status),
	ROW("tcb-date", TIME, tcb_date_s),
	ROW("evaluation-number", U32, tcb_evaluation_number),
	ROW("tcb-info-version", UNSIGNED, tcb_info_version),
	ROW("qe-status", TEXT, qe_status),
	ROW("qe-isvsvn", U16, qe_isvsvn),
	ROW("fmspc", HEX_BYTES, fmspc),
	ROW("ppid", HEX_BYTES, ppid),
	ROW("pcesvn", U16, pcesvn),
	ROW("cert-type", UNSIGNED, certification_type),
	ROW("corrupt", TEXT, corrupt),
};

#define N_ROWS (sizeof(ROWS) / sizeof(ROWS[0]))

/* Options that are not one value of the parameters. */
enum other { OUT = 0x200, LIST, AT, RUNTIME, INIT, ADVISORY, PLATFORM_CA, REVOKE };

static const struct option OTHERS[] = {
	{"out", required_argument, NULL, OUT},
	{"list", no_argument, NULL, LIST},
	{"at", required_argument, NULL, AT},
	{"runtime-data", required_argument, NULL, RUNTIME},
	{"init-data", required_argument, NULL, INIT},
	{"advisory", required_argument, NULL, ADVISORY},
	{"platform-ca", no_argument, NULL, PLATFORM_CA},
	{"revoke", required_argument, NULL, REVOKE},
};

#define N_OTHERS (sizeof(OTHERS) / sizeof(OTHERS[0]))

static bool
read_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && text[0] != '-' &&
		*out <= max;
}

static bool
set_number(void *at, size_t size, const char *text)
{
	unsigned long v, max = size == 2 ? 0xffff : 0xffffffff;
	uint16_t narrow;
	uint32_t wide;

	if (!read_number(text, max, &v))
		return false;
	narrow = (uint16_t)v;
	wide = (uint32_t)v;
	memcpy(at, size == 2 ? (const void *)&narrow : (const void *)&wide, size);
	return true;
}

static bool
set_row(struct run *r, const struct row *row, const char *text)
{
	uint8_t *at = (uint8_t *)&r->p + row->offset;
	int64_t time;

	switch (row->type) {
	case HEX_BYTES:
		return avow_hex_decode(avow_span_str(text), at, row->size) == AVOW_OK;
	case U16:
	case U32:
	case UNSIGNED: return set_number(at, row->size, text);
	case FLAG: *(bool *)at = true; return true;
	case TEXT: memcpy(at, &text, sizeof(text)); return true;
	case TIME:
		if (avow_time_parse(avow_span_str(text), &time) != AVOW_OK)
			return false;
		memcpy(at, &time, sizeof(time));
		return true;
	}
	return false;
}

static bool
set_revoked(struct run *r, const char *what)
{
	r->p.revoke_pck |= strcmp(what, "pck") == 0;
	r->p.revoke_pck_ca |= strcmp(what, "ca") == 0;
	r->p.revoke_tcb_signing |= strcmp(what, "signing") == 0;
	return strcmp(what, "pck") == 0 || strcmp(what, "ca") == 0 ||
		strcmp(what, "signing") == 0;
}

static bool
set_other(struct run *r, int option, const char *text)
{
	switch (option) {
	case OUT: r->out = text; return true;
	case LIST: r->list = true; return true;
	case AT: return true; /* read before the defaults were made */
	case PLATFORM_CA: r->p.pck_ca = AVOW_FORGE_PLATFORM_CA; return true;
	case REVOKE: return set_revoked(r, text);
	case ADVISORY:
		if (r->n_advisories == MAX_ADVISORIES)
			return false;
		r->advisories[r->n_advisories++] = text;
		r->p.tcb_advisories = r->advisories;
		return true;
	case RUNTIME:
		if (!avow_cli_read(text, &r->runtime))
			return false;
		r->p.runtime_data = avow_buf_span(&r->runtime);
		return true;
	case INIT:
		if (!avow_cli_read(text, &r->init))
			return false;
		r->p.has_init_data = true;
		r->p.init_data = avow_buf_span(&r->init);
		return true;
	default: return false;
	}
}

static void
make_options(struct option *all)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ROWS; i++)
		all[n++] = (struct option){ROWS[i].name,
			ROWS[i].type == FLAG ? no_argument : required_argument, NULL,
			0x100 + (int)i};
	for (size_t i = 0; i < N_OTHERS; i++)
		all[n++] = OTHERS[i];
	all[n] = (struct option){NULL, 0, NULL, 0};
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
read_options(struct run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_forge;
	struct option all[N_ROWS + N_OTHERS + 1];
	int c;

	make_options(all);
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		bool good = false;

		if (c >= OUT)
			good = set_other(r, c, optarg);
		else if (c >= 0x100)
			good = set_row(r, &ROWS[c - 0x100], optarg);
		if (!good)
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
		if (c >= 0x100 && c < OUT &&
			strcmp(ROWS[c - 0x100].name, "report-data") == 0)
			r->p.has_report_data = true;
	}
	if (argc != optind)
		return avow_cli_usage(cmd, "not understood: %s", argv[optind]);
	if (!r->out && !r->list)
		return avow_cli_usage(cmd, "it takes --out DIR");
	return AVOW_EXIT_OK;
}

static int
list_deviations(void)
{
	const struct avow_forge_deviation *d;

	for (size_t i = 0; (d = avow_forge_deviation_at(i)) != NULL; i++)
		printf("%-28s %-12s %-24s %s\n", d->name, d->evidence,
			avow_err_name(d->refused_with), d->what);
	return AVOW_EXIT_OK;
}

static int
make(const struct run *r)
{
	struct avow_forged *f = NULL;
	struct avow_forge_file file;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_forge_sgx_make(&r->p, &f, &why);
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

static int
run_forge(int argc, char **argv)
{
	struct run r = {.out = NULL};
	int64_t at_s;
	int status;

	if (argc < 2 || strcmp(argv[1], "sgx") != 0)
		return avow_cli_usage(&avow_cmd_forge, "it takes a kind: sgx");
	if (!find_time(argc, argv, &at_s))
		return avow_cli_usage(&avow_cmd_forge, "--at: not an RFC 3339 time");
	avow_forge_sgx_defaults(&r.p, at_s);
	avow_buf_init(&r.runtime, 0);
	avow_buf_init(&r.init, 0);
	status = read_options(&r, argc - 1, argv + 1);
	if (status == AVOW_EXIT_OK)
		status = r.list ? list_deviations() : make(&r);
	avow_buf_clear(&r.runtime);
	avow_buf_clear(&r.init);
	return status;
}

const struct avow_cmd avow_cmd_forge = {
	.name = "forge",
	.summary = "make simulated evidence under a test root",
	.usage = USAGE,
	.run = run_forge,
};
