/*
 * What must survive: providers, their policies with all versions, who may sign
 * them, the record of every management change, and the keys' history. Behind it
 * is a table of functions, so that more than one database can stand there;
 * SQLite is the one in the data directory.
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
#include "wire/json.h"

struct avow_store;

/* --- what is stored ---------------------------------------------------------------- */

/** Spans live in the arena of the call that gave them. */
struct avow_store_provider {
	struct avow_span name; /* "default"; lower case is api/'s to see to */
	struct avow_span url; /* iss, fixed when made; empty: the instance's own */
	bool is_isolated; /* trust model Isolated, else AAD; fixed when made */
	bool is_built_in; /* "default" and "shared": never deleted */
	bool is_read_only;
	struct avow_span settings; /* JSON object, canonical, judged by api/ */
	struct avow_span tags; /* JSON object, canonical */
	struct avow_span location, subscription, resource_group;
	int64_t created_s, updated_s;
	/* From 1, and grows with every change under this provider; one that is
	 * made anew under the name starts beyond what the old one had. */
	int64_t change;
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
	/* avow_store_certs_hash of those that the decision was made from, which
	 * may sign: others are a conflict. Empty: whatever they are. */
	struct avow_span certs_hash;
	/* Judged for the AAD model: a conflict where the provider is isolated. */
	bool is_unsigned_model;
	const struct avow_audit *audit; /* added with the change; NULL: none */
};

/** A certificate that may sign a provider's policies. */
struct avow_store_cert {
	struct avow_span der;
	struct avow_span thumbprint; /* the contract's: upper hex SHA-1 of der */
	int64_t added_s;
	struct avow_span added_by;
};

/**
 * One management change, done or refused. Records are chained: hash covers the
 * record and the hash before it, so that none can be changed, taken out or put
 * in without a trace.
 */
struct avow_audit {
	int64_t seq; /* given by the store: 1, 2, 3... */
	int64_t at_s;
	struct avow_span actor; /* who, e.g. "sub@issuer"; never a token */
	struct avow_span source; /* the client's address */
	struct avow_span request; /* x-ms-request-id */
	struct avow_span action; /* "policy.set", "provider.delete", ... */
	struct avow_span provider;
	struct avow_span target; /* type, thumbprint, ... */
	struct avow_span before, after; /* hashes; filled by a change */
	struct avow_span outcome; /* "done", or the error's name */
	uint8_t previous[32], hash[32]; /* given by the store */
};

struct avow_store_key {
	struct avow_span kid;
	struct avow_span alg; /* JOSE name */
	int64_t created_s, published_s, signs_from_s, unpublished_s;
};

/** One document of collateral. Only what was verified is put. */
struct avow_store_collateral {
	struct avow_span name; /* fetch/fetch.h makes it; ASCII, without NUL */
	struct avow_span body; /* JSON as served, or DER */
	struct avow_span chain; /* PEM of its issuers; may be empty */
	struct avow_span source; /* where it came from: an origin, "import" */
	int64_t number; /* evaluation data number, CRL number; 0: none */
	int64_t issued_s; /* issueDate, thisUpdate, notBefore */
	int64_t expires_s; /* nextUpdate, notAfter */
	int64_t fetched_s; /* when it was last seen at its source */
	bool is_newest; /* of its name; given by the store */
	int64_t seq; /* given by the store: grows with each new document */
};

/** Which documents a list shows, in the order of their names, newest first. */
struct avow_store_collateral_filter {
	struct avow_span prefix; /* of the name; empty: all */
	struct avow_span without; /* names with this prefix are left out */
	struct avow_span after; /* names behind this one: paging */
	bool all_versions; /* else the newest of each name */
	bool no_bodies; /* body and chain stay empty */
	size_t max; /* 0: no limit */
};

struct avow_store_collateral_state {
	int64_t seq; /* of the newest document; 0: there is none */
	int64_t newest_issue_s; /* the latest issued_s ever put; INT64_MIN: none */
	int64_t earliest_expiry_s; /* of the newest of each name; INT64_MAX: none */
};

