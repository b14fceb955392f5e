/*
 * The control plane's changes: a provider is made, changed, deleted. A request is
 * judged whole (names, body, what is there already) before anything is stored;
 * the rest of a change's way, who may among it, is api/change.c.
 */
#include "api/arm.h"

#include "api/change.h"
#include "api/instance.h"
#include "api/policy_jwt.h"
#include "api/policy_key.h"

#define SOURCE "MAA control plane"

struct job {
	struct avow_change base;
	struct avow_arm_place place;
	bool is_put, is_decoded;
	struct avow_arm_body body;
	bool is_new; /* it is made, not changed */
	struct avow_store_provider provider; /* as it will be */
	struct avow_store_cert certs[AVOW_MAX_POLICY_CERTS];
	char thumbprints[AVOW_MAX_POLICY_CERTS][AVOW_THUMBPRINT_TEXT];
};

static struct job *
job_of(struct avow_change *c)
{
	return (struct job *)(void *)c; /* its first member */
}

static struct avow_arena *
arena_of(const struct job *j)
{
	return j->base.rq->arena;
}

static struct avow_store *
store_of(const struct job *j)
{
	return avow_service_store(avow_worker_service(j->base.rq->worker_context));
}

static enum avow_err
stored(const struct job *j, struct avow_store_provider *out)
{
	return avow_store_provider_get(store_of(j), j->place.name, arena_of(j), out);
}

/* --- making ------------------------------------------------------------------------- */

static enum avow_err
taken(const struct job *j)
{
	return avow_refuse(j->base.why, AVOW_E_CONFLICT,
		&(struct avow_at){"arm", "providerName", SOURCE},
		"a name that no provider of this service has", "%.*s",
		AVOW_FMT(j->place.name));
}

static enum avow_err
fixed(const struct job *j, const char *field, const char *expected)
{
	return avow_refuse(j->base.why, AVOW_E_ARM_FIXED,
		&(struct avow_at){"arm", field, SOURCE}, expected, NULL);
}

/* The trust model that the body says must be the one that it would make. */
static enum avow_err
check_trust_model(const struct job *j, bool is_isolated)
{
	struct avow_span model = j->body.trust_model;

	if (model.n && avow_span_eq_str(model, "Isolated") != is_isolated)
		return fixed(j, "trustModel",
			is_isolated ? "Isolated"
				    : "AAD: there are no policySigningCertificates");
	return AVOW_OK;
}

static enum avow_err
prepare_certs(struct job *j)
{
	for (size_t i = 0; i < j->body.n_certs; i++) {
		const struct avow_cert *c = j->body.certs[i];

		AVOW_TRY(avow_policy_cert_judge(c, j->base.why));
		AVOW_TRY(avow_policy_thumbprint(c->der, j->thumbprints[i]));
		j->certs[i] = (struct avow_store_cert){
			.der = c->der,
			.thumbprint = avow_span_str(j->thumbprints[i]),
			.added_s = j->base.now_s,
			.added_by = j->base.who.name,
		};
	}
	return AVOW_OK;
}

static enum avow_err
judge_new(struct job *j)
{
	const struct avow_instance *instance =
		avow_service_instance(avow_worker_service(j->base.rq->worker_context));
	struct avow_store_provider *p = &j->provider;

	j->is_new = true;
	*p = (struct avow_store_provider){
		.name = j->place.name,
		.is_isolated = j->body.has_certs,
		.tags = j->body.tags,
		.location = j->body.location,
		.subscription = j->place.subscription,
		.resource_group = j->place.resource_group,
		.created_s = j->base.now_s,
	};
	AVOW_TRY(check_trust_model(j, p->is_isolated));
	AVOW_TRY(avow_arm_settings(&j->body, (struct avow_span){NULL, 0}, arena_of(j),
		&p->settings, j->base.why));
	AVOW_TRY(avow_instance_url(instance, p->name, arena_of(j), &p->url));
	return prepare_certs(j);
}

/* --- changing ----------------------------------------------------------------------- */

/* PUT again of what was sent at creation changes nothing; other certificates
 * would be lost unseen, so they are refused. */
static enum avow_err
same_certs(const struct job *j)
{
	const struct avow_arm_body *b = &j->body;
	struct avow_store_cert *there;
	size_t n, found = 0;

	AVOW_TRY(avow_store_cert_list(
		store_of(j), j->place.name, arena_of(j), &there, &n));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < b->n_certs; k++)
			found += avow_span_eq(there[i].der, b->certs[k]->der);
	return found == n && n == b->n_certs
		       ? AVOW_OK
		       : fixed(j, "policySigningCertificates",
				 "the provider's own; change them by :add and :remove");
}

