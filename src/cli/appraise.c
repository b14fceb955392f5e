/*
 * avow appraise KIND FILE: the whole appraisal without a server, and one JSON
 * object that says what came of it. The same pipeline as the service's.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise/appraise.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/appraise_print.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/snp_references.h"

static const char USAGE[] =
	"usage: avow appraise KIND FILE [OPTIONS]\n"
	"\n"
	"Verifies evidence without a server and prints one JSON object.\n"
	"KIND is sgx, oe, snp, tdx, tpm or azure-guest. FILE is raw bytes, hex, base64 or\n"
	"base64url, for tpm the JSON of an attestation, for azure-guest the inner JSON of a\n"
	"request; - is stdin.\n"
	"\n"
	"  --collateral DIR        the makers' signed collateral, as PCS and KDS serve it\n"
	"  --at TIME               appraisal time, RFC 3339 (default: now)\n"
	"  --accept-tcb A,B        accepted TCB statuses\n"
	"  --collateral-grace D    tolerate collateral this long behind nextUpdate (36h, 30d)\n"
	"  --tcb-baseline N        evaluation data number that azuredefault stands for\n"
	"  --allow-platform HEX    a PPID or chip id that may attest (may be repeated)\n"
	"  --policy FILE           decide by this policy too\n"
	"  --trace                 with --policy: show each rule's course\n"
	"  --runtime-data FILE     data whose SHA-256 the report data must hold\n"
	"  --runtime-type T        binary (default) or json\n"
	"  --init-data FILE        data whose SHA-256 CONFIGID, host data or MRCONFIGID holds\n"
	"  --init-type T           binary (default) or json\n"
	"  --nonce S               copied into the claims\n"
	"  --certs FILE            snp: certificates, PEM or DER (may be repeated)\n"
	"  --allow-uncertified-ak  tpm: judge a key that no certificate vouches for\n"
	"  --event-log FILE        tdx: the CCEL area, held against the RTMRs\n"
	"  --endorsements FILE     snp: a UVM endorsement, COSE or base 64 of it (may be repeated)\n"
	"  --uvm-reference TEXT    snp: \"ISSUER FEED MIN_SVN\" that counts (may be repeated)\n"
	"  --id-key-digest HEX     snp: SHA-384 of an id key that counts (may be repeated)\n"
	"  --trust-anchor PEM      a root to trust beside the makers' (may be repeated)\n"
	"\n"
	"exit status: 0 verified, 1 refused, 2 undecided, 64 usage\n";

static const struct option OPTIONS[] = {
	{"collateral", required_argument, NULL, 'c'},
	{"at", required_argument, NULL, 'a'},
	{"accept-tcb", required_argument, NULL, 't'},
	{"collateral-grace", required_argument, NULL, 'g'},
	{"tcb-baseline", required_argument, NULL, 'b'},
	{"allow-platform", required_argument, NULL, 'P'},
	{"policy", required_argument, NULL, 'p'},
	{"trace", no_argument, NULL, 'T'},
	{"runtime-data", required_argument, NULL, 'r'},
	{"runtime-type", required_argument, NULL, 'R'},
	{"init-data", required_argument, NULL, 'i'},
	{"init-type", required_argument, NULL, 'I'},
	{"nonce", required_argument, NULL, 'n'},
	{"certs", required_argument, NULL, 'C'},
	{"allow-uncertified-ak", no_argument, NULL, 'U'},
	{"event-log", required_argument, NULL, 'L'},
	{"endorsements", required_argument, NULL, 'E'},
	{"uvm-reference", required_argument, NULL, 'u'},
	{"id-key-digest", required_argument, NULL, 'K'},
	{"trust-anchor", required_argument, NULL, 'A'},
	{NULL, 0, NULL, 0},
};

/* What the command owns while it runs. */
struct run {
	struct avow_appraise_in in;
	struct avow_arena arena;
	struct avow_buf evidence, runtime, init, policy_text, platforms;
	struct avow_buf cert_files[AVOW_MAX_SNP_CERTS];
	struct avow_span certs[AVOW_MAX_SNP_CERTS];
	struct avow_buf event_log;
	struct avow_buf uvm_files[AVOW_MAX_UVM_COUNT];
	struct avow_span uvm[AVOW_MAX_UVM_COUNT];
	struct avow_snp_references *references;
	struct avow_policy *policy;
	struct avow_policy_trace trace;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	const char *collateral_dir;
};

