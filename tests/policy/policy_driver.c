/*
 * What src/policy makes of many cases, for differential.py. Reads, until the
 * end of input, a line "POLICY-BYTES CLAIMS-BYTES" and both texts; prints for
 * each {"decision","issued","properties","error"}, error being a code's name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "policy/policy.h"

struct answer {
	struct avow_policy_outcome outcome;
	struct avow_properties configured;
	enum avow_err error;
};

static struct avow_span
read_bytes(size_t n)
{
	uint8_t *p = malloc(n + 1);

	if (!p || fread(p, 1, n, stdin) != n)
		exit(2);
	return avow_span_make(p, n);
}

/* The outcome borrows from the policy, which the caller frees. */
static struct avow_policy *
evaluate(struct avow_span text, struct avow_span json, struct avow_arena *a,
	struct answer *out)
{
	struct avow_policy *p = NULL;
	struct avow_claims claims;

	avow_properties_init(&out->outcome.properties, a);
	avow_claims_init(&out->outcome.issued, a);
	if (avow_policy_read_claims(json, a, &claims, NULL) != AVOW_OK)
		exit(3);
	out->error = avow_policy_compile(text, &p, NULL);
	if (out->error == AVOW_OK)
		out->error = avow_policy_configure(p, NULL, a, &out->configured, NULL);
	if (out->error == AVOW_OK)
		out->error = avow_policy_decide(p, &claims, &out->configured, NULL, a,
			&out->outcome, NULL);
	return p;
}

/* A later value stands where the earlier would have: only the last counts. */
static void
put_properties(struct avow_jw *w, const struct avow_claims *set)
{
	avow_jw_open(w, '{');
	for (size_t i = 0; i < set->n; i++) {
		bool again = false;

		for (size_t k = i + 1; k < set->n; k++)
			again |= avow_span_eq(set->v[i].name, set->v[k].name);
		if (again)
			continue;
		avow_jw_name_span(w, set->v[i].name);
		avow_policy_put_value(w, &set->v[i]);
	}
	avow_jw_close(w);
}

static void
print(const struct answer *r)
{
	enum avow_policy_decision d = r->outcome.decision;
	struct avow_buf b, issued;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MIB(64));
	avow_buf_init(&issued, AVOW_MIB(64));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "decision");
	avow_jw_str(&w, avow_policy_decision_name(d));
	avow_jw_name(&w, "issued");
	if (avow_claims_put_json(&issued, &r->outcome.issued, NULL) != AVOW_OK)
		exit(4);
	avow_jw_raw(&w, avow_buf_span(&issued));
	avow_jw_name(&w, "properties");
	if (d == AVOW_POLICY_IS_ERROR)
		avow_jw_raw(&w, AVOW_LIT("{}"));
	else
		put_properties(&w, &r->outcome.properties.set);
	avow_jw_name(&w, "error");
	if (d == AVOW_POLICY_IS_ERROR)
		avow_jw_str(&w, avow_err_name(r->error));
	else
		avow_jw_null(&w);
	avow_jw_close(&w);
	puts(avow_buf_str(&b));
	avow_buf_clear(&b);
	avow_buf_clear(&issued);
}

int
main(void)
{
	size_t n, m;

	while (scanf("%zu %zu", &n, &m) == 2 && getchar() == '\n') {
		struct avow_span text = read_bytes(n), json = read_bytes(m);
		struct answer r = {.error = AVOW_OK};
		struct avow_policy *p;
		struct avow_arena a;

		avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
		p = evaluate(text, json, &a, &r);
		print(&r);
		avow_policy_free(p);
		avow_arena_clear(&a);
		free((void *)(uintptr_t)text.p);
		free((void *)(uintptr_t)json.p);
	}
	return 0;
}
