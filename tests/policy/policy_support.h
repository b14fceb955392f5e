/*
 * What the policy tests share: compile, run over claims written as JSON, and
 * compare what was issued as JSON text.
 */
#ifndef AVOW_TESTS_POLICY_SUPPORT_H
#define AVOW_TESTS_POLICY_SUPPORT_H

#include "support.h"

#include "base/limits.h"
#include "policy/policy.h"

struct run {
	struct avow_arena arena;
	struct avow_policy *policy;
	struct avow_claims claims;
	struct avow_properties properties;
	struct avow_policy_outcome outcome;
	struct avow_policy_trace trace;
	struct avow_policy_options options;
	struct avow_why why;
	enum avow_err configured, decided;
	struct avow_buf json;
};

static inline struct avow_policy *
compiled(const char *text)
{
	struct avow_policy_error err;
	struct avow_policy *p;

	if (avow_policy_compile(avow_span_str(text), &p, &err) != AVOW_OK)
		fail_msg("%s", err.message);
	return p;
}

static inline void
run_end(struct run *r)
{
	avow_policy_free(r->policy);
	avow_buf_clear(&r->json);
	avow_arena_clear(&r->arena);
}

/* Run a policy that compiles over claims that parse; run_end frees. */
static inline void
run_with(struct run *r, const char *text, const char *claims, size_t max_steps)
{
	memset(r, 0, sizeof(*r));
	avow_arena_init(&r->arena, AVOW_MAX_REQUEST_ARENA);
	avow_buf_init(&r->json, AVOW_MIB(4));
	avow_why_init(&r->why);
	r->policy = compiled(text);
	r->options = (struct avow_policy_options){&r->trace, max_steps};
	assert_ok(avow_policy_read_claims(
		avow_span_str(claims), &r->arena, &r->claims, &r->why));
	r->configured = avow_policy_configure(
		r->policy, &r->options, &r->arena, &r->properties, &r->why);
	if (r->configured != AVOW_OK)
		return;
	r->decided = avow_policy_decide(r->policy, &r->claims, &r->properties,
		&r->options, &r->arena, &r->outcome, &r->why);
	assert_int_equal(r->decided == AVOW_OK,
		r->outcome.decision == AVOW_POLICY_IS_PERMIT);
	assert_err(r->decided, r->outcome.code);
	assert_err(r->decided, r->why.code);
	if (r->decided != AVOW_OK)
		assert_int_equal(0, r->outcome.issued.n);
}

static inline void
run_policy(struct run *r, const char *text, const char *claims)
{
	run_with(r, text, claims, 0);
}

static inline const char *
issued_json(struct run *r)
{
	avow_buf_reset(&r->json);
	assert_ok(avow_claims_put_json(&r->json, &r->outcome.issued, NULL));
	return avow_buf_str(&r->json);
}

/* One whole run: the code, and for AVOW_OK what is issued. */
static inline void
assert_outcome(enum avow_err code, const char *issued, const char *text,
	const char *claims)
{
	struct run r;

	run_policy(&r, text, claims);
	assert_ok(r.configured);
	if (strcmp(avow_err_name(code), avow_err_name(r.decided)) != 0)
		fail_msg("%s: wanted %s, got %s: %s", text, avow_err_name(code),
			avow_err_name(r.decided), r.outcome.message);
	if (code == AVOW_OK && strcmp(issued, issued_json(&r)) != 0)
		fail_msg("%s: wanted %s, issued %s", text, issued, issued_json(&r));
	run_end(&r);
}

/* The text holds one '@', which marks the place of the error and is no part of
 * the policy. */
static inline void
assert_refused(enum avow_err code, const char *marked)
{
	const char *at = strchr(marked, '@');
	size_t n = strlen(marked), line = 1, column = 1;
	char *text = malloc(n);
	struct avow_policy_error err;
	struct avow_policy *p;
	enum avow_err e;

	assert_non_null(at);
	memcpy(text, marked, (size_t)(at - marked));
	memcpy(text + (at - marked), at + 1, (size_t)(marked + n - at - 1));
	for (const char *c = marked; c < at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	e = avow_policy_compile(avow_span_make(text, n - 1), &p, &err);
	assert_null(p);
	free(text);
	if (e != code || err.line != line || err.column != column)
		fail_msg("%s\nwanted %s at %zu:%zu, got %s at %u:%u: %s", marked,
			avow_err_name(code), line, column, avow_err_name(e), err.line,
			err.column, err.message);
	assert_err(code, err.code);
}

/* The same, and the failure says this. */
static inline void
assert_says(enum avow_err code, const char *failure, const char *text)
{
	struct avow_policy_error err;
	struct avow_policy *p;

	assert_err(code, avow_policy_compile(avow_span_str(text), &p, &err));
	assert_string_equal(failure, err.failure);
}

#define V10 "version=1.0;"
#define V11 "version=1.1;"
#define V12 "version=1.2;"
#define PERMIT "authorizationrules{=> permit();};"
/* a 1.2 policy of these issuance rules */
#define ISSUE(rules) V12 PERMIT "issuancerules{" rules "};"
#define AUTHORIZE(rules) V12 "authorizationrules{" rules "};"

#endif
