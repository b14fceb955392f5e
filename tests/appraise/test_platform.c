/*
 * The allow-list of machines: who is on it, who is not, and who does not say.
 * Verifier bug 34: evidence of any genuine machine, with a stolen key too, would
 * count as one's own.
 */
#include "support.h"

#include "appraise/appraise.h"

#define PPID "00112233445566778899aabbccddeeff"

static struct avow_arena a;
static struct avow_claims claims;
static struct avow_buf list;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&a, 1 << 20);
	avow_claims_init(&claims, &a);
	avow_buf_init(&list, 1 << 16);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_buf_clear(&list);
	avow_arena_clear(&a);
	return 0;
}

static void
is_machine(const char *id)
{
	avow_claims_init(&claims, &a);
	avow_claims_add_string(&claims, AVOW_CLAIM_AVOW_PLATFORM_ID, avow_span_str(id));
}

static enum avow_err
judged(void)
{
	return avow_platform_check(avow_buf_span(&list), &claims, NULL);
}

static void
an_empty_list_has_everybody(void **state)
{
	(void)state;
	assert_ok(judged());
	is_machine(PPID);
	assert_ok(judged());
}

static void
only_whole_ids_are_found(void **state)
{
	(void)state;
	avow_platform_list_put(&list, AVOW_LIT("0123456789abcdef"));
	avow_platform_list_put(&list, AVOW_LIT(PPID));
	is_machine(PPID);
	assert_ok(judged());
	is_machine("0123456789abcdef");
	assert_ok(judged());
	is_machine("00112233445566778899aabbccddeefe");
	assert_err(AVOW_E_PLATFORM_NOT_ALLOWED, judged());
	is_machine("0011223344556677");
	assert_err(AVOW_E_PLATFORM_NOT_ALLOWED, judged());
	is_machine("");
	assert_err(AVOW_E_PLATFORM_NOT_ALLOWED, judged());
	is_machine("0123456789abcdef\n" PPID);
	assert_err(AVOW_E_PLATFORM_NOT_ALLOWED, judged());
}

static void
letters_count_in_any_case(void **state)
{
	(void)state;
	avow_platform_list_put(&list, AVOW_LIT("00112233445566778899AABBCCDDEEFF"));
	is_machine(PPID);
	assert_ok(judged());
}

/* A VLEK speaks for a provider's whole fleet: no machine of it is known. */
static void
who_does_not_say_is_refused(void **state)
{
	struct avow_why why;

	(void)state;
	avow_platform_list_put(&list, AVOW_LIT(PPID));
	avow_why_init(&why);
	assert_err(AVOW_E_PLATFORM_NOT_ALLOWED,
		avow_platform_check(avow_buf_span(&list), &claims, &why));
	assert_string_equal("allowed_platform", why.check);
	assert_string_equal("x-avow-platform-id", why.field);
}

static void
ids_have_three_lengths(void **state)
{
	char text[130];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t n = 0; n <= 130; n++)
		assert_int_equal(n == 16 || n == 32 || n == 128,
			avow_platform_id_is(avow_span_make(text, n)));
	text[3] = 'g';
	assert_false(avow_platform_id_is(avow_span_make(text, 32)));
}

/* The service tells a policy which machine it is, and never a token. */
static void
the_claim_is_for_policies_alone(void **state)
{
	(void)state;
	is_machine(PPID);
	assert_true(claims.v[0].for_policy);
	assert_false(claims.v[0].for_token);
	assert_int_equal(
		AVOW_CLAIM_INCOMING, avow_claim_flags(AVOW_CLAIM_AVOW_PLATFORM_ID));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_empty_list_has_everybody),
		T(only_whole_ids_are_found),
		T(letters_count_in_any_case),
		T(who_does_not_say_is_refused),
		T(ids_have_three_lengths),
		T(the_claim_is_for_policies_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
