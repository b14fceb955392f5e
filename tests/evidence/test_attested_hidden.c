/* Logs that are made to hide an event, or to tell one that no register holds: what
 * the quote does not cover decides nothing, whatever it looks like (bugs 22, 23;
 * mistakes A2). */
#include "support.h"

#include "evidence/eventlog/boot.h"
#include "log_world.h"

static const struct avow_span SEP = {(const uint8_t *)"\0\0\0\0", 4};
static const struct avow_span WBCL = {(const uint8_t *)"WBCL", 4};
/* tagged events of Windows: BOOTDEBUGGING false, and true */
static const struct avow_span TAG_OFF = {(const uint8_t *)"\1\0\4\0\1\0\0\0\0", 9};
static const struct avow_span TAG_ON = {(const uint8_t *)"\1\0\4\0\1\0\0\0\1", 9};

struct hidden {
	struct world *w;
	struct avow_quoted_bank bank;
	uint8_t value[AVOW_LOG_REGISTERS][AVOW_MAX_DIGEST];
	struct avow_log_input in[3];
	size_t n;
	struct avow_attested at;
};

/* What a TPM would have quoted: the SHA-256 bank as the log in w leaves it. */
static void
quote(struct hidden *h, struct world *w, uint32_t mask)
{
	assert_ok(replay(w));
	memset(h, 0, sizeof(*h));
	h->w = w;
	h->bank.bank = AVOW_SHA256;
	h->bank.mask = mask;
	for (size_t p = 0; p < AVOW_LOG_REGISTERS; p++) {
		memcpy(h->value[p], w->r.reg[p].value[AVOW_SHA256], 32);
		h->bank.value[p] = avow_span_make(h->value[p], 32);
	}
}

/* The log in w becomes one of the logs that are sent. */
static void
send(struct hidden *h, enum avow_log_format format)
{
	h->in[h->n++] = (struct avow_log_input){
		avow_arena_copy(&h->w->a, avow_buf_span(&h->w->b)), format};
	avow_buf_reset(&h->w->b);
}

static enum avow_err
attest(struct hidden *h)
{
	avow_why_init(&h->w->why);
	return avow_attested_logs(
		h->in, h->n, &h->bank, 1, &h->w->a, &h->at, &h->w->why);
}

static const char *
told(struct hidden *h)
{
	struct avow_jw jw;

	avow_buf_reset(&h->w->doc);
	avow_jw_init(&jw, &h->w->doc);
	avow_attested_put_events(&h->at, &jw);
	return avow_buf_str(&h->w->doc);
}

static struct avow_boot_facts
facts(const struct hidden *h)
{
	struct avow_boot_facts f;

	assert_ok(avow_attested_boot(&h->at, &f));
	return f;
}

static void
put_secure_boot(struct avow_buf *b, uint8_t v)
{
	struct avow_buf data;

	avow_buf_init(&data, 1024);
	put_variable_data(&data, "SecureBoot", avow_span_make(&v, 1));
	put_agile(b, 7, 0x80000001, avow_buf_span(&data), avow_buf_span(&data));
	avow_buf_clear(&data);
}

/* --- digests of a bank that is not quoted -------------------------------------------- */

/* In the SHA-1 digest of the record that begins at `at`. */
static void
spoil_sha1(struct world *w, size_t at)
{
	w->b.p[at + 14] ^= 1;
}

static void
the_end_of_firmwares_part_is_seen_in_the_quoted_bank(void **state)
{
	struct world *w = *state;
	struct hidden h;
	size_t separator, spoiled;

	put_spec_id(&w->b);
	spoiled = w->b.n;
	put_secure_boot(&w->b, 0);
	separator = w->b.n;
	put_agile(&w->b, 7, 4, SEP, SEP);
	put_secure_boot(&w->b, 1); /* anybody's, behind it */
	quote(&h, w, 1u << 7);
	w->b.p[separator - 1] ^= 1; /* what the first one says */
	spoil_sha1(w, spoiled);
	spoil_sha1(w, separator);
	send(&h, AVOW_LOG_TCG);
	assert_ok(attest(&h));
	assert_int_equal(AVOW_BOOT_UNTOLD, facts(&h).secure_boot);
	assert_null(strstr(told(&h), "SecureBoot"));
}

static void
the_end_of_windows_boot_is_seen_in_the_quoted_bank(void **state)
{
	struct world *w = *state;
	struct hidden h;
	size_t end;

	put_spec_id(&w->b);
	end = w->b.n;
	put_agile(&w->b, 12, 4, WBCL, WBCL);
	put_agile(&w->b, 12, 6, TAG_OFF, TAG_OFF); /* anybody's, behind it */
	quote(&h, w, 1u << 12);
	spoil_sha1(w, end);
	send(&h, AVOW_LOG_TCG);
	assert_ok(attest(&h));
	assert_int_equal(AVOW_BOOT_UNTOLD, facts(&h).boot_debugging_disabled);
	assert_null(strstr(told(&h), "BOOTDEBUGGING"));
}

static void
put_windows(struct world *w, size_t *tag, size_t *end)
{
	put_spec_id(&w->b);
	put_agile(&w->b, 12, 6, TAG_OFF, TAG_OFF);
	*tag = w->b.n;
	put_agile(&w->b, 12, 6, TAG_ON, TAG_ON);
	*end = w->b.n;
	put_agile(&w->b, 12, 4, WBCL, WBCL);
}

