/* http/layout: what a lenient in-place parser hides is seen in the places. */
#include "support.h"

#include "pieces.h"

static enum avow_err
judge(struct avow_span text)
{
	struct pieces p;
	enum avow_err err;

	pieces_split(&p, text);
	err = avow_http_judge_layout(&p.in, &p.layout, NULL);
	pieces_free(&p);
	return err;
}

static void
takes_heads_as_the_grammar_has_them(void **state)
{
	(void)state;
	assert_ok(judge(AVOW_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
	assert_ok(judge(AVOW_LIT("GET / HTTP/1.0\r\n\r\n")));
	assert_ok(judge(AVOW_LIT("GET /?a=b HTTP/1.1\r\nHost:a\r\nX: \t y z \r\n"
				 "Empty:\r\nBlank:  \r\n\r\n")));
}

static void
refuses_a_bare_line_feed(void **state)
{
	(void)state;
	assert_err(AVOW_E_HTTP_REQUEST,
		judge(AVOW_LIT("GET / HTTP/1.1\nHost: a\r\n\r\n")));
	assert_err(AVOW_E_HTTP_REQUEST,
		judge(AVOW_LIT("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n")));
	assert_err(AVOW_E_HTTP_REQUEST,
		judge(AVOW_LIT("GET / HTTP/1.1\r\nHost: a\r\n\n")));
}

static void
refuses_more_than_one_space(void **state)
{
	struct pieces p;

	(void)state;
	/* the library skips to the target: it then starts one byte later */
	pieces_split(&p, AVOW_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	p.layout.target = avow_span_from(p.layout.target, 1);
	assert_err(AVOW_E_HTTP_REQUEST, avow_http_judge_layout(&p.in, &p.layout, NULL));
	pieces_free(&p);
}

static void
refuses_a_value_cut_by_nul(void **state)
{
	struct pieces p;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	pieces_split(&p, AVOW_LIT("PUT / HTTP/1.1\r\nHost: a\r\n"
				  "Content-Length: 5\0 6\r\n\r\n"));
	assert_span_str("5", p.pairs[1].value);
	assert_err(AVOW_E_HTTP_REQUEST, avow_http_judge_layout(&p.in, &p.layout, &why));
	assert_string_equal("layout", why.check);
	pieces_free(&p);
}

static void
refuses_a_folded_line(void **state)
{
	struct pieces p;

	(void)state;
	/* the library joins the two lines in another place, and drops the second */
	pieces_split(&p, AVOW_LIT("GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n"));
	p.in.n_headers = 1;
	assert_err(AVOW_E_HTTP_REQUEST, avow_http_judge_layout(&p.in, &p.layout, NULL));
	pieces_free(&p);
}

static void
refuses_pieces_from_elsewhere(void **state)
{
	static const uint8_t other[] = "X";
	struct pieces p;

	(void)state;
	pieces_split(&p, AVOW_LIT("GET / HTTP/1.1\r\nX: a\r\n\r\n"));
	p.pairs[0].name = avow_span_make(other, 1);
	assert_err(AVOW_E_HTTP_REQUEST, avow_http_judge_layout(&p.in, &p.layout, NULL));
	pieces_free(&p);
}

static void
refuses_every_cut_of_a_head(void **state)
{
	struct pieces p;

	(void)state;
	pieces_split(&p, AVOW_LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	for (size_t n = 0; n < p.n; n++) {
		p.layout.raw.n = n;
		assert_err(AVOW_E_HTTP_REQUEST,
			avow_http_judge_layout(&p.in, &p.layout, NULL));
	}
	pieces_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_heads_as_the_grammar_has_them),
		cmocka_unit_test(refuses_a_bare_line_feed),
		cmocka_unit_test(refuses_more_than_one_space),
		cmocka_unit_test(refuses_a_value_cut_by_nul),
		cmocka_unit_test(refuses_a_folded_line),
		cmocka_unit_test(refuses_pieces_from_elsewhere),
		cmocka_unit_test(refuses_every_cut_of_a_head),
	};

	return cmocka_run_group_tests_name("http/layout", tests, NULL, NULL);
}