/** A machine that attests again and again, as it was last seen. */
struct avow_store_machine {
	struct avow_span provider, id;
	struct avow_span kind; /* attestation type */
	struct avow_span label; /* what it calls itself; may be empty */
	int64_t first_s, last_s;
	int64_t good_s; /* the last that got a token; 0: none did */
	int64_t attestations, failures;
	struct avow_span failing; /* the last one's error; empty: it was good */
	bool is_silent;
	int64_t states; /* how many there ever were; the last one's seq */
};

/** One boot state of a machine. */
struct avow_store_machine_state {
	int64_t seq; /* 1, 2, 3... a machine */
	int64_t at_s; /* first seen */
	struct avow_span state; /* canonical JSON */
};

struct avow_store_machine_seen {
	struct avow_span provider, id, kind, label;
	int64_t at_s;
	struct avow_span failing; /* an error's name; empty: it got its token */
	struct avow_span state; /* canonical JSON; empty: not told this time */
};

/** What a report changed. Spans live in the arena of the call. */
struct avow_store_machine_change {
	bool is_new, was_silent, has_new_state;
	int64_t silent_since_s; /* when it was last heard before this */
	struct avow_span was_failing;
	int64_t state_seq; /* of its state now; 0: none is known */
	struct avow_span old_state; /* the one before; empty: none */
};

/* --- the store ------------------------------------------------------------------------ */

/** Which providers a list shows; empty fields show all. */
struct avow_store_filter {
	struct avow_span subscription, resource_group;
	struct avow_span after; /* names behind this one: paging */
	size_t max; /* 0: no limit */
};

struct avow_store_ops {
	void (*close)(struct avow_store *s);
	enum avow_err (*view)(struct avow_store *s, struct avow_store **out);
	enum avow_err (*together)(
		struct avow_store *s, void (*fn)(void *ctx), void *ctx);
	enum avow_err (*generation)(struct avow_store *s, int64_t *out);

	enum avow_err (*provider_get)(struct avow_store *s, struct avow_span name,
		struct avow_arena *a, struct avow_store_provider *out);
	enum avow_err (*provider_list)(struct avow_store *s,
		const struct avow_store_filter *f, struct avow_arena *a,
		struct avow_store_provider **out, size_t *n);
	enum avow_err (*provider_create)(struct avow_store *s,
		const struct avow_store_provider *p,
		const struct avow_store_cert *certs, size_t n_certs,
		const struct avow_audit *audit);
	enum avow_err (*provider_update)(struct avow_store *s,
		const struct avow_store_provider *p, int64_t provider_change,
		const struct avow_audit *audit);
	enum avow_err (*provider_delete)(struct avow_store *s, struct avow_span name,
		const struct avow_audit *audit);

	/* version AVOW_STORE_ANY_VERSION: the one in force */
	enum avow_err (*policy_get)(struct avow_store *s, struct avow_span provider,
		struct avow_span type, int64_t version, struct avow_arena *a,
		struct avow_store_policy *out);
	enum avow_err (*policy_history)(struct avow_store *s, struct avow_span provider,
		struct avow_span type, size_t max, struct avow_arena *a,
		struct avow_store_policy **out, size_t *n);
	enum avow_err (*policy_change)(struct avow_store *s,
		const struct avow_store_policy_change *c, int64_t *version);

	enum avow_err (*cert_list)(struct avow_store *s, struct avow_span provider,
		struct avow_arena *a, struct avow_store_cert **out, size_t *n);
	enum avow_err (*cert_add)(struct avow_store *s, struct avow_span provider,
		int64_t provider_change, const struct avow_store_cert *cert,
		const struct avow_audit *audit);
	enum avow_err (*cert_remove)(struct avow_store *s, struct avow_span provider,
		int64_t provider_change, struct avow_span der,
		const struct avow_audit *audit);

	enum avow_err (*audit_add)(struct avow_store *s, const struct avow_audit *r);
	enum avow_err (*audit_list)(struct avow_store *s, int64_t from, size_t max,
		struct avow_arena *a, struct avow_audit **out, size_t *n);

	enum avow_err (*fact_get)(struct avow_store *s, struct avow_span name,
		struct avow_arena *a, struct avow_span *out);
	enum avow_err (*fact_add)(
		struct avow_store *s, struct avow_span name, struct avow_span value);

