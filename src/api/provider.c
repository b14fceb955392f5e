/*
 * Building the immutable view of one provider. Policies are compiled here,
 * once, so that a request only evaluates; the built-in ones are compiled once
 * for all providers, because most have set nothing.
 *
 * The store is read in several steps, by a view of one moment.
 */
#include "api/provider.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/policy_jwt.h"
#include "base/base64.h"
#include "base/limits.h"
#include "crypto/digest.h"

#define MAX_KINDS 16

struct avow_default_policies {
	struct avow_bound_policy bound[MAX_KINDS]; /* by index of avow_kind_at */
	struct avow_policy *policies[MAX_KINDS];
	struct avow_buf jwts[MAX_KINDS];
};

struct avow_provider {
	atomic_uint refs;
	atomic_bool is_stale, was_touched;
	struct avow_token_issuer *issuer;
	struct avow_provider_info info;
	struct avow_buf texts; /* name and URL */
	struct avow_buf platforms; /* the setting's allow-list */
	struct avow_cert **certs;
	struct avow_bound_policy bound[MAX_KINDS];
	struct avow_policy *policies[MAX_KINDS];
	struct avow_buf jwts[MAX_KINDS];
	struct avow_buf signers[MAX_KINDS];
};

static size_t
index_of(const struct avow_kind *kind)
{
	size_t i = 0;

	while (avow_kind_at(i) && avow_kind_at(i) != kind)
		i++;
	return i;
}

/* --- one policy ----------------------------------------------------------------------- */

static enum avow_err
compile(struct avow_span text, const struct avow_kind *kind, struct avow_policy **out,
	struct avow_bound_policy *bound, struct avow_why *why)
{
	struct avow_policy_error perr = {.code = AVOW_OK};
	enum avow_err e = avow_policy_compile(text, out, &perr);

	if (e != AVOW_OK) {
		avow_refuse(why, e,
			&(struct avow_at){"policy", kind->api_name, "stored policy"},
			NULL, "%s", perr.message);
		avow_why_document(why, "policy of %s", kind->api_name);
		return e;
	}
	bound->policy = *out;
	return avow_policy_hash(text, bound->hash);
}

static enum avow_err
keep_signer(struct avow_buf *b, struct avow_span jwk, struct avow_arena *a,
	struct avow_why *why)
{
	struct avow_span claim;

	avow_buf_init(b, AVOW_MAX_TOKEN);
	if (avow_span_is_empty(jwk))
		return AVOW_OK;
	AVOW_TRY(avow_token_signer_claim(jwk, a, &claim, why));
	avow_buf_put(b, claim);
	return b->err;
}

static enum avow_err
load_policy(struct avow_provider *p, size_t i, const struct avow_provider_source *from,
	struct avow_arena *a, struct avow_why *why)
{
	const struct avow_kind *kind = avow_kind_at(i);
	struct avow_bound_policy *bound = &p->bound[i];
	struct avow_store_policy stored;
	enum avow_err e = avow_store_policy_get(
		from->store, p->info.name, avow_span_str(kind->api_name), a, &stored);

	if (e == AVOW_E_NOT_FOUND ||
		(e == AVOW_OK && stored.event == AVOW_POLICY_RESET)) {
		*bound = from->defaults->bound[i];
		return AVOW_OK;
	}
	AVOW_TRY(e);
	avow_buf_init(&p->jwts[i], AVOW_MAX_BODY_POLICY * 2);
	avow_buf_put(&p->jwts[i], stored.jwt);
	AVOW_TRY(p->jwts[i].err);
	bound->jwt = avow_buf_span(&p->jwts[i]);
	AVOW_TRY(keep_signer(&p->signers[i], stored.signer, a, why));
	bound->signer = avow_buf_span(&p->signers[i]);
	bound->is_set = true;
	return compile(stored.text, kind, &p->policies[i], bound, why);
}

