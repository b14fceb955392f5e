/*
 * The control plane's providers: made, shown, changed, deleted. A request is
 * judged whole (who asks, names, body, what is there already) before the store
 * takes the change with its audit record; a refused change of somebody who is
 * known is a record too.
 *
 * Names are unique on the service, whatever subscription and group they are
 * made in: a name is part of a URL. Subscriptions and groups are words that
 * lists are filtered by; they are not made or deleted.
 */
#include "api/arm.h"

#include "api/instance.h"
#include "api/policy_jwt.h"
#include "api/policy_key.h"
#include "base/clock.h"
#include "base/log.h"

#define SOURCE "MAA control plane"
/* A provider's policies may change while it is read and written. */
#define MAX_TRIES 8

struct job {
	struct avow_http_request *rq;
	struct avow_http_response *rs;
	struct avow_why *why;
	struct avow_service *sv;
	struct avow_store *store;
	struct avow_act act;
	struct avow_who who;
	struct avow_span subscription, group, name; /* name in lower case */
	struct avow_span place; /* target of records */
	int64_t now_s;
};

/* --- who, where, what -------------------------------------------------------------------- */

static struct avow_span
place_of(const struct avow_http_request *rq)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, rq->arena, AVOW_MAX_HTTP_TARGET);
	avow_buf_printf(&b, "/subscriptions/%.*s/resourceGroups/%.*s",
		AVOW_FMT(rq->params[0]), AVOW_FMT(rq->params[1]));
	return avow_buf_span(&b);
}

/* Who may is asked first: an outsider learns nothing of names. */
static void
set_act(struct job *j)
{
	if (avow_provider_name(j->rq->params[2], j->rq->arena, &j->name, NULL) ==
		AVOW_OK)
		j->act.provider = j->name;
	j->act.target = j->place = place_of(j->rq);
}

static enum avow_err
check_names(struct job *j)
{
	AVOW_TRY(avow_arm_check_version(j->rq, j->why));
	j->subscription = j->rq->params[0];
	j->group = j->rq->params[1];
	AVOW_TRY(avow_arm_check_subscription(j->subscription, j->why));
	AVOW_TRY(avow_arm_check_group(j->group, j->why));
	return avow_provider_name(j->rq->params[2], j->rq->arena, &j->name, j->why);
}

static struct avow_audit
audit_of(const struct job *j, enum avow_err e)
{
	return (struct avow_audit){
		.at_s = j->now_s,
		.actor = j->who.name,
		.source = avow_span_str(j->rq->client),
		.request = avow_span_str(j->rq->id),
		.action = j->act.action,
		.provider = j->act.provider,
		.target = j->place,
		.outcome = avow_span_str(e == AVOW_OK ? "done" : avow_err_name(e)),
	};
}

/* Do a change: authorize, judge, do, and tell what became of it. */
static enum avow_err
run(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why,
	const struct avow_act *act, enum avow_err (*change)(struct job *j))
{
	struct job j = {.rq = rq,
		.rs = rs,
		.why = why,
		.sv = avow_worker_service(rq->worker_context),
		.act = *act,
		.now_s = avow_clock_now_s()};
	struct avow_audit refused;
	enum avow_err e;

	AVOW_TRY(avow_api_at_root(rq, why));
	set_act(&j);
	AVOW_TRY(avow_api_authorize(rq, &j.act, &j.who, why));
	j.store = avow_service_store(j.sv);
	e = check_names(&j);
	if (e == AVOW_OK)
		e = change(&j);
	if (act->action.n == 0)
		return e;
	if (e != AVOW_OK) {
		refused = audit_of(&j, e);
		avow_service_record(j.sv, &refused);
	}
	AVOW_LOG(AVOW_LOG_INFO, "provider_change", AVOW_LOGS("id", rq->id),
		AVOW_LOGS("result", avow_err_name(e)));
	return e;
}

/* --- reading -------------------------------------------------------------------------------- */

