/*
 * Asking a service for a token: evidence and its companions become the
 * contract's JSON, the answer becomes a token or the service's own reason. The
 * token is not looked at here.
 */
#include "client/client.h"

#include <string.h>

#include "base/limits.h"
#include "wire/json_member.h"

#define API_VERSION "2025-06-01"
#define MAX_ANSWER AVOW_MIB(1)

/* The contract's name for the evidence, by kind: spec 01, section 3. */
static const struct {
	const char *kind, *member;
} KINDS[] = {{"SgxEnclave", "quote"}, {"OpenEnclave", "report"}, {"SevSnpVm", "report"},
	{"TdxVm", "quote"}, {"AzureGuest", "attestationInfo"}, {"Tpm", "data"}};

static const char *
member_of(const char *kind)
{
	for (size_t i = 0; kind && i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (strcmp(kind, KINDS[i].kind) == 0)
			return KINDS[i].member;
	return NULL;
}

static void
put_data(struct avow_jw *w, const char *name, struct avow_span data, int is_json)
{
	if (!data.p)
		return;
	avow_jw_name(w, name);
	avow_jw_open(w, '{');
	avow_jw_name(w, "data");
	avow_jw_b64url(w, data);
	avow_jw_put_str(w, "dataType", is_json ? "JSON" : "Binary");
	avow_jw_close(w);
}

static void
put_text(struct avow_jw *w, const char *name, const char *text)
{
	if (!text)
		return;
	avow_jw_put_str(w, name, text);
}

static enum avow_err
put_evidence(
	const struct avow_attest_request *rq, struct avow_jw *w, struct avow_why *why)
{
	struct avow_span bytes = avow_span_make(rq->evidence, rq->evidence_len);
	struct avow_buf whole;
	enum avow_err e;

	if (!rq->endorsement) {
		avow_jw_b64url(w, bytes);
		return AVOW_OK;
	}
	avow_buf_init(&whole, AVOW_MAX_BODY_TPM);
	e = client_put_snp(bytes, avow_span_make(rq->endorsement, rq->endorsement_len),
		&whole, why);
	avow_jw_b64url(w, avow_buf_span(&whole));
	avow_buf_clear(&whole);
	return e;
}

static enum avow_err
put_body(const struct avow_attest_request *rq, const char *member, struct avow_buf *out,
	struct avow_why *why)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, member);
	AVOW_TRY(put_evidence(rq, &w, why));
	if (rq->event_log) {
		avow_jw_name(&w, "eventLog");
		avow_jw_b64url(&w, avow_span_make(rq->event_log, rq->event_log_len));
	}
	put_data(&w, "runtimeData",
		avow_span_make(rq->runtime_data, rq->runtime_data_len),
		rq->runtime_data_is_json);
	put_data(&w, "initTimeData", avow_span_make(rq->init_data, rq->init_data_len),
		rq->init_data_is_json);
	put_text(&w, "draftPolicyForAttestation", rq->draft_policy);
	put_text(&w, "nonce", rq->nonce);
	avow_jw_close(&w);
	return out->err;
}

/* --- the answer ----------------------------------------------------------------------- */

static enum avow_err
read_token(
	struct avow_span body, struct avow_arena *a, char **token, struct avow_why *why)
{
	static const struct avow_at at = {"attest", "body", "MAA REST contract 4"};
	const struct avow_json *root = NULL, *text = NULL;
	enum avow_err err = avow_json_parse(body, NULL, a, &root, NULL);

	if (err == AVOW_E_NO_MEMORY)
		return err;
	if (err == AVOW_OK)
		text = avow_json_get(root, "token");
	if (err == AVOW_OK && !text)
		text = avow_json_get(root, "data");
	if (!text || text->type != AVOW_JSON_STRING || text->string.n == 0 ||
		avow_span_find_byte(text->string, 0) != text->string.n)
		return avow_refuse(why, AVOW_E_NET_STATUS, &at,
			"a JSON object with token", "something else");
	*token = client_dup(text->string);
	return *token ? AVOW_OK : AVOW_E_NO_MEMORY;
}

