/*
 * avow attest KIND [FILE]: send evidence to a service, take the token. Without FILE
 * the evidence is gathered on this machine, for this one attestation. The token is
 * not verified here: that is `avow verify`, and the relying party's part.
 */
#include "cli/attest.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/watch.h"

static const char USAGE[] =
	"usage: avow attest KIND FILE --server URL [OPTIONS]\n"
	"       avow attest KIND --server URL [OPTIONS]\n"
	"\n"
	"Sends evidence to a service and prints the token. KIND is sgx, oe, snp, tdx\n"
	"or azure-guest with a FILE of raw bytes, hex, base64 or base64url; - is\n"
	"stdin. Without FILE, KIND is tpm, snp, tdx or azure-guest, and the evidence\n"
	"is gathered here and now; `avow collect KIND --server URL` is the same. The\n"
	"answer to azure-guest is opened by this machine's TPM.\n"
	"\n"
	"  --server URL            the service (or AVOW_SERVER); plain http on\n"
	"                          loopback only\n"
	"  --ca PEM                the only roots that the service's TLS may end in\n"
	"  --token-file FILE       holds the access token; - is stdin. Without it the\n"
	"                          variable AVOW_TOKEN is read\n"
	"  -o, --out FILE          where the token goes\n"
	"  --certs FILE            snp: PEM of the signing key's chain, sent with a\n"
	"                          raw report; a request in JSON or an HCL blob goes\n"
	"                          as it is; azure-guest: the chain, instead of "
	"--imds\n"
	"  --endorsements FILE     snp: the UVM endorsement, COSE or base 64 of it\n"
	"  --event-log FILE        tdx: the CCEL area, which the service replays\n"
	"  --runtime-data FILE     data whose SHA-256 the evidence holds\n"
	"  --runtime-type T        binary (default) or json\n"
	"  --init-data FILE        init-time data, likewise\n"
	"  --init-type T           binary (default) or json\n"
	"  --nonce S               comes back in the token; gathered evidence binds "
	"it:\n"
	"                          tpm as rp_data, snp and tdx as the runtime data\n"
	"                          {\"nonce\":S} where no other is given, "
	"azure-guest\n"
	"                          in the client's payload\n"
	"  --draft-policy FILE     decide by this policy; the token is then unsigned\n"
	"\n"
	"gathering, as `avow collect` does:\n" AVOW_COLLECT_USAGE
	"  --ek KEY                tpm: the endorsement key that an --ak without a\n"
	"                          certificate is bound to by credential activation:\n"
	"                          rsa (default) or ecc, by TCG's template; a\n"
	"                          persistent handle; or none\n"
	"  --ek-cert FILE|0xNV     tpm: its certificate; default: TCG's index\n"
	"  --request-key PEM       tpm: the RSA key that the token is for (its cnf);\n"
	"                          default: one made for this request\n"
	"  --rp-id S               tpm: the relying party; the machine's id in the\n"
	"                          token is another for each\n"
	"\n"
	"again and again, as a service of the machine:\n"
	"  --watch                 attest, wait, and so on; SIGTERM ends it, SIGHUP\n"
	"                          attests now. A refusal removes the token of --out\n"
	"  --every D               how often, \"30m\"; default 1h, and up to a tenth\n"
	"                          less. Without an answer it tries earlier\n"
	"  --stop-on-refusal       end with status 1 when the service refuses\n"
	"\n"
	"exit status: 0 a token, or told to stop; 1 refused, 2 no answer, 64 usage\n";

enum {
	OPT_CERTS = 500,
	OPT_ENDORSEMENTS,
	OPT_EVENT_LOG,
	OPT_RUNTIME_DATA,
	OPT_RUNTIME_TYPE,
	OPT_INIT_DATA,
	OPT_INIT_TYPE,
	OPT_NONCE,
	OPT_DRAFT_POLICY,
	OPT_EK,
	OPT_EK_CERT,
	OPT_REQUEST_KEY,
	OPT_RP_ID,
	OPT_WATCH,
	OPT_EVERY,
	OPT_STOP_ON_REFUSAL
};

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	AVOW_COLLECT_OPTIONS,
	{"out", required_argument, NULL, 'o'},
	{"certs", required_argument, NULL, OPT_CERTS},
	{"endorsements", required_argument, NULL, OPT_ENDORSEMENTS},
	{"event-log", required_argument, NULL, OPT_EVENT_LOG},
	{"runtime-data", required_argument, NULL, OPT_RUNTIME_DATA},
	{"runtime-type", required_argument, NULL, OPT_RUNTIME_TYPE},
	{"init-data", required_argument, NULL, OPT_INIT_DATA},
	{"init-type", required_argument, NULL, OPT_INIT_TYPE},
	{"nonce", required_argument, NULL, OPT_NONCE},
	{"draft-policy", required_argument, NULL, OPT_DRAFT_POLICY},
	{"ek", required_argument, NULL, OPT_EK},
	{"ek-cert", required_argument, NULL, OPT_EK_CERT},
	{"request-key", required_argument, NULL, OPT_REQUEST_KEY},
	{"rp-id", required_argument, NULL, OPT_RP_ID},
	{"watch", no_argument, NULL, OPT_WATCH},
	{"every", required_argument, NULL, OPT_EVERY},
	{"stop-on-refusal", no_argument, NULL, OPT_STOP_ON_REFUSAL},
	{NULL, 0, NULL, 0},
};

