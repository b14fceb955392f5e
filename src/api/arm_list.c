/*
 * The control plane's lists and what it knows without being told: providers by
 * subscription and group, the built-in provider that Azure calls a default, the
 * operations, and private endpoints, of which there are none here: a network is
 * the operator's, not the service's.
 *
 * A list shows who asks the providers that they may read; the others are not
 * there for them.
 */
#include "api/arm.h"

#include <string.h>

#include "api/instance.h"
#include "wire/json_member.h"

#define SOURCE "MAA control plane"
#define PROVIDERS "Microsoft.Attestation/attestationProviders"
#define MAX_TOP 1000

static enum avow_err
begin(struct avow_http_request *rq, unsigned right, struct avow_who *who,
	struct avow_why *why)
{
	const struct avow_act act = {.right = right};

	AVOW_TRY(avow_api_at_root(rq, why));
	AVOW_TRY(avow_api_authorize(rq, &act, who, why));
	return avow_arm_check_version(rq, why);
}

static void
open_list(struct avow_jw *w, struct avow_http_response *rs)
{
	avow_jw_init(w, &rs->body);
	avow_jw_open(w, '{');
	avow_jw_name(w, "value");
	avow_jw_open(w, '[');
}

static enum avow_err
close_list(struct avow_jw *w)
{
	avow_jw_close(w);
	avow_jw_close(w);
	return w->b->err;
}

/* --- providers ------------------------------------------------------------------------ */

struct list {
	struct avow_http_request *rq;
	struct avow_store *store;
	const struct avow_instance *instance;
	struct avow_who who;
	struct avow_store_filter filter;
	size_t top; /* 0: all */
	struct avow_jw w;
	size_t shown;
	struct avow_span last; /* name: where the next page starts */
};

/* Avow's own: $top asks for pages; a client that knows none gets everything. */
static enum avow_err
read_paging(struct list *l, struct avow_why *why)
{
	struct avow_span top = avow_http_query(l->rq, "$top");

	l->filter.after = avow_http_query(l->rq, "$skipToken");
	for (size_t i = 0; i < top.n; i++) {
		if (top.p[i] < '0' || top.p[i] > '9' || l->top > MAX_TOP) {
			l->top = 0;
			break;
		}
		l->top = l->top * 10 + (size_t)(top.p[i] - '0');
	}
	if (!top.p || (l->top > 0 && l->top <= MAX_TOP))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_ARM_PROPERTY,
		&(struct avow_at){"request", "$top", "docs/manage.md"}, "1 to 1000",
		"%.*s", AVOW_FMT(avow_span_slice(top, 0, 32)));
}

static enum avow_err
put_one(struct list *l, const struct avow_store_provider *p, struct avow_arena *a)
{
	struct avow_span url = p->url;

	if (url.n == 0)
		AVOW_TRY(avow_instance_url(l->instance, p->name, a, &url));
	return avow_arm_put_provider(&l->w, p, url, a);
}

/* Rows of one reading; *more when there may be others behind them. */
static enum avow_err
put_rows(struct list *l, struct avow_arena *a, bool *more)
{
	struct avow_store_provider *rows;
	size_t n;

	AVOW_TRY(avow_store_provider_list(l->store, &l->filter, a, &rows, &n));
	*more = n == l->filter.max;
	for (size_t i = 0; i < n; i++) {
		l->last = rows[i].name;
		if (rows[i].is_built_in ||
			avow_who_may(&l->who, AVOW_RIGHT_PROVIDERS_READ, rows[i].name,
				NULL) != AVOW_OK)
			continue;
		AVOW_TRY(put_one(l, &rows[i], a));
		if (++l->shown == l->top) {
			*more = *more || i + 1 < n;
			return AVOW_OK;
		}
	}
	return AVOW_OK;
}