static enum avow_err
load_default(struct avow_default_policies *d, size_t i, struct avow_why *why)
{
	const struct avow_kind *kind = avow_kind_at(i);
	struct avow_span text = avow_span_str(avow_policy_default(kind->bit));

	avow_buf_init(&d->jwts[i], AVOW_MAX_BODY_POLICY);
	avow_policy_jwt_put_unsigned(&d->jwts[i], text);
	AVOW_TRY(d->jwts[i].err);
	d->bound[i].jwt = avow_buf_span(&d->jwts[i]);
	if (avow_span_is_empty(text))
		return AVOW_OK;
	return compile(text, kind, &d->policies[i], &d->bound[i], why);
}

enum avow_err
avow_default_policies_new(struct avow_default_policies **out, struct avow_why *why)
{
	struct avow_default_policies *d = calloc(1, sizeof(*d));
	enum avow_err e = AVOW_OK;

	*out = NULL;
	if (!d)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; e == AVOW_OK && avow_kind_at(i) && i < MAX_KINDS; i++)
		e = load_default(d, i, why);
	if (e != AVOW_OK) {
		avow_default_policies_free(d);
		return e;
	}
	*out = d;
	return AVOW_OK;
}

void
avow_default_policies_free(struct avow_default_policies *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < MAX_KINDS; i++) {
		avow_policy_free(d->policies[i]);
		avow_buf_clear(&d->jwts[i]);
	}
	free(d);
}

/* --- the rest of a provider -------------------------------------------------------------- */

/* Only api/ writes here what it judged before: anything else is a fault. */
static enum avow_err
corrupt(enum avow_err e)
{
	return e == AVOW_OK || e == AVOW_E_NO_MEMORY ? e : AVOW_E_STORE_CORRUPT;
}

static enum avow_err
load_certs(struct avow_provider *p, const struct avow_provider_source *from,
	struct avow_arena *a)
{
	struct avow_store_cert *stored;
	size_t n;

	AVOW_TRY(avow_store_cert_list(from->store, p->info.name, a, &stored, &n));
	if (n == 0)
		return AVOW_OK;
	p->certs = calloc(n, sizeof(struct avow_cert *));
	if (!p->certs)
		return AVOW_E_NO_MEMORY;
	p->info.certs = p->certs;
	for (size_t i = 0; i < n; i++) {
		AVOW_TRY(corrupt(avow_cert_parse(stored[i].der, &p->certs[i], NULL)));
		p->info.n_certs++;
	}
	return AVOW_OK;
}

static enum avow_err
keep_texts(struct avow_provider *p, struct avow_span name, struct avow_span url)
{
	avow_buf_init(&p->texts, 4096);
	avow_buf_init(&p->platforms, AVOW_MAX_PROVIDER_SETTINGS * 2);
	avow_buf_put(&p->texts, name);
	avow_buf_put(&p->texts, url);
	AVOW_TRY(p->texts.err);
	p->info.name = avow_span_slice(avow_buf_span(&p->texts), 0, name.n);
	p->info.url = avow_span_from(avow_buf_span(&p->texts), name.n);
	return AVOW_OK;
}

/* The built-in ones have no URL of their own in the store: they move with the
 * instance's. */
static enum avow_err
load_row(struct avow_provider *p, const struct avow_provider_source *from,
	const struct avow_store_provider *row, struct avow_arena *a)
{
	struct avow_span url = row->url;

	if (avow_span_is_empty(url))
		AVOW_TRY(avow_instance_url(from->instance, row->name, a, &url));
	AVOW_TRY(keep_texts(p, row->name, url));
	p->info.is_isolated = row->is_isolated;
	p->info.is_built_in = row->is_built_in;
	p->info.is_read_only = row->is_read_only;
	p->info.change = row->change;
	AVOW_TRY(corrupt(avow_provider_settings_read(
		row->settings, a, &p->info.settings, NULL)));
	avow_buf_put(&p->platforms, p->info.settings.allow_platform);
	AVOW_TRY(p->platforms.err);
	p->info.settings.allow_platform = avow_buf_span(&p->platforms);
	return avow_token_issuer_new(from->keys, p->info.url, &p->issuer);
}