static enum avow_err
not_found(const struct job *j)
{
	return avow_refuse(j->why, AVOW_E_ARM_NOT_FOUND,
		&(struct avow_at){"arm", "providerName", SOURCE},
		"a provider of this subscription and group", "%.*s", AVOW_FMT(j->name));
}

static bool
is_here(const struct job *j, const struct avow_store_provider *p)
{
	return !p->is_built_in && avow_span_eq_fold(p->subscription, j->subscription) &&
	       avow_span_eq_fold(p->resource_group, j->group);
}

/* A provider of another group is not found, as one that does not exist. */
static enum avow_err
find(const struct job *j, struct avow_store_provider *out)
{
	enum avow_err e = avow_store_provider_get(j->store, j->name, j->rq->arena, out);

	if (e == AVOW_E_NOT_FOUND || (e == AVOW_OK && !is_here(j, out)))
		return not_found(j);
	return e;
}

static enum avow_err
url_of(const struct job *j, const struct avow_store_provider *p, struct avow_span *out)
{
	if (p->url.n) {
		*out = p->url;
		return AVOW_OK;
	}
	return avow_instance_url(
		avow_service_instance(j->sv), p->name, j->rq->arena, out);
}

static enum avow_err
answer(const struct job *j, int status)
{
	struct avow_store_provider p;
	struct avow_span url;
	struct avow_jw w;

	AVOW_TRY(find(j, &p));
	AVOW_TRY(url_of(j, &p, &url));
	avow_jw_init(&w, &j->rs->body);
	j->rs->status = status;
	return avow_arm_put_provider(&w, &p, url, j->rq->arena);
}

static enum avow_err
show(struct job *j)
{
	return answer(j, 200);
}

enum avow_err
avow_arm_get(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_PROVIDERS_READ};

	return run(rq, rs, why, &act, show);
}

/* --- making ----------------------------------------------------------------------------------- */

static enum avow_err
taken(const struct job *j)
{
	return avow_refuse(j->why, AVOW_E_CONFLICT,
		&(struct avow_at){"arm", "providerName", SOURCE},
		"a name that no provider of this service has", "%.*s",
		AVOW_FMT(j->name));
}

static enum avow_err
fixed(const struct job *j, const char *field, const char *expected)
{
	return avow_refuse(j->why, AVOW_E_ARM_FIXED,
		&(struct avow_at){"arm", field, SOURCE}, expected, NULL);
}

/* The trust model that the body says must be the one that it would make. */
static enum avow_err
check_trust_model(const struct job *j, const struct avow_arm_body *b, bool is_isolated)
{
	if (b->trust_model.n &&
		avow_span_eq_str(b->trust_model, "Isolated") != is_isolated)
		return fixed(j, "trustModel",
			is_isolated ? "Isolated"
				    : "AAD: there are no policySigningCertificates");
	return AVOW_OK;
}

static enum avow_err
prepare_certs(const struct job *j, const struct avow_arm_body *b,
	struct avow_store_cert *out, char (*thumbprints)[AVOW_THUMBPRINT_TEXT])
{
	for (size_t i = 0; i < b->n_certs; i++) {
		AVOW_TRY(avow_policy_cert_judge(b->certs[i], j->why));
		AVOW_TRY(avow_policy_thumbprint(b->certs[i]->der, thumbprints[i]));
		out[i] = (struct avow_store_cert){
			.der = b->certs[i]->der,
			.thumbprint = avow_span_str(thumbprints[i]),
			.added_s = j->now_s,
			.added_by = j->who.name,
		};
	}
	return AVOW_OK;
}

static enum avow_err
make(const struct job *j, const struct avow_arm_body *b)
{
	char thumbprints[AVOW_MAX_POLICY_CERTS][AVOW_THUMBPRINT_TEXT];
	struct avow_store_cert certs[AVOW_MAX_POLICY_CERTS];
	const struct avow_audit audit = audit_of(j, AVOW_OK);
	struct avow_store_provider p = {
		.name = j->name,
		.is_isolated = b->has_certs,
		.tags = b->tags,
		.location = b->location,
		.subscription = j->subscription,
		.resource_group = j->group,
		.created_s = j->now_s,
	};
	enum avow_err e;

	AVOW_TRY(check_trust_model(j, b, b->has_certs));
	AVOW_TRY(avow_arm_settings(
		b, (struct avow_span){NULL, 0}, j->rq->arena, &p.settings, j->why));
	AVOW_TRY(avow_instance_url(
		avow_service_instance(j->sv), j->name, j->rq->arena, &p.url));
	AVOW_TRY(prepare_certs(j, b, certs, thumbprints));
	e = avow_store_provider_create(j->store, &p, certs, b->n_certs, &audit);
	return e == AVOW_E_CONFLICT ? taken(j) : e;
}

