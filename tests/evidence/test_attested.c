/* Logs beside quoted registers: what is refused, by which code and with which
 * words, and that nothing but compared registers tells anything. */
#include "support.h"

#include "evidence/eventlog/attested.h"
#include "log_world.h"

static const struct avow_span SEP = {(const uint8_t *)"\0\0\0\0", 4};

/* a tagged event of Windows: BOOTDEBUGGING false, and true */
static const struct avow_span TAG_OFF = {(const uint8_t *)"\1\0\4\0\1\0\0\0\0", 9};
static const struct avow_span TAG_ON = {(const uint8_t *)"\1\0\4\0\1\0\0\0\1", 9};

struct quote {
	struct avow_quoted_bank bank[2];
	uint8_t value[2][AVOW_LOG_REGISTERS][AVOW_MAX_DIGEST];
	size_t n;
};

/* The registers as the log in w leaves them, of these PCRs. */
static void
quote_of(struct world *w, struct quote *q, const enum avow_hash *banks, size_t n,
	uint32_t mask)
{
	assert_ok(replay(w));
	memset(q, 0, sizeof(*q));
	q->n = n;
	for (size_t i = 0; i < n; i++) {
		q->bank[i].bank = banks[i];
		q->bank[i].mask = mask;
		for (size_t p = 0; p < AVOW_LOG_REGISTERS; p++) {
			memcpy(q->value[i][p], w->r.reg[p].value[banks[i]],
				AVOW_MAX_DIGEST);
			q->bank[i].value[p] = avow_span_make(
				q->value[i][p], avow_hash_bytes(banks[i]));
		}
	}
}

static void
quote_sha1(struct world *w, struct quote *q, uint32_t mask)
{
	static const enum avow_hash SHA1[] = {AVOW_SHA1};

	quote_of(w, q, SHA1, 1, mask);
}

static enum avow_err
attest(struct world *w, const struct quote *q, struct avow_attested *at)
{
	const struct avow_log_input in = {avow_buf_span(&w->b), AVOW_LOG_AUTO};

	avow_why_init(&w->why);
	return avow_attested_logs(&in, 1, q->bank, q->n, &w->a, at, &w->why);
}

static const char *
told(struct world *w, const struct avow_attested *at)
{
	struct avow_jw jw;

	avow_buf_reset(&w->doc);
	avow_jw_init(&jw, &w->doc);
	avow_attested_put_events(at, &jw);
	return avow_buf_str(&w->doc);
}

static void
tells_the_events_of_quoted_registers(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("x"));
	put_sha1(&w->b, 4, 5, AVOW_LIT("Go"), AVOW_LIT("Go"));
	put_sha1(&w->b, 5, 5, AVOW_LIT("No"), AVOW_LIT("No"));
	put_sha1(&w->b, 4, 4, SEP, SEP);
	quote_sha1(w, &q, 1u << 4 | 1u << 9);
	assert_ok(attest(w, &q, &at));
	assert_string_equal(told(w, &at),
		"{\"Events\":[{\"EventSeq\":2,\"EventType\":5,\"EventTypeString\":"
		"\"EV_ACTION\",\"PcrIndex\":4,\"ProcessedData\":{\"String\":\"Go\"},"
		"\"Digests\":{\"SHA1\":\"2e0b45f2a456e8db55f08d7b65e87593a3e9a140\"}},"
		"{\"EventSeq\":4,\"EventType\":4,\"EventTypeString\":\"EV_SEPARATOR\","
		"\"PcrIndex\":4,\"ProcessedData\":{\"RawData\":\"AAAAAA\"},"
		"\"Digests\":{\"SHA1\":\"9069ca78e7450a285173431b3e52c5c25299e473\"}}]"
		"}");
	assert_int_equal(at.quoted, 1u << 4 | 1u << 9);
	assert_int_equal(at.extended, 1u << 4 | 1u << 5);
}

static void
tells_the_quoted_values_also_of_registers_without_events(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;
	struct avow_jw jw;

	put_sha1(&w->b, 4, 4, SEP, SEP);
	quote_sha1(w, &q, 1u << 9);
	assert_ok(attest(w, &q, &at));
	avow_jw_init(&jw, &w->doc);
	avow_attested_put_pcrs(&at, &jw);
	assert_string_equal(avow_buf_str(&w->doc),
		"{\"PCRs\":[{\"Index\":9,\"Digests\":{\"SHA1\":"
		"\"0000000000000000000000000000000000000000\"}}]}");
}

