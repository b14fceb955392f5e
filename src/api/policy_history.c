/*
 * GET /policies/{type}/versions and /policies/{type}/versions/{version}: every
 * policy that a provider had, for readers. Avow's own; the contract has nothing
 * of the kind. There is no call that rolls back: an old version's JWT is set
 * again by PUT, so that its signature and its signer are judged as of today.
 */
#include "api/endpoints.h"

#include "base/clock.h"
#include "wire/json_member.h"

#define SOURCE "docs/manage.md, versions of a policy"
#define DEFAULT_TOP 100
#define MAX_TOP 1000

/* A number from 1 to max; false for all other text. */
static bool
read_number(struct avow_span text, int64_t max, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || *out > max)
			return false;
		*out = *out * 10 + (text.p[i] - '0');
	}
	return *out > 0 && *out <= max;
}

struct reader {
	const struct avow_kind *kind;
	const struct avow_provider_info *provider;
	struct avow_store *store;
};

static enum avow_err
begin(struct avow_http_request *rq, struct reader *out, struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_READ, .provider = rq->place};
	const struct avow_provider *provider;
	struct avow_who who;

	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	out->kind = avow_kind_by_api_name(rq->params[0]);
	if (!out->kind)
		return avow_api_unknown_type(rq->params[0], why);
	out->provider = avow_provider_info(provider);
	out->store = avow_service_store(avow_worker_service(rq->worker_context));
	return AVOW_OK;
}

static void
put_members(struct avow_jw *w, const struct avow_store_policy *p)
{
	char at[AVOW_TIME_TEXT];

	avow_time_format(p->set_s, at);
	avow_jw_put_int(w, "version", p->version);
	avow_jw_put_str(w, "event", p->event == AVOW_POLICY_SET ? "set" : "reset");
	avow_jw_put_str(w, "setAt", at);
	avow_jw_put_string(w, "setBy", p->set_by);
	if (p->event == AVOW_POLICY_RESET)
		return;
	avow_jw_put_string(w, "policyHash", p->hash);
	if (avow_span_is_empty(p->signer))
		return;
	avow_jw_name(w, "policySigner");
	avow_jw_raw(w, p->signer);
}

enum avow_err
avow_api_policy_versions(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_span sent = avow_http_query(rq, "$top");
	struct avow_store_policy *versions;
	int64_t top = DEFAULT_TOP;
	struct reader r;
	struct avow_jw w;
	size_t n;

	AVOW_TRY(begin(rq, &r, why));
	if (sent.p && !read_number(sent, MAX_TOP, &top))
		return avow_refuse(why, AVOW_E_API_PARAMETER,
			&(struct avow_at){"request", "$top", SOURCE}, "1 to 1000",
			"%.*s", AVOW_FMT(avow_span_slice(sent, 0, 32)));
	AVOW_TRY(avow_store_policy_history(r.store, r.provider->name,
		avow_span_str(r.kind->api_name), (size_t)top, rq->arena, &versions,
		&n));
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "value");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		avow_jw_open(&w, '{');
		put_members(&w, &versions[i]);
		avow_jw_close(&w);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	return rs->body.err;
}

enum avow_err
avow_api_policy_version(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_at at = {"request", "version", SOURCE};
	struct avow_span sent = rq->params[1];
	struct avow_store_policy p;
	int64_t version;
	struct reader r;
	struct avow_jw w;
	enum avow_err e = AVOW_E_NOT_FOUND;

	AVOW_TRY(begin(rq, &r, why));
	if (read_number(sent, INT32_MAX, &version))
		e = avow_store_policy_version(r.store, r.provider->name,
			avow_span_str(r.kind->api_name), version, rq->arena, &p);
	if (e == AVOW_E_NOT_FOUND)
		return avow_refuse(why, e, &at, "a version that there was", "%.*s",
			AVOW_FMT(avow_span_slice(sent, 0, 32)));
	AVOW_TRY(e);
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	put_members(&w, &p);
	avow_jw_put_string(&w, "policy",
		p.event == AVOW_POLICY_SET ? p.jwt : AVOW_LIT("eyJhbGciOiJub25lIn0.."));
	avow_jw_close(&w);
	return rs->body.err;
}
