/* base/why and base/err: the first refusal wins, texts are printable, and the
 * list of errors is whole. */
#include "support.h"

#include <ctype.h>

#include "base/why.h"

static const struct avow_at HERE = {"check", "field_x", "standard 1"};

static void
records_a_refusal(void **state)
{
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_int_equal(AVOW_OK, why.code);
	assert_true(why.offset == SIZE_MAX);
	assert_err(AVOW_E_QUOTE_VERSION,
		avow_refuse(&why, AVOW_E_QUOTE_VERSION, &HERE, "3", "%d", 9));
	assert_int_equal(AVOW_E_QUOTE_VERSION, why.code);
	assert_string_equal("check", why.check);
	assert_string_equal("field_x", why.field);
	assert_string_equal("standard 1", why.source);
	assert_string_equal("3", why.expected);
	assert_string_equal("9", why.got);
}

static void
the_first_refusal_wins(void **state)
{
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_HEX, avow_refuse(&why, AVOW_E_HEX, &HERE, "a", NULL));
	assert_err(AVOW_E_TIME, avow_refuse(&why, AVOW_E_TIME, NULL, "b", "c"));
	assert_err(AVOW_E_UTF8, avow_refuse_bytes(&why, AVOW_E_UTF8, &HERE,
					AVOW_LIT("x"), AVOW_LIT("y")));
	assert_int_equal(AVOW_E_HEX, why.code);
	assert_string_equal("a", why.expected);
	assert_string_equal("", why.got);
}

static void
no_why_still_gives_the_code(void **state)
{
	(void)state;
	assert_err(AVOW_E_HEX, avow_refuse(NULL, AVOW_E_HEX, &HERE, "a", "b"));
	assert_err(AVOW_E_HEX,
		avow_refuse_bytes(NULL, AVOW_E_HEX, NULL, AVOW_LIT(""), AVOW_LIT("")));
	avow_why_note(NULL, "x");
	avow_why_document(NULL, "x");
	avow_why_field(NULL, "x");
	avow_why_offset(NULL, 1);
}

static void
hostile_text_becomes_printable_and_is_cut(void **state)
{
	struct avow_why why;
	char big[1000];

	(void)state;
	memset(big, 'q', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	avow_why_init(&why);
	avow_refuse(&why, AVOW_E_HEX, &HERE, big, "a\nb\x1b\xff%s", big);
	assert_int_equal(sizeof(why.expected) - 1, strlen(why.expected));
	assert_int_equal(sizeof(why.got) - 1, strlen(why.got));
	assert_memory_equal("a?b??qq", why.got, 7);
	avow_why_note(&why, "%s", big);
	assert_int_equal(sizeof(why.message) - 1, strlen(why.message));
	avow_why_document(&why, "one\n");
	avow_why_document(&why, "two");
	assert_string_equal("one?", why.document);
	avow_why_field(&why, "levels[%d]", 3);
	assert_string_equal("levels[3]", why.field);
	avow_why_offset(&why, 17);
	assert_int_equal(17, why.offset);
}

static void
bytes_are_shown_as_hex_and_cut_with_dots(void **state)
{
	struct avow_why why;
	uint8_t big[200];

	(void)state;
	memset(big, 0xab, sizeof(big));
	avow_why_init(&why);
	avow_refuse_bytes(&why, AVOW_E_HEX, &HERE, AVOW_LIT("\x01\xfe"),
		avow_span_make(big, sizeof(big)));
	assert_string_equal("01fe", why.expected);
	assert_true(strlen(why.got) < sizeof(why.got));
	assert_string_equal("ab...", why.got + strlen(why.got) - 5);
	avow_why_init(&why);
	avow_refuse_bytes(&why, AVOW_E_HEX, &HERE, avow_span_make(big, 94),
		avow_span_make(big, 95));
	assert_int_equal(188, strlen(why.expected));
	assert_string_equal("ab...", why.got + strlen(why.got) - 5);
}

static void
a_field_named_before_is_kept(void **state)
{
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	avow_why_field(&why, "deeper");
	avow_refuse(&why, AVOW_E_HEX, &HERE, NULL, NULL);
	assert_string_equal("deeper", why.field);
}

static void
every_error_is_described(void **state)
{
	(void)state;
	for (int i = 0; i < AVOW_ERR_COUNT; i++) {
		enum avow_err e = (enum avow_err)i;
		const char *name = avow_err_name(e);

		assert_true(strlen(name) > 1 && strlen(name) < 47);
		for (const char *s = name; *s; s++)
			assert_true(islower(*s) || isdigit(*s) || *s == '_');
		assert_true(strlen(avow_err_text(e)) > 5);
		if (i == 0)
			continue;
		assert_in_range(avow_err_http(e), 400, 599);
		assert_true(strlen(avow_err_api_code(e)) > 5);
		assert_int_not_equal(AVOW_CLASS_OK, avow_err_class(e));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, avow_err_name((enum avow_err)k));
	}
	assert_string_equal("ok", avow_err_name(AVOW_OK));
	assert_string_equal("evidence", avow_err_class_name(AVOW_CLASS_EVIDENCE));
	assert_string_equal("internal", avow_err_class_name((enum avow_err_class)99));
}

static void
a_code_outside_the_list_is_never_success(void **state)
{
	enum avow_err wild = (enum avow_err)(AVOW_ERR_COUNT + 5);

	(void)state;
	assert_string_equal("internal", avow_err_name(wild));
	assert_int_equal(AVOW_CLASS_INTERNAL, avow_err_class(wild));
	assert_int_equal(500, avow_err_http(wild));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_a_refusal),
		cmocka_unit_test(the_first_refusal_wins),
		cmocka_unit_test(no_why_still_gives_the_code),
		cmocka_unit_test(hostile_text_becomes_printable_and_is_cut),
		cmocka_unit_test(bytes_are_shown_as_hex_and_cut_with_dots),
		cmocka_unit_test(a_field_named_before_is_kept),
		cmocka_unit_test(every_error_is_described),
		cmocka_unit_test(a_code_outside_the_list_is_never_success),
	};

	return cmocka_run_group_tests_name("base/why", tests, NULL, NULL);
}