static enum avow_err
load_all(struct avow_provider *p, const struct avow_provider_source *from,
	const struct avow_store_provider *row, struct avow_arena *a,
	struct avow_why *why)
{
	AVOW_TRY(load_row(p, from, row, a));
	AVOW_TRY(load_certs(p, from, a));
	for (size_t i = 0; avow_kind_at(i) && i < MAX_KINDS; i++)
		AVOW_TRY(load_policy(p, i, from, a, why));
	return AVOW_OK;
}

static enum avow_err
load(const struct avow_provider_source *from, struct avow_span name,
	struct avow_arena *a, struct avow_provider **out, struct avow_why *why)
{
	struct avow_store_provider row;
	struct avow_provider *p;
	enum avow_err e;

	AVOW_TRY(avow_store_provider_get(from->store, name, a, &row));
	p = calloc(1, sizeof(*p));
	if (!p)
		return AVOW_E_NO_MEMORY;
	atomic_init(&p->refs, 1);
	atomic_init(&p->is_stale, false);
	atomic_init(&p->was_touched, false);
	e = load_all(p, from, &row, a, why);
	if (e == AVOW_OK)
		*out = p;
	else
		avow_provider_free(p);
	return e;
}

enum avow_err
avow_provider_load(const struct avow_provider_source *from, struct avow_span name,
	struct avow_provider **out, struct avow_why *why)
{
	struct avow_provider_source now = *from;
	struct avow_arena a;
	enum avow_err e;

	*out = NULL;
	AVOW_TRY(avow_store_view(from->store, &now.store));
	avow_arena_init(&a, AVOW_MIB(16));
	e = load(&now, name, &a, out, why);
	avow_arena_clear(&a);
	avow_store_close(now.store);
	return e;
}

/* --- life ---------------------------------------------------------------------------------- */

struct avow_provider *
avow_provider_ref(struct avow_provider *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void
avow_provider_free(struct avow_provider *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < MAX_KINDS; i++) {
		avow_policy_free(p->policies[i]);
		avow_buf_clear(&p->jwts[i]);
		avow_buf_clear(&p->signers[i]);
	}
	for (size_t i = 0; i < p->info.n_certs; i++)
		avow_cert_free(p->certs[i]);
	free(p->certs);
	avow_buf_clear(&p->texts);
	avow_buf_clear(&p->platforms);
	avow_token_issuer_free(p->issuer);
	free(p);
}

const struct avow_provider_info *
avow_provider_info(const struct avow_provider *p)
{
	return &p->info;
}

struct avow_token_issuer *
avow_provider_issuer(const struct avow_provider *p)
{
	return p->issuer;
}

const struct avow_bound_policy *
avow_provider_policy(const struct avow_provider *p, const struct avow_kind *kind)
{
	return &p->bound[index_of(kind)];
}

size_t
avow_provider_weight(const struct avow_provider *p)
{
	size_t n = 0;

	for (size_t i = 0; i < MAX_KINDS; i++)
		n += p->jwts[i].n + p->signers[i].n;
	return n;
}

/* Released by who changed the store, acquired by who begins a request. */
void
avow_provider_set_stale(struct avow_provider *p)
{
	atomic_store_explicit(&p->is_stale, true, memory_order_release);
}

bool
avow_provider_is_stale(const struct avow_provider *p)
{
	return atomic_load_explicit(&p->is_stale, memory_order_acquire);
}

/* A load first: a line that all workers read is not written each time. */
void
avow_provider_touch(struct avow_provider *p)
{
	if (!atomic_load_explicit(&p->was_touched, memory_order_relaxed))
		atomic_store_explicit(&p->was_touched, true, memory_order_relaxed);
}

bool
avow_provider_was_touched(struct avow_provider *p)
{
	return atomic_exchange_explicit(&p->was_touched, false, memory_order_relaxed);
}
