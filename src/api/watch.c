/*
 * The watch over collateral. A look verifies everything that the snapshot has
 * not verified yet, so it is made on the main thread and never in a request;
 * requests read a copy of what it found.
 */
#include "api/watch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define LOOK_EVERY_S 600
#define WARN_EVERY_S 86400

struct avow_watch {
	pthread_mutex_t lock; /* guards `state` */
	struct avow_watch_state state;
	struct avow_collateral *seen; /* a reference: the pointer tells a change */
	int64_t looked_s, warned_s;
	enum avow_survey_state warned_of;
};

enum avow_err
avow_watch_new(struct avow_watch **out)
{
	struct avow_watch *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return AVOW_E_NO_MEMORY;
	pthread_mutex_init(&w->lock, NULL);
	w->state.earliest_expiry_s = INT64_MAX;
	return AVOW_OK;
}

void
avow_watch_free(struct avow_watch *w)
{
	if (!w)
		return;
	avow_collateral_free(w->seen);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct avow_watch_state
avow_watch_state(struct avow_watch *w)
{
	struct avow_watch_state s;

	pthread_mutex_lock(&w->lock);
	s = w->state;
	pthread_mutex_unlock(&w->lock);
	return s;
}

static void
keep(struct avow_watch *w, const struct avow_survey *s)
{
	struct avow_watch_state state = {.has_looked = true,
		.worst = avow_survey_worst(s),
		.earliest_expiry_s = s->earliest_expiry_s};

	for (int i = 0; i <= AVOW_SURVEY_INVALID; i++)
		state.count[i] = s->count[i];
	pthread_mutex_lock(&w->lock);
	w->state = state;
	pthread_mutex_unlock(&w->lock);
}

/* Of the worst state the one that ends, or ended, first. */
static const struct avow_survey_item *
first_of(const struct avow_survey *s, enum avow_survey_state state)
{
	const struct avow_survey_item *first = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct avow_survey_item *item = &s->items[i];

		if (item->state == state && !item->is_builtin && !item->is_superseded &&
			(!first || item->expires_s < first->expires_s))
			first = item;
	}
	return first;
}

static const char *
event_of(enum avow_survey_state s)
{
	switch (s) {
	case AVOW_SURVEY_SOON:
		return "collateral_expires_soon";
	case AVOW_SURVEY_NOT_YET:
		return "collateral_not_yet_valid";
	case AVOW_SURVEY_EXPIRED:
		return "collateral_expired";
	case AVOW_SURVEY_INVALID:
		return "collateral_invalid";
	case AVOW_SURVEY_GOOD:
		break;
	}
	return "collateral_good";
}

static void
warn(const struct avow_survey *s, enum avow_survey_state worst)
{
	const struct avow_survey_item *item = first_of(s, worst);
	char expires[AVOW_TIME_TEXT];

	if (!item)
		return;
	avow_time_format(item->expires_s, expires);
	AVOW_LOG(AVOW_LOG_WARN, event_of(worst),
		AVOW_LOGI("count", (int64_t)s->count[worst]),
		AVOW_LOGS("what", item->title), AVOW_LOGS("for", item->subject),
		AVOW_LOGS("document", item->name),
		AVOW_LOGS("expires", item->bytes.n ? expires : NULL),
		AVOW_LOGS("error",
			item->err == AVOW_OK ? NULL : avow_err_name(item->err)));
}

/* What is good again after a warning is told too. */
static void
tell(struct avow_watch *w, const struct avow_survey *s, int64_t now_s)
{
	enum avow_survey_state worst = avow_survey_worst(s);
	bool changed = worst != w->warned_of;

	if (worst == AVOW_SURVEY_GOOD) {
		if (changed)
			avow_log_write(AVOW_LOG_INFO, event_of(worst), NULL, 0);
	} else if (changed || now_s - w->warned_s >= WARN_EVERY_S ||
		   now_s < w->warned_s) {
		warn(s, worst);
		w->warned_s = now_s;
	}
	w->warned_of = worst;
}

static bool
is_due(const struct avow_watch *w, const struct avow_collateral *c, int64_t now_s)
{
	return w->seen != c || now_s < w->looked_s ||
	       now_s - w->looked_s >= LOOK_EVERY_S;
}

void
avow_watch_look(struct avow_watch *w, struct avow_collateral *c,
	struct avow_anchors *anchors, int64_t now_s, int64_t warn_s)
{
	struct avow_survey *s;
	enum avow_err e;

	if (!is_due(w, c, now_s))
		return;
	w->looked_s = now_s;
	if (w->seen != c) {
		avow_collateral_free(w->seen);
		w->seen = avow_collateral_ref(c);
	}
	e = avow_survey_new(c, anchors, now_s, warn_s, &s);
	if (e != AVOW_OK) {
		AVOW_LOG(AVOW_LOG_ERROR, "collateral_not_looked_at",
			AVOW_LOGS("error", avow_err_name(e)));
		return;
	}
	keep(w, s);
	tell(w, s, now_s);
	avow_survey_free(s);
}