struct run {
	struct avow_attest_run at;
	struct avow_watch watch;
	bool is_watch;
	bool gathers; /* under the name of collect: no FILE */
	struct avow_arena arena;
	struct avow_buf evidence, certs, runtime, init, policy, wrapped;
	struct avow_buf endorsement, event_log;
};

enum {
	TAKES_FILE = 1,
	IS_SEALED = 2, /* what answers a FILE is opened here too */
	HAS_DATA = 4, /* the request has room for runtime data and the like */
	HAS_ROUNDS = 8 /* it answers a challenge, by a key of its own */
};

/* The names of the command line, those of the contract's paths, and how evidence of
 * that kind is gathered; NULL: it is not. */
static const struct kind {
	const char *name, *api;
	unsigned is;
	enum avow_verdict (*gather)(
		struct avow_attest_run *, struct avow_buf *, struct avow_problem *);
} KINDS[] = {
	{"sgx", "SgxEnclave", TAKES_FILE | HAS_DATA, NULL},
	{"oe", "OpenEnclave", TAKES_FILE | HAS_DATA, NULL},
	{"snp", "SevSnpVm", TAKES_FILE | HAS_DATA, avow_attest_report},
	{"tdx", "TdxVm", TAKES_FILE | HAS_DATA, avow_attest_report},
	{"tpm", "Tpm", HAS_ROUNDS, avow_attest_tpm},
	{"azure-guest", "AzureGuest", TAKES_FILE | IS_SEALED, avow_attest_guest},
};

static const struct kind *
kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(name, KINDS[i].name) == 0)
			return &KINDS[i];
	return NULL;
}

/* --- options --------------------------------------------------------------------------- */

static bool
read_type(const char *text, int *is_json)
{
	*is_json = strcmp(text, "json") == 0;
	return *is_json || strcmp(text, "binary") == 0;
}

static bool
read_data(const char *path, struct avow_buf *buf, const void **p, size_t *n)
{
	if (!avow_cli_read(path, buf))
		return false;
	*p = buf->p;
	*n = buf->n;
	return true;
}

/* As a container's host leaves it: base 64 of the COSE, or the COSE. */
static bool
read_endorsement(struct run *r, const char *path)
{
	struct avow_span cose;

	if (!avow_cli_read(path, &r->endorsement))
		return false;
	cose = avow_cli_decode(avow_buf_span(&r->endorsement), &r->arena);
	r->at.rq.endorsement = cose.p;
	r->at.rq.endorsement_len = cose.n;
	return cose.n > 0;
}

static bool
read_ek(const char *text, struct avow_collect_tpm *o)
{
	static const struct {
		const char *name;
		enum avow_collect_ek ek;
	} names[] = {{"rsa", AVOW_COLLECT_EK_RSA}, {"ecc", AVOW_COLLECT_EK_P256},
		{"none", AVOW_COLLECT_EK_NONE}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0) {
			o->ek = names[i].ek;
			return true;
		}
	return avow_collect_handle(text, &o->ek_handle);
}

static bool
set_evidence_option(struct run *r, int option, const char *arg)
{
	struct avow_attest_request *rq = &r->at.rq;

	switch (option) {
	case OPT_CERTS:
		r->at.collect.certs = arg;
		return avow_cli_read(arg, &r->certs);
	case OPT_ENDORSEMENTS:
		return read_endorsement(r, arg);
	case OPT_EVENT_LOG:
		return read_data(
			arg, &r->event_log, &rq->event_log, &rq->event_log_len);
	case OPT_RUNTIME_DATA:
		return read_data(
			arg, &r->runtime, &rq->runtime_data, &rq->runtime_data_len);
	case OPT_RUNTIME_TYPE:
		return read_type(arg, &rq->runtime_data_is_json);
	case OPT_INIT_DATA:
		return read_data(arg, &r->init, &rq->init_data, &rq->init_data_len);
	case OPT_INIT_TYPE:
		return read_type(arg, &rq->init_data_is_json);
	case OPT_NONCE:
		rq->nonce = arg;
		return true;
	case OPT_DRAFT_POLICY:
		if (!avow_cli_read(arg, &r->policy))
			return false;
		rq->draft_policy = avow_buf_str(&r->policy);
		return rq->draft_policy != NULL;
	default:
		return false;
	}
}