static enum avow_err
check_fixed(const struct job *j, const struct avow_store_provider *p)
{
	AVOW_TRY(check_trust_model(j, p->is_isolated));
	if (j->body.location.n && !avow_span_eq_fold(j->body.location, p->location))
		return fixed(j, "location", "the provider's own");
	if (!j->body.has_certs)
		return AVOW_OK;
	if (!p->is_isolated)
		return fixed(j, "policySigningCertificates",
			"none: the provider's trust model is AAD");
	return same_certs(j);
}

/* PUT replaces tags and settings; PATCH leaves what it does not name. */
static enum avow_err
judge_there(struct job *j, const struct avow_store_provider *there)
{
	struct avow_store_provider *p = &j->provider;

	j->is_new = false;
	*p = *there;
	AVOW_TRY(check_fixed(j, p));
	AVOW_TRY(avow_arm_settings(&j->body,
		j->is_put ? (struct avow_span){NULL, 0} : p->settings, arena_of(j),
		&p->settings, j->base.why));
	if (j->is_put || j->body.has_tags)
		p->tags = j->body.tags;
	p->updated_s = j->base.now_s;
	return AVOW_OK;
}

/* --- PUT, PATCH, DELETE ------------------------------------------------------------- */

/* Once: a change that is judged again has the same body. */
static enum avow_err
decode(struct job *j)
{
	if (j->is_decoded)
		return AVOW_OK;
	j->is_decoded = true;
	return avow_arm_body_decode(
		j->base.rq->body, j->is_put, arena_of(j), &j->body, j->base.why);
}

static enum avow_err
judge_put(struct avow_change *c)
{
	struct job *j = job_of(c);
	struct avow_store_provider there;
	enum avow_err e;

	j->is_put = true;
	AVOW_TRY(avow_arm_place_check(&j->place));
	AVOW_TRY(decode(j));
	e = stored(j, &there);
	if (e == AVOW_E_NOT_FOUND) {
		c->action = c->kind->action;
		return judge_new(j);
	}
	AVOW_TRY(e);
	/* RFC 9110 13.1.2: only if there is none */
	if (!avow_arm_is_here(&j->place, &there) ||
		avow_span_eq_str(avow_http_header(c->rq, "If-None-Match"), "*"))
		return taken(j);
	c->action = "provider.update";
	return judge_there(j, &there);
}

static enum avow_err
judge_patch(struct avow_change *c)
{
	struct job *j = job_of(c);
	struct avow_store_provider there;

	AVOW_TRY(avow_arm_place_check(&j->place));
	AVOW_TRY(decode(j));
	AVOW_TRY(avow_arm_find(&j->place, &there));
	return judge_there(j, &there);
}

static enum avow_err
judge_delete(struct avow_change *c)
{
	struct job *j = job_of(c);
	struct avow_store_provider there;
	enum avow_err e;

	AVOW_TRY(avow_arm_place_check(&j->place));
	e = stored(j, &there);
	if (e == AVOW_OK && there.is_built_in)
		return avow_refuse(c->why, AVOW_E_READ_ONLY,
			&(struct avow_at){"arm", "providerName", SOURCE},
			"a provider that was made here", "%.*s",
			AVOW_FMT(j->place.name));
	if (e == AVOW_E_NOT_FOUND ||
		(e == AVOW_OK && !avow_arm_is_here(&j->place, &there)))
		return avow_arm_not_found(&j->place);
	return e;
}

/* A name can be taken between judging and storing; then it is judged again, as a
 * change of what is there. */
static enum avow_err
store_provider(
	struct avow_change *c, struct avow_store *store, const struct avow_audit *audit)
{
	struct job *j = job_of(c);
	enum avow_err e;

	if (!j->is_new)
		e = avow_store_provider_update(
			store, &j->provider, j->provider.change, audit);
	else
		e = avow_store_provider_create(
			store, &j->provider, j->certs, j->body.n_certs, audit);
	if (e == AVOW_E_CONFLICT)
		return taken(j);
	return e == AVOW_E_NOT_FOUND ? avow_arm_not_found(&j->place) : e;
}

