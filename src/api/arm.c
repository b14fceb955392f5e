/*
 * One provider of the control plane: which one a path names, whether it is there,
 * and how it is shown. Changing it is arm_change.c's.
 *
 * Names are unique on the service, whatever subscription and group they are
 * made in: a name is part of a URL. Subscriptions and groups are words that
 * lists are filtered by; they are not made or deleted.
 */
#include "api/arm.h"

#include "api/instance.h"

#define SOURCE "MAA control plane"

static struct avow_span
group_of(const struct avow_http_request *rq)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, rq->arena, AVOW_MAX_HTTP_TARGET);
	avow_buf_printf(&b, "/subscriptions/%.*s/resourceGroups/%.*s",
		AVOW_FMT(rq->params[0]), AVOW_FMT(rq->params[1]));
	return avow_buf_span(&b);
}

void
avow_arm_place_init(
	struct avow_arm_place *p, struct avow_http_request *rq, struct avow_why *why)
{
	*p = (struct avow_arm_place){.rq = rq, .why = why, .group = group_of(rq)};
	if (avow_provider_name(rq->params[2], rq->arena, &p->name, NULL) != AVOW_OK)
		p->name = (struct avow_span){NULL, 0};
}

enum avow_err
avow_arm_place_check(struct avow_arm_place *p)
{
	AVOW_TRY(avow_arm_check_version(p->rq, p->why));
	AVOW_TRY(avow_arm_check_subscription(p->rq->params[0], p->why));
	AVOW_TRY(avow_arm_check_group(p->rq->params[1], p->why));
	AVOW_TRY(avow_provider_name(p->rq->params[2], p->rq->arena, &p->name, p->why));
	p->subscription = p->rq->params[0];
	p->resource_group = p->rq->params[1];
	return AVOW_OK;
}

enum avow_err
avow_arm_not_found(const struct avow_arm_place *p)
{
	return avow_refuse(p->why, AVOW_E_ARM_NOT_FOUND,
		&(struct avow_at){"arm", "providerName", SOURCE},
		"a provider of this subscription and group", "%.*s", AVOW_FMT(p->name));
}

bool
avow_arm_is_here(
	const struct avow_arm_place *p, const struct avow_store_provider *stored)
{
	return !stored->is_built_in &&
	       avow_span_eq_fold(stored->subscription, p->subscription) &&
	       avow_span_eq_fold(stored->resource_group, p->resource_group);
}

static struct avow_service *
service_of(const struct avow_arm_place *p)
{
	return avow_worker_service(p->rq->worker_context);
}

enum avow_err
avow_arm_find(const struct avow_arm_place *p, struct avow_store_provider *out)
{
	enum avow_err e = avow_store_provider_get(
		avow_service_store(service_of(p)), p->name, p->rq->arena, out);

	if (e == AVOW_E_NOT_FOUND || (e == AVOW_OK && !avow_arm_is_here(p, out)))
		return avow_arm_not_found(p);
	return e;
}

static enum avow_err
url_of(const struct avow_arm_place *p, const struct avow_store_provider *stored,
	struct avow_span *out)
{
	if (stored->url.n) {
		*out = stored->url;
		return AVOW_OK;
	}
	return avow_instance_url(
		avow_service_instance(service_of(p)), stored->name, p->rq->arena, out);
}

enum avow_err
avow_arm_answer(
	const struct avow_arm_place *p, struct avow_http_response *rs, int status)
{
	struct avow_store_provider stored;
	struct avow_span url;
	struct avow_jw w;

	AVOW_TRY(avow_arm_find(p, &stored));
	AVOW_TRY(url_of(p, &stored, &url));
	avow_jw_init(&w, &rs->body);
	rs->status = status;
	return avow_arm_put_provider(&w, &stored, url, p->rq->arena);
}

/* --- reading ------------------------------------------------------------------------ */

/* Who may is asked first: an outsider learns nothing of names. */
static enum avow_err
begin(struct avow_arm_place *p, struct avow_http_request *rq, unsigned right,
	struct avow_why *why)
{
	struct avow_act act = {.right = right};
	struct avow_who who;

	AVOW_TRY(avow_api_at_root(rq, why));
	avow_arm_place_init(p, rq, why);
	act.provider = p->name;
	act.target = p->group;
	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	return avow_arm_place_check(p);
}

enum avow_err
avow_arm_get(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_arm_place p;

	AVOW_TRY(begin(&p, rq, AVOW_RIGHT_PROVIDERS_READ, why));
	return avow_arm_answer(&p, rs, 200);
}

/* There are no private endpoints. Nothing is there and nothing is changed: no
 * record. */
enum avow_err
avow_arm_disconnect(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_store_provider stored;
	struct avow_arm_place p;

	AVOW_TRY(begin(&p, rq, AVOW_RIGHT_PROVIDERS_WRITE, why));
	AVOW_TRY(avow_arm_find(&p, &stored));
	rs->status = 204;
	return AVOW_OK;
}
