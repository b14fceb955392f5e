/*
 * Ties the folder, the store and the fetcher together. Snapshots are made whole
 * and published by the service; VCEKs alone go to a table beside them, because
 * there may be many and none ever changes.
 */
#include "api/supply.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "fetch/shelf.h"
#include "trust/veks.h"

#define MAX_VEKS 65536
#define DEFAULT_REFRESH_S 86400
#define DEFAULT_WAIT_MS 10000

struct avow_supply {
	struct avow_store *store;
	struct avow_fetcher *fetcher;
	struct avow_fetch_shelf *shelf;
	void (*changed)(void *ctx);
	void *ctx;
	atomic_bool is_early, has_amd;
	atomic_int wait_ms;
	atomic_int_fast64_t seq; /* of the last snapshot */
	atomic_int_fast64_t newest_issue_s;
	pthread_mutex_t lock; /* what follows */
	struct avow_http_server *http;
	struct avow_veks *veks;
};

/* --- what the fetcher calls ------------------------------------------------------------ */

static void
landed(void *ctx)
{
	struct avow_supply *s = ctx;

	s->changed(s->ctx);
}

/* A full table makes place for an empty one in the next snapshot: what is needed
 * comes from the store again. */
static void
vcek(void *ctx, struct avow_span der)
{
	struct avow_supply *s = ctx;
	struct avow_veks *empty = NULL;
	bool full;

	pthread_mutex_lock(&s->lock);
	full = avow_veks_add(s->veks, der) == AVOW_E_TOO_LARGE &&
	       avow_veks_new(MAX_VEKS, &empty) == AVOW_OK;
	if (full) {
		avow_veks_free(s->veks);
		s->veks = empty;
		full = avow_veks_add(s->veks, der) == AVOW_OK;
		atomic_store(&s->seq, -1);
	}
	pthread_mutex_unlock(&s->lock);
	if (full)
		s->changed(s->ctx);
}

static void
wake(void *ctx, uint64_t token)
{
	struct avow_supply *s = ctx;

	pthread_mutex_lock(&s->lock);
	if (s->http)
		avow_http_resume(s->http, token);
	pthread_mutex_unlock(&s->lock);
}

/* --- life ----------------------------------------------------------------------------------- */

static void
take_settings(struct avow_supply *s, const struct avow_supply_settings *from)
{
	atomic_store(&s->is_early, from->early);
	atomic_store(
		&s->has_amd, avow_fetch_has_source(&from->sources, AVOW_FETCH_AMD_CRL));
	atomic_store(&s->wait_ms, from->wait_ms ? from->wait_ms : DEFAULT_WAIT_MS);
}

static enum avow_err
new_fetcher(struct avow_supply *s, const struct avow_supply_settings *from)
{
	const struct avow_fetcher_options o = {
		.sources = from->sources,
		.store = s->store,
		.refresh_s = from->refresh_s ? from->refresh_s : DEFAULT_REFRESH_S,
		.amd_per_minute = from->amd_per_minute,
		.landed = landed,
		.vcek = vcek,
		.wake = wake,
		.ctx = s,
	};

	return avow_fetcher_new(&o, &s->fetcher);
}

enum avow_err
avow_supply_new(struct avow_store *store, const struct avow_supply_settings *settings,
	void (*changed)(void *ctx), void *ctx, struct avow_supply **out)
{
	struct avow_supply *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s)
		return AVOW_E_NO_MEMORY;
	s->store = store;
	s->changed = changed;
	s->ctx = ctx;
	atomic_init(&s->newest_issue_s, INT64_MIN);
	pthread_mutex_init(&s->lock, NULL);
	take_settings(s, settings);
	if (avow_veks_new(MAX_VEKS, &s->veks) != AVOW_OK ||
		avow_fetch_shelf_new(store, &s->shelf) != AVOW_OK ||
		new_fetcher(s, settings) != AVOW_OK) {
		avow_supply_free(s);
		return AVOW_E_NO_MEMORY;
	}
	*out = s;
	return AVOW_OK;
}

