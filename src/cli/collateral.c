/*
 * avow collateral: what collateral there is, what it proves and how long it
 * lasts; and carrying it, signed, to where there is no network. Reads options
 * and hands over; each verb is in a file of its own.
 */
#include "cli/collateral.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/inputs.h"

static const char USAGE[] =
	"usage: avow collateral list   SOURCE [--json]\n"
	"       avow collateral show   SOURCE NAME [--json]\n"
	"       avow collateral verify SOURCE [--within D] [--json]\n"
	"       avow collateral export SOURCE -o BUNDLE --key PEM [--platform P]...\n"
	"       avow collateral import BUNDLE --signer PEM SOURCE [--dry-run]\n"
	"       avow collateral fetch  --platform P... SOURCE | -o BUNDLE --key PEM\n"
	"\n"
	"SOURCE is --collateral DIR, a folder, or --data DIR, avowd's data directory:\n"
	"what is added there goes into its store, and avowd takes it up by itself.\n"
	"list shows what is there; show, what a file, an FMSPC, a chip or a CA names;\n"
	"verify says by its exit status whether all of it holds. export writes a\n"
	"signed bundle of what verifies; import verifies one whole and adds it to\n"
	"SOURCE. fetch gets what platforms need from the makers, into SOURCE or\n"
	"straight into a bundle.\n"
	"\n"
	"  --at TIME           judge at this time, RFC 3339 (default: now)\n"
	"  --within D          what ends within D expires soon (14d)\n"
	"  --platform P        fmspc=HEX, with tee=sgx or tee=tdx; chip=HEX;\n"
	"                      product=Milan. Divided by commas; may be repeated.\n"
	"                      fetch: chip= with product= and tcb=FMC-BL-TEE-SNP-UCODE\n"
	"  --history           export: also what is expired or superseded, for --at\n"
	"  --key PEM           the private key that signs a bundle\n"
	"  --signer PEM        import: a public key or certificate that may have signed\n"
	"  --dry-run           import: verify and tell, write nothing\n"
	"  --intel URL         fetch: Intel's PCS (default) or a PCCS\n"
	"  --amd URL           fetch: AMD's KDS (default) or a mirror\n"
	"  --number N          fetch: this evaluation data number too (may be repeated)\n"
	"  --retry-for D       fetch: wait for a busy source (429, 5xx) up to D, all\n"
	"                      pauses together (1m); its Retry-After counts; 0s: never\n"
	"  --early             fetch: what PCS serves early\n"
	"  --ca FILE           fetch: the only TLS roots, PEM (default: the system's)\n"
	"  --proxy URL         fetch: by this proxy\n"
	"  --trust-anchor PEM  a root to trust beside the makers' (may be repeated)\n"
	"\n"
	"exit status: 0 all holds, 1 something is invalid or refused, 2 it cannot be\n"
	"read or fetched, 3 something is expired, 4 something ends within D, 64 usage\n";

static const struct option OPTIONS[] = {
	{"collateral", required_argument, NULL, 'c'},
	{"data", required_argument, NULL, 'd'},
	{"at", required_argument, NULL, 'a'},
	{"within", required_argument, NULL, 'w'},
	{"json", no_argument, NULL, 'j'},
	{"out", required_argument, NULL, 'o'},
	{"key", required_argument, NULL, 'k'},
	{"signer", required_argument, NULL, 's'},
	{"platform", required_argument, NULL, 'p'},
	{"history", no_argument, NULL, 'h'},
	{"dry-run", no_argument, NULL, 'n'},
	{"trust-anchor", required_argument, NULL, 'A'},
	{"intel", required_argument, NULL, 'I'},
	{"amd", required_argument, NULL, 'D'},
	{"number", required_argument, NULL, 'N'},
	{"early", no_argument, NULL, 'E'},
	{"retry-for", required_argument, NULL, 'R'},
	{"ca", required_argument, NULL, 'C'},
	{"proxy", required_argument, NULL, 'X'},
	{NULL, 0, NULL, 0},
};

const char *
collateral_folder(const struct collateral_options *o, struct avow_buf *b)
{
	avow_buf_init(b, 8192);
	avow_buf_put_str(b, o->dir ? o->dir : o->data);
	if (!o->dir)
		avow_buf_put_str(b, "/collateral");
	return avow_buf_str(b);
}

