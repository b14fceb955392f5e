/*
 * One provider as requests see it: its instance URL, its policies compiled,
 * who may sign them, what it accepts. Immutable and reference counted; a change
 * makes a new one.
 */
#ifndef AVOW_API_PROVIDER_H
#define AVOW_API_PROVIDER_H

#include "api/instance.h"
#include "api/provider_settings.h"
#include "appraise/appraise.h"
#include "crypto/x509.h"
#include "store/store.h"
#include "token/policy_hash.h"

/** A policy ready to decide, with what a token says of it. */
struct avow_bound_policy {
	const struct avow_policy *policy; /* NULL: this type has none */
	char hash[AVOW_POLICY_HASH_TEXT]; /* x-ms-policy-hash */
	struct avow_span jwt; /* as set, or as a client would have */
	struct avow_span signer; /* claim value; empty: unsigned */
	bool is_set; /* by somebody: not the built-in text */
};

struct avow_provider;

/** What is known of a provider but its policies. Lives as long as it. */
struct avow_provider_info {
	struct avow_span name;
	struct avow_span url; /* its instance URL: iss */
	bool is_isolated, is_built_in, is_read_only;
	int64_t change; /* the store's, that all here was read at */
	struct avow_provider_settings settings;
	struct avow_cert *const *certs; /* policy certificates */
	size_t n_certs;
};

/** The built-in policies, compiled once for all providers. */
struct avow_default_policies;
enum avow_err avow_default_policies_new(
	struct avow_default_policies **out, struct avow_why *why) AVOW_CHECKED;
/** After the last provider that was loaded with them. NULL is fine. */
void avow_default_policies_free(struct avow_default_policies *d);

/** What a provider is loaded from. All borrowed; the defaults must outlive it. */
struct avow_provider_source {
	struct avow_store *store;
	const struct avow_instance *instance;
	struct avow_keys *keys;
	const struct avow_default_policies *defaults;
};

/**
 * Load one provider as it is stored now, and compile what it has set.
 * @return AVOW_OK; AVOW_E_NOT_FOUND; the store's codes; AVOW_E_STORE_CORRUPT
 * (settings or a certificate that cannot be read); a policy code when a stored
 * policy no longer compiles (why->document names its type); memory.
 */
enum avow_err avow_provider_load(const struct avow_provider_source *from,
	struct avow_span name, struct avow_provider **out,
	struct avow_why *why) AVOW_CHECKED;
struct avow_provider *avow_provider_ref(struct avow_provider *p);
void avow_provider_free(struct avow_provider *p);

const struct avow_provider_info *avow_provider_info(const struct avow_provider *p);
struct avow_token_issuer *avow_provider_issuer(const struct avow_provider *p);
/** The policy of a kind; policy NULL when that type has none. */
const struct avow_bound_policy *avow_provider_policy(
	const struct avow_provider *p, const struct avow_kind *kind);

/** Bytes of policy text that it holds compiled; the built-in ones are shared. */
size_t avow_provider_weight(const struct avow_provider *p);

/*
 * For the cache of providers: a stored change makes a provider stale for
 * whoever holds it. Any thread.
 */
void avow_provider_set_stale(struct avow_provider *p);
bool avow_provider_is_stale(const struct avow_provider *p);
/** Say that it was used; tell and forget whether it was. */
void avow_provider_touch(struct avow_provider *p);
bool avow_provider_was_touched(struct avow_provider *p);

#endif
