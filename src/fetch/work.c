/*
 * One job, from the store or its source to whoever waits. Order of its end: the
 * store has it, then the service was told, then those are woken who wait, so that
 * who is woken finds it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "fetch/fetcher_impl.h"

/* What a job is done with: taken from the fetcher at its start. */
struct work {
	struct avow_fetcher *f;
	struct avow_fetch_key key;
	bool from_network, again;
	struct avow_fetch_sources sources;
	char *strings[5];
	struct avow_fetch_judge judge;
	struct avow_anchors *anchors;
	struct avow_collateral *known;
	struct avow_arena arena;
	struct avow_span vcek; /* result: tell of it */
	bool has_landed; /* result: the store has something new */
	struct avow_span kept; /* the last answer's body */
	int retry_after_s;
	struct avow_why why;
};

/* Under the lock. */
static enum avow_err
open_work(struct work *w, struct avow_fetcher *f, const struct avow_fetch_job *job)
{
	memset(w, 0, sizeof(*w));
	w->f = f;
	w->key = job->key;
	w->from_network = job->from_network;
	w->again = job->again;
	w->sources = f->o.sources;
	avow_why_init(&w->why);
	avow_arena_init(&w->arena, AVOW_MIB(64));
	if (!f->anchors || !f->known)
		return AVOW_E_INTERNAL;
	w->anchors = avow_anchors_ref(f->anchors);
	w->known = avow_collateral_ref(f->known);
	w->judge = (struct avow_fetch_judge){
		.anchors = w->anchors, .known = w->known, .at_s = avow_fetch_now(f)};
	return avow_fetch_copy_sources(&w->sources, w->strings);
}

static void
close_work(struct work *w)
{
	avow_anchors_free(w->anchors);
	avow_collateral_free(w->known);
	avow_arena_clear(&w->arena);
	avow_fetch_free_strings(w->strings);
}

static enum avow_err
stored(struct work *w, const struct avow_fetch_key *k,
	struct avow_store_collateral *out)
{
	char name[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(k, name);
	return avow_store_collateral_get(
		w->f->o.store, avow_span_str(name), &w->arena, out);
}

/* Another node, or an earlier request, may have fetched it meanwhile. */
static bool
is_current(const struct work *w, const struct avow_store_collateral *c)
{
	if (c->issued_s > w->judge.at_s || w->judge.at_s > c->expires_s)
		return false;
	/* a VCEK is fixed by its name: never fetched again */
	return w->key.kind == AVOW_FETCH_VCEK ||
	       (!w->again && w->judge.at_s - c->fetched_s < w->f->o.refresh_s);
}

static enum avow_err
put(struct work *w, const struct avow_store_collateral *c)
{
	bool is_new = false;

	AVOW_TRY(avow_store_collateral_put(w->f->o.store, c, false, &is_new));
	w->has_landed |= is_new && w->key.kind != AVOW_FETCH_VCEK;
	return AVOW_OK;
}

/* avow_net_fetch or a test's own; the body is kept for who needs it again. */
static enum avow_err
send_and_keep(void *ctx, const struct avow_net_request *rq,
	struct avow_net_response *rs, struct avow_why *why)
{
	struct work *w = ctx;
	avow_fetch_send *send = w->f->o.send;
	struct avow_net_request with_end = *rq;

