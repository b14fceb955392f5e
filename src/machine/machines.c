/*
 * The watcher's thread: reports from a bounded queue into the store, what they
 * change into alerts, and once in a while who fell silent. An alert is a log
 * line always and a webhook where one is set; the webhook has a thread of its
 * own, so that a slow one holds up nothing.
 */
#include "machine/machine.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/log.h"
#include "machine/alert.h"

/* Waiting reports; a fleet that attests faster than the store commits loses
 * reports, never answers. */
#define QUEUE 256
/* Claims of one report; more than this is an IMA list, whose registers are not
 * of the boot: the report then has no events. */
#define REPORT_BYTES AVOW_KIB(512)
/* How often silence is looked for. */
#define SILENCE_CHECK_MS 10000

struct item {
	struct item *next;
	char id[65];
	struct avow_arena arena; /* of the spans */
	struct avow_machine_report report;
};

struct avow_machines {
	struct avow_store *store;
	struct avow_alerts *alerts;
	int64_t silent_after_s;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct item *first, **last;
	size_t n;
	bool stopping;
	struct avow_machines_counts counts;
};

/* --- the queue -------------------------------------------------------------------------- */

static void
free_item(struct item *i)
{
	if (!i)
		return;
	avow_arena_clear(&i->arena);
	free(i);
}

static bool
copy(struct avow_arena *a, struct avow_span *s)
{
	struct avow_span c = avow_arena_copy(a, *s);

	*s = c;
	return c.p != NULL;
}

static struct item *
make_item(const struct avow_machine_report *r)
{
	struct item *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	avow_arena_init(&i->arena, REPORT_BYTES * 2);
	i->report = *r;
	avow_hex_encode(avow_span_make(r->id, sizeof(r->id)), i->id);
	if (r->events.n > REPORT_BYTES)
		i->report.events = AVOW_LIT("");
	if (copy(&i->arena, &i->report.provider) && copy(&i->arena, &i->report.kind) &&
		copy(&i->arena, &i->report.label) && copy(&i->arena, &i->report.pcrs) &&
		copy(&i->arena, &i->report.events))
		return i;
	free_item(i);
	return NULL;
}

void
avow_machines_report(struct avow_machines *m, const struct avow_machine_report *r)
{
	struct item *i;

	if (!m)
		return;
	i = make_item(r);
	pthread_mutex_lock(&m->lock);
	m->counts.reports++;
	if (i && m->n < QUEUE) {
		*m->last = i;
		m->last = &i->next;
		m->n++;
		i = NULL;
		pthread_cond_signal(&m->filled);
	} else {
		m->counts.dropped++;
	}
	pthread_mutex_unlock(&m->lock);
	free_item(i);
}

struct avow_machines_counts
avow_machines_count(struct avow_machines *m)
{
	struct avow_machines_counts c = {0};

	if (!m)
		return c;
	pthread_mutex_lock(&m->lock);
	c = m->counts;
	pthread_mutex_unlock(&m->lock);
	avow_alerts_count(m->alerts, &c.alerts, &c.undelivered);
	return c;
}

/* --- one report ---------------------------------------------------------------------------- */

static enum avow_err
state_of(const struct item *i, struct avow_arena *a, struct avow_buf *out)
{
	if (i->report.pcrs.n == 0)
		return AVOW_OK;
	return avow_machine_state(i->report.pcrs, i->report.events, a, out);
}

static void
tell(struct avow_machines *m, const struct item *i,
	const struct avow_store_machine_change *c, struct avow_span state,
	struct avow_arena *a)
{
	struct avow_alert alert = {
		.provider = i->report.provider,
		.machine = avow_span_str(i->id),
		.kind = i->report.kind,
		.label = i->report.label,
		.at_s = i->report.at_s,
	};

	if (c->was_silent) {
		alert.event = "machine_heard";
		alert.since_s = c->silent_since_s;
		avow_alerts_tell(m->alerts, &alert);
	}
	if (c->is_new) {
		alert.event = "machine_new";
		avow_alerts_tell(m->alerts, &alert);
	}
	if (c->has_new_state && c->old_state.n) {
		alert.event = "machine_changed";
		alert.was = c->old_state;
		alert.now = state;
		alert.arena = a;
		avow_alerts_tell(m->alerts, &alert);
		alert.was = alert.now = (struct avow_span){0};
	}
	if (i->report.result != AVOW_OK) {
		alert.code = avow_err_name(i->report.result);
		alert.event = "machine_failing";
		/* Told when it begins and when the reason becomes another. */
		if (!avow_span_eq_str(c->was_failing, alert.code))
			avow_alerts_tell(m->alerts, &alert);
	} else if (c->was_failing.n) {
		alert.event = "machine_good_again";
		avow_alerts_tell(m->alerts, &alert);
	}
}

