/*
 * Table-driven cases: an expression on a document gives a JSON text, or
 * "!kind" or "!kind@offset" for an error.
 */
#ifndef AVOW_TESTS_JMESPATH_CASES_H
#define AVOW_TESTS_JMESPATH_CASES_H

#include "jmespath/jmespath.h"
#include "support.h"

struct query_case {
	const char *expr;
	const char *want;
};

/* What an expression gives on a document, as text in `got`. */
static inline void
query_text(const char *expr, const char *doc, const struct avow_jmespath_limits *limits,
	char *got, size_t size)
{
	const struct avow_jmespath *e = NULL;
	const struct avow_json *d = NULL, *v = NULL;
	struct avow_jmespath_error err;
	struct avow_arena a;
	struct avow_buf b;

	avow_arena_init(&a, (size_t)64 << 20);
	avow_buf_init(&b, size - 1);
	assert_ok(avow_json_parse(avow_span_str(doc), NULL, &a, &d, NULL));
	if (avow_jmespath_compile(avow_span_str(expr), &a, &e, &err) !=
			AVOW_JMESPATH_OK ||
		avow_jmespath_search(e, d, &a, limits, &v, &err) != AVOW_JMESPATH_OK) {
		assert_null(v);
		assert_true(err.message[0] != '\0');
		snprintf(got, size, "!%s@%zu", avow_jmespath_kind_name(err.kind),
			err.offset);
	} else {
		assert_int_equal(AVOW_JMESPATH_OK, err.kind);
		avow_json_put(&b, v, AVOW_JSON_AS_IS);
		snprintf(got, size, "%s", avow_buf_str(&b));
	}
	avow_buf_clear(&b);
	avow_arena_clear(&a);
}

static inline void
check_query(const char *expr, const char *doc, const char *want)
{
	char got[4096];
	bool same;

	query_text(expr, doc, NULL, got, sizeof(got));
	same = strcmp(want, got) == 0;
	/* an error without an offset stands for any offset */
	if (want[0] == '!' && !strchr(want, '@'))
		same = strncmp(want, got, strlen(want)) == 0 &&
		       got[strlen(want)] == '@';
	if (!same)
		fail_msg("%s on %s: want %s, got %s", expr, doc, want, got);
}

static inline void
check_queries(const char *doc, const struct query_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_query(cases[i].expr, doc, cases[i].want);
}

#define CHECK(doc, cases)                                                              \
	check_queries((doc), (cases), sizeof(cases) / sizeof((cases)[0]))

#endif
