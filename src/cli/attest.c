/*
 * avow attest KIND FILE: send evidence to a service, print the token. It is
 * not verified here: that is `avow verify`, and the relying party's part.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "avow/avow.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/inputs.h"

static const char USAGE[] =
	"usage: avow attest KIND FILE --server URL [OPTIONS]\n"
	"\n"
	"Sends evidence to a service and prints the token. KIND is sgx, oe, snp or\n"
	"tdx. FILE is raw bytes, hex, base64 or base64url; - is stdin.\n"
	"\n"
	"  --server URL            the service; plain http on loopback only\n"
	"  --ca PEM                the only roots that the service's TLS may end in\n"
	"  --certs FILE            snp: PEM of the signing key's chain, sent with a\n"
	"                          raw report; a request in JSON or an HCL blob goes\n"
	"                          as it is\n"
	"  --runtime-data FILE     data whose SHA-256 the evidence holds\n"
	"  --runtime-type T        binary (default) or json\n"
	"  --init-data FILE        init-time data, likewise\n"
	"  --init-type T           binary (default) or json\n"
	"  --nonce S               comes back in the token\n"
	"  --draft-policy FILE     decide by this policy; the token is then unsigned\n"
	"\n"
	"exit status: 0 a token, 1 refused, 2 no answer, 64 usage\n";

static const struct option OPTIONS[] = {
	{"server", required_argument, NULL, 's'},
	{"ca", required_argument, NULL, 'c'},
	{"certs", required_argument, NULL, 'C'},
	{"runtime-data", required_argument, NULL, 'r'},
	{"runtime-type", required_argument, NULL, 'R'},
	{"init-data", required_argument, NULL, 'i'},
	{"init-type", required_argument, NULL, 'I'},
	{"nonce", required_argument, NULL, 'n'},
	{"draft-policy", required_argument, NULL, 'p'},
	{NULL, 0, NULL, 0},
};

struct run {
	struct avow_attest_request rq;
	struct avow_arena arena;
	struct avow_buf evidence, certs, runtime, init, policy, wrapped;
};

/* The names of the command line and those of the contract's paths. */
static const char *
api_kind(const char *name)
{
	static const char *const names[][2] = {{"sgx", "SgxEnclave"},
		{"oe", "OpenEnclave"}, {"snp", "SevSnpVm"}, {"tdx", "TdxVm"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

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

static bool
set_option(struct run *r, int option, const char *arg)
{
	struct avow_attest_request *rq = &r->rq;

	switch (option) {
	case 's':
		rq->server = arg;
		return true;
	case 'c':
		rq->ca_file = arg;
		return true;
	case 'C':
		return avow_cli_read(arg, &r->certs);
	case 'r':
		return read_data(
			arg, &r->runtime, &rq->runtime_data, &rq->runtime_data_len);
	case 'R':
		return read_type(arg, &rq->runtime_data_is_json);
	case 'i':
		return read_data(arg, &r->init, &rq->init_data, &rq->init_data_len);
	case 'I':
		return read_type(arg, &rq->init_data_is_json);
	case 'n':
		rq->nonce = arg;
		return true;
	case 'p':
		if (!avow_cli_read(arg, &r->policy))
			return false;
		rq->draft_policy = avow_buf_str(&r->policy);
		return rq->draft_policy != NULL;
	default:
		return false;
	}
}

static bool
is_bare_report(const struct run *r, struct avow_span bytes)
{
	return strcmp(r->rq.kind, "SevSnpVm") == 0 &&
	       !avow_span_starts(avow_span_trim(bytes), AVOW_LIT("{")) &&
	       !avow_span_starts(bytes, AVOW_LIT("HCLA"));
}

static int
take_evidence(struct run *r, const char *path)
{
	struct avow_span bytes;

	if (!avow_cli_read(path, &r->evidence))
		return AVOW_EXIT_USAGE;
	bytes = avow_cli_decode(avow_buf_span(&r->evidence), &r->arena);
	if (is_bare_report(r, bytes)) {
		if (avow_cli_put_snp(&r->wrapped, bytes, avow_buf_span(&r->certs)) !=
			AVOW_OK)
			return avow_cli_usage(&avow_cmd_attest, "too large a report");
		bytes = avow_buf_span(&r->wrapped);
	} else if (r->certs.n) {
		return avow_cli_usage(
			&avow_cmd_attest, "--certs goes with a bare SEV-SNP report");
	}
	r->rq.evidence = bytes.p;
	r->rq.evidence_len = bytes.n;
	return AVOW_EXIT_OK;
}

static int
read_arguments(struct run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_attest;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (argc - optind != 2)
		return avow_cli_usage(cmd, "it takes a KIND and a FILE");
	if (!r->rq.server)
		return avow_cli_usage(cmd, "it takes --server URL");
	r->rq.kind = api_kind(argv[optind]);
	if (!r->rq.kind)
		return avow_cli_usage(
			cmd, "unknown kind of evidence: %s", argv[optind]);
	return take_evidence(r, argv[optind + 1]);
}

static int
attest(const struct avow_attest_request *rq)
{
	struct avow_problem why;
	enum avow_verdict v;
	char *token = NULL;

	v = avow_client_attest(rq, &token, &why);
	if (v == AVOW_VERDICT_VERIFIED)
		puts(token);
	else
		avow_cli_problem("attest", &why);
	avow_free(token);
	return avow_cli_verdict(v);
}

static int
run_attest(int argc, char **argv)
{
	struct run r = {.rq = {.server = NULL}};
	int status;

	avow_arena_init(&r.arena, AVOW_MAX_REQUEST_ARENA * 2);
	avow_buf_init(&r.evidence, 0);
	avow_buf_init(&r.certs, 0);
	avow_buf_init(&r.wrapped, AVOW_MIB(4));
	avow_buf_init(&r.runtime, 0);
	avow_buf_init(&r.init, 0);
	avow_buf_init(&r.policy, 0);
	status = read_arguments(&r, argc, argv);
	if (status == AVOW_EXIT_OK)
		status = attest(&r.rq);
	avow_buf_clear(&r.evidence);
	avow_buf_clear(&r.certs);
	avow_buf_clear(&r.wrapped);
	avow_buf_clear(&r.runtime);
	avow_buf_clear(&r.init);
	avow_buf_clear(&r.policy);
	avow_arena_clear(&r.arena);
	return status;
}

const struct avow_cmd avow_cmd_attest = {
	.name = "attest",
	.summary = "send evidence to a service and get a token",
	.usage = USAGE,
	.run = run_attest,
};
