/*
 * The policy language, versions 1.0, 1.1 and 1.2 (docs/policy.md):
 *
 *   text -> lexer -> tokens -> parser -> tree -> checker -> checked tree
 *        -> compiler -> struct avow_policy (immutable)
 *
 *   avow_policy_configure(policy)                 before verification
 *        -> struct avow_properties
 *   avow_policy_decide(policy, claims, properties) after it
 *        -> struct avow_policy_outcome: permit, deny or error, and why
 *
 * Evaluation allocates only from the request's arena, never blocks, and counts
 * its work in steps instead of asking a clock: the same policy and claims give
 * the same outcome everywhere.
 */
#ifndef AVOW_POLICY_POLICY_H
#define AVOW_POLICY_POLICY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "claims/claims.h"
#include "wire/json.h"

/* --- compile ------------------------------------------------------------------ */

/** A compiled policy. Immutable: any number of threads may evaluate it. */
struct avow_policy;

/** Where and why a text is not a policy. All text is printable. */
struct avow_policy_error {
	enum avow_err code;
	unsigned line, column; /* from 1; columns in bytes; 0: no place */
	char symbol[64]; /* the offending symbol as written, cut */
	char expected[128]; /* what could have stood there; may be "" */
	char failure[256]; /* one sentence fragment */
	char rule[64]; /* "policy > versionInfo" */
	char message[640]; /* all of it in the contract's form (spec 10) */
};

/**
 * Compile a policy text.
 * @param text UTF-8; not borrowed: the policy keeps its own copy.
 * @param out NULL on error; freed with avow_policy_free.
 * @param err filled on error; may be NULL.
 * @return AVOW_OK; AVOW_E_POLICY_SYNTAX; _SECTION (order, twice, absent);
 *	_ACTION (not allowed in its section); _VERSION (unknown, or without what
 *	is used); _TYPE; _NAME; _QUERY (a JMESPath literal); _PROPERTY (a literal
 *	value that a property cannot have); the limits _TEXT_SIZE, _RULES, _DEPTH;
 *	AVOW_E_UTF8; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_policy_compile(struct avow_span text, struct avow_policy **out,
	struct avow_policy_error *err) AVOW_CHECKED;
/** NULL is fine. */
void avow_policy_free(struct avow_policy *p);
/** 10, 11 or 12 for versions 1.0, 1.1 and 1.2. */
unsigned avow_policy_version(const struct avow_policy *p);
/** The text that it was compiled from. Lives as long as the policy. */
struct avow_span avow_policy_text(const struct avow_policy *p);

/* --- evaluate ----------------------------------------------------------------- */

enum avow_policy_section {
	AVOW_POLICY_CONFIGURATION,
	AVOW_POLICY_AUTHORIZATION,
	AVOW_POLICY_ISSUANCE
};

enum avow_policy_action {
	AVOW_POLICY_PERMIT,
	AVOW_POLICY_DENY,
	AVOW_POLICY_ADD,
	AVOW_POLICY_ISSUE,
	AVOW_POLICY_ISSUEPROPERTY
};

/** Why a condition did not hold. */
enum avow_policy_reason {
	AVOW_POLICY_NO_CLAIM, /* no claim has the wanted type */
	AVOW_POLICY_NO_MATCH, /* claims have it, but another test failed */
	AVOW_POLICY_PRESENT, /* `!`: a claim that must be absent is there */
	AVOW_POLICY_FAILED /* an evaluation error ended the rule here */
};

/** The condition that stopped a rule. Texts are as a policy would write them:
 *  "abc" with its quotes, 5, true, {1, 2} for a set. */
struct avow_policy_failure {
	enum avow_policy_reason reason;
	unsigned condition; /* from 1; 0: the action itself failed */
	unsigned line, column; /* of the test that failed */
	struct avow_span claim; /* type that was wanted or found; may be empty */
	const char *property; /* "value", ...; static */
	const char *op; /* "==", ...; static */
	struct avow_span wanted;
	struct avow_span found; /* of the claim that came nearest; empty: none */
	struct avow_span nearest; /* an existing type spelled like `claim`, or empty */
};

/** What the evaluator did with one rule. */
struct avow_policy_trace_rule {
	enum avow_policy_section section;
	enum avow_policy_action action;
	unsigned line, column;
	unsigned conditions, passed; /* how many it has, how many held */
	bool fired;
	struct avow_policy_failure failure; /* when it did not fire */
	const struct avow_claim *made; /* what it added or issued */
	size_t n_made;
	struct avow_policy_trace_rule *next;
};

/** Filled by configure and decide in the order of evaluation. Start zeroed. */
struct avow_policy_trace {
	struct avow_policy_trace_rule *first, *last;
};

struct avow_policy_options {
	struct avow_policy_trace *trace; /* NULL: none is kept */
	size_t max_steps; /* 0: AVOW_MAX_POLICY_STEPS */
};

/** What the policy asks of the service: its values, defaults behind them. */
struct avow_properties {
	bool tcb_identifier_set;
	struct avow_span tcb_identifier; /* x-ms-sgx-tcbidentifier; "azuredefault" */
	uint32_t tcb_evaluation; /* its number; 0: azuredefault */
	bool require_valid_aik_cert; /* true */
	uint32_t required_pcr_mask; /* 0xFFFFFF, bit n is PCR n */
	uint32_t report_validity_min; /* report_validity_in_minutes; 1440 */
	bool omit_x5c; /* false */
	bool allow_debug; /* x-avow-allow-debug; false */
	bool allow_migration; /* x-avow-allow-migration; false */
	struct avow_claims set; /* what the policy set, in order */
};