enum avow_err
avow_supply_start(struct avow_supply *s)
{
	return avow_fetcher_start(s->fetcher);
}

enum avow_err
avow_supply_set(struct avow_supply *s, const struct avow_supply_settings *to)
{
	take_settings(s, to);
	return avow_fetcher_set_sources(s->fetcher, &to->sources);
}

void
avow_supply_free(struct avow_supply *s)
{
	if (!s)
		return;
	avow_supply_set_http(s, NULL);
	avow_fetcher_free(s->fetcher);
	avow_fetch_shelf_free(s->shelf);
	avow_veks_free(s->veks);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
avow_supply_set_http(struct avow_supply *s, struct avow_http_server *http)
{
	if (!http)
		avow_fetcher_stop(s->fetcher);
	pthread_mutex_lock(&s->lock);
	s->http = http;
	pthread_mutex_unlock(&s->lock);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static void
attach_veks(struct avow_supply *s, struct avow_collateral *c)
{
	pthread_mutex_lock(&s->lock);
	avow_collateral_set_veks(c, s->veks);
	pthread_mutex_unlock(&s->lock);
}

/* The state is read before the documents: what comes in between is read twice
 * rather than never. */
enum avow_err
avow_supply_load(struct avow_supply *s, struct avow_collateral *folder,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_store_collateral_state state;

	*out = NULL;
	AVOW_TRY(avow_store_collateral_state(s->store, &state));
	AVOW_TRY(avow_fetch_shelf_join(s->shelf, folder, out, why));
	attach_veks(s, *out);
	atomic_store(&s->seq, state.seq);
	atomic_store(&s->newest_issue_s, state.newest_issue_s);
	return AVOW_OK;
}

bool
avow_supply_is_stale(struct avow_supply *s)
{
	struct avow_store_collateral_state state;

	return avow_store_collateral_state(s->store, &state) == AVOW_OK &&
	       state.seq != atomic_load(&s->seq);
}

void
avow_supply_judge_by(struct avow_supply *s, struct avow_anchors *anchors,
	struct avow_collateral *collateral)
{
	avow_fetcher_set_known(s->fetcher, anchors, collateral);
}

enum avow_err
avow_supply_check_clock(
	const struct avow_supply *s, int64_t now_s, struct avow_why *why)
{
	static const struct avow_at at = {"clock", "now", "docs/collateral.md"};
	int64_t newest_s = atomic_load(&s->newest_issue_s);
	char newest[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	if (now_s >= newest_s)
		return AVOW_OK;
	avow_time_format(newest_s, newest);
	avow_time_format(now_s, now);
	return avow_refuse(why, AVOW_E_CLOCK_BEHIND, &at, newest, "%s", now);
}

bool
avow_supply_is_early(const struct avow_supply *s)
{
	return atomic_load(&s->is_early);
}

void
avow_supply_count(struct avow_supply *s, struct avow_fetcher_counts *out)
{
	avow_fetcher_count(s->fetcher, out);
}

void
avow_supply_tick(struct avow_supply *s)
{
	avow_fetcher_tick(s->fetcher);
}

/* --- waiting requests ------------------------------------------------------------------------------ */

static size_t
intel_keys(const struct avow_wanted *w, bool early, struct avow_fetch_key *k)
{
	const struct avow_fetch_key of = {.tee = w->tee,
		.ca = w->ca,
		.early = early && w->baseline == 0,
		.number = w->baseline};
	static const enum avow_fetch_kind kinds[] = {AVOW_FETCH_TCB_INFO,
		AVOW_FETCH_QE_IDENTITY, AVOW_FETCH_PCK_CRL, AVOW_FETCH_ROOT_CRL};

	for (size_t i = 0; i < 4; i++) {
		k[i] = of;
		k[i].kind = kinds[i];
		if (kinds[i] == AVOW_FETCH_TCB_INFO)
			memcpy(k[i].fmspc, w->fmspc, sizeof(w->fmspc));
	}
	return 4;
}

/* A report of version 2 does not say its product: the chip id of Turin's ends
 * after 8 bytes, and of the other two both are asked. */
static size_t
vcek_keys(const struct avow_wanted *w, struct avow_fetch_key *k)
{
	static const enum avow_amd_product all[] = {
		AVOW_AMD_MILAN, AVOW_AMD_GENOA, AVOW_AMD_TURIN};
	bool is_short = avow_span_all_zero(
		avow_span_make(w->chip_id + AVOW_AMD_CHIP_ID_TURIN_BYTES,
			AVOW_AMD_CHIP_ID_BYTES - AVOW_AMD_CHIP_ID_TURIN_BYTES));
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		if (w->has_product ? all[i] != w->product
				   : (all[i] == AVOW_AMD_TURIN) != is_short)
			continue;
		k[n] = (struct avow_fetch_key){
			.kind = AVOW_FETCH_VCEK, .product = all[i]};
		memcpy(k[n].chip_id, w->chip_id, sizeof(w->chip_id));
		if (avow_amd_tcb_read(all[i], w->reported_tcb, &k[n].tcb))
			n++;
	}
	return n;
}

static size_t
keys_of(const struct avow_wanted *w, bool early, struct avow_fetch_key *k)
{
	size_t n = 0;

	if (w->intel)
		n += intel_keys(w, early, k);
	if (w->vcek)
		n += vcek_keys(w, k + n);
	if (w->amd_crl)
		k[n++] = (struct avow_fetch_key){.kind = AVOW_FETCH_AMD_CRL,
			.product = w->product,
			.vek = w->vek};
	return n;
}

void
avow_supply_hint(struct avow_supply *s, const struct avow_wanted *wanted)
{
	const struct avow_fetch_key k = {.kind = AVOW_FETCH_AMD_CRL,
		.product = wanted->product,
		.vek = wanted->vek};

	if (wanted->amd_crl && atomic_load(&s->has_amd))
		avow_fetcher_hint(s->fetcher, &k);
}

/* The answer for now: what the appraisal lacked, and why it did not come. */
static enum avow_err
give_up(const struct avow_fetch_answer *a, struct avow_http_response *rs,
	enum avow_err e, struct avow_why *why)
{
	rs->wait_token = 0;
	rs->retry_after_s = a->retry_after_s;
	if (a->err != AVOW_OK && a->err != AVOW_E_FETCH_NO_SOURCE)
		avow_why_note(
			why, "%s: %s", avow_err_name(a->err), avow_err_text(a->err));
	return e;
}

enum avow_err
avow_supply_await(struct avow_supply *s, struct avow_http_request *rq,
	struct avow_http_response *rs, const struct avow_wanted *wanted,
	struct avow_span provider, bool early, enum avow_err e, bool *again,
	struct avow_why *why)
{
	static char waited; /* its address says: this request has had its wait */
	struct avow_fetch_key keys[AVOW_FETCH_MAX_WANT];
	struct avow_fetch_want want = {.keys = keys, .provider = provider};
	struct avow_fetch_answer answer;

	*again = false;
	want.n = keys_of(wanted, early, keys);
	if (want.n == 0)
		return e;
	want.only_tell = rq->state != NULL;
	if (!want.only_tell)
		want.token = avow_http_wait(rq, rs, atomic_load(&s->wait_ms));
	avow_fetcher_want(s->fetcher, &want, &answer);
	if (want.only_tell)
		return give_up(&answer, rs, e, why);
	rq->state = &waited;
	if (answer.pending > 0)
		return AVOW_OK;
	if (answer.err != AVOW_OK)
		return give_up(&answer, rs, e, why);
	/* all of it came between the appraisal and the question */
	rs->wait_token = 0;
	*again = true;
	return AVOW_OK;
}