static void
a_windows_event_does_not_hide_behind_an_unquoted_digest(void **state)
{
	struct world *w = *state;
	struct hidden h;
	size_t tag, end;

	put_windows(w, &tag, &end);
	quote(&h, w, 1u << 12);
	w->b.p[end - 1] = 2; /* the data that says yes */
	spoil_sha1(w, end);
	send(&h, AVOW_LOG_TCG);
	assert_err(AVOW_E_EVENTLOG_WBCL, attest(&h));
}

/* What is quoted alone counts the other way round too: a bank that nobody quoted
 * cannot spoil what the quoted one proves. */
static void
an_unquoted_digest_spoils_nothing(void **state)
{
	struct world *w = *state;
	struct hidden h;
	size_t tag, end;

	put_windows(w, &tag, &end);
	quote(&h, w, 1u << 12);
	spoil_sha1(w, tag);
	send(&h, AVOW_LOG_TCG);
	assert_ok(attest(&h));
	assert_int_equal(AVOW_BOOT_FALSE, facts(&h).boot_debugging_disabled);
}

/* --- a log in two parts ---------------------------------------------------------------- */

static void
a_windows_event_does_not_hide_in_a_log_of_its_own(void **state)
{
	struct world *w = *state;
	struct hidden h;
	size_t tag, end;

	put_windows(w, &tag, &end);
	quote(&h, w, 1u << 12);
	avow_buf_reset(&w->b);
	put_spec_id(&w->b);
	put_agile(&w->b, 12, 6, TAG_OFF, TAG_OFF);
	put_agile(&w->b, 12, 6, TAG_ON, TAG_ON);
	w->b.p[w->b.n - 1] = 2;
	send(&h, AVOW_LOG_TCG);
	put_spec_id(&w->b);
	put_agile(&w->b, 12, 4, WBCL, WBCL);
	send(&h, AVOW_LOG_TCG);
	assert_err(AVOW_E_EVENTLOG_WBCL, attest(&h));
}

/* --- an IMA list of a register that is not IMA's ------------------------------------------ */

static void
put_ima(struct avow_buf *b, uint32_t pcr)
{
	struct avow_buf t;

	avow_buf_init(&t, 1024);
	le(&t, 40, 4);
	avow_buf_put(&t, AVOW_LIT("sha256:\0"));
	zeros(&t, 32, 7);
	le(&t, 3, 4);
	avow_buf_put(&t, AVOW_LIT("/a\0"));
	le(b, pcr, 4);
	put_hash(b, AVOW_SHA1, avow_buf_span(&t));
	le(b, 6, 4);
	avow_buf_put_str(b, "ima-ng");
	le(b, t.n, 4);
	avow_buf_put(b, avow_buf_span(&t));
	avow_buf_clear(&t);
}

/* A list that has reached the quoted value ends the comparison of its register: what
 * another log tells of it behind that, nothing has compared. */
static void
no_record_follows_an_ima_list_in_its_register(void **state)
{
	struct world *w = *state;
	struct hidden h;

	put_spec_id(&w->b);
	put_agile(&w->b, 4, 4, SEP, SEP);
	quote(&h, w, 1u << 4 | 1u << 12); /* PCR 12: nothing, as on Linux */
	send(&h, AVOW_LOG_TCG);
	put_ima(&w->b, 12);
	send(&h, AVOW_LOG_IMA);
	put_spec_id(&w->b);
	put_agile(&w->b, 12, 6, TAG_OFF, TAG_OFF);
	put_agile(&w->b, 12, 4, WBCL, WBCL);
	send(&h, AVOW_LOG_TCG);
	assert_err(AVOW_E_EVENTLOG_QUOTE, attest(&h));
	assert_string_equal(h.w->why.field, "PCR 12");
}

/* Records without the quoted bank's digest are no part of its value: a list behind
 * them that reaches it would make them evidence. */
static void
an_ima_list_reaches_nothing_behind_a_log_without_the_bank(void **state)
{
	struct world *w = *state;
	struct hidden h;

	put_spec_id(&w->b);
	put_agile(&w->b, 4, 4, SEP, SEP);
	quote(&h, w, 1u << 4 | 1u << 12);
	send(&h, AVOW_LOG_TCG);
	put_sha1(&w->b, 12, 6, TAG_OFF, TAG_OFF);
	put_sha1(&w->b, 12, 4, WBCL, WBCL);
	send(&h, AVOW_LOG_TCG);
	put_ima(&w->b, 12);
	send(&h, AVOW_LOG_IMA);
	assert_err(AVOW_E_EVENTLOG_BANK, attest(&h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_end_of_firmwares_part_is_seen_in_the_quoted_bank),
		T(the_end_of_windows_boot_is_seen_in_the_quoted_bank),
		T(a_windows_event_does_not_hide_behind_an_unquoted_digest),
		T(an_unquoted_digest_spoils_nothing),
		T(a_windows_event_does_not_hide_in_a_log_of_its_own),
		T(no_record_follows_an_ima_list_in_its_register),
		T(an_ima_list_reaches_nothing_behind_a_log_without_the_bank),
	};

	return cmocka_run_group_tests_name("attested_hidden", tests, NULL, NULL);
}