/** The defaults alone, for a request without a policy. */
void avow_properties_init(struct avow_properties *out, struct avow_arena *a);

/**
 * Run configurationrules, before the evidence is verified: they see only the
 * properties that they set.
 * @param o NULL: no trace, default limits.
 * @param out written whatever happens; the defaults on error. It borrows from p,
 *	which must outlive it.
 * @param why filled on error with the rule's line; may be NULL.
 * @return AVOW_OK; AVOW_E_POLICY_PROPERTY (a value the property cannot have)
 *	and the evaluation errors of avow_policy_decide.
 */
enum avow_err avow_policy_configure(const struct avow_policy *p,
	const struct avow_policy_options *o, struct avow_arena *a,
	struct avow_properties *out, struct avow_why *why) AVOW_CHECKED;

enum avow_policy_decision {
	AVOW_POLICY_IS_ERROR, /* it could not be evaluated: denies */
	AVOW_POLICY_IS_DENY,
	AVOW_POLICY_IS_PERMIT
};

struct avow_policy_outcome {
	enum avow_policy_decision decision;
	enum avow_err code; /* OK for permit alone */
	unsigned line, column; /* the deny rule, or what failed; 0: no place */
	struct avow_claims issued; /* outgoing, in order, for_token; permit only */
	struct avow_properties properties; /* with those of issuancerules */
	/* not permitted: the rules that say why (see avow_policy_explain) */
	const struct avow_policy_trace_rule *because[8];
	size_t n_because;
	char message[256]; /* one sentence; "" for permit */
};

/**
 * Run authorizationrules and, when they permit, issuancerules.
 * @param claims those with for_policy are the incoming set.
 * @param properties of avow_policy_configure; they are seen as claims too.
 * @param out written whatever happens; permit only when AVOW_OK is returned. It
 *	borrows from p and claims (names and literals), which must outlive it; so
 *	does a trace.
 * @param why filled on every other result; may be NULL.
 * @return out->code: AVOW_OK (permit); AVOW_E_POLICY_DENIED; _NO_PERMIT;
 *	_EVALUATION (a wrong argument, valueType or type); _READ_ONLY; _JSON (a
 *	function's text is not usable JSON); _QUERY_FAILED; _PROPERTY; the limits
 *	_STEPS, _CLAIMS, _DERIVED; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_policy_decide(const struct avow_policy *p,
	const struct avow_claims *claims, const struct avow_properties *properties,
	const struct avow_policy_options *o, struct avow_arena *a,
	struct avow_policy_outcome *out, struct avow_why *why) AVOW_CHECKED;

/* --- why ------------------------------------------------------------------------ */

/**
 * Write, as one JSON value, why the outcome is not permit: {"decision",
 * "message","rules":[{"line","column","action","failed",...}]} names the
 * deny rule, the rule that failed, or the permit rules that came nearest and
 * the condition that each failed on.
 */
void avow_policy_explain(const struct avow_policy_outcome *o, struct avow_jw *w);
/** "permit", "deny", "error". Static. */
const char *avow_policy_decision_name(enum avow_policy_decision d);
/** A claim's value as JSON; JSON text as a string, as a policy sees it. */
void avow_policy_put_value(struct avow_jw *w, const struct avow_claim *c);
/** The whole trace as a JSON array. */
void avow_policy_put_trace(const struct avow_policy_trace *t, struct avow_jw *w);

/* --- tools ---------------------------------------------------------------------- */

/**
 * The canonical form of a policy text: the same tree, comments kept.
 * @param out appended to.
 * @return AVOW_OK; what compile gives for a text that does not parse (types and
 *	names are not judged); out->err.
 */
enum avow_err avow_policy_format(struct avow_span text, struct avow_buf *out,
	struct avow_policy_error *err) AVOW_CHECKED;

struct avow_policy_finding {
	const char *code; /* stable, e.g. "unknown-claim"; static */
	unsigned line, column;
	struct avow_span message;
	struct avow_policy_finding *next;
};

struct avow_policy_findings {
	struct avow_policy_finding *first, *last;
	size_t n;
};

/**
 * Warn about what a valid policy does that its author cannot want
 * (docs/policy.md lists the codes).
 * @param kinds AVOW_KIND_* bits of the attestation types that it is for; 0 when
 *	not known: then only what is wrong for every type is said.
 * @param out appended to, in the order of the text.
 * @return AVOW_OK, AVOW_E_NO_MEMORY or AVOW_E_TOO_LARGE.
 */
enum avow_err avow_policy_lint(const struct avow_policy *p, unsigned kinds,
	struct avow_arena *a, struct avow_policy_findings *out) AVOW_CHECKED;

/**
 * Read claims for a dry run: {"name": value | [values]} (issuer
 * AttestationService) or a list of {type, value, valueType?, issuer?}. An
 * object as value is JSON text.
 * @return AVOW_OK; the errors of avow_json_parse; AVOW_E_JSON_TYPE;
 *	AVOW_E_JSON_MISSING; AVOW_E_POLICY_CLAIMS; memory.
 */
enum avow_err avow_policy_read_claims(struct avow_span json, struct avow_arena *a,
	struct avow_claims *out, struct avow_why *why) AVOW_CHECKED;

/** The AVOW_KIND_* bit of an attestation type, by the name in its route
 *  ("SgxEnclave", in any letter case) or its short name ("sgx"); 0: none. */
unsigned avow_policy_kind(struct avow_span name);

/** The default policy of one AVOW_KIND_* bit, byte for byte as the service
 *  that is modelled has it; NULL when that type has none (Tpm). Static. */
const char *avow_policy_default(unsigned kind);

#endif