static bool
is_unavailable(enum avow_err e)
{
	static const enum avow_err codes[] = {AVOW_E_COLLATERAL_FOLDER,
		AVOW_E_COLLATERAL_LIMIT, AVOW_E_NET_CONNECT, AVOW_E_NET_TIMEOUT,
		AVOW_E_NET_TLS, AVOW_E_NET_STATUS, AVOW_E_FETCH_NOT_FOUND,
		AVOW_E_FETCH_BUSY};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (e == codes[i])
			return true;
	return false;
}

int
collateral_failed(enum avow_err e, const struct avow_why *why)
{
	avow_cli_complain(e, why);
	fprintf(stderr, "  %-9s %s\n", "code", avow_err_name(e));
	switch (avow_err_class(e)) {
	case AVOW_CLASS_COLLATERAL:
		/* a thing that does not verify; or that is not to be had */
		return is_unavailable(e) ? AVOW_EXIT_UNDECIDED : AVOW_EXIT_REFUSED;
	case AVOW_CLASS_STORE:
	case AVOW_CLASS_CRYPTO:
	case AVOW_CLASS_INTERNAL:
		return AVOW_EXIT_UNDECIDED;
	case AVOW_CLASS_OK:
	case AVOW_CLASS_INPUT:
	case AVOW_CLASS_EVIDENCE:
	case AVOW_CLASS_POLICY:
	case AVOW_CLASS_AUTH:
	case AVOW_CLASS_LIMIT:
		break;
	}
	return AVOW_EXIT_REFUSED;
}

/* --- where it is ------------------------------------------------------------------------ */

static enum avow_err
load(const struct collateral_options *o, struct avow_collateral **out,
	struct avow_why *why)
{
	struct avow_collateral_more *more = NULL;
	enum avow_err e = AVOW_OK;
	struct avow_arena a;
	struct avow_buf path;
	const char *dir = collateral_folder(o, &path);
	size_t n = 0;

	*out = NULL;
	avow_arena_init(&a, 2 * AVOW_MAX_COLLATERAL_BYTES);
	if (!dir)
		e = AVOW_E_NO_MEMORY;
	else if (o->data && collateral_has_store(o->data))
		e = collateral_read_store(o->data, &a, &more, &n, why);
	if (e == AVOW_OK)
		e = avow_collateral_load_with(dir, more, n, out, why);
	avow_buf_clear(&path);
	avow_arena_clear(&a);
	return e;
}

int
collateral_survey(const struct collateral_options *o, struct avow_survey **out)
{
	struct avow_collateral *c;
	struct avow_why why;
	enum avow_err e;

	*out = NULL;
	avow_why_init(&why);
	e = load(o, &c, &why);
	if (e == AVOW_OK)
		e = avow_survey_new(c, o->anchors, o->at_s, o->within_s, out);
	avow_collateral_free(c);
	return e == AVOW_OK ? AVOW_EXIT_OK : collateral_failed(e, &why);
}

/* --- options ------------------------------------------------------------------------- */

static int
usage(const char *what)
{
	return avow_cli_usage(&avow_cmd_collateral, "%s", what);
}

static int
read_named(const char **list, size_t *n, const char *text)
{
	if (*n == COLLATERAL_MAX_NAMED)
		return usage("too many of one option");
	list[(*n)++] = text;
	return AVOW_EXIT_OK;
}

static int
read_number(struct collateral_options *o, const char *text)
{
	const size_t max = sizeof(o->number) / sizeof(o->number[0]);
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || *end || n > AVOW_MAX_TCB_EVALUATION)
		return usage("--number: not an evaluation data number");
	if (o->n_numbers == max)
		return usage("--number: too many");
	o->number[o->n_numbers++] = (uint32_t)n;
	return AVOW_EXIT_OK;
}