	/* whoever stops the service does not wait for a source */
	with_end.cancel = &w->f->is_stopping;
	if (send)
		AVOW_TRY(send(w->f->o.ctx, &with_end, rs, why));
	else
		AVOW_TRY(avow_net_fetch(&with_end, rs, why));
	w->kept = avow_arena_copy(&w->arena, avow_buf_span(&rs->body));
	return w->kept.p ? AVOW_OK : avow_arena_err(&w->arena);
}

static enum avow_err
get(struct work *w, const struct avow_fetch_key *k, struct avow_store_collateral *out)
{
	return avow_fetch_get(&w->sources, k, &w->judge, send_and_keep, w, &w->arena,
		out, &w->retry_after_s, &w->why);
}

/* The chain of the product, stored by an earlier job or fetched now. */
static enum avow_err
chain_of(struct work *w, struct avow_store_collateral *out)
{
	const struct avow_fetch_key k = {
		.kind = AVOW_FETCH_AMD_CHAIN, .product = w->key.product};
	bool is_new = false;
	enum avow_err e = stored(w, &k, out);

	if (e == AVOW_OK && w->judge.at_s <= out->expires_s)
		return AVOW_OK;
	if (e != AVOW_OK && e != AVOW_E_NOT_FOUND)
		return e;
	AVOW_TRY(get(w, &k, out));
	AVOW_TRY(avow_store_collateral_put(w->f->o.store, out, false, &is_new));
	w->has_landed |= is_new;
	return AVOW_OK;
}

/* A VCEK whose issuers are not known: of a product that this Avow does not know, or
 * of a test's own ARK. It is asked for once: AMD refuses the same question soon
 * after. */
static enum avow_err
judge_by_chain(struct work *w, struct avow_store_collateral *out)
{
	struct avow_span vcek = w->kept;
	struct avow_store_collateral chain;
	enum avow_err e;

	/* one fetch of a chain, however many VCEKs need it */
	pthread_mutex_lock(&w->f->issuers);
	e = chain_of(w, &chain);
	pthread_mutex_unlock(&w->f->issuers);
	if (e != AVOW_OK)
		return e;
	avow_why_init(&w->why);
	AVOW_TRY(avow_fetch_verify(
		&w->key, vcek, chain.body, &w->judge, &w->arena, out, &w->why));
	out->source = chain.source;
	out->fetched_s = w->judge.at_s;
	return AVOW_OK;
}

static enum avow_err
from_network(struct work *w)
{
	struct avow_store_collateral c;
	enum avow_err e = get(w, &w->key, &c);

	if (e == AVOW_E_SNP_CHAIN_NAME && w->key.kind == AVOW_FETCH_VCEK)
		e = judge_by_chain(w, &c);
	if (e == AVOW_OK)
		e = put(w, &c);
	if (e == AVOW_OK && w->key.kind == AVOW_FETCH_VCEK)
		w->vcek = c.body;
	return e;
}

/* AVOW_E_FETCH_PENDING: it is not there, the source must be asked. */
static enum avow_err
from_store(struct work *w)
{
	struct avow_store_collateral c;
	enum avow_err e = stored(w, &w->key, &c);

	if (e != AVOW_OK && e != AVOW_E_NOT_FOUND)
		return e;
	if (e == AVOW_E_NOT_FOUND || !is_current(w, &c))
		return AVOW_E_FETCH_PENDING;
	if (w->key.kind == AVOW_FETCH_VCEK)
		w->vcek = c.body;
	else
		w->has_landed = true; /* perhaps by another node */
	return AVOW_OK;
}

static void
log_outcome(const struct work *w, enum avow_err e)
{
	char name[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(&w->key, name);
	AVOW_LOG(e == AVOW_OK ? AVOW_LOG_INFO : AVOW_LOG_WARN, "collateral.fetch",
		AVOW_LOGS("name", name), AVOW_LOGS("result", avow_err_name(e)),
		AVOW_LOGS("expected", w->why.expected[0] ? w->why.expected : NULL),
		AVOW_LOGS("got", w->why.got[0] ? w->why.got : NULL),
		AVOW_LOGS("url", w->why.document[0] ? w->why.document : NULL));
}

/* Tell the service, one thread at a time. */
static void
tell(struct avow_fetcher *f, const struct work *w)
{
	if (w->has_landed) {
		pthread_mutex_lock(&f->landing);
		f->o.landed(f->o.ctx);
		pthread_mutex_unlock(&f->landing);
	}
	if (w->vcek.n > 0)
		f->o.vcek(f->o.ctx, w->vcek);
}

void
avow_fetch_wake(struct avow_fetcher *f, struct avow_fetch_waiter *w)
{
	struct avow_fetch_waiter *next;

	for (; w; w = next) {
		next = w->next;
		f->o.wake(f->o.ctx, w->token);
		free(w);
	}
}

/* Under the lock. A VCEK brings the ARK's CRL along: without it a revoked ASK
 * would not be noticed. */
static void
want_companions(struct avow_fetcher *f, const struct avow_fetch_key *k)
{
	const struct avow_fetch_key crl = {
		.kind = AVOW_FETCH_AMD_CRL, .product = k->product};

	if (k->kind == AVOW_FETCH_VCEK)
		(void)avow_fetch_job_get(f, &crl, false);
}

static struct avow_fetch_waiter *
finish(struct avow_fetcher *f, struct avow_fetch_job *job, struct work *w,
	enum avow_err e)
{
	struct avow_fetch_waiter *woken = NULL;

	pthread_mutex_lock(&f->lock);
	if (e == AVOW_E_FETCH_PENDING)
		e = avow_fetch_job_needs_network(f, job);
	else if (e == AVOW_OK && w->from_network)
		want_companions(f, &w->key);
	if (job->state == AVOW_JOB_RUNNING)
		woken = avow_fetch_job_done(f, job, e, w->retry_after_s);
	pthread_mutex_unlock(&f->lock);
	return woken;
}

void
avow_fetch_run(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	struct avow_fetch_waiter *woken;
	struct work w;
	enum avow_err e = open_work(&w, f, job);

	pthread_mutex_unlock(&f->lock);
	if (e == AVOW_OK)
		e = w.from_network ? from_network(&w) : from_store(&w);
	/* what was cut short by the end is no failure of the source */
	if (w.from_network && (e == AVOW_OK || !f->is_stopping))
		log_outcome(&w, e);
	tell(f, &w);
	woken = finish(f, job, &w, e);
	avow_fetch_wake(f, woken);
	close_work(&w);
	pthread_mutex_lock(&f->lock);
}
