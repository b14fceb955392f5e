/*
 * One provider as requests see it: its instance URL, its policies compiled,
 * what it accepts. Immutable and reference counted; a change makes a new one.
 */
#ifndef AVOW_API_PROVIDER_H
#define AVOW_API_PROVIDER_H

#include "appraise/appraise.h"
#include "store/store.h"
#include "token/policy_hash.h"

/** A policy ready to decide, with what a token says of it. */
struct avow_bound_policy {
	struct avow_policy *policy;	/* NULL: this type has none */
	char hash[AVOW_POLICY_HASH_TEXT]; /* x-ms-policy-hash */
	struct avow_span jwt;		/* as set, or as a client would have */
	struct avow_span signer;	/* claim value; empty: unsigned */
	bool is_set;			/* by somebody: not the built-in text */
};

struct avow_provider;

/**
 * Load a provider's policies from the store, or the defaults where none is
 * set, and compile them.
 * @return AVOW_OK; AVOW_E_NOT_FOUND; the store's codes; a policy code when a
 * stored policy no longer compiles (why->document names its type).
 */
enum avow_err avow_provider_load(struct avow_store *store, struct avow_span name,
	struct avow_token_issuer *issuer, struct avow_provider **out,
	struct avow_why *why) AVOW_CHECKED;
struct avow_provider *avow_provider_ref(struct avow_provider *p);
void avow_provider_free(struct avow_provider *p);

struct avow_token_issuer *avow_provider_issuer(const struct avow_provider *p);
/** The policy of a kind; policy NULL when that type has none. */
const struct avow_bound_policy *avow_provider_policy(const struct avow_provider *p,
	const struct avow_kind *kind);

#endif