/* bug 2: a difference is a refusal, whatever else holds */
static void
refuses_every_flipped_bit_of_a_quoted_value(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 4, 4, SEP, SEP);
	quote_sha1(w, &q, 1u << 4);
	for (size_t bit = 0; bit < 160; bit++) {
		q.value[0][4][bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
		assert_int_equal(0, at.log_count);
		q.value[0][4][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_string_equal(w->why.field, "PCR 4, SHA1");
	assert_ok(attest(w, &q, &at));
	q.bank[0].value[4].n = 19;
	assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
}

static void
names_the_event_whose_digest_is_not_its_datas(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 4, 5, AVOW_LIT("Go"), AVOW_LIT("Go"));
	put_sha1(&w->b, 4, 5, AVOW_LIT("In"), AVOW_LIT("In"));
	quote_sha1(w, &q, 1u << 4);
	w->b.p[34 + 8] ^= 1; /* the second event's digest */
	assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
	assert_string_equal(w->why.message, "event 2 of logs[0] (EV_ACTION) has a "
					    "digest that is not its data's");
	assert_int_equal(w->why.offset, 34);
}

/* bug 22: each quoted bank is compared, and none stands for another */
static void
refuses_a_difference_in_any_bank(void **state)
{
	static const enum avow_hash BANKS[] = {AVOW_SHA1, AVOW_SHA256};
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_spec_id(&w->b);
	put_agile(&w->b, 7, 4, SEP, SEP);
	quote_of(w, &q, BANKS, 2, 1u << 7);
	assert_ok(attest(w, &q, &at));
	for (size_t i = 0; i < 2; i++) {
		q.value[i][7][0] ^= 1;
		assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
		q.value[i][7][0] ^= 1;
	}
	assert_string_equal(w->why.field, "PCR 7, SHA256");
}

static void
refuses_a_log_without_the_quoted_bank(void **state)
{
	static const enum avow_hash BANKS[] = {AVOW_SHA1, AVOW_SHA256};
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 7, 4, SEP, SEP);
	quote_of(w, &q, BANKS, 2, 1u << 7);
	assert_err(AVOW_E_EVENTLOG_BANK, attest(w, &q, &at));
	assert_string_equal(w->why.field, "PCR 7, SHA256");
	q.bank[1].mask = 0; /* quoted in the log's bank alone */
	assert_ok(attest(w, &q, &at));
}

/* bug 30: an empty selection covers nothing, so nothing is told */
static void
tells_nothing_when_nothing_is_quoted(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 7, 4, SEP, SEP);
	quote_sha1(w, &q, 0);
	assert_ok(attest(w, &q, &at));
	assert_string_equal("{\"Events\":[]}", told(w, &at));
	q.n = 0;
	assert_ok(attest(w, &q, &at));
	assert_string_equal("{\"Events\":[]}", told(w, &at));
}

/* The TPM starts once: the second log goes on where the first ended. */
static void
replays_logs_one_behind_the_other(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;
	struct avow_log_input in[2];

	put_sha1(&w->b, 4, 5, AVOW_LIT("Go"), AVOW_LIT("Go"));
	put_sha1(&w->b, 4, 4, SEP, SEP);
	quote_sha1(w, &q, 1u << 4);
	in[0] = (struct avow_log_input){avow_span_make(w->b.p, 34), AVOW_LOG_TCG};
	in[1] = (struct avow_log_input){
		avow_span_from(avow_buf_span(&w->b), 34), AVOW_LOG_TCG};
	assert_ok(avow_attested_logs(in, 2, q.bank, 1, &w->a, &at, &w->why));
	assert_non_null(strstr(told(w, &at), "{\"EventSeq\":2,\"EventType\":4,"));
	assert_err(AVOW_E_EVENTLOG_QUOTE,
		avow_attested_logs(in, 1, q.bank, 1, &w->a, &at, &w->why));
	assert_err(AVOW_E_TOO_LARGE, avow_attested_logs(in, AVOW_MAX_ATTESTED_LOGS + 1,
					     q.bank, 1, &w->a, &at, NULL));
}