static void
run_clear(struct run *r)
{
	avow_policy_free(r->policy);
	avow_collateral_free(r->collateral);
	avow_anchors_free(r->anchors);
	avow_buf_clear(&r->evidence);
	avow_buf_clear(&r->runtime);
	avow_buf_clear(&r->init);
	avow_buf_clear(&r->policy_text);
	avow_buf_clear(&r->event_log);
	avow_buf_clear(&r->platforms);
	for (size_t i = 0; i < r->in.n_certs; i++)
		avow_buf_clear(&r->cert_files[i]);
	for (size_t i = 0; i < r->in.n_uvm; i++)
		avow_buf_clear(&r->uvm_files[i]);
	avow_snp_references_free(r->references);
	avow_arena_clear(&r->arena);
}

static int
read_type(const char *text, bool *is_json)
{
	*is_json = strcmp(text, "json") == 0;
	if (*is_json || strcmp(text, "binary") == 0)
		return AVOW_EXIT_OK;
	return avow_cli_usage(&avow_cmd_appraise, "the type is binary or json, not %s",
		text);
}

static int
read_data(const char *path, struct avow_buf *buf, struct avow_bound_data *data)
{
	if (!avow_cli_read(path, buf))
		return AVOW_EXIT_USAGE;
	data->present = true;
	data->bytes = avow_buf_span(buf);
	return AVOW_EXIT_OK;
}

static int
read_policy(struct run *r, const char *path)
{
	struct avow_policy_error perr = {.code = AVOW_OK};

	if (!avow_cli_read(path, &r->policy_text))
		return AVOW_EXIT_USAGE;
	if (avow_policy_compile(avow_buf_span(&r->policy_text), &r->policy, &perr) !=
		AVOW_OK) {
		fprintf(stderr, "avow: %s:%u:%u: %s\n", path, perr.line, perr.column,
			perr.failure);
		return AVOW_EXIT_USAGE;
	}
	r->in.policy = r->policy;
	return AVOW_EXIT_OK;
}

static int
read_certs(struct run *r, const char *path)
{
	size_t n = r->in.n_certs;

	if (n == AVOW_MAX_SNP_CERTS)
		return avow_cli_usage(&avow_cmd_appraise, "--certs: at most %d files",
			AVOW_MAX_SNP_CERTS);
	if (!avow_cli_read(path, &r->cert_files[n]))
		return AVOW_EXIT_USAGE;
	/* a container's security context has its host's in base 64 */
	r->certs[n] = avow_cli_decode(avow_buf_span(&r->cert_files[n]), &r->arena);
	r->in.certs = r->certs;
	r->in.n_certs = n + 1;
	return AVOW_EXIT_OK;
}

/* As the security context has it, in base 64, or the document itself. */
static int
read_endorsement(struct run *r, const char *path)
{
	size_t n = r->in.n_uvm;

	if (n == AVOW_MAX_UVM_COUNT)
		return avow_cli_usage(&avow_cmd_appraise,
			"--endorsements: at most %d files", AVOW_MAX_UVM_COUNT);
	if (!avow_cli_read(path, &r->uvm_files[n]))
		return AVOW_EXIT_USAGE;
	r->uvm[n] = avow_cli_decode(avow_buf_span(&r->uvm_files[n]), &r->arena);
	r->in.uvm = r->uvm;
	r->in.n_uvm = n + 1;
	return AVOW_EXIT_OK;
}