static int
read_option(struct collateral_options *o, int option, const char *arg)
{
	switch (option) {
	case 'c':
		o->dir = arg;
		return AVOW_EXIT_OK;
	case 'd':
		o->data = arg;
		return AVOW_EXIT_OK;
	case 'o':
		o->out = arg;
		return AVOW_EXIT_OK;
	case 'k':
		o->key = arg;
		return AVOW_EXIT_OK;
	case 'j':
		o->json = true;
		return AVOW_EXIT_OK;
	case 'h':
		o->history = true;
		return AVOW_EXIT_OK;
	case 'n':
		o->dry_run = true;
		return AVOW_EXIT_OK;
	case 'I': o->intel = arg; return AVOW_EXIT_OK;
	case 'D': o->amd = arg; return AVOW_EXIT_OK;
	case 'C': o->ca = arg; return AVOW_EXIT_OK;
	case 'X': o->proxy = arg; return AVOW_EXIT_OK;
	case 'E': o->early = true; return AVOW_EXIT_OK;
	case 'N': return read_number(o, arg);
	case 's':
		return read_named(o->signer, &o->n_signers, arg);
	case 'p':
		return read_named(o->platform, &o->n_platforms, arg);
	case 'A':
		return avow_cli_add_anchor(o->anchors, arg);
	case 'a':
		if (avow_time_parse(avow_span_str(arg), &o->at_s) == AVOW_OK)
			return AVOW_EXIT_OK;
		return usage("--at: not an RFC 3339 time");
	case 'w':
		if (avow_duration_parse(avow_span_str(arg), &o->within_s) == AVOW_OK)
			return AVOW_EXIT_OK;
		return usage("--within: not a duration");
	case 'R':
		if (avow_duration_parse(avow_span_str(arg), &o->retry_for_s) == AVOW_OK)
			return AVOW_EXIT_OK;
		return usage("--retry-for: not a duration");
	default:
		return usage("unknown option, or a value is missing");
	}
}

static int
read_options(struct collateral_options *o, int argc, char **argv)
{
	int option, status;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "o:", OPTIONS, NULL)) != -1) {
		status = read_option(o, option, optarg);
		if (status != AVOW_EXIT_OK)
			return status;
	}
	if (argc - optind > 1)
		return usage("too many arguments");
	o->file = argv[optind];
	if (strcmp(o->verb, "fetch") == 0 && o->out && !o->dir && !o->data)
		return AVOW_EXIT_OK; /* straight into a bundle */
	if ((o->dir != NULL) == (o->data != NULL))
		return usage("it takes --collateral DIR or --data DIR");
	return AVOW_EXIT_OK;
}

/* --- verbs ------------------------------------------------------------------------------- */

static int
look(const struct collateral_options *o)
{
	struct avow_survey *s;
	int status = collateral_survey(o, &s);

	if (status == AVOW_EXIT_OK)
		status = collateral_print(o, s, o->file);
	if (status == AVOW_EXIT_OK && strcmp(o->verb, "verify") == 0)
		status = collateral_status(s);
	avow_survey_free(s);
	return status;
}

static const struct verb {
	const char *name;
	bool takes_file;
	int (*run)(const struct collateral_options *o);
} VERBS[] = {
	{"list", false, look},
	{"show", true, look},
	{"verify", false, look},
	{"export", false, collateral_export},
	{"import", true, collateral_import},
	{"fetch", false, collateral_fetch},
};

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++)
		if (strcmp(VERBS[i].name, name) == 0)
			return &VERBS[i];
	return NULL;
}

static int
run_collateral(int argc, char **argv)
{
	struct collateral_options o = {
		.at_s = avow_clock_now_s(), .within_s = 14 * 86400, .retry_for_s = 60};
	const struct verb *verb = argc > 1 ? find(argv[1]) : NULL;
	int status;

	if (!verb)
		return usage("list, show, verify, export, import or fetch?");
	o.verb = verb->name;
	if (avow_anchors_new(true, &o.anchors) != AVOW_OK)
		return collateral_failed(AVOW_E_NO_MEMORY, NULL);
	status = read_options(&o, argc - 1, argv + 1);
	if (status == AVOW_EXIT_OK && verb->takes_file != (o.file != NULL))
		status = usage(verb->takes_file ? "it takes one argument more"
						: "it takes no argument");
	if (status == AVOW_EXIT_OK)
		status = verb->run(&o);
	avow_anchors_free(o.anchors);
	return status;
}

const struct avow_cmd avow_cmd_collateral = {
	.name = "collateral",
	.summary = "see, check and carry the makers' signed collateral",
	.usage = USAGE,
	.run = run_collateral,
};
