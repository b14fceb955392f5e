/*
 * The order of a management change; see api/change.h.
 *
 *   authorize -> provider -> judge -> store (with its record) -> seen by all
 *                   ^                   |
 *                   +---- it changed ---+
 *
 * Store work blocks this worker for one durable commit. Management calls are
 * rare; other workers go on.
 */
#include "api/change.h"

#include "base/clock.h"
#include "base/log.h"

/* How often what a change was judged by may change before that is the answer. */
#define MAX_TURNS 16

static struct avow_audit
record_of(const struct avow_change *c, enum avow_err e)
{
	return (struct avow_audit){
		.at_s = c->now_s,
		.actor = c->who.name,
		.source = avow_span_str(c->rq->client),
		.request = avow_span_str(c->rq->id),
		.action = avow_span_str(c->kind->action),
		.provider = c->rq->place,
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

	AVOW_TRY(avow_worker_provider(
		c->rq->worker_context, c->rq, &c->provider, c->why));
	if (avow_provider_info(c->provider)->is_read_only)
		return avow_refuse(c->why, AVOW_E_READ_ONLY, &at,
			"a provider that is not read-only", "%.*s",
			AVOW_FMT(c->rq->place));
	return AVOW_OK;
}

static enum avow_err
turn(struct avow_change *c)
{
	struct avow_service *sv = avow_worker_service(c->rq->worker_context);
	struct avow_audit record;
	enum avow_err e;

	AVOW_TRY(find_provider(c));
	avow_buf_reset(&c->rs->body);
	AVOW_TRY(c->kind->judge(c));
	record = record_of(c, AVOW_OK);
	e = c->kind->store(c, avow_service_store(sv), &record);
	avow_service_provider_changed(sv, c->rq->place);
	return e;
}

static enum avow_err
change(struct avow_change *c)
{
	enum avow_err e = AVOW_E_CONFLICT;

	for (int i = 0; e == AVOW_E_CONFLICT && i < MAX_TURNS; i++)
		e = turn(c);
	return e;
}

enum avow_err
avow_change_run(struct avow_change *c)
{
	const struct avow_act act = {
		.right = c->kind->right,
		.provider = c->rq->place,
		.action = avow_span_str(c->kind->action),
		.target = c->target,
	};
	struct avow_audit refused;
	enum avow_err e;

	c->now_s = avow_clock_now_s();
	AVOW_TRY(avow_api_authorize(c->rq, &act, &c->who, c->why));
	e = change(c);
	if (e != AVOW_OK) {
		refused = record_of(c, e);
		avow_service_record(
			avow_worker_service(c->rq->worker_context), &refused);
	}
	AVOW_LOG(AVOW_LOG_INFO, c->kind->action, AVOW_LOGS("id", c->rq->id),
		AVOW_LOGS("result", avow_err_name(e)));
	return e;
}