static int
add_reference(struct run *r, int option, const char *text)
{
	struct avow_span t = avow_span_str(text);
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = option == 'u' ? avow_snp_references_add_uvm(r->references, t, &why)
			  : avow_snp_references_add_id_key(r->references, t, &why);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	return avow_cli_usage(&avow_cmd_appraise, "%s: it takes %s",
		option == 'u' ? "--uvm-reference" : "--id-key-digest", why.expected);
}

static int
read_baseline(struct run *r, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n > AVOW_MAX_TCB_EVALUATION)
		return avow_cli_usage(&avow_cmd_appraise,
			"--tcb-baseline: not an evaluation data number: %s", text);
	r->in.baseline = (uint32_t)n;
	return AVOW_EXIT_OK;
}

static int
read_platform(struct run *r, const char *text)
{
	if (!avow_platform_id_is(avow_span_str(text)))
		return avow_cli_usage(&avow_cmd_appraise,
			"--allow-platform: not a PPID or chip id: %s", text);
	if (r->platforms.max == 0)
		avow_buf_init(&r->platforms, AVOW_MIB(1));
	avow_platform_list_put(&r->platforms, avow_span_str(text));
	r->in.allow_platform = avow_buf_span(&r->platforms);
	return r->platforms.err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_UNDECIDED;
}

static int
read_option(struct run *r, int option, const char *arg)
{
	const struct avow_cmd *cmd = &avow_cmd_appraise;

	switch (option) {
	case 'c': r->collateral_dir = arg; return AVOW_EXIT_OK;
	case 'a':
		if (avow_time_parse(avow_span_str(arg), &r->in.at_s) == AVOW_OK)
			return AVOW_EXIT_OK;
		return avow_cli_usage(cmd, "--at: not an RFC 3339 time: %s", arg);
	case 't':
		if (avow_cli_accept_tcb(arg, &r->in.accept_tcb))
			return AVOW_EXIT_OK;
		return avow_cli_usage(cmd, "--accept-tcb: not statuses that can be "
			"accepted: %s", arg);
	case 'g':
		if (avow_duration_parse(avow_span_str(arg), &r->in.grace_s) == AVOW_OK)
			return AVOW_EXIT_OK;
		return avow_cli_usage(cmd, "--collateral-grace: not a duration: %s", arg);
	case 'b': return read_baseline(r, arg);
	case 'P': return read_platform(r, arg);
	case 'p': return read_policy(r, arg);
	case 'T': r->in.trace = &r->trace; return AVOW_EXIT_OK;
	case 'r': return read_data(arg, &r->runtime, &r->in.runtime);
	case 'R': return read_type(arg, &r->in.runtime.is_json);
	case 'i': return read_data(arg, &r->init, &r->in.init);
	case 'I': return read_type(arg, &r->in.init.is_json);
	case 'n': r->in.nonce = avow_span_str(arg); return AVOW_EXIT_OK;
	case 'C': return read_certs(r, arg);
	case 'U': r->in.allow_uncertified_ak = true; return AVOW_EXIT_OK;
	case 'L':
		if (!avow_cli_read(arg, &r->event_log))
			return AVOW_EXIT_USAGE;
		r->in.event_log = avow_buf_span(&r->event_log);
		return AVOW_EXIT_OK;
	case 'E': return read_endorsement(r, arg);
	case 'u':
	case 'K': return add_reference(r, option, arg);
	case 'A': return avow_cli_add_anchor(r->anchors, arg);
	default: return avow_cli_usage(cmd, "unknown option");
	}
}

