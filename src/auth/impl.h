/*
 * Private to auth/: the access file as rules, an issuer's keys, and what a
 * bearer token says. Rules and key sets never change once made; sources of
 * keys do, under their own lock.
 */
#ifndef AVOW_AUTH_IMPL_H
#define AVOW_AUTH_IMPL_H

#include "auth/auth.h"
#include "crypto/jose.h"

/* --- an issuer's keys (jwks.c) ------------------------------------------------- */

struct avow_issuer_key {
	struct avow_span kid; /* empty: it has none */
	struct avow_pubkey *key;
	enum avow_sig alg; /* its one algorithm */
};

/** Immutable, reference counted. */
struct avow_issuer_keys;

/**
 * The keys of a JWKS (RFC 7517 5) that can verify a signature. Left out are
 * keys of other types or uses, symmetric ones, those with a private half, those
 * whose algorithm does not fit, and all that share their kid with another: an
 * order must not decide. x5c, x5u and x5t are not looked at.
 * @return AVOW_OK; AVOW_E_ISSUER_METADATA: no JWKS, or no key is left;
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_issuer_keys_parse(struct avow_span jwks,
	struct avow_issuer_keys **out, struct avow_why *why) AVOW_CHECKED;
struct avow_issuer_keys *avow_issuer_keys_ref(struct avow_issuer_keys *k);
void avow_issuer_keys_free(struct avow_issuer_keys *k);
size_t avow_issuer_keys_count(const struct avow_issuer_keys *k);
/** The key of that kid; of an empty kid, the only key there is. NULL: none. */
const struct avow_issuer_key *avow_issuer_keys_find(
	const struct avow_issuer_keys *k, struct avow_span kid);
/**
 * jwks_uri of a discovery document, appended to `out`. Its issuer must be this
 * one, byte for byte (OpenID Connect Discovery 1.0, 4.3).
 * @return AVOW_OK, AVOW_E_ISSUER_METADATA, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_discovery_parse(struct avow_span document, struct avow_span issuer,
	struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;

/* --- where they come from (source.c) ------------------------------------------- */

/** What tells one source from another. Strings are copied. */
struct avow_source_place {
	const char *issuer;
	const char *discovery; /* the document's URL */
	const char *ca_file, *proxy; /* "" for none */
	int64_t refresh_s;
};

struct avow_source;

/** No thread yet. @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_source_new(const struct avow_source_place *place,
	const struct avow_auth_net *net, struct avow_source **out) AVOW_CHECKED;
struct avow_source *avow_source_ref(struct avow_source *s);
/** The last one ends the thread, and waits for it. */
void avow_source_free(struct avow_source *s);
bool avow_source_is(const struct avow_source *s, const struct avow_source_place *place);
/** Fetch now and then on a thread of its own. AVOW_OK, AVOW_E_INTERNAL. */
enum avow_err avow_source_start(struct avow_source *s) AVOW_CHECKED;
/** Fetch both documents on this thread, and take up what they say.
 *  @param clock the monotonic clock, in ms, asked when the answers are there. */
enum avow_err avow_source_fetch(struct avow_source *s, int64_t (*clock)(void),
	struct avow_why *why) AVOW_CHECKED;
/** When the thread shall fetch next; now or before: at once. */
int64_t avow_source_due_ms(struct avow_source *s);
/** What the one who looks for a key can do about its absence. */
struct avow_find {
	bool may_wait; /* it will look with a waiter later */
	/* Begin a fetch where one may be begun, and wake this when it is over.
	 * NULL: nothing is begun. */
	const struct avow_auth_waiter *waiter;
};

/**
 * The key of a kid, as known now.
 * @param now_ms of the monotonic clock.
 * @return AVOW_OK, with a reference on *keys that *out belongs to;
 * AVOW_E_ISSUER_PENDING: a fetch is under way, or would be begun for a waiter;
 * AVOW_E_TOKEN_KEY_UNKNOWN; AVOW_E_ISSUER_METADATA (there are no keys, and it is
 * not yet time to ask again; or no room for the waiter).
 */
enum avow_err avow_source_find(struct avow_source *s, struct avow_span kid,
	int64_t now_ms, const struct avow_find *how, struct avow_issuer_keys **keys,
	const struct avow_issuer_key **out) AVOW_CHECKED;
/** Wake who waits, and take no more waiters. */
void avow_source_silence(struct avow_source *s);

/* --- the access file (access.c) ------------------------------------------------ */

struct avow_texts {
	const struct avow_span *v;
	size_t n;
};

