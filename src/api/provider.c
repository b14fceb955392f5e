/*
 * Building the immutable view of one provider. Policies are compiled here,
 * once, so that a request only evaluates.
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

struct avow_provider {
	atomic_uint refs;
	struct avow_token_issuer *issuer;
	struct avow_bound_policy policies[MAX_KINDS]; /* by index of avow_kind_at */
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

/* The text in force: the stored one, or the default of the type. */
static enum avow_err
text_in_force(struct avow_store *store, struct avow_span provider,
	const struct avow_kind *kind, struct avow_arena *a,
	struct avow_store_policy *stored, struct avow_span *text)
{
	enum avow_err e = avow_store_policy_get(
		store, provider, avow_span_str(kind->api_name), a, stored);

	if (e == AVOW_OK && stored->event == AVOW_POLICY_SET) {
		*text = stored->text;
		return AVOW_OK;
	}
	if (e != AVOW_OK && e != AVOW_E_NOT_FOUND)
		return e;
	*stored = (struct avow_store_policy){.event = AVOW_POLICY_RESET};
	*text = avow_span_str(avow_policy_default(kind->bit));
	return AVOW_OK;
}

static enum avow_err
keep_jwt(struct avow_buf *b, struct avow_span jwt, struct avow_span text)
{
	avow_buf_init(b, AVOW_MAX_BODY_POLICY * 2);
	if (avow_span_is_empty(jwt))
		avow_policy_jwt_put_unsigned(b, text);
	else
		avow_buf_put(b, jwt);
	return b->err;
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
load_policy(struct avow_provider *p, size_t i, struct avow_store *store,
	struct avow_span name, struct avow_arena *a, struct avow_why *why)
{
	const struct avow_kind *kind = avow_kind_at(i);
	struct avow_bound_policy *bound = &p->policies[i];
	struct avow_policy_error perr = {.code = AVOW_OK};
	struct avow_store_policy stored;
	struct avow_span text;
	enum avow_err e;

	AVOW_TRY(text_in_force(store, name, kind, a, &stored, &text));
	AVOW_TRY(keep_jwt(&p->jwts[i], stored.jwt, text));
	bound->jwt = avow_buf_span(&p->jwts[i]);
	AVOW_TRY(keep_signer(&p->signers[i], stored.signer, a, why));
	bound->signer = avow_buf_span(&p->signers[i]);
	bound->is_set = stored.event == AVOW_POLICY_SET;
	if (avow_span_is_empty(text))
		return AVOW_OK;
	e = avow_policy_compile(text, &bound->policy, &perr);
	if (e != AVOW_OK) {
		avow_refuse(why, e,
			&(struct avow_at){"policy", kind->api_name, "stored policy"},
			NULL, "%s", perr.message);
		avow_why_document(why, "policy of %s", kind->api_name);
		return e;
	}
	return avow_policy_hash(text, bound->hash);
}

enum avow_err
avow_provider_load(struct avow_store *store, struct avow_span name,
	struct avow_token_issuer *issuer, struct avow_provider **out,
	struct avow_why *why)
{
	struct avow_provider *p = calloc(1, sizeof(*p));
	struct avow_store_provider row;
	struct avow_arena a;
	enum avow_err e;

	*out = NULL;
	if (!p)
		return AVOW_E_NO_MEMORY;
	atomic_init(&p->refs, 1);
	p->issuer = avow_token_issuer_ref(issuer);
	avow_arena_init(&a, AVOW_MIB(16));
	e = avow_store_provider_get(store, name, &a, &row);
	for (size_t i = 0; e == AVOW_OK && avow_kind_at(i) && i < MAX_KINDS; i++)
		e = load_policy(p, i, store, name, &a, why);
	avow_arena_clear(&a);
	if (e != AVOW_OK) {
		avow_provider_free(p);
		return e;
	}
	*out = p;
	return AVOW_OK;
}

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
		avow_policy_free(p->policies[i].policy);
		avow_buf_clear(&p->jwts[i]);
		avow_buf_clear(&p->signers[i]);
	}
	avow_token_issuer_free(p->issuer);
	free(p);
}

struct avow_token_issuer *
avow_provider_issuer(const struct avow_provider *p)
{
	return p->issuer;
}

const struct avow_bound_policy *
avow_provider_policy(const struct avow_provider *p, const struct avow_kind *kind)
{
	return &p->policies[index_of(kind)];
}