static bool
read_every(const char *text, int64_t *ms)
{
	int64_t s;

	if (avow_duration_parse(avow_span_str(text), &s) != AVOW_OK || s < 1)
		return false;
	*ms = s * 1000;
	return true;
}

static bool
set_option(struct run *r, int option, const char *arg)
{
	struct avow_collect_tpm *tpm = &r->at.collect.tpm;

	switch (option) {
	case 'o':
		r->at.out = arg;
		return true;
	case OPT_EK:
		return read_ek(arg, tpm);
	case OPT_EK_CERT:
		if (!avow_collect_handle(arg, &tpm->ek_cert_nv))
			tpm->ek_cert = arg;
		return true;
	case OPT_REQUEST_KEY:
		r->at.request_key = arg;
		return true;
	case OPT_RP_ID:
		r->at.rp_id = arg;
		return true;
	case OPT_WATCH:
		r->is_watch = true;
		return true;
	case OPT_EVERY:
		return read_every(arg, &r->watch.every_ms);
	case OPT_STOP_ON_REFUSAL:
		r->watch.stop_on_refusal = true;
		return true;
	case AVOW_OPT_JSON: /* a token is no document */
		return false;
	default:
		return avow_server_set(&r->at.server, option, arg) ||
		       avow_collect_set(&r->at.collect, option, arg) ||
		       set_evidence_option(r, option, arg);
	}
}

/* --- evidence of a file --------------------------------------------------------------------- */

static bool
is_bare_report(const struct run *r, struct avow_span bytes)
{
	return strcmp(r->at.kind, "snp") == 0 &&
	       !avow_span_starts(avow_span_trim(bytes), AVOW_LIT("{")) &&
	       !avow_span_starts(bytes, AVOW_LIT("HCLA"));
}

static int
take_evidence(struct run *r)
{
	struct avow_span bytes;

	if (!avow_cli_read(r->at.file, &r->evidence))
		return AVOW_EXIT_USAGE;
	bytes = avow_cli_decode(avow_buf_span(&r->evidence), &r->arena);
	if (is_bare_report(r, bytes)) {
		if (avow_cli_put_snp(&r->wrapped, bytes, avow_buf_span(&r->certs)) !=
			AVOW_OK)
			return avow_cli_usage(r->at.cmd, "too large a report");
		bytes = avow_buf_span(&r->wrapped);
	} else if (r->certs.n) {
		return avow_cli_usage(
			r->at.cmd, "--certs goes with a bare SEV-SNP report");
	}
	r->at.rq.evidence = bytes.p;
	r->at.rq.evidence_len = bytes.n;
	return AVOW_EXIT_OK;
}

/* --- the arguments ------------------------------------------------------------------------------- */

static bool
reads_stdin(const struct avow_server *s)
{
	return s->token_file && strcmp(s->token_file, "-") == 0;
}

/* What would not reach the service must not look as if it had: an option that this
 * kind of request has no room for. NULL: there is none. */
static const char *
misplaced(const struct run *r, const struct kind *kind)
{
	const struct avow_attest_request *rq = &r->at.rq;
	const struct {
		const char *name;
		bool given;
		unsigned room;
	} rules[] = {
		{"--runtime-data", rq->runtime_data != NULL, HAS_DATA},
		{"--init-data", rq->init_data != NULL, HAS_DATA},
		{"--endorsements", rq->endorsement != NULL, HAS_DATA},
		{"--event-log", rq->event_log != NULL, HAS_DATA},
		{"--draft-policy", rq->draft_policy != NULL, HAS_DATA | IS_SEALED},
		{"--request-key", r->at.request_key != NULL, HAS_ROUNDS},
		{"--rp-id", r->at.rp_id != NULL, HAS_ROUNDS},
		{"--nonce", rq->nonce && r->at.file, HAS_DATA},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].given && !(kind->is & rules[i].room))
			return rules[i].name;
	return NULL;
}

