/* Challenges of POST /attest/Tpm: what is sealed comes back at any node, and only
 * there, in time, and once. */
#include "store/fixture.h"

#include "api/challenge.h"

#define NOW 1750000000

static struct avow_challenges *challenges;

static int
start(void **state)
{
	if (set_up(state) != 0)
		return -1;
	return avow_challenges_new(store, &challenges) == AVOW_OK ? 0 : -1;
}

static int
stop(void **state)
{
	avow_challenges_free(challenges);
	return tear_down(state);
}

static struct avow_challenge
made(void)
{
	struct avow_challenge ch;

	assert_ok(avow_challenge_make(AVOW_LIT("default"), NOW, &ch));
	return ch;
}

static struct avow_span
sealed(const struct avow_challenge *ch)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, &arena, 4096);
	assert_ok(avow_challenge_seal(challenges, ch, &b));
	return avow_buf_span(&b);
}

static enum avow_err
opened(struct avow_span context, const char *provider, int64_t at_s,
	struct avow_challenge *out)
{
	return avow_challenge_open(
		challenges, context, avow_span_str(provider), at_s, &arena, out, NULL);
}

static void
another_node_opens_what_one_sealed(void **state)
{
	struct avow_challenges *mine = challenges, *other;
	struct avow_challenge ch = made(), back;
	struct avow_span context;

	(void)state;
	ch.has_credential = true;
	memset(ch.ak, 3, sizeof(ch.ak));
	context = sealed(&ch);
	assert_ok(avow_challenges_new(store, &other));
	challenges = other;
	assert_ok(opened(context, "default", NOW + AVOW_CHALLENGE_LIFE_S, &back));
	challenges = mine;
	avow_challenges_free(other);
	assert_memory_equal(ch.id, back.id, sizeof(ch.id));
	assert_memory_equal(ch.bytes, back.bytes, sizeof(ch.bytes));
	assert_memory_equal(ch.ak, back.ak, sizeof(ch.ak));
	assert_true(back.has_credential);
	assert_int_equal(ch.expires_s, back.expires_s);
}

/* verifier-bugs 20 and 21: an old challenge, another provider's, nobody's */
static void
refuses_what_is_late_foreign_or_changed(void **state)
{
	struct avow_challenge ch = made(), back;
	struct avow_span context = sealed(&ch);
	uint8_t *copy = calloc(1, context.n);

	(void)state;
	assert_non_null(copy);
	assert_err(AVOW_E_TPM_CHALLENGE_EXPIRED,
		opened(context, "default", NOW + AVOW_CHALLENGE_LIFE_S + 1, &back));
	assert_err(AVOW_E_TPM_CONTEXT, opened(context, "other", NOW, &back));
	assert_err(AVOW_E_TPM_CONTEXT, opened(AVOW_LIT(""), "default", NOW, &back));
	assert_err(AVOW_E_TPM_CONTEXT, opened(AVOW_LIT("!"), "default", NOW, &back));
	/* but the last character, whose low bits stand for nothing */
	for (size_t i = 0; i + 1 < context.n; i++) {
		memcpy(copy, context.p, context.n);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		assert_err(AVOW_E_TPM_CONTEXT,
			opened(avow_span_make(copy, context.n), "default", NOW, &back));
	}
	free(copy);
}

static void
a_challenge_is_used_once(void **state)
{
	struct avow_challenge ch = made(), other = made();
	struct avow_span id = {ch.id, sizeof(ch.id)},
			 id2 = {other.id, sizeof(other.id)};

	(void)state;
	assert_ok(avow_store_challenge_use(store, id, ch.expires_s, NOW));
	assert_err(AVOW_E_CONFLICT,
		avow_store_challenge_use(store, id, ch.expires_s, NOW));
	/* Taken in the last second, and used up when it is over: another node's clock, or
	 * a later request, must not have it forgotten meanwhile (bug 20). */
	assert_ok(avow_store_challenge_use(
		store, id2, ch.expires_s + 9, ch.expires_s + 3600));
	assert_err(AVOW_E_CONFLICT,
		avow_store_challenge_use(store, id, ch.expires_s, ch.expires_s + 1));
	assert_err(AVOW_E_CONFLICT,
		avow_store_challenge_use(store, id, ch.expires_s, ch.expires_s + 3600));
	assert_ok(
		avow_store_challenge_use(store, id, ch.expires_s, ch.expires_s + 3601));
}

static void
a_use_is_told_once_it_is_known(void **state)
{
	struct avow_challenge ch = made();
	struct avow_challenge_use *first, *second;
	struct avow_writer *w;

	(void)state;
	assert_ok(avow_writer_new(store, &w));
	assert_ok(avow_challenge_use(challenges, w, &ch, NOW, NULL, 0, &first));
	assert_ok(avow_challenge_use(challenges, w, &ch, NOW, NULL, 0, &second));
	avow_writer_join(w, (struct avow_writing *)(void *)first);
	avow_writer_join(w, (struct avow_writing *)(void *)second);
	assert_ok(avow_challenge_used(w, first, NULL));
	assert_err(AVOW_E_TPM_CHALLENGE_USED, avow_challenge_used(w, second, NULL));
	avow_writer_free(w);
}

/* Undecided, and never "used": nobody can know yet. */
static void
a_use_that_is_not_waited_for_is_undecided(void **state)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_challenge ch = made();
	struct avow_challenge_use *use;
	struct avow_writer *w;
	sqlite3 *other;

	(void)state;
	assert_ok(avow_writer_new(store, &w));
	/* another process writes, so that ours waits */
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &other));
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	sqlite3_busy_timeout(s->writer->handle, 60000);
	assert_ok(avow_challenge_use(challenges, w, &ch, NOW, NULL, 0, &use));
	assert_err(AVOW_E_STORE_BUSY, avow_challenge_used(w, use, NULL));
	sqlite3_close(other);
	avow_writer_free(w); /* it is used up all the same */
	assert_err(AVOW_E_CONFLICT,
		avow_store_challenge_use(store, avow_span_make(ch.id, sizeof(ch.id)),
			ch.expires_s, NOW));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			another_node_opens_what_one_sealed, start, stop),
		cmocka_unit_test_setup_teardown(
			refuses_what_is_late_foreign_or_changed, start, stop),
		cmocka_unit_test_setup_teardown(a_challenge_is_used_once, start, stop),
		cmocka_unit_test_setup_teardown(
			a_use_is_told_once_it_is_known, start, stop),
		cmocka_unit_test_setup_teardown(
			a_use_that_is_not_waited_for_is_undecided, start, stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
