/*
 * What must survive: providers, their policies with all versions, and the
 * keys' history. Behind it is a table of functions, so that more than one
 * database can stand there; SQLite is the one in the data directory.
 *
 * A change is acknowledged (AVOW_OK) only when it is durable. What fails here
 * is class STORE: the verdict is then undecided (503), never "bad evidence".
 * All calls are thread safe and block; none keeps a lock after it returns.
 */
#ifndef AVOW_STORE_STORE_H
#define AVOW_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

struct avow_store;

/* --- what is stored ---------------------------------------------------------------- */

struct avow_store_provider {
	struct avow_span name; /* "default" */
	int64_t created_s;
	int64_t change; /* grows with every change under this provider */
};

enum avow_policy_event {
	AVOW_POLICY_SET,
	AVOW_POLICY_RESET /* back to the default */
};

/** One version of one policy. Spans live in the arena of the call. */
struct avow_store_policy {
	int64_t version; /* 1, 2, 3... a provider and type */
	enum avow_policy_event event;
	struct avow_span text; /* policy text; empty for RESET */
	struct avow_span jwt; /* as it was sent; empty for RESET */
	struct avow_span hash; /* x-ms-policy-hash; empty for RESET */
	struct avow_span signer; /* JWK text; empty: unsigned */
	int64_t set_s;
	struct avow_span set_by; /* who; "" when unknown */
};

#define AVOW_STORE_ANY_VERSION (-1)

struct avow_store_policy_change {
	struct avow_span provider;
	struct avow_span type; /* API name, e.g. "SgxEnclave" */
	struct avow_store_policy policy; /* version is given by the store */
	/* The version this change replaces; 0: there is none yet;
	 * AVOW_STORE_ANY_VERSION: whatever is there. */
	int64_t replaces;
};

struct avow_store_key {
	struct avow_span kid;
	struct avow_span alg; /* JOSE name */
	int64_t created_s, published_s, signs_from_s, unpublished_s;
};

/* --- the store ------------------------------------------------------------------------ */

struct avow_store_ops {
	void (*close)(struct avow_store *s);
	enum avow_err (*provider_get)(struct avow_store *s, struct avow_span name,
		struct avow_arena *a, struct avow_store_provider *out);
	/* version AVOW_STORE_ANY_VERSION: the one in force */
	enum avow_err (*policy_get)(struct avow_store *s, struct avow_span provider,
		struct avow_span type, int64_t version, struct avow_arena *a,
		struct avow_store_policy *out);
	enum avow_err (*policy_history)(struct avow_store *s, struct avow_span provider,
		struct avow_span type, size_t max, struct avow_arena *a,
		struct avow_store_policy **out, size_t *n);
	enum avow_err (*policy_change)(struct avow_store *s,
		const struct avow_store_policy_change *c, int64_t *version);
	enum avow_err (*key_put)(struct avow_store *s, const struct avow_store_key *k);
	enum avow_err (*key_list)(struct avow_store *s, struct avow_arena *a,
		struct avow_store_key **out, size_t *n);
};

/** The first member of every implementation's own struct. */
struct avow_store {
	const struct avow_store_ops *ops;
};

/**
 * Open or make DATA/avow.db and bring its schema up to date (each migration is
 * one transaction). The folder is made with mode 0700 when it is not there.
 * @return AVOW_OK; AVOW_E_STORE; AVOW_E_STORE_BUSY; AVOW_E_STORE_SCHEMA (made by
 * a newer Avow); AVOW_E_STORE_CORRUPT; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_store_open_sqlite(const char *data_dir, struct avow_store **out,
	struct avow_why *why) AVOW_CHECKED;
/** NULL is fine. */
void avow_store_close(struct avow_store *s);

/*
 * Every call below can also give AVOW_E_STORE, AVOW_E_STORE_BUSY,
 * AVOW_E_STORE_CORRUPT, AVOW_E_NO_MEMORY and (arena) AVOW_E_TOO_LARGE.
 */

/** @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out) AVOW_CHECKED;
/** The version in force. AVOW_E_NOT_FOUND: never set; after a reset it is the
 *  RESET version. */
enum avow_err avow_store_policy_get(struct avow_store *s, struct avow_span provider,
	struct avow_span type, struct avow_arena *a,
	struct avow_store_policy *out) AVOW_CHECKED;
/** One old or current version. @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_policy_version(struct avow_store *s, struct avow_span provider,
	struct avow_span type, int64_t version, struct avow_arena *a,
	struct avow_store_policy *out) AVOW_CHECKED;
/** All versions, newest first, at most max (0: all). Empty is AVOW_OK. */
enum avow_err avow_store_policy_history(struct avow_store *s, struct avow_span provider,
	struct avow_span type, size_t max, struct avow_arena *a,
	struct avow_store_policy **out, size_t *n) AVOW_CHECKED;
/**
 * Add a version, atomically and durably.
 * @param version the new one; may be NULL.
 * @return AVOW_OK; AVOW_E_NOT_FOUND (provider); AVOW_E_CONFLICT (c->replaces is
 * not the version in force; nothing changed).
 */
enum avow_err avow_store_policy_change(struct avow_store *s,
	const struct avow_store_policy_change *c, int64_t *version) AVOW_CHECKED;

/** Insert or update a key's record by kid. */
enum avow_err avow_store_key_put(
	struct avow_store *s, const struct avow_store_key *k) AVOW_CHECKED;
/** All keys that there ever were, oldest first. */
enum avow_err avow_store_key_list(struct avow_store *s, struct avow_arena *a,
	struct avow_store_key **out, size_t *n) AVOW_CHECKED;

#endif