static int
read_arguments(struct run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_appraise;
	int option, status;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
		if (option == '?')
			return avow_cli_usage(cmd, "unknown option or missing value: %s",
				argv[optind - 1]);
		status = read_option(r, option, optarg);
		if (status != AVOW_EXIT_OK)
			return status;
	}
	if (argc - optind != 2)
		return avow_cli_usage(cmd, "it takes a KIND and a FILE");
	r->in.kind = avow_kind_by_name(avow_span_str(argv[optind]));
	if (!r->in.kind)
		return avow_cli_usage(cmd, "unknown kind of evidence: %s", argv[optind]);
	if (!avow_cli_read(argv[optind + 1], &r->evidence))
		return AVOW_EXIT_USAGE;
	r->in.evidence = avow_cli_decode(avow_buf_span(&r->evidence), &r->arena);
	return AVOW_EXIT_OK;
}

static int
load_collateral(struct run *r)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	if (r->collateral_dir)
		e = avow_collateral_load(r->collateral_dir, &r->collateral, &why);
	else
		e = avow_collateral_build(NULL, 0, &r->collateral, &why);
	if (e == AVOW_OK) {
		r->in.collateral = r->collateral;
		return AVOW_EXIT_OK;
	}
	avow_why_document(&why, "%s", r->collateral_dir ? r->collateral_dir : "");
	avow_cli_complain(e, &why);
	return AVOW_EXIT_USAGE;
}

static int
exit_status(enum avow_appraised v)
{
	switch (v) {
	case AVOW_APPRAISED_VERIFIED: return AVOW_EXIT_OK;
	case AVOW_APPRAISED_UNDECIDED: return AVOW_EXIT_UNDECIDED;
	case AVOW_APPRAISED_REFUSED: break;
	}
	return AVOW_EXIT_REFUSED;
}

/* What the token stage would refuse, this command refuses too: a policy that
 * issues a claim of the service's own. */
static void
judge_claims(struct avow_appraisal *ap, struct avow_arena *a)
{
	const struct avow_token_spec spec = {
		.claims = &ap->claims,
		.issued = ap->has_outcome ? &ap->outcome.issued : NULL,
	};
	struct avow_buf b;
	enum avow_err e;

	if (ap->verdict != AVOW_APPRAISED_VERIFIED)
		return;
	avow_buf_init(&b, AVOW_MAX_TOKEN);
	e = avow_token_put_claims(&spec, a, &b, &ap->why);
	avow_buf_clear(&b);
	if (e == AVOW_OK)
		return;
	ap->why.code = e;
	ap->verdict = avow_appraised_of(e);
}

static int
appraise(struct run *r)
{
	struct avow_appraisal ap;
	struct avow_buf b;
	int status;

	if (avow_appraise(&r->in, &r->arena, &ap) == AVOW_OK)
		judge_claims(&ap, &r->arena);
	avow_buf_init(&b, AVOW_APPRAISE_OUTPUT_MAX);
	avow_appraise_put(&b, &r->in, &ap, &r->arena);
	status = avow_cli_print(&b, exit_status(ap.verdict));
	avow_buf_clear(&b);
	return status;
}

static int
run_appraise(int argc, char **argv)
{
	struct run r = {.in = {.at_s = avow_clock_now_s(),
				.accept_tcb = avow_cli_accept_tcb_default()}};
	int status;

	avow_arena_init(&r.arena, AVOW_MAX_TPM_ARENA);
	if (avow_anchors_new(true, &r.anchors) != AVOW_OK ||
		avow_snp_references_new(&r.references) != AVOW_OK) {
		run_clear(&r);
		avow_cli_complain(AVOW_E_NO_MEMORY, NULL);
		return AVOW_EXIT_UNDECIDED;
	}
	status = read_arguments(&r, argc, argv);
	if (status == AVOW_EXIT_OK)
		status = load_collateral(&r);
	r.in.anchors = r.anchors;
	r.in.snp_references = r.references;
	if (status == AVOW_EXIT_OK)
		status = appraise(&r);
	run_clear(&r);
	return status;
}

const struct avow_cmd avow_cmd_appraise = {
	.name = "appraise",
	.summary = "verify evidence without a server",
	.usage = USAGE,
	.run = run_appraise,
};
