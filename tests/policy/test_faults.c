/*
 * Memory that runs out, at every allocation of a policy's whole life: compile,
 * configure, decide, explain, lint, format. Each call succeeds as it would or
 * says AVOW_E_NO_MEMORY; what denies never permits. Bug class 3.
 */
#include "policy_support.h"

#include "faults.h"

/* Enough rules and text that the arenas take several blocks. */
static const char head[] = V12
	"configurationrules{=>issueproperty(type=\"omit_x5c\",value=true);};"
	"authorizationrules{[type==\"a\"]=>permit();c:[type==\"deny\",value==true]&&"
	"[type==\"a\",value==c.value]=>deny();};issuancerules{";
static const char rule[] =
	"c:[type==\"j\",issuer==\"AttestationService\"]&&![type==\"no\"]"
	"=>issue(type=AppendString(\"t\",\"u\"),value=JsonToClaimValue(JmesPath(c."
	"value,"
	"\"[*].k | [?@ > `1`] | [0]\")));\n";

struct world {
	char text[8192], claims[8192];
};

static void
fill(struct world *w, const char *deny)
{
	size_t n = (size_t)snprintf(w->text, sizeof(w->text), "%s", head);

	while (n < 5000)
		n += (size_t)snprintf(w->text + n, sizeof(w->text) - n, "%s", rule);
	snprintf(w->text + n, sizeof(w->text) - n, "};");
	n = (size_t)snprintf(w->claims, sizeof(w->claims),
		"{\"a\":true,\"deny\":%s,\"j\":\"[", deny);
	while (n < 3000)
		n += (size_t)snprintf(w->claims + n, sizeof(w->claims) - n,
			"{\\\"k\\\":%zu},", n % 3);
	snprintf(w->claims + n, sizeof(w->claims) - n, "0]\"}");
}

static enum avow_err
evaluate(const struct avow_policy *p, const struct world *w, struct avow_arena *a,
	struct avow_buf *out)
{
	struct avow_policy_trace trace = {NULL, NULL};
	struct avow_policy_options o = {&trace, 0};
	struct avow_policy_findings found = {0};
	struct avow_policy_outcome outcome;
	struct avow_properties props;
	struct avow_claims claims;
	struct avow_jw jw;
	enum avow_err e;

	AVOW_TRY(avow_policy_read_claims(avow_span_str(w->claims), a, &claims, NULL));
	AVOW_TRY(avow_policy_configure(p, &o, a, &props, NULL));
	e = avow_policy_decide(p, &claims, &props, &o, a, &outcome, NULL);
	avow_jw_init(&jw, out);
	avow_policy_explain(&outcome, &jw);
	AVOW_TRY(e);
	AVOW_TRY(avow_policy_lint(p, AVOW_KIND_SGX, a, &found));
	return avow_claims_put_json(out, &outcome.issued, NULL);
}

static enum avow_err
whole_life(const struct world *w)
{
	struct avow_policy *p = NULL;
	struct avow_arena a;
	struct avow_buf out;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	avow_buf_init(&out, AVOW_MIB(4));
	e = avow_policy_compile(avow_span_str(w->text), &p, NULL);
	if (e == AVOW_OK)
		e = evaluate(p, w, &a, &out);
	if (e == AVOW_OK)
		e = avow_policy_format(avow_span_str(w->text), &out, NULL);
	avow_policy_free(p);
	avow_buf_clear(&out);
	avow_arena_clear(&a);
	return e;
}

/* Every allocation in turn; the last round fails none. */
static void
fail_each(const struct world *w, enum avow_err wanted)
{
	assert_err(wanted, whole_life(w));
	for (faults.at = 0;; faults.at++) {
		enum avow_err e;

		faults.count = 0;
		faults.on = true;
		e = whole_life(w);
		faults.on = false;
		if (faults.count <= faults.at) {
			assert_err(wanted, e);
			break;
		}
		/* where no memory is left to explain a denial, it stands */
		if (e != wanted || wanted == AVOW_OK)
			assert_true(e == AVOW_E_NO_MEMORY || e == wanted ||
				    e == AVOW_E_POLICY_QUERY_FAILED ||
				    e == AVOW_E_POLICY_QUERY);
		assert_false(wanted != AVOW_OK && e == AVOW_OK);
	}
	assert_true(faults.at > 5);
}

static void
a_permit_runs_out_of_memory_anywhere(void **state)
{
	static struct world w;

	(void)state;
	fill(&w, "false");
	fail_each(&w, AVOW_OK);
}

static void
a_denial_never_becomes_a_permit(void **state)
{
	static struct world w;

	(void)state;
	fill(&w, "true");
	fail_each(&w, AVOW_E_POLICY_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_permit_runs_out_of_memory_anywhere),
		cmocka_unit_test(a_denial_never_becomes_a_permit),
	};

	return cmocka_run_group_tests_name("policy/faults", tests, NULL, NULL);
}
