/*
 * The order of a management change; see api/change.h.
 *
 *   authorize -> provider -> judge -> store (with its record) -> seen by all
 *                   ^                   |
 *                   +---- it changed ---+        refused -> record
 *
 * Store and record wait for the disk: the writer's thread does that, and the
 * request's worker goes on to others meanwhile.
 */
#include "api/change.h"

#include <string.h>

#include "api/arm.h"
#include "api/refusals.h"

#include "base/clock.h"
#include "base/log.h"

/* How often what a change was judged by may change before that is the answer. */
#define MAX_TURNS 16
/* Beyond any wait of the store's own; then the request's worker waits itself. */
#define WAIT_MS 60000

static struct avow_audit
record_of(const struct avow_change *c, enum avow_err e)
{
	return (struct avow_audit){
		.at_s = c->now_s,
		.actor = c->who.name,
		.source = avow_span_str(c->rq->client),
		.request = avow_span_str(c->rq->id),
		.action = avow_span_str(c->action),
		.provider = c->name,
		.target = c->target,
		.outcome = avow_span_str(e == AVOW_OK ? "done" : avow_err_name(e)),
	};
}

/* MAA REST contract, auth: customers only read a shared provider */
static enum avow_err
find_provider(struct avow_change *c)
{
	static const struct avow_at at = {
		"provider", "name", "MAA REST contract, security"};
	const struct avow_provider *p;

	AVOW_TRY(avow_worker_provider(c->rq->worker_context, c->rq, &p, c->why));
	if (avow_provider_info(p)->is_read_only)
		return avow_refuse(c->why, AVOW_E_READ_ONLY, &at,
			"a provider that is not read-only", "%.*s",
			AVOW_FMT(c->rq->place));
	avow_provider_free(c->provider);
	c->provider = avow_provider_ref((struct avow_provider *)(uintptr_t)p);
	return AVOW_OK;
}

/* --- on the writer's thread ----------------------------------------------------------- */

static struct avow_change *
change_of(struct avow_writing *w)
{
	return (struct avow_change *)(void *)((char *)w -
					      offsetof(struct avow_change, writing));
}

static enum avow_err
store(struct avow_writing *w)
{
	struct avow_change *c = change_of(w);
	struct avow_service *sv = avow_worker_service(c->rq->worker_context);

	return c->kind->store(c, avow_service_store(sv), &c->record);
}

static void
stored(struct avow_writing *w)
{
	struct avow_change *c = change_of(w);

	avow_service_provider_changed(
		avow_worker_service(c->rq->worker_context), c->name);
}

static enum avow_err
record(struct avow_writing *w)
{
	struct avow_change *c = change_of(w);

	avow_service_record(avow_worker_service(c->rq->worker_context), &c->record);
	return AVOW_OK;
}

/* --- on the request's worker ------------------------------------------------------------ */

static enum avow_err
begin_writing(struct avow_change *c, enum avow_err (*run)(struct avow_writing *),
	enum avow_err refusal)
{
	struct avow_service *sv = avow_worker_service(c->rq->worker_context);

	c->refusal = refusal;
	c->record = record_of(c, refusal);
	c->writing = (struct avow_writing){
		.run = run, .after = run == store ? stored : NULL};
	c->rq->state = c;
	avow_writer_start(avow_service_writer(sv), &c->writing, c->rq->server,
		avow_http_wait(c->rq, c->rs, WAIT_MS));
	return AVOW_OK;
}

static enum avow_err
turn(struct avow_change *c)
{
	enum avow_err e = AVOW_OK;

	c->turns++;
	avow_buf_reset(&c->rs->body);
	avow_why_init(c->why);
	if (!c->kind->finds_itself)
		e = find_provider(c);
	if (e == AVOW_OK)
		e = c->kind->judge(c);
	return begin_writing(c, e == AVOW_OK ? store : record, e);
}

static enum avow_err
end(struct avow_change *c, enum avow_err e)
{
	avow_provider_free(c->provider);
	c->provider = NULL;
	AVOW_LOG(AVOW_LOG_INFO, c->action, AVOW_LOGS("id", c->rq->id),
		AVOW_LOGS("result", avow_err_name(e)));
	return e;
}

/* Also where the wait ended without it: what is under way uses this request. */
static enum avow_err
go_on(struct avow_change *c)
{
	avow_writer_join(
		avow_service_writer(avow_worker_service(c->rq->worker_context)),
		&c->writing);
	if (c->refusal != AVOW_OK)
		return end(c, c->refusal);
	if (c->writing.result == AVOW_OK)
		return end(c, c->kind->answer ? c->kind->answer(c) : AVOW_OK);
	if (c->writing.result == AVOW_E_CONFLICT && c->turns < MAX_TURNS)
		return turn(c);
	return begin_writing(c, record, c->writing.result);
}

void *
avow_change_of(const struct avow_change_kind *kind, size_t size,
	struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_change *c = rq->state;

	if (c)
		return c;
	c = avow_arena_alloc(rq->arena, size);
	if (!c)
		return NULL;
	memset(c, 0, size);
	c->kind = kind;
	c->action = kind->action;
	c->name = rq->place;
	c->target = rq->param;
	c->rq = rq;
	c->rs = rs;
	c->why = why;
	return c;
}

static enum avow_err
authorize(struct avow_change *c)
{
	const struct avow_act act = {
		.right = c->kind->right,
		.provider = c->name,
		.action = avow_span_str(c->action),
		.target = c->target,
	};

	return avow_api_authorize(c->rq, &act, &c->who, c->why);
}

enum avow_err
avow_change_run(struct avow_change *c)
{
	if (!c)
		return AVOW_E_NO_MEMORY;
	if (c->rq->state)
		return go_on(c);
	c->now_s = avow_clock_now_s();
	AVOW_TRY(authorize(c));
	return turn(c);
}

/* --- a body that is not taken --------------------------------------------------------- */

void
avow_service_body_refused(struct avow_http_request *rq, enum avow_err code)
{
	static const struct {
		avow_http_handler *handle;
		const struct avow_change_kind *kind;
	} changes[] = {
		{avow_api_policy_put, &avow_change_policy_set},
		{avow_api_policy_reset, &avow_change_policy_reset},
		{avow_api_certificates_add, &avow_change_certificate_add},
		{avow_api_certificates_remove, &avow_change_certificate_remove},
	};
	struct avow_act act = {.provider = rq->place, .target = rq->param};
	struct avow_who who;

	avow_arm_act(rq, &act);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (rq->route->handle == changes[i].handle) {
			act.right = changes[i].kind->right;
			act.action = avow_span_str(changes[i].kind->action);
		}
	if (act.right && code == AVOW_E_HTTP_BODY_TOO_LARGE &&
		avow_api_authorize(rq, &act, &who, NULL) == AVOW_OK)
		avow_api_record_refusal(rq, &act, &who, code);
}
