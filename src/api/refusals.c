/*
 * Records of refused management calls. Each is one, with who, what, from where
 * and why; but nobody may fill the store with them. So there are two buckets:
 * calls of nobody who is known get REST_S a record after a burst, calls of
 * somebody who is known more. What has no room is counted, and the next record
 * that has comes behind one that says how many there were. The log has all.
 */
#include "api/refusals.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rate.h"

#define NOBODY_BURST 60
#define NOBODY_REST_US INT64_C(60000000)
#define KNOWN_BURST 600
#define KNOWN_REST_US INT64_C(1000000)

struct avow_refusals {
	pthread_mutex_t lock;
	int64_t full_us[2]; /* nobody, somebody */
	uint64_t left_out;
};

struct avow_refusals *
avow_refusals_new(void)
{
	struct avow_refusals *r = calloc(1, sizeof(*r));

	if (r)
		pthread_mutex_init(&r->lock, NULL);
	return r;
}

void
avow_refusals_free(struct avow_refusals *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

bool
avow_refusals_admit(
	struct avow_refusals *r, bool is_known, int64_t now_us, uint64_t *left_out)
{
	int64_t rest = is_known ? KNOWN_REST_US : NOBODY_REST_US;
	int64_t burst = is_known ? KNOWN_BURST : NOBODY_BURST;
	int64_t wait;
	bool takes;

	pthread_mutex_lock(&r->lock);
	takes = avow_bucket_take(&r->full_us[is_known], now_us, rest, burst, &wait);
	*left_out = takes ? r->left_out : 0;
	r->left_out = takes ? 0 : r->left_out + 1;
	pthread_mutex_unlock(&r->lock);
	return takes;
}

static void
record_left_out(struct avow_service *sv, uint64_t n, int64_t at_s)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	avow_service_record(sv, &(struct avow_audit){
					.at_s = at_s,
					.actor = AVOW_LIT("avowd"),
					.action = AVOW_LIT("refusals.left_out"),
					.target = avow_span_str(text),
					.outcome = AVOW_LIT("not_recorded"),
				});
}

static void
log_refusal(const struct avow_http_request *rq, const struct avow_audit *record)
{
	char actor[128], action[64];

	snprintf(actor, sizeof(actor), "%.*s",
		AVOW_FMT(avow_span_slice(record->actor, 0, sizeof(actor) - 1)));
	snprintf(action, sizeof(action), "%.*s",
		AVOW_FMT(avow_span_slice(record->action, 0, sizeof(action) - 1)));
	AVOW_LOG(AVOW_LOG_INFO, "management_refused", AVOW_LOGS("id", rq->id),
		AVOW_LOGS("actor", actor), AVOW_LOGS("action", action),
		AVOW_LOGS("client", rq->client));
}

void
avow_api_record_refusal(const struct avow_http_request *rq, const struct avow_act *act,
	const struct avow_who *who, enum avow_err e)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	bool is_known = who->name.n > 0;
	const struct avow_audit record = {
		.at_s = avow_clock_now_s(),
		.actor = is_known ? who->name : AVOW_LIT("nobody"),
		.source = avow_span_str(rq->client),
		.request = avow_span_str(rq->id),
		.action = act->action,
		.provider = act->provider,
		.target = act->target,
		.outcome = avow_span_str(avow_err_name(e)),
	};
	uint64_t left_out;

	log_refusal(rq, &record);
	if (!avow_refusals_admit(avow_service_refusals(sv), is_known,
		    avow_clock_mono_ms() * 1000, &left_out))
		return;
	if (left_out)
		record_left_out(sv, left_out, record.at_s);
	avow_service_record(sv, &record);
}
