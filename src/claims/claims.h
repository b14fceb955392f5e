/*
 * The claim set: typed values with an issuer, in order; several claims may
 * share one name. Made by evidence/ from verified evidence only, read by
 * policy/ and token/. All of it lives in one arena.
 */
#ifndef AVOW_CLAIMS_CLAIMS_H
#define AVOW_CLAIMS_CLAIMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "wire/json.h"

/** Registry numbers: registry.def lists every claim name that Avow makes. */
enum avow_claim_id {
	AVOW_CLAIM_OTHER = 0, /* a name outside the registry (policy-made) */
#define X(id, name, type, kinds, flags) AVOW_CLAIM_##id,
#include "claims/registry.def"
#undef X
	AVOW_CLAIM_COUNT
};

/* Attestation kinds, as bits, for the registry and the policy linter. */
#define AVOW_KIND_SGX 0x01u
#define AVOW_KIND_OE 0x02u
#define AVOW_KIND_SNP 0x04u
#define AVOW_KIND_TDX 0x08u
#define AVOW_KIND_TPM 0x10u
#define AVOW_KIND_AZUREGUEST 0x20u
#define AVOW_KIND_ALL 0x3fu

/* Registry flags. */
#define AVOW_CLAIM_INCOMING 0x01u /* a policy can see it */
#define AVOW_CLAIM_TOKEN 0x02u /* the service puts it in a token */
#define AVOW_CLAIM_ALIAS 0x04u /* a deprecated name of another claim */
#define AVOW_CLAIM_READ_ONLY 0x08u /* may not be issued (pcrs) */
#define AVOW_CLAIM_PROPERTY 0x10u /* a configuration property */

enum avow_value_type {
	AVOW_VALUE_STRING,
	AVOW_VALUE_INTEGER,
	AVOW_VALUE_BOOLEAN,
	AVOW_VALUE_JSON /* JSON text; a policy sees it as a String */
};

enum avow_issuer {
	AVOW_ISSUER_SERVICE, /* "AttestationService" */
	AVOW_ISSUER_POLICY, /* "AttestationPolicy" */
	AVOW_ISSUER_CUSTOM /* "CustomClaim" */
};

/** A text that is made when somebody first reads it. It lives in the set's arena. */
struct avow_claim_text {
	void (*put)(const void *of, struct avow_jw *w); /* the whole value */
	const void *of; /* borrowed; as long as the set */
	bool made;
	struct avow_span text;
};

struct avow_claim {
	enum avow_claim_id id;
	struct avow_span name;
	enum avow_value_type type;
	struct avow_span string; /* STRING and JSON (compact text) */
	int64_t integer;
	bool boolean;
	enum avow_issuer issuer;
	bool read_only;
	bool for_token; /* the token stage emits it */
	bool for_policy; /* the policy's incoming set has it */
	const struct avow_json *tree; /* JSON: parsed once, or NULL */
	/* JSON: not NULL while `string` is not made yet; see avow_claim_settle */
	struct avow_claim_text *later;
};

struct avow_claims {
	struct avow_arena *arena;
	struct avow_claim *v;
	size_t n, cap;
	enum avow_err err; /* sticky: NO_MEMORY, TOO_LARGE, POLICY_CLAIMS */
};

/** An empty set in the arena. */
void avow_claims_init(struct avow_claims *set, struct avow_arena *a);

/*
 * Add a claim of the service by registry number: name, for_token, for_policy
 * and read_only come from the registry. Strings are borrowed unless the name
 * says copy. Errors stick in set->err.
 */
void avow_claims_add_string(
	struct avow_claims *s, enum avow_claim_id id, struct avow_span v);
void avow_claims_add_hex(struct avow_claims *s, enum avow_claim_id id,
	struct avow_span bytes); /* lower hex, copied */
void avow_claims_add_b64url(struct avow_claims *s, enum avow_claim_id id,
	struct avow_span bytes); /* copied */
void avow_claims_add_int(struct avow_claims *s, enum avow_claim_id id, int64_t v);
void avow_claims_add_bool(struct avow_claims *s, enum avow_claim_id id, bool v);
/** JSON text, valid, compact and sorted: put_json writes it as it is. Borrowed. */
void avow_claims_add_json(
	struct avow_claims *s, enum avow_claim_id id, struct avow_span text);
/** The same of a text that `put` writes once, if anybody asks: a document that is
 *  large, and that few policies read. */
void avow_claims_add_later(struct avow_claims *s, enum avow_claim_id id,
	void (*put)(const void *of, struct avow_jw *w), const void *of);
/**
 * Make the text of a claim that was added for later; nothing for another one. Who
 * reads `string` or `tree` calls it first; put_json needs nobody to.
 * @param c a claim of a set, or a copy of one: the text is made once for all.
 * @return AVOW_OK; AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY; what `put` left in the buffer.
 */
enum avow_err avow_claim_settle(
	struct avow_claim *c, struct avow_arena *a) AVOW_CHECKED;
/** All of a set. @return as avow_claim_settle, or the error that sticks in it. */
enum avow_err avow_claims_settle(struct avow_claims *s) AVOW_CHECKED;
/** Any claim, copied as a struct; id is looked up when it is OTHER. */
void avow_claims_add(struct avow_claims *s, const struct avow_claim *c);

/** Room for n claims in all, so that adding them allocates no more. */
void avow_claims_reserve(struct avow_claims *s, size_t n);
/** As add, with the id as it stands: OTHER says that the name is not registered. */
void avow_claims_add_known(struct avow_claims *s, const struct avow_claim *c);

/** The first claim of that number, or NULL. */
const struct avow_claim *avow_claims_find(
	const struct avow_claims *s, enum avow_claim_id id);
/** Also by name, for names outside the registry. */
const struct avow_claim *avow_claims_find_name(
	const struct avow_claims *s, struct avow_span name);

/* The registry. Static data. */
const char *avow_claim_name(enum avow_claim_id id);
enum avow_value_type avow_claim_type(enum avow_claim_id id);
unsigned avow_claim_kinds(enum avow_claim_id id);
unsigned avow_claim_flags(enum avow_claim_id id);
/** AVOW_CLAIM_OTHER when the name is not registered. Exact case. */
enum avow_claim_id avow_claim_lookup(struct avow_span name);
/** "AttestationService", "AttestationPolicy", "CustomClaim". */
const char *avow_issuer_name(enum avow_issuer i);
/** The issuer of that exact name in *out; false when there is none. */
bool avow_issuer_lookup(struct avow_span name, enum avow_issuer *out);
/**
 * True when a policy may not speak under this name (docs/policy.md, reserved
 * names): iss, sub, aud, exp, nbf, iat, jti, cnf, nonce, rp_data, x-ms-*,
 * x-avow-*, and every registry name that the service puts in a token, in any case
 * of letters, also where U+017F or U+212A stands for s or k, and with anything behind
 * a NUL.
 */
bool avow_claim_is_reserved(struct avow_span name);

/**
 * Append the JSON object of all for_token claims of both sets, compact and
 * sorted bytewise by name; several of one name become an array, those of `set`
 * before those of `extra` (may be NULL), each in its order.
 * @return AVOW_OK; a set's sticky error; AVOW_E_TOO_LARGE (b->max) or
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_claims_put_json(struct avow_buf *b, const struct avow_claims *set,
	const struct avow_claims *extra) AVOW_CHECKED;

#endif