/* --- changing ----------------------------------------------------------------------------------- */

/* PUT again of what was sent at creation changes nothing; other certificates
 * would be lost unseen, so they are refused. */
static enum avow_err
same_certs(const struct job *j, const struct avow_arm_body *b)
{
	struct avow_store_cert *there;
	size_t n, found = 0;

	AVOW_TRY(avow_store_cert_list(j->store, j->name, j->rq->arena, &there, &n));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < b->n_certs; k++)
			found += avow_span_eq(there[i].der, b->certs[k]->der);
	return found == n && n == b->n_certs
		       ? AVOW_OK
		       : fixed(j, "policySigningCertificates",
				 "the provider's own; change them by :add and :remove");
}

static enum avow_err
check_fixed(const struct job *j, const struct avow_arm_body *b,
	const struct avow_store_provider *p)
{
	AVOW_TRY(check_trust_model(j, b, p->is_isolated));
	if (b->location.n && !avow_span_eq_fold(b->location, p->location))
		return fixed(j, "location", "the provider's own");
	if (!b->has_certs)
		return AVOW_OK;
	if (!p->is_isolated)
		return fixed(j, "policySigningCertificates",
			"none: the provider's trust model is AAD");
	return same_certs(j, b);
}

/* PUT replaces tags and settings; PATCH leaves what it does not name. */
static enum avow_err
change_once(const struct job *j, const struct avow_arm_body *b, bool is_put)
{
	const struct avow_audit audit = audit_of(j, AVOW_OK);
	struct avow_store_provider p;

	AVOW_TRY(find(j, &p));
	AVOW_TRY(check_fixed(j, b, &p));
	AVOW_TRY(avow_arm_settings(b, is_put ? AVOW_LIT("") : p.settings, j->rq->arena,
		&p.settings, j->why));
	if (is_put || b->has_tags)
		p.tags = b->tags;
	p.updated_s = j->now_s;
	return avow_store_provider_update(j->store, &p, p.change, &audit);
}

static enum avow_err
change(const struct job *j, const struct avow_arm_body *b, bool is_put)
{
	enum avow_err e = AVOW_E_CONFLICT;

	for (int i = 0; e == AVOW_E_CONFLICT && i < MAX_TRIES; i++)
		e = change_once(j, b, is_put);
	return e;
}

/* --- PUT, PATCH, DELETE ---------------------------------------------------------------------------- */

static enum avow_err
done(const struct job *j, int status)
{
	avow_service_provider_changed(j->sv, j->name);
	return answer(j, status);
}

static enum avow_err
put_decoded(struct job *j, const struct avow_arm_body *b)
{
	struct avow_store_provider p;
	enum avow_err e = avow_store_provider_get(j->store, j->name, j->rq->arena, &p);

	if (e == AVOW_E_NOT_FOUND) {
		AVOW_TRY(make(j, b));
		return done(j, 201);
	}
	AVOW_TRY(e);
	/* RFC 9110 13.1.2: only if there is none */
	if (!is_here(j, &p) ||
		avow_span_eq_str(avow_http_header(j->rq, "If-None-Match"), "*"))
		return taken(j);
	j->act.action = AVOW_LIT("provider.update");
	AVOW_TRY(change(j, b, true));
	return done(j, 200);
}

static enum avow_err
put(struct job *j)
{
	struct avow_arm_body b;
	enum avow_err e =
		avow_arm_body_decode(j->rq->body, true, j->rq->arena, &b, j->why);

	if (e == AVOW_OK)
		e = put_decoded(j, &b);
	avow_arm_body_clear(&b);
	return e;
}