static enum avow_verdict
judge(const struct avow_net_response *rs, char **token, struct avow_problem *out)
{
	struct avow_why why;
	struct avow_arena a;
	enum avow_err err;
	long status = rs->status;

	avow_why_init(&why);
	avow_arena_init(&a, AVOW_MIB(16));
	err = client_expect_status(status, 200, 200, &why);
	if (err == AVOW_OK)
		err = read_token(avow_buf_span(&rs->body), &a, token, &why);
	if (err != AVOW_OK && out) {
		client_problem(out, err, &why);
		out->http_status = (int)status;
		if (status != 200)
			client_refusal(avow_buf_span(&rs->body), &a, out);
	}
	avow_arena_clear(&a);
	return err == AVOW_OK ? AVOW_VERDICT_VERIFIED : client_status_verdict(status);
}

/* --- the request -------------------------------------------------------------------------- */

static enum avow_err
send_request(const struct avow_attest_request *rq, struct avow_span body,
	const atomic_bool *cancel, struct avow_net_response *rs, struct avow_why *why)
{
	struct client_call call = {.server = rq->server,
		.body = body,
		.has_body = true,
		.bearer = rq->bearer,
		.ca_file = rq->ca_file,
		.proxy = rq->proxy,
		.timeout_ms = rq->timeout_ms,
		.cancel = cancel};
	struct avow_buf path;
	enum avow_err err;

	avow_buf_init(&path, 512);
	avow_buf_printf(&path, "/attest/%s?api-version=%s", rq->kind, API_VERSION);
	call.path = avow_buf_str(&path);
	err = call.path ? client_send(&call, rs, why) : path.err;
	avow_buf_clear(&path);
	return err;
}

static enum avow_err
make_body(const struct avow_attest_request *rq, struct avow_buf *out,
	struct avow_why *why)
{
	static const struct avow_at at = {"attest", "kind", "MAA REST contract 2"};
	static const struct avow_at log = {"attest", "event_log", "avow.h"};
	static const struct avow_at uvm = {"attest", "endorsement", "avow.h"};
	const char *member = member_of(rq->kind);

	if (!member || !rq->evidence || rq->evidence_len == 0)
		return avow_refuse(why, AVOW_E_USAGE, &at,
			"SgxEnclave, OpenEnclave, SevSnpVm, TdxVm, AzureGuest or Tpm, "
			"and "
			"evidence",
			"%s", rq->kind ? rq->kind : "nothing");
	if (rq->event_log && strcmp(rq->kind, "TdxVm") != 0)
		return avow_refuse(why, AVOW_E_USAGE, &log, "TdxVm", "%s", rq->kind);
	if (rq->endorsement && strcmp(rq->kind, "SevSnpVm") != 0)
		return avow_refuse(why, AVOW_E_USAGE, &uvm, "SevSnpVm", "%s", rq->kind);
	return put_body(rq, member, out, why);
}

enum avow_verdict
client_attest(const struct avow_attest_request *request, const atomic_bool *cancel,
	char **token, struct avow_problem *problem)
{
	enum avow_verdict verdict = AVOW_VERDICT_UNDECIDED;
	struct avow_net_response rs;
	struct avow_buf body;
	struct avow_why why;
	enum avow_err err;

	*token = NULL;
	avow_why_init(&why);
	avow_buf_init(&body, AVOW_MAX_BODY_TPM);
	avow_net_response_init(&rs, MAX_ANSWER, NULL, 0);
	err = make_body(request, &body, &why);
	if (err == AVOW_OK)
		err = send_request(request, avow_buf_span(&body), cancel, &rs, &why);
	if (err == AVOW_OK)
		verdict = judge(&rs, token, problem);
	else
		client_problem(problem, err, &why);
	avow_net_response_clear(&rs);
	avow_buf_clear(&body);
	return verdict;
}

enum avow_verdict
avow_client_attest(const struct avow_attest_request *request, char **token,
	struct avow_problem *problem)
{
	return client_attest(request, NULL, token, problem);
}