static int
check_kind(struct run *r, const struct kind *kind)
{
	const struct avow_cmd *cmd = r->at.cmd;

	if (!kind)
		return avow_cli_usage(cmd, "unknown kind of evidence: %s", r->at.kind);
	if (misplaced(r, kind))
		return avow_cli_usage(cmd, "%s has no place in a request of %s",
			misplaced(r, kind), kind->name);
	if (r->at.file && !(kind->is & TAKES_FILE))
		return avow_cli_usage(cmd,
			"%s takes no FILE: its evidence answers a challenge",
			kind->name);
	if (!r->at.file && !kind->gather)
		return avow_cli_usage(cmd, "%s takes a FILE", kind->name);
	if (!r->at.file && r->certs.n && !(kind->is & IS_SEALED))
		return avow_cli_usage(cmd, "--certs goes with a FILE");
	if (r->is_watch && (r->at.file || reads_stdin(&r->at.server)))
		return avow_cli_usage(
			cmd, "--watch gathers evidence each time, and reads no stdin");
	r->at.rq.kind = kind->api;
	r->at.collect.kind = kind->name;
	return r->at.file ? take_evidence(r) : AVOW_EXIT_OK;
}

static int
read_arguments(struct run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = r->at.cmd;
	int c, status;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (r->gathers && argc - optind != 1)
		return avow_cli_usage(cmd, "collect takes a KIND alone");
	if (argc - optind != 1 && argc - optind != 2)
		return avow_cli_usage(cmd, "it takes a KIND, and a FILE or none");
	r->at.kind = argv[optind];
	r->at.file = argv[optind + 1];
	status = avow_server_ready(&r->at.server, cmd);
	return status == AVOW_EXIT_OK ? check_kind(r, kind_of(r->at.kind)) : status;
}

/* --- attesting ------------------------------------------------------------------------------------- */

static enum avow_verdict
attest_once(struct avow_attest_run *r, struct avow_buf *token, struct avow_problem *why)
{
	const struct kind *kind = kind_of(r->kind);

	if (r->file && !(kind->is & IS_SEALED))
		return avow_attest_send(r, &r->rq, token, why);
	return kind->gather(r, token, why);
}

static int
attest(struct avow_attest_run *r)
{
	struct avow_problem why;
	struct avow_buf token;
	enum avow_verdict v;
	int status;

	memset(&why, 0, sizeof(why));
	avow_buf_init(&token, AVOW_MIB(1));
	v = attest_once(r, &token, &why);
	if (v == AVOW_VERDICT_VERIFIED) {
		status = avow_attest_save(r, &token);
	} else {
		avow_cli_problem("attest", &why);
		status = avow_cli_verdict(v);
	}
	avow_buf_clear(&token);
	return status;
}

int
avow_attest_main(int argc, char **argv, bool may_have_file)
{
	struct run r = {.at = {.cmd = &avow_cmd_attest},
		.watch = {.every_ms = 3600000, .attest = attest_once}};
	int status;

	/* tpm2-tss logs to stderr by itself; what failed is told here. */
	setenv("TSS2_LOG", "all+none", 0);
	avow_server_init(&r.at.server);
	avow_collect_run_init(&r.at.collect);
	avow_arena_init(&r.arena, AVOW_MAX_REQUEST_ARENA * 2);
	avow_buf_init(&r.evidence, 0);
	avow_buf_init(&r.certs, 0);
	avow_buf_init(&r.wrapped, AVOW_MIB(4));
	avow_buf_init(&r.runtime, 0);
	avow_buf_init(&r.init, 0);
	avow_buf_init(&r.policy, 0);
	avow_buf_init(&r.endorsement, 0);
	avow_buf_init(&r.event_log, 0);
	r.gathers = !may_have_file;
	status = read_arguments(&r, argc, argv);
	if (status == AVOW_EXIT_OK)
		status =
			r.is_watch ? avow_attest_watch(&r.at, &r.watch) : attest(&r.at);
	avow_buf_clear(&r.evidence);
	avow_buf_clear(&r.certs);
	avow_buf_clear(&r.wrapped);
	avow_buf_clear(&r.runtime);
	avow_buf_clear(&r.init);
	avow_buf_clear(&r.policy);
	avow_buf_clear(&r.endorsement);
	avow_buf_clear(&r.event_log);
	avow_arena_clear(&r.arena);
	avow_server_clear(&r.at.server);
	return status;
}

static int
run_attest(int argc, char **argv)
{
	return avow_attest_main(argc, argv, true);
}

const struct avow_cmd avow_cmd_attest = {
	.name = "attest",
	.summary = "send evidence to a service and get a token",
	.usage = USAGE,
	.run = run_attest,
};
