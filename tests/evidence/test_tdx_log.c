/* A TD's event log beside its RTMRs: what the quote's SHA-384 registers do not hold
 * decides nothing and is told to nobody (bugs 22, 23; mistakes A2). */
#include "support.h"

#include "evidence/tdx/log.h"
#include "log_world.h"

static const struct avow_span SEP = {(const uint8_t *)"\0\0\0\0", 4};

/* A header of SHA-256 and SHA-384. */
static void
put_header(struct avow_buf *b)
{
	put_spec_id(b);
	b->p[b->n - 9] = 0xb;
	b->p[b->n - 7] = 32;
	b->p[b->n - 5] = 0xc;
	b->p[b->n - 3] = 48;
}

static void
put_record(struct avow_buf *b, uint32_t reg, uint32_t type, struct avow_span data)
{
	le(b, reg, 4);
	le(b, type, 4);
	le(b, 2, 4);
	le(b, 0xb, 2);
	put_hash(b, AVOW_SHA256, data);
	le(b, 0xc, 2);
	put_hash(b, AVOW_SHA384, data);
	le(b, data.n, 4);
	avow_buf_put(b, data);
}

static void
put_secure_boot(struct avow_buf *b, uint8_t v)
{
	struct avow_buf data;

	avow_buf_init(&data, 1024);
	put_variable_data(&data, "SecureBoot", avow_span_make(&v, 1));
	put_record(b, 1, 0x80000001, avow_buf_span(&data));
	avow_buf_clear(&data);
}

/* RTMRs as the log in w leads to. */
static void
sign(struct world *w, struct avow_td_report *r)
{
	memset(r, 0, sizeof(*r));
	assert_ok(avow_eventlog_parse(
		avow_buf_span(&w->b), AVOW_LOG_CCEL, &w->a, &w->log, NULL));
	assert_ok(avow_eventlog_replay(&w->log, &w->r, NULL));
	for (size_t i = 0; i < TDX_RTMRS; i++)
		r->rtmr[i] = avow_span_make(w->r.reg[i + 1].value[AVOW_SHA384], 48);
}

static enum avow_err
check(struct world *w, const struct avow_td_report *r, struct avow_tdx_log *out)
{
	memset(out, 0, sizeof(*out));
	avow_why_init(&w->why);
	return avow_tdx_log_check(avow_buf_span(&w->b), r, &w->a, out, &w->why);
}

static bool
has(struct avow_span text, const char *word)
{
	return avow_span_find(text, avow_span_str(word)) < text.n;
}

static void
the_end_of_firmwares_part_is_seen_in_the_signed_bank(void **state)
{
	struct world *w = *state;
	struct avow_td_report r;
	struct avow_tdx_log log;
	size_t separator;

	put_header(&w->b);
	put_secure_boot(&w->b, 0);
	separator = w->b.n;
	put_record(&w->b, 1, 4, SEP);
	put_secure_boot(&w->b, 1); /* anybody's in the TD */
	sign(w, &r);
	assert_ok(check(w, &r, &log));
	assert_true(has(log.events, "\"VariableData\":\"AA\""));
	w->b.p[separator - 1] = 2; /* what firmware's says */
	w->b.p[separator + 14] ^= 1; /* SHA-256 of the separator */
	assert_ok(check(w, &r, &log));
	assert_false(has(log.events, "VariableData"));
}

/* A digest of what extends nothing is anybody's word, and so is one of a bank that
 * the quote does not sign. */
static void
what_extends_nothing_is_not_told(void **state)
{
	struct world *w = *state;
	struct avow_td_report r;
	struct avow_tdx_log log;

	put_header(&w->b);
	put_record(&w->b, 1, 3, AVOW_LIT("no action"));
	put_record(&w->b, 0, 4, SEP);
	put_record(&w->b, 5, 5, AVOW_LIT("five"));
	put_record(&w->b, 1, 4, SEP);
	sign(w, &r);
	assert_ok(check(w, &r, &log));
	assert_true(log.covers[0] && !log.covers[1] && !log.covers[3]);
	assert_true(has(log.events, "[{\"EventSeq\":4,"));
	assert_false(has(log.events, "EV_NO_ACTION"));
	assert_false(has(log.events, "\"PcrIndex\":0"));
	assert_false(has(log.events, "\"PcrIndex\":5"));
	assert_false(has(log.events, "SHA256"));
}

static void
refuses_a_register_that_the_log_does_not_lead_to(void **state)
{
	static const uint8_t other[48] = {1};
	struct world *w = *state;
	struct avow_td_report r;
	struct avow_tdx_log log;

	put_header(&w->b);
	put_record(&w->b, 1, 4, SEP);
	sign(w, &r);
	for (size_t i = 0; i < TDX_RTMRS; i++) {
		struct avow_span was = r.rtmr[i];

		r.rtmr[i] = avow_span_make(other, 48);
		if (i == 3) { /* the application's: the log says nothing of it */
			assert_ok(check(w, &r, &log));
			break;
		}
		assert_err(AVOW_E_EVENTLOG_QUOTE, check(w, &r, &log));
		assert_int_equal('0' + i, w->why.field[4]);
		assert_false(log.present);
		r.rtmr[i] = was;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_end_of_firmwares_part_is_seen_in_the_signed_bank),
		T(what_extends_nothing_is_not_told),
		T(refuses_a_register_that_the_log_does_not_lead_to),
	};

	return cmocka_run_group_tests_name("tdx_log", tests, NULL, NULL);
}