	enum avow_err (*collateral_put)(struct avow_store *s,
		const struct avow_store_collateral *c, bool keep_old, bool *is_new);
	enum avow_err (*collateral_list)(struct avow_store *s,
		const struct avow_store_collateral_filter *f, struct avow_arena *a,
		struct avow_store_collateral **out, size_t *n);
	enum avow_err (*collateral_state)(
		struct avow_store *s, struct avow_store_collateral_state *out);

	enum avow_err (*machine_seen)(struct avow_store *s,
		const struct avow_store_machine_seen *seen, struct avow_arena *a,
		struct avow_store_machine_change *change);
	enum avow_err (*machine_list)(struct avow_store *s, struct avow_span provider,
		struct avow_span after, size_t max, struct avow_arena *a,
		struct avow_store_machine **out, size_t *n);
	enum avow_err (*machine_get)(struct avow_store *s, struct avow_span provider,
		struct avow_span machine, struct avow_arena *a,
		struct avow_store_machine *out);
	enum avow_err (*machine_states)(struct avow_store *s, struct avow_span provider,
		struct avow_span machine, struct avow_arena *a,
		struct avow_store_machine_state **out, size_t *n);
	enum avow_err (*machine_silence)(struct avow_store *s, int64_t before_s,
		struct avow_arena *a, struct avow_store_machine **out, size_t *n);

	enum avow_err (*challenge_use)(struct avow_store *s, struct avow_span id,
		int64_t expires_s, int64_t now_s);
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
/**
 * The same store to read from, beside whoever writes it: nothing is made or
 * migrated, and every change is AVOW_E_READ_ONLY.
 * @return as open; AVOW_E_STORE also when there is none, AVOW_E_STORE_SCHEMA
 * also for one that an older Avow made.
 */
enum avow_err avow_store_open_sqlite_to_read(const char *data_dir,
	struct avow_store **out, struct avow_why *why) AVOW_CHECKED;
/** NULL is fine. */
void avow_store_close(struct avow_store *s);

/*
 * Every call below can also give AVOW_E_STORE, AVOW_E_STORE_BUSY,
 * AVOW_E_STORE_CORRUPT, AVOW_E_NO_MEMORY and (arena) AVOW_E_TOO_LARGE.
 */

/**
 * A number that grows with every change of anything but audit records and
 * keys: whoever holds a copy of what is stored compares it.
 */
enum avow_err avow_store_generation(struct avow_store *s, int64_t *out) AVOW_CHECKED;

/**
 * What is stored as of one moment: reads by it, of one thread, show one state
 * whatever is changed meanwhile. Every change by it is AVOW_E_READ_ONLY. Keep it
 * for moments and close it (avow_store_close) before the store: what is changed
 * cannot be folded into the database's file while it is open.
 */
enum avow_err avow_store_view(
	struct avow_store *s, struct avow_store **out) AVOW_CHECKED;
/**
 * Run fn; the changes that it makes by this store, from the thread that it is run
 * on, become durable in one commit. Each gives its own result, and one that fails
 * is undone alone.
 * @param fn may be run on another thread, which commits for several callers;
 * what it reads by this store is still without its changes.
 * @return AVOW_OK: every change that gave AVOW_OK is durable; else none is, and
 * fn was perhaps not run: AVOW_E_READ_ONLY, or class STORE.
 */
enum avow_err avow_store_together(
	struct avow_store *s, void (*fn)(void *ctx), void *ctx) AVOW_CHECKED;

/* --- providers ---------------------------------------------------------------------- */

/** @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out) AVOW_CHECKED;
/** In the order of their names. Empty is AVOW_OK. */
enum avow_err avow_store_provider_list(struct avow_store *s,
	const struct avow_store_filter *f, struct avow_arena *a,
	struct avow_store_provider **out, size_t *n) AVOW_CHECKED;
/**
 * @param p name, url, trust model, settings, tags, place and created_s are
 * taken; empty settings and tags are "{}".
 * @param certs the first policy certificates; each once.
 * @param audit added with the change; NULL: none. Its `after` is the hash of
 * what was made.
 * @return AVOW_OK; AVOW_E_CONFLICT (name or url is taken).
 */
enum avow_err avow_store_provider_create(struct avow_store *s,
	const struct avow_store_provider *p, const struct avow_store_cert *certs,
	size_t n_certs, const struct avow_audit *audit) AVOW_CHECKED;
/**
 * Set settings, tags and updated_s of the provider p->name; all else stays.
 * @param provider_change the `change` that was read; 0: whatever it is.
 * @return AVOW_OK, AVOW_E_NOT_FOUND, AVOW_E_CONFLICT, AVOW_E_READ_ONLY.
 */
enum avow_err avow_store_provider_update(struct avow_store *s,
	const struct avow_store_provider *p, int64_t provider_change,
	const struct avow_audit *audit) AVOW_CHECKED;
/** With its policies and certificates; its audit records stay.
 *  @return AVOW_OK, AVOW_E_NOT_FOUND, AVOW_E_READ_ONLY (built in). */
enum avow_err avow_store_provider_delete(struct avow_store *s, struct avow_span name,
	const struct avow_audit *audit) AVOW_CHECKED;

/* --- policies ------------------------------------------------------------------------ */

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
 * not the version in force; nothing changed); AVOW_E_READ_ONLY.
 */