/* --- Windows -------------------------------------------------------------------- */

/* bug 23: a policy asks whether all of them say no; the one that says yes must not
 * vanish because its data was spoiled or its type renamed */
static void
refuses_a_windows_event_that_hides(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	for (uint32_t pcr = 12; pcr <= 13; pcr++) {
		avow_buf_reset(&w->b);
		put_sha1(&w->b, pcr, 6, TAG_OFF, TAG_OFF);
		put_sha1(&w->b, pcr, 6, TAG_ON, TAG_ON);
		put_sha1(&w->b, pcr, 4, AVOW_LIT("WBCL"), AVOW_LIT("WBCL"));
		quote_sha1(w, &q, 1u << pcr);
		assert_ok(attest(w, &q, &at));
		assert_non_null(strstr(told(w, &at), "BOOTDEBUGGING\":true"));
		w->b.p[41 + 32] ^= 1; /* data of the second */
		assert_err(AVOW_E_EVENTLOG_WBCL, attest(w, &q, &at));
		assert_int_equal(41, w->why.offset);
		w->b.p[41 + 32] ^= 1;
		w->b.p[41 + 4] = 13; /* its type */
		assert_err(AVOW_E_EVENTLOG_WBCL, attest(w, &q, &at));
	}
}

static void
allows_other_events_where_windows_did_not_boot(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_sha1(&w->b, 12, 13, AVOW_LIT("a"), AVOW_LIT("b"));
	put_sha1(&w->b, 14, 13, AVOW_LIT("a"), AVOW_LIT("MokList\0"));
	quote_sha1(w, &q, 1u << 12 | 1u << 14);
	assert_ok(attest(w, &q, &at));
	/* and behind Windows' end */
	avow_buf_reset(&w->b);
	put_sha1(&w->b, 12, 4, AVOW_LIT("WBCL"), AVOW_LIT("WBCL"));
	put_sha1(&w->b, 12, 13, AVOW_LIT("a"), AVOW_LIT("b"));
	quote_sha1(w, &q, 1u << 12);
	assert_ok(attest(w, &q, &at));
}

/* --- IMA ------------------------------------------------------------------------ */

static void
put_ima(struct avow_buf *b, const char *name)
{
	struct avow_buf t;

	avow_buf_init(&t, 1024);
	le(&t, 40, 4);
	avow_buf_put(&t, AVOW_LIT("sha256:\0"));
	put_hash(&t, AVOW_SHA256, avow_span_str(name));
	le(&t, strlen(name) + 1, 4);
	avow_buf_put_str(&t, name);
	avow_buf_put_byte(&t, 0);
	le(b, 10, 4);
	put_hash(b, AVOW_SHA1, avow_buf_span(&t));
	le(b, 6, 4);
	avow_buf_put_str(b, "ima-ng");
	le(b, t.n, 4);
	avow_buf_put(b, avow_buf_span(&t));
	avow_buf_clear(&t);
}

/* IMA goes on while the quote is made: what follows the quoted state is no
 * evidence, and a list that never reaches it is refused. */
static void
believes_ima_up_to_the_quoted_state(void **state)
{
	static const enum avow_hash BANKS[] = {AVOW_SHA1, AVOW_SHA256};
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;
	size_t two;

	put_ima(&w->b, "/a");
	put_ima(&w->b, "/b");
	two = w->b.n;
	quote_of(w, &q, BANKS, 2, 1u << 10);
	put_ima(&w->b, "/c");
	assert_ok(attest(w, &q, &at));
	assert_non_null(strstr(told(w, &at), "\"/b\""));
	assert_null(strstr(told(w, &at), "\"/c\""));
	w->b.n = two / 2;
	assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
	q.value[1][10][0] ^= 1; /* one bank of the two */
	w->b.n = two;
	assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
}

static void
believes_no_ima_entry_of_a_register_that_was_still_empty(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_ima(&w->b, "/a");
	quote_sha1(w, &q, 1u << 10);
	memset(q.value[0][10], 0, 20);
	assert_ok(attest(w, &q, &at));
	assert_string_equal("{\"Events\":[]}", told(w, &at));
}

