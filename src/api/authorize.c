/*
 * From a request to who asks. auth/ judges the header's value; here is only
 * that there is one such header, and when it is judged.
 */
#include "api/endpoints.h"

#include "api/refusals.h"
#include "base/clock.h"

/* How long a request waits for keys that are being fetched. */
#define WAIT_MS 5000

static void
wake(void *server, uint64_t token)
{
	avow_http_resume(server, token);
}

/* The one Authorization header; false when there are several. */
static bool
authorization_of(const struct avow_http_request *rq, struct avow_span *out, size_t *n)
{
	const struct avow_span name = AVOW_LIT("Authorization");

	*n = 0;
	for (size_t i = 0; i < rq->n_headers; i++)
		if (avow_span_eq_fold(rq->headers[i].name, name)) {
			*out = rq->headers[i].value;
			(*n)++;
		}
	return *n <= 1;
}

enum avow_err
avow_service_prepare(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	struct avow_auth_waiter w = {.wake = wake, .arg = rq->server};
	struct avow_credentials c = {.n_certs = 0};
	size_t n;

	(void)why;
	/* Keys that came, or did not: the handler sees which. */
	if (rq->is_resumed || rq->is_expired ||
		!authorization_of(rq, &c.authorization, &n))
		return AVOW_OK;
	if (n == 0 || (rq->route->handle == avow_api_attest && !avow_api_is_2018(rq)))
		return AVOW_OK;
	w.token = avow_http_wait(rq, rs, WAIT_MS);
	if (!avow_auth_await(avow_service_auth(sv), &c, rq->arena, &w))
		rs->wait_token = 0;
	return AVOW_OK;
}

static enum avow_err
authorize(const struct avow_http_request *rq, const struct avow_act *act, bool may_wait,
	struct avow_who *who, struct avow_why *why)
{
	const struct avow_service *sv = avow_worker_service(rq->worker_context);
	struct avow_credentials c = {.may_wait = may_wait};
	size_t n;

	*who = (struct avow_who){.n_grants = 0};
	/* Two readers could take different ones. */
	if (!authorization_of(rq, &c.authorization, &n))
		return avow_refuse(why, AVOW_E_UNAUTHORIZED,
			&(struct avow_at){"bearer", "Authorization", "RFC 6750, 2"},
			"one header", "%zu", n);
	if (n == 0)
		c.n_certs = avow_http_peer_certs(rq, &c.certs);
	return avow_auth_check(avow_service_auth(sv), &c, act->right, act->provider,
		avow_clock_now_s(), rq->arena, who, why);
}

/* Of changes: reading is in the log alone, and so is what is our fault. */
static void
record(const struct avow_http_request *rq, const struct avow_act *act,
	const struct avow_who *who, enum avow_err e)
{
	if (act->action.n && avow_err_class(e) == AVOW_CLASS_AUTH)
		avow_api_record_refusal(rq, act, who, e);
}

enum avow_err
avow_api_authorize(const struct avow_http_request *rq, const struct avow_act *act,
	struct avow_who *who, struct avow_why *why)
{
	enum avow_err e = authorize(rq, act, false, who, why);

	record(rq, act, who, e);
	return e;
}

enum avow_err
avow_api_authorize_attest(const struct avow_http_request *rq, struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_ATTEST, .provider = rq->place};
	struct avow_who who;

	return authorize(rq, &act, false, &who, why);
}

enum avow_err
avow_api_admit_tpm(struct avow_http_request *rq, struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_ATTEST, .provider = rq->place};
	const struct avow_provider *provider;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	if (avow_provider_info(provider)->settings.tpm_is_open)
		return AVOW_OK;
	return avow_api_admit(rq, &act, why);
}

enum avow_err
avow_api_authorize_tpm(const struct avow_http_request *rq,
	const struct avow_provider *provider, struct avow_why *why)
{
	if (avow_provider_info(provider)->settings.tpm_is_open)
		return AVOW_OK;
	return avow_api_authorize_attest(rq, why);
}

enum avow_err
avow_api_admit(
	struct avow_http_request *rq, const struct avow_act *act, struct avow_why *why)
{
	struct avow_who who;
	enum avow_err e = authorize(rq, act, true, &who, why);

	record(rq, act, &who, e);
	/* It waits when its body is there: avow_service_prepare. */
	return e == AVOW_E_ISSUER_PENDING ? AVOW_OK : e;
}

/* What a route's handler is going to do, for the record of its refusal. */
static const char *
action_of(const struct avow_http_request *rq)
{
	static const struct {
		avow_http_handler *handle;
		const char *action;
	} all[] = {
		{avow_api_policy_put, "policy.set"},
		{avow_api_policy_reset, "policy.reset"},
		{avow_api_certificates_add, "certificate.add"},
		{avow_api_certificates_remove, "certificate.remove"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (rq->route->handle == all[i].handle)
			return all[i].action;
	return "";
}

static enum avow_err
admit(struct avow_http_request *rq, unsigned right, struct avow_why *why)
{
	const struct avow_act act = {
		.right = right,
		.provider = rq->place,
		.action = avow_span_str(action_of(rq)),
		.target = rq->param,
	};

	return avow_api_admit(rq, &act, why);
}

enum avow_err
avow_api_admit_writer(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, AVOW_RIGHT_WRITE, why);
}

enum avow_err
avow_api_admit_deleter(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, AVOW_RIGHT_DELETE, why);
}