/* So many rows at a time that one reading needs little memory. */
static enum avow_err
put_all(struct list *l, bool *more)
{
	char after[AVOW_PROVIDER_NAME_MAX + 1];
	struct avow_arena a;
	enum avow_err e = AVOW_OK;

	avow_arena_init(&a, AVOW_MIB(16));
	*more = true;
	while (e == AVOW_OK && *more && (l->top == 0 || l->shown < l->top)) {
		e = put_rows(l, &a, more);
		if (l->last.n <= AVOW_PROVIDER_NAME_MAX) {
			memcpy(after, l->last.p ? l->last.p : (const uint8_t *)"",
				l->last.n);
			l->filter.after = avow_span_make(after, l->last.n);
		}
		avow_arena_reset(&a);
	}
	l->last = avow_arena_copy(l->rq->arena, l->filter.after);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
put_next(struct list *l)
{
	struct avow_span url;
	struct avow_buf b;

	AVOW_TRY(avow_instance_url(
		l->instance, AVOW_LIT("default"), l->rq->arena, &url));
	avow_buf_init_arena(&b, l->rq->arena, AVOW_MAX_HTTP_TARGET * 2);
	avow_buf_put(&b, url);
	avow_buf_put(&b, l->rq->path);
	avow_buf_printf(&b, "?api-version=%.*s&$top=%zu&$skipToken=%.*s",
		AVOW_FMT(avow_http_query(l->rq, "api-version")), l->top,
		AVOW_FMT(l->last));
	avow_jw_put_string(&l->w, "nextLink", avow_buf_span(&b));
	return b.err;
}

static enum avow_err
list(struct list *l, struct avow_http_response *rs, struct avow_why *why)
{
	const struct avow_service *sv = avow_worker_service(l->rq->worker_context);
	bool more;

	AVOW_TRY(begin(l->rq, 0, &l->who, why));
	l->filter.subscription = l->rq->params[0];
	l->filter.max = MAX_TOP;
	AVOW_TRY(avow_arm_check_subscription(l->filter.subscription, why));
	AVOW_TRY(read_paging(l, why));
	l->store = avow_service_store(sv);
	l->instance = avow_service_instance(sv);
	open_list(&l->w, rs);
	AVOW_TRY(put_all(l, &more));
	avow_jw_close(&l->w);
	if (more)
		AVOW_TRY(put_next(l));
	avow_jw_close(&l->w);
	return rs->body.err;
}

enum avow_err
avow_arm_list(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct list l = {.rq = rq};

	return list(&l, rs, why);
}

enum avow_err
avow_arm_list_group(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct list l = {.rq = rq, .filter.resource_group = rq->params[1]};

	AVOW_TRY(avow_arm_check_group(rq->params[1], why));
	return list(&l, rs, why);
}

/* --- the default provider ----------------------------------------------------------------- */

/* `shared` is what Azure calls a default provider: read-only, the same for all,
 * in every location that is asked for. */
static enum avow_err
put_shared(struct avow_http_request *rq, struct avow_jw *w, struct avow_span location)
{
	const struct avow_service *sv = avow_worker_service(rq->worker_context);
	struct avow_store_provider p;
	struct avow_span url;

	AVOW_TRY(avow_store_provider_get(
		avow_service_store(sv), AVOW_LIT("shared"), rq->arena, &p));
	AVOW_TRY(avow_instance_url(avow_service_instance(sv), p.name, rq->arena, &url));
	p.location = location;
	return avow_arm_put_provider(w, &p, url, rq->arena);
}

enum avow_err
avow_arm_defaults(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_who who;
	struct avow_jw w;

	AVOW_TRY(begin(rq, 0, &who, why));
	AVOW_TRY(avow_arm_check_subscription(rq->params[0], why));
	open_list(&w, rs);
	AVOW_TRY(put_shared(rq, &w, AVOW_LIT("global")));
	return close_list(&w);
}

enum avow_err
avow_arm_default_at(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_who who;
	struct avow_jw w;

	AVOW_TRY(begin(rq, 0, &who, why));
	AVOW_TRY(avow_arm_check_subscription(rq->params[0], why));
	AVOW_TRY(avow_arm_check_location(rq->params[1], why));
	avow_jw_init(&w, &rs->body);
	return put_shared(rq, &w, rq->params[1]);
}

/* --- operations --------------------------------------------------------------------------- */

static const struct {
	const char *name, *resource, *operation;
} OPERATIONS[] = {
	{"Microsoft.Attestation/operations/read", "Operations",
		"List the operations of the control plane"},
	{PROVIDERS "/read", "Attestation Providers",
		"Get a provider, or a list of them"},
	{PROVIDERS "/write", "Attestation Providers", "Make or change a provider"},
	{PROVIDERS "/delete", "Attestation Providers", "Delete a provider"},
	{PROVIDERS "/attestation/read", "Attestation",
		"Read policies and certificates"},
	{PROVIDERS "/attestation/write", "Attestation",
		"Set policies, add certificates"},
	{PROVIDERS "/attestation/delete", "Attestation",
		"Reset policies, remove certificates"},
	{"Microsoft.Attestation/defaultProviders/read", "Default Providers",
		"Get the default provider"},
};

enum avow_err
avow_arm_operations(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_who who;
	struct avow_jw w;

	AVOW_TRY(begin(rq, 0, &who, why));
	open_list(&w, rs);
	for (size_t i = 0; i < sizeof(OPERATIONS) / sizeof(OPERATIONS[0]); i++) {
		avow_jw_open(&w, '{');
		avow_jw_put_str(&w, "name", OPERATIONS[i].name);
		avow_jw_name(&w, "display");
		avow_jw_open(&w, '{');
		avow_jw_put_str(&w, "provider", "Microsoft.Attestation");
		avow_jw_put_str(&w, "resource", OPERATIONS[i].resource);
		avow_jw_put_str(&w, "operation", OPERATIONS[i].operation);
		avow_jw_put_str(&w, "description", OPERATIONS[i].operation);
		avow_jw_close(&w);
		avow_jw_close(&w);
	}
	return close_list(&w);
}

/* --- private endpoints: none ---------------------------------------------------------------- */

/* The answer is that of a provider that has none; there must be a provider. */
static enum avow_err
find_provider(struct avow_http_request *rq, struct avow_why *why)
{
	struct avow_http_response shown = {.status = 200};
	enum avow_err e;

	avow_buf_init_arena(&shown.body, rq->arena, AVOW_MAX_BODY_ARM);
	e = avow_arm_get(rq, &shown, why);
	avow_buf_clear(&shown.body);
	return e;
}

enum avow_err
avow_arm_connections(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_jw w;

	AVOW_TRY(find_provider(rq, why));
	open_list(&w, rs);
	return close_list(&w);
}

enum avow_err
avow_arm_connection(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	(void)rs;
	AVOW_TRY(find_provider(rq, why));
	return avow_refuse(why, AVOW_E_ARM_NOT_FOUND,
		&(struct avow_at){"arm", "privateEndpointConnectionName", SOURCE},
		"none: there are no private endpoints here", "%.*s",
		AVOW_FMT(avow_span_slice(rq->params[3], 0, 64)));
}