enum avow_err avow_store_policy_change(struct avow_store *s,
	const struct avow_store_policy_change *c, int64_t *version) AVOW_CHECKED;

/* --- policy certificates --------------------------------------------------------------- */

/** In the order of their SHA-256. @return AVOW_OK, AVOW_E_NOT_FOUND (provider). */
enum avow_err avow_store_cert_list(struct avow_store *s, struct avow_span provider,
	struct avow_arena *a, struct avow_store_cert **out, size_t *n) AVOW_CHECKED;
/** One that is there already is AVOW_OK. provider_change as in update.
 *  AVOW_E_NOT_FOUND (provider), AVOW_E_CONFLICT, AVOW_E_READ_ONLY. */
enum avow_err avow_store_cert_add(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, const struct avow_store_cert *cert,
	const struct avow_audit *audit) AVOW_CHECKED;
/** One that is not there is AVOW_OK. AVOW_E_LAST_CERTIFICATE (of an isolated
 *  provider; it stays); else as add. */
enum avow_err avow_store_cert_remove(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, struct avow_span der,
	const struct avow_audit *audit) AVOW_CHECKED;

#define AVOW_STORE_CERTS_HASH 65 /* hex of SHA-256, and a NUL */

/** What names a provider's set of certificates, in its records too.
 *  @param ders in the order of avow_store_cert_list.
 *  @return AVOW_OK, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY. */
enum avow_err avow_store_certs_hash(const struct avow_span *ders, size_t n,
	char out[AVOW_STORE_CERTS_HASH]) AVOW_CHECKED;

/* --- audit records ------------------------------------------------------------------------ */

/** Add a record by itself: for what was refused. */
enum avow_err avow_store_audit_add(
	struct avow_store *s, const struct avow_audit *r) AVOW_CHECKED;
/** Records with seq >= from, oldest first, at most max (0: all). */
enum avow_err avow_store_audit_list(struct avow_store *s, int64_t from, size_t max,
	struct avow_arena *a, struct avow_audit **out, size_t *n) AVOW_CHECKED;
/**
 * Walk the whole chain.
 * @param n how many records hold; on AVOW_E_AUDIT_CHAIN the first that does not
 * is n + 1.
 * @return AVOW_OK; AVOW_E_AUDIT_CHAIN (why says what).
 */
enum avow_err avow_store_audit_verify(
	struct avow_store *s, int64_t *n, struct avow_why *why) AVOW_CHECKED;
/** The hash of a record: SHA-256 of r->previous and the record as canonical
 *  JSON. @return AVOW_OK, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE. */
enum avow_err avow_audit_hash(const struct avow_audit *r, uint8_t out[32]) AVOW_CHECKED;
/** Whether a record is the one of that number behind a record of that hash, and
 *  says what its own hash covers. @return AVOW_OK, AVOW_E_AUDIT_CHAIN, or as
 *  avow_audit_hash. */
enum avow_err avow_audit_check(const struct avow_audit *r, int64_t seq,
	const uint8_t previous[32], struct avow_why *why) AVOW_CHECKED;
/** The record as one canonical JSON object, with its hashes: for people, logs. */
void avow_audit_put(struct avow_jw *w, const struct avow_audit *r);

/* --- facts about the store itself ------------------------------------------------------------ */

/** @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_fact_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_span *out) AVOW_CHECKED;
/** Once: @return AVOW_OK, AVOW_E_CONFLICT (it is there; unchanged). */
enum avow_err avow_store_fact_add(struct avow_store *s, struct avow_span name,
	struct avow_span value) AVOW_CHECKED;