static enum avow_err
patch(struct job *j)
{
	struct avow_arm_body b;
	enum avow_err e =
		avow_arm_body_decode(j->rq->body, false, j->rq->arena, &b, j->why);

	if (e == AVOW_OK)
		e = change(j, &b, false);
	avow_arm_body_clear(&b);
	return e == AVOW_OK ? done(j, 200) : e;
}

static enum avow_err
delete_provider(struct job *j)
{
	const struct avow_audit audit = audit_of(j, AVOW_OK);
	struct avow_store_provider p;
	enum avow_err e = avow_store_provider_get(j->store, j->name, j->rq->arena, &p);

	if (e == AVOW_OK && p.is_built_in)
		return avow_refuse(j->why, AVOW_E_READ_ONLY,
			&(struct avow_at){"arm", "providerName", SOURCE},
			"a provider that was made here", "%.*s", AVOW_FMT(j->name));
	if (e == AVOW_OK && !is_here(j, &p))
		return not_found(j);
	if (e == AVOW_OK)
		e = avow_store_provider_delete(j->store, j->name, &audit);
	if (e == AVOW_OK)
		avow_service_provider_changed(j->sv, j->name);
	return e == AVOW_E_NOT_FOUND ? not_found(j) : e;
}

/* There are no private endpoints: nobody could be connected. */
static enum avow_err
connect(struct job *j)
{
	struct avow_store_provider p;

	AVOW_TRY(find(j, &p));
	return avow_refuse(j->why, AVOW_E_ARM_ENDPOINTS,
		&(struct avow_at){"arm", "privateEndpointConnectionName", SOURCE},
		"none: the operator's network decides who reaches a provider", "%.*s",
		AVOW_FMT(avow_span_slice(j->rq->params[3], 0, 64)));
}

static enum avow_err
disconnect(struct job *j)
{
	struct avow_store_provider p;

	AVOW_TRY(find(j, &p));
	j->rs->status = 204;
	return AVOW_OK;
}

static const struct avow_act CREATE = {
	.right = AVOW_RIGHT_PROVIDERS_WRITE,
	.action = AVOW_LIT("provider.create"),
};
static const struct avow_act UPDATE = {
	.right = AVOW_RIGHT_PROVIDERS_WRITE,
	.action = AVOW_LIT("provider.update"),
};
static const struct avow_act DELETE = {
	.right = AVOW_RIGHT_PROVIDERS_DELETE,
	.action = AVOW_LIT("provider.delete"),
};

enum avow_err
avow_arm_create(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &CREATE, put);
}

enum avow_err
avow_arm_update(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &UPDATE, patch);
}

/* Azure Resource Manager: deleting what is not there succeeds, with 204. */
enum avow_err
avow_arm_delete(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	enum avow_err e = run(rq, rs, why, &DELETE, delete_provider);

	if (e == AVOW_OK)
		rs->status = 200;
	if (e == AVOW_E_ARM_NOT_FOUND)
		rs->status = 204;
	return e == AVOW_E_ARM_NOT_FOUND ? AVOW_OK : e;
}

enum avow_err
avow_arm_connect(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_PROVIDERS_WRITE,
		.action = AVOW_LIT("provider.connect")};

	return run(rq, rs, why, &act, connect);
}

/* Nothing is there and nothing is changed: no record. */
enum avow_err
avow_arm_disconnect(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_PROVIDERS_WRITE};

	return run(rq, rs, why, &act, disconnect);
}

static enum avow_err
admit(struct avow_http_request *rq, struct avow_why *why, const struct avow_act *act)
{
	struct job j = {.rq = rq, .why = why, .act = *act};

	AVOW_TRY(avow_api_at_root(rq, why));
	set_act(&j);
	return avow_api_admit(rq, &j.act, why);
}

enum avow_err
avow_arm_admit_create(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, why, &CREATE);
}

enum avow_err
avow_arm_admit_update(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, why, &UPDATE);
}