/* ima_crypto.c: each bank of the TPM by its own hash, whichever that is */
static void
compares_ima_in_every_bank(void **state)
{
	static const enum avow_hash BANKS[] = {
		AVOW_SHA1, AVOW_SHA256, AVOW_SHA384, AVOW_SHA512};
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_ima(&w->b, "/a");
	for (size_t i = 0; i < AVOW_LOG_BANKS; i++) {
		uint8_t in[2 * AVOW_MAX_DIGEST] = {0};
		size_t n = avow_hash_bytes(BANKS[i]);
		const struct avow_span both = {in, 2 * n};
		struct avow_span data;

		quote_of(w, &q, &BANKS[i], 1, 1u << 10);
		data = w->log.events[0].data;
		assert_ok(avow_digest(BANKS[i], &data, 1, in + n));
		assert_ok(avow_digest(BANKS[i], &both, 1, q.value[0][10]));
		assert_ok(attest(w, &q, &at));
		assert_non_null(strstr(told(w, &at), "\"/a\""));
		q.value[0][10][n - 1] ^= 1;
		assert_err(AVOW_E_EVENTLOG_QUOTE, attest(w, &q, &at));
	}
}

/* ima_tpm.c before Linux 5.8 */
static void
believes_a_bank_that_an_old_kernel_extended(void **state)
{
	static const enum avow_hash BANKS[] = {AVOW_SHA256};
	uint8_t in[64] = {0};
	const struct avow_span part = {in, 64};
	struct world *w = *state;
	struct avow_attested at;
	struct quote q;

	put_ima(&w->b, "/a");
	quote_of(w, &q, BANKS, 1, 1u << 10);
	memcpy(in + 32, w->log.events[0].digests[0].bytes.p, 20);
	assert_ok(avow_digest(AVOW_SHA256, &part, 1, q.value[0][10]));
	assert_ok(attest(w, &q, &at));
	assert_non_null(strstr(told(w, &at), "\"/a\""));
}

/* --- claims ---------------------------------------------------------------------- */

static void
makes_the_claims_of_the_contract(void **state)
{
	struct world *w = *state;
	struct avow_attested at;
	struct avow_claims set;
	const struct avow_claim *c;
	struct quote q;

	put_sha1(&w->b, 4, 4, SEP, SEP);
	quote_sha1(w, &q, 1u << 4);
	assert_ok(attest(w, &q, &at));
	avow_claims_init(&set, &w->a);
	assert_ok(avow_attested_claims(&at, AVOW_CLAIM_TPM_EVENTS, &set));
	assert_ok(avow_attested_claims(&at, AVOW_CLAIM_TPM_BOOT_EVENTS, &set));
	assert_int_equal(3, set.n);
	assert_ok(avow_claims_settle(&set));
	c = avow_claims_find(&set, AVOW_CLAIM_TPM_EVENTS);
	assert_true(c && c->for_policy && !c->for_token && !c->read_only);
	assert_span_str(told(w, &at), c->string);
	assert_span(
		c->string, avow_claims_find(&set, AVOW_CLAIM_TPM_BOOT_EVENTS)->string);
	c = avow_claims_find(&set, AVOW_CLAIM_TPM_PCRS);
	assert_true(c && c->read_only);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(tells_the_events_of_quoted_registers),
		T(tells_the_quoted_values_also_of_registers_without_events),
		T(refuses_every_flipped_bit_of_a_quoted_value),
		T(names_the_event_whose_digest_is_not_its_datas),
		T(refuses_a_difference_in_any_bank),
		T(refuses_a_log_without_the_quoted_bank),
		T(tells_nothing_when_nothing_is_quoted),
		T(replays_logs_one_behind_the_other),
		T(refuses_a_windows_event_that_hides),
		T(allows_other_events_where_windows_did_not_boot),
		T(believes_ima_up_to_the_quoted_state),
		T(believes_no_ima_entry_of_a_register_that_was_still_empty),
		T(believes_a_bank_that_an_old_kernel_extended),
		T(compares_ima_in_every_bank),
		T(makes_the_claims_of_the_contract),
	};

	return cmocka_run_group_tests_name("attested", tests, NULL, NULL);
}