static enum avow_err
store_deletion(
	struct avow_change *c, struct avow_store *store, const struct avow_audit *audit)
{
	const struct job *j = job_of(c);
	enum avow_err e = avow_store_provider_delete(store, j->place.name, audit);

	return e == AVOW_E_NOT_FOUND ? avow_arm_not_found(&j->place) : e;
}

static enum avow_err
show(struct avow_change *c)
{
	const struct job *j = job_of(c);

	return avow_arm_answer(&j->place, c->rs, j->is_new ? 201 : 200);
}

/* There are no private endpoints: nobody could be connected. */
static enum avow_err
judge_connection(struct avow_change *c)
{
	struct job *j = job_of(c);
	struct avow_store_provider there;

	AVOW_TRY(avow_arm_place_check(&j->place));
	AVOW_TRY(avow_arm_find(&j->place, &there));
	return avow_refuse(c->why, AVOW_E_ARM_ENDPOINTS,
		&(struct avow_at){"arm", "privateEndpointConnectionName", SOURCE},
		"none: the operator's network decides who reaches a provider", "%.*s",
		AVOW_FMT(avow_span_slice(c->rq->params[3], 0, 64)));
}

static const struct avow_change_kind CREATE = {
	.action = "provider.create",
	.right = AVOW_RIGHT_PROVIDERS_WRITE,
	.judge = judge_put,
	.store = store_provider,
	.answer = show,
	.finds_itself = true,
};
static const struct avow_change_kind UPDATE = {
	.action = "provider.update",
	.right = AVOW_RIGHT_PROVIDERS_WRITE,
	.judge = judge_patch,
	.store = store_provider,
	.answer = show,
	.finds_itself = true,
};
static const struct avow_change_kind DELETE = {
	.action = "provider.delete",
	.right = AVOW_RIGHT_PROVIDERS_DELETE,
	.judge = judge_delete,
	.store = store_deletion,
	.finds_itself = true,
};
/* Its judge takes nothing: there is nothing to store. */
static const struct avow_change_kind CONNECT = {
	.action = "provider.connect",
	.right = AVOW_RIGHT_PROVIDERS_WRITE,
	.judge = judge_connection,
	.finds_itself = true,
};

static enum avow_err
run(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why,
	const struct avow_change_kind *kind)
{
	struct job *j;
	enum avow_err e;

	AVOW_TRY(avow_api_at_root(rq, why));
	j = avow_change_of(kind, sizeof(*j), rq, rs, why);
	if (j && !rq->state) {
		avow_arm_place_init(&j->place, rq, why);
		j->base.name = j->place.name;
		j->base.target = j->place.group;
	}
	e = avow_change_run((struct avow_change *)j);
	if (j && !rs->wait_token)
		avow_arm_body_clear(&j->body);
	return e;
}

enum avow_err
avow_arm_create(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &CREATE);
}

enum avow_err
avow_arm_update(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &UPDATE);
}

/* Azure Resource Manager: deleting what is not there succeeds, with 204. */
enum avow_err
avow_arm_delete(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	enum avow_err e = run(rq, rs, why, &DELETE);

	rs->status = e == AVOW_E_ARM_NOT_FOUND ? 204 : 200;
	return e == AVOW_E_ARM_NOT_FOUND ? AVOW_OK : e;
}

enum avow_err
avow_arm_connect(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &CONNECT);
}

/* --- before the body ------------------------------------------------------------------ */

static const struct avow_change_kind *
kind_of(const struct avow_http_request *rq)
{
	avow_http_handler *handle = rq->route->handle;

	if (handle == avow_arm_create)
		return &CREATE;
	if (handle == avow_arm_update)
		return &UPDATE;
	return handle == avow_arm_connect ? &CONNECT : NULL;
}

void
avow_arm_act(struct avow_http_request *rq, struct avow_act *act)
{
	const struct avow_change_kind *kind = kind_of(rq);
	struct avow_arm_place p;

	if (!kind)
		return;
	avow_arm_place_init(&p, rq, NULL);
	*act = (struct avow_act){
		.right = kind->right,
		.action = avow_span_str(kind->action),
		.provider = p.name,
		.target = p.group,
	};
}

enum avow_err
avow_arm_admit(struct avow_http_request *rq, struct avow_why *why)
{
	struct avow_act act = {.right = 0};

	AVOW_TRY(avow_api_at_root(rq, why));
	avow_arm_act(rq, &act);
	return avow_api_admit(rq, &act, why);
}
