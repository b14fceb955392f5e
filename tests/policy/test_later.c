/*
 * policy: a claim whose text is made when somebody reads it decides as one whose
 * text was there from the start, and costs nothing where no rule can find it.
 */
#include "policy_support.h"

#define DOCUMENT "{\"Events\":[{\"PcrIndex\":7}]}"

struct world {
	struct avow_arena arena;
	struct avow_claims later, ready;
	unsigned made;
};

static void
put_document(const void *of, struct avow_jw *w)
{
	const struct world *world = of;

	((struct world *)(uintptr_t)world)->made++;
	avow_jw_raw(w, AVOW_LIT(DOCUMENT));
}

static void
put_too_much(const void *of, struct avow_jw *w)
{
	(void)of;
	w->b->err = AVOW_E_TOO_LARGE;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	avow_arena_init(&w->arena, AVOW_MIB(16));
	avow_claims_init(&w->later, &w->arena);
	avow_claims_init(&w->ready, &w->arena);
	avow_claims_add_bool(&w->later, AVOW_CLAIM_TPM_SECURE_BOOT_ENABLED, true);
	avow_claims_add_bool(&w->ready, AVOW_CLAIM_TPM_SECURE_BOOT_ENABLED, true);
	avow_claims_add_later(&w->later, AVOW_CLAIM_TPM_EVENTS, put_document, w);
	avow_claims_add_json(&w->ready, AVOW_CLAIM_TPM_EVENTS, AVOW_LIT(DOCUMENT));
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	avow_arena_clear(&w->arena);
	free(w);
	return 0;
}

static void
decide(struct world *w, const char *text, const struct avow_claims *claims,
	struct avow_policy_trace *trace, struct avow_buf *out)
{
	const struct avow_policy_options o = {trace, 0};
	struct avow_policy *p = compiled(text);
	struct avow_policy_outcome outcome;
	struct avow_properties properties;
	enum avow_err e;

	avow_properties_init(&properties, &w->arena);
	e = avow_policy_decide(p, claims, &properties, &o, &w->arena, &outcome, NULL);
	avow_buf_put_str(out, avow_err_name(e));
	assert_ok(avow_claims_put_json(out, &outcome.issued, NULL));
	avow_policy_free(p);
}

/* The same outcome over both sets; returns how often the text was made. */
static unsigned
made_by(struct world *w, const char *text)
{
	struct avow_buf a, b;
	unsigned before = w->made;

	avow_buf_init(&a, AVOW_KIB(64));
	avow_buf_init(&b, AVOW_KIB(64));
	decide(w, text, &w->later, NULL, &a);
	decide(w, text, &w->ready, NULL, &b);
	assert_string_equal(avow_buf_str(&b), avow_buf_str(&a));
	avow_buf_clear(&a);
	avow_buf_clear(&b);
	return w->made - before;
}

static void
is_not_made_for_rules_that_name_other_claims(void **state)
{
	struct world *w = *state;

	assert_int_equal(0,
		made_by(w, ISSUE("c:[type==\"secureBootEnabled\"] => issue(claim=c);"
				 "=> issue(type=\"x\", value=1);"
				 "[type==\"event\"] => issue(type=\"y\", value=1);")));
	/* what a rule makes of this name is another claim */
	assert_int_equal(
		0, made_by(w, ISSUE("=> add(type=\"eventz\", value=\"mine\");"
				    "c:[type==\"eventz\"] => issue(claim=c);")));
}

static void
is_made_for_a_rule_that_names_it(void **state)
{
	struct world *w = *state;

	assert_int_equal(1,
		made_by(w, ISSUE("c:[type==\"events\"] => issue(type=\"n\", "
				 "value=JmesPath(c.value, \"Events[0].PcrIndex\"));")));
	/* once for the request, however many rules and policies read it */
	assert_int_equal(
		0, made_by(w, ISSUE("c:[type==\"events\"] => issue(claim=c);"
				    "d:[type==\"events\"] => issue(claim=d);")));
}

static void
is_made_for_a_copy_of_all_claims(void **state)
{
	struct world *w = *state;

	assert_int_equal(1, made_by(w, ISSUE("c:[issuer==\"AttestationService\"] => "
					     "issue(claim=c);")));
}

static void
is_made_where_the_type_is_computed(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		1, made_by(w, ISSUE("=> add(type=\"name\", value=\"events\");"
				    "n:[type==\"name\"] && c:[type==n.value] => "
				    "issue(claim=c);")));
}

static void
is_made_for_a_test_without_a_type(void **state)
{
	struct world *w = *state;

	assert_int_equal(1, made_by(w, AUTHORIZE("[value==\"{}\"] => deny();"
						 "=> permit();")));
}

static void
is_there_for_a_rule_that_asks_for_its_absence(void **state)
{
	struct world *w = *state;

	assert_int_equal(1, made_by(w, AUTHORIZE("![type==\"events\"] => permit();")));
}

static void
is_made_for_a_trace(void **state)
{
	struct world *w = *state;
	struct avow_policy_trace trace = {NULL, NULL};
	struct avow_buf b;

	avow_buf_init(&b, AVOW_KIB(64));
	decide(w, ISSUE("=> issue(type=\"x\", value=1);"), &w->later, &trace, &b);
	assert_int_equal(1, w->made);
	avow_buf_clear(&b);
}

/* A text that cannot be made is an error where it is read, and nothing where not. */
static void
its_error_is_the_policys(void **state)
{
	struct world *w = *state;
	struct avow_buf b;

	avow_buf_init(&b, AVOW_KIB(64));
	avow_claims_init(&w->later, &w->arena);
	avow_claims_add_later(&w->later, AVOW_CLAIM_TPM_EVENTS, put_too_much, w);
	decide(w, ISSUE("[type==\"events\"] => issue(type=\"x\", value=1);"), &w->later,
		NULL, &b);
	assert_string_equal("too_large{}", avow_buf_str(&b));
	avow_buf_reset(&b);
	decide(w, ISSUE("=> issue(type=\"x\", value=1);"), &w->later, NULL, &b);
	assert_string_equal("ok{\"x\":1}", avow_buf_str(&b));
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			is_not_made_for_rules_that_name_other_claims, setup, teardown),
		cmocka_unit_test_setup_teardown(
			is_made_for_a_rule_that_names_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			is_made_for_a_copy_of_all_claims, setup, teardown),
		cmocka_unit_test_setup_teardown(
			is_made_where_the_type_is_computed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			is_made_for_a_test_without_a_type, setup, teardown),
		cmocka_unit_test_setup_teardown(
			is_there_for_a_rule_that_asks_for_its_absence, setup, teardown),
		cmocka_unit_test_setup_teardown(is_made_for_a_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(
			its_error_is_the_policys, setup, teardown),
	};

	return cmocka_run_group_tests_name("policy/later", tests, NULL, NULL);
}