enum avow_match { AVOW_MATCH_ROLE, AVOW_MATCH_CN, AVOW_MATCH_DNS, AVOW_MATCH_URI,
	AVOW_MATCH_EMAIL };

/** Whom it is about, and the grants that they get. */
struct avow_rule {
	enum avow_match match;
	struct avow_span value; /* empty: everybody */
	const struct avow_grant *grants; /* one a provider */
	size_t n_grants;
};

struct avow_rules {
	const struct avow_rule *v;
	size_t n;
};

/** A claim that a token must have, with one of these values. */
struct avow_required {
	struct avow_span claim;
	struct avow_texts values;
};

struct avow_issuer {
	struct avow_span issuer;
	struct avow_texts audiences, role_claims;
	const struct avow_required *required;
	size_t n_required;
	struct avow_rules rules;
	struct avow_source_place place;
	struct avow_source *source; /* NULL until auth.c gives it one */
};

struct avow_access {
	struct avow_arena arena;
	unsigned refs; /* under the lock of struct avow_auth */
	bool no_management_token;
	struct avow_issuer *issuers;
	size_t n_issuers;
	struct avow_cert **client_cas; /* owned */
	size_t n_client_cas;
	struct avow_rules client_rules;
};

/**
 * Read the text of an access file (docs/authorize.md).
 * @param name what to call it in `why`.
 * @return AVOW_OK; AVOW_E_CONFIG_SYNTAX (not strict JSON); AVOW_E_CONFIG_KEY (a
 * member that is not known); AVOW_E_CONFIG_VALUE; AVOW_E_FILE_READ and the codes
 * of certificates for a client CA file; AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_access_parse(struct avow_span json, const char *name,
	struct avow_access **out, struct avow_why *why) AVOW_CHECKED;
void avow_access_free(struct avow_access *a);
/** Add the grants of every rule that matches; *n of them so far. */
enum avow_err avow_rules_grant(const struct avow_rules *rules, enum avow_match match,
	struct avow_span value, struct avow_arena *a, struct avow_who *who) AVOW_CHECKED;

/* --- bearer tokens (bearer.c) -------------------------------------------------- */

/** A token as it was sent: nothing of it is verified. */
struct avow_unverified_bearer {
	struct avow_jws jws;
	const struct avow_json *claims;
	struct avow_span kid; /* empty: none */
	struct avow_span issuer;
};

/** A JWT has two dots, the management token none. */
bool avow_bearer_is_jwt(struct avow_span token);
/** AVOW_OK, AVOW_E_BEARER_FORMAT, AVOW_E_NO_MEMORY. */
enum avow_err avow_bearer_read(struct avow_span token, struct avow_arena *a,
	struct avow_unverified_bearer *out, struct avow_why *why) AVOW_CHECKED;
/**
 * Signature under this key, then audience, times, and what the issuer's entry
 * requires; then who it is and what they are granted.
 * @return AVOW_OK; AVOW_E_TOKEN_ALGORITHM, _SIGNATURE, _EXPIRED, _NOT_YET_VALID;
 * AVOW_E_BEARER_FORMAT, _AUDIENCE, _CLAIM; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_bearer_verify(const struct avow_unverified_bearer *b,
	const struct avow_issuer *issuer, const struct avow_issuer_key *key,
	int64_t at_s, struct avow_arena *a, struct avow_who *who,
	struct avow_why *why) AVOW_CHECKED;

/* --- client certificates (client_cert.c) --------------------------------------- */

/**
 * A chain to one of the client CAs by RFC 5280 6.1, for TLS clients; then who
 * it is and what they are granted.
 * @return AVOW_OK; AVOW_E_CLIENT_CERTIFICATE; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_client_cert_verify(const struct avow_access *access,
	const struct avow_span *certs, size_t n, int64_t at_s, struct avow_arena *a,
	struct avow_who *who, struct avow_why *why) AVOW_CHECKED;

/* --- the management token (management.c) --------------------------------------- */

struct avow_management {
	bool has_token;
	uint8_t digest[32];
};

enum avow_err avow_management_open(const char *data_dir,
	bool (*tell)(const char *token), struct avow_management *out,
	struct avow_why *why) AVOW_CHECKED;
/** AVOW_OK, AVOW_E_UNAUTHORIZED, AVOW_E_CRYPTO. */
enum avow_err avow_management_check(const struct avow_management *m,
	struct avow_span token, struct avow_who *who, struct avow_why *why) AVOW_CHECKED;

#endif