static enum avow_err
take(struct avow_machines *m, const struct item *i, struct avow_arena *a,
	struct avow_buf *state)
{
	const struct avow_machine_report *r = &i->report;
	struct avow_store_machine_change change;
	struct avow_store_machine_seen seen = {
		.provider = r->provider,
		.id = avow_span_str(i->id),
		.kind = r->kind,
		.label = r->label,
		.at_s = r->at_s,
		.failing = avow_span_str(
			r->result == AVOW_OK ? "" : avow_err_name(r->result)),
	};

	AVOW_TRY(state_of(i, a, state));
	seen.state = avow_buf_span(state);
	AVOW_TRY(avow_store_machine_seen(m->store, &seen, a, &change));
	tell(m, i, &change, seen.state, a);
	return AVOW_OK;
}

static void
handle(struct avow_machines *m, const struct item *i)
{
	struct avow_arena a;
	struct avow_buf state;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(64));
	avow_buf_init(&state, AVOW_MIB(2));
	e = take(m, i, &a, &state);
	if (e != AVOW_OK)
		AVOW_LOG(AVOW_LOG_WARN, "machine_not_recorded",
			AVOW_LOGS("machine", i->id),
			AVOW_LOGS("error", avow_err_name(e)));
	avow_buf_clear(&state);
	avow_arena_clear(&a);
}

/* --- silence ---------------------------------------------------------------------------------- */

static void
look_for_silence(struct avow_machines *m)
{
	struct avow_store_machine *v;
	struct avow_arena a;
	size_t n;

	if (m->silent_after_s == 0)
		return;
	avow_arena_init(&a, AVOW_MIB(64));
	if (avow_store_machine_silence(m->store, avow_clock_now_s() - m->silent_after_s,
		    &a, &v, &n) == AVOW_OK)
		for (size_t i = 0; i < n; i++)
			avow_alerts_tell(m->alerts, &(struct avow_alert){
							    .event = "machine_silent",
							    .provider = v[i].provider,
							    .machine = v[i].id,
							    .kind = v[i].kind,
							    .label = v[i].label,
							    .at_s = avow_clock_now_s(),
							    .since_s = v[i].last_s,
						    });
	avow_arena_clear(&a);
}

/* --- the thread ---------------------------------------------------------------------------------- */

/* Under the lock, until there is a report, it is time to look for silence, or the
 * end. Where silence is not told there is no such time. */
static void
wait_for_work(struct avow_machines *m, int64_t look_ms)
{
	const struct timespec until = {
		.tv_sec = look_ms / 1000, .tv_nsec = look_ms % 1000 * 1000000};
	int woken = 0;

	while (!m->first && !m->stopping && woken == 0)
		woken = m->silent_after_s == 0
				? pthread_cond_wait(&m->filled, &m->lock)
				: pthread_cond_timedwait(&m->filled, &m->lock, &until);
}

static struct item *
next(struct avow_machines *m, int64_t look_ms, bool *stop)
{
	struct item *i;

	pthread_mutex_lock(&m->lock);
	wait_for_work(m, look_ms);
	i = m->first;
	if (i) {
		m->first = i->next;
		if (!m->first)
			m->last = &m->first;
		m->n--;
	}
	*stop = m->stopping && !i;
	pthread_mutex_unlock(&m->lock);
	return i;
}

static void *
watch(void *arg)
{
	struct avow_machines *m = arg;
	int64_t look_ms = avow_clock_mono_ms();
	bool stop = false;

	while (!stop) {
		struct item *i = next(m, look_ms, &stop);

		if (i)
			handle(m, i);
		free_item(i);
		if (!stop && avow_clock_mono_ms() >= look_ms) {
			look_ms = avow_clock_mono_ms() + SILENCE_CHECK_MS;
			look_for_silence(m);
		}
	}
	return NULL;
}

static bool
start(struct avow_machines *m)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&m->filled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	m->has_thread = pthread_create(&m->thread, NULL, watch, m) == 0;
	return m->has_thread;
}

enum avow_err
avow_machines_new(const struct avow_machines_settings *s, struct avow_store *store,
	struct avow_machines **out, struct avow_why *why)
{
	struct avow_machines *m = calloc(1, sizeof(*m));
	enum avow_err e;

	*out = NULL;
	if (!m)
		return AVOW_E_NO_MEMORY;
	m->store = store;
	m->silent_after_s = s->silent_after_s;
	m->last = &m->first;
	e = avow_alerts_new(s, &m->alerts, why);
	if (e == AVOW_OK && !start(m))
		e = AVOW_E_INTERNAL;
	if (e != AVOW_OK) {
		avow_alerts_free(m->alerts);
		free(m);
		return e;
	}
	*out = m;
	return AVOW_OK;
}

void
avow_machines_free(struct avow_machines *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_cond_signal(&m->filled);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	avow_alerts_free(m->alerts);
	pthread_cond_destroy(&m->filled);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