/* --- collateral ---------------------------------------------------------------------------------- */

/**
 * Put a verified document. What is there already (the same bytes) is seen again:
 * its fetched_s and source are renewed. Of a name the newest AVOW_STORE_VERSIONS
 * are kept, the newest of all for ever.
 * @param keep_old true: an older one than the newest is put beside it, for
 * appraisals at an earlier time; it is never the newest.
 * @param is_new whether the newest of this name changed; may be NULL.
 * @return AVOW_OK; AVOW_E_COLLATERAL_ROLLBACK (number or issued_s is below the
 * newest's, and not keep_old; nothing changed).
 */
enum avow_err avow_store_collateral_put(struct avow_store *s,
	const struct avow_store_collateral *c, bool keep_old,
	bool *is_new) AVOW_CHECKED;
/** The newest of that name. @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_collateral_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_collateral *out) AVOW_CHECKED;
/** Empty is AVOW_OK. */
enum avow_err avow_store_collateral_list(struct avow_store *s,
	const struct avow_store_collateral_filter *f, struct avow_arena *a,
	struct avow_store_collateral **out, size_t *n) AVOW_CHECKED;
/** What there is, cheap: whoever holds a copy compares seq. */
enum avow_err avow_store_collateral_state(
	struct avow_store *s, struct avow_store_collateral_state *out) AVOW_CHECKED;

#define AVOW_STORE_VERSIONS 16
#define AVOW_STORE_MACHINES 100000 /* a provider: a large fleet */
#define AVOW_STORE_MACHINE_STATES 16 /* a machine: years of updates, 1 MiB at most */

/* --- machines -------------------------------------------------------------------------------------- */

/**
 * Take up a report of a machine: it attested, well or not.
 * @param change filled on AVOW_OK.
 * @return AVOW_OK; AVOW_E_NOT_FOUND (provider); AVOW_E_MACHINES_FULL (a new one,
 * and the provider has AVOW_STORE_MACHINES).
 */
enum avow_err avow_store_machine_seen(struct avow_store *s,
	const struct avow_store_machine_seen *seen, struct avow_arena *a,
	struct avow_store_machine_change *change) AVOW_CHECKED;
/** In the order of their ids, those behind `after`, at most max (0: all). */
enum avow_err avow_store_machine_list(struct avow_store *s, struct avow_span provider,
	struct avow_span after, size_t max, struct avow_arena *a,
	struct avow_store_machine **out, size_t *n) AVOW_CHECKED;
/** One of them. @return AVOW_OK, AVOW_E_NOT_FOUND. */
enum avow_err avow_store_machine_get(struct avow_store *s, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine *out) AVOW_CHECKED;
/** The states that are kept, newest first. Empty is AVOW_OK, also for a machine
 *  that is not known. */
enum avow_err avow_store_machine_states(struct avow_store *s, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine_state **out, size_t *n) AVOW_CHECKED;
/** Mark those not heard since before_s as silent, and give those that were not
 *  marked yet: each silence is given once, to one caller. */
enum avow_err avow_store_machine_silence(struct avow_store *s, int64_t before_s,
	struct avow_arena *a, struct avow_store_machine **out, size_t *n) AVOW_CHECKED;

/* --- challenges -------------------------------------------------------------------------------- */

/**
 * Use a challenge up, once for all nodes; those that expired an hour ago are
 * forgotten.
 * @param id 16 bytes. @param expires_s when nobody takes it any more.
 * @return AVOW_OK; AVOW_E_CONFLICT (it was used); class STORE: not known whether.
 */
enum avow_err avow_store_challenge_use(struct avow_store *s, struct avow_span id,
	int64_t expires_s, int64_t now_s) AVOW_CHECKED;

/* --- keys --------------------------------------------------------------------------------------- */

/** Insert or update a key's record by kid. */
enum avow_err avow_store_key_put(
	struct avow_store *s, const struct avow_store_key *k) AVOW_CHECKED;
/** All keys that there ever were, oldest first. */
enum avow_err avow_store_key_list(struct avow_store *s, struct avow_arena *a,
	struct avow_store_key **out, size_t *n) AVOW_CHECKED;

#endif
