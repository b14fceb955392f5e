/*
 * fetch: the fetcher, with a clock, random numbers and a network of the test's own;
 * its jobs run on the test's thread, one by one.
 */
#include "world.h"

#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

static struct avow_store *store;
static struct avow_fetcher *f;
static char dir[64];
static struct avow_arena arena;

static int64_t now_s, mono_ms;
static long status; /* of every answer */
static const char *retry_after;
static struct avow_span wrong_body; /* in place of the TCB info's */
static enum avow_err send_err;
static unsigned asked, woken, landings;
static uint64_t last_token;

static int64_t
clock_now(void *ctx)
{
	(void)ctx;
	return now_s;
}

static int64_t
clock_mono(void *ctx)
{
	(void)ctx;
	return mono_ms;
}

static uint32_t
most(void *ctx)
{
	(void)ctx;
	return UINT32_MAX; /* odd multiples of halves: near the end of the jitter */
}

static const struct avow_fetch_key *
key_of(const char *url)
{
	if (strstr(url, "/tcb?"))
		return &TCB;
	if (strstr(url, "/qe/"))
		return &QE;
	return strstr(url, "/pckcrl") ? &PCK : &ROOT;
}

static enum avow_err
send_answer(void *ctx, const struct avow_net_request *rq, struct avow_net_response *rs,
	struct avow_why *w)
{
	const struct avow_fetch_key *k = key_of(rq->url);

	(void)ctx;
	(void)w;
	asked++;
	assert_int_equal(0, strncmp(rq->url, "https://pcs.example/", 20));
	if (send_err != AVOW_OK)
		return send_err;
	rs->status = status;
	avow_buf_put(&rs->body, k == &TCB && wrong_body.p ? wrong_body : good_body(k));
	avow_buf_put(&rs->headers[0].value, encoded(good_chain(k)));
	if (retry_after)
		avow_buf_put_str(&rs->headers[1].value, retry_after);
	return AVOW_OK;
}

static void
on_landed(void *ctx)
{
	(void)ctx;
	landings++;
}

static void
on_wake(void *ctx, uint64_t token)
{
	(void)ctx;
	woken++;
	last_token = token;
}

static sem_t under_way;
static atomic_bool was_cut;

/* A source that answers nobody, ever: only the end of the fetcher ends it. */
static enum avow_err
send_to_silence(void *ctx, const struct avow_net_request *rq,
	struct avow_net_response *rs, struct avow_why *w)
{
	(void)ctx;
	(void)rs;
	(void)w;
	sem_post(&under_way);
	while (rq->cancel && !atomic_load(rq->cancel))
		sched_yield();
	was_cut = rq->cancel != NULL;
	return AVOW_E_NET_CONNECT;
}

static void
start_with(const char *intel, avow_fetch_send *send)
{
	const struct avow_fetcher_options o = {.sources = {.intel = intel},
		.store = store,
		.refresh_s = 86400,
		.amd_per_minute = 2,
		.now_s = clock_now,
		.mono_ms = clock_mono,
		.random = most,
		.send = send,
		.landed = on_landed,
		.wake = on_wake};

	avow_fetcher_free(f);
	assert_ok(avow_fetcher_new(&o, &f));
	avow_fetcher_set_known(f, p.anchors, known);
}

static void
start(const char *intel)
{
	start_with(intel, send_answer);
}

static int
set_up(void **state)
{
	(void)state;
	world_init();
	avow_arena_init(&arena, AVOW_MIB(16));
	snprintf(dir, sizeof(dir), "/tmp/avow-fetch-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_ok(avow_store_open_sqlite(dir, &store, &why));
	now_s = T0;
	mono_ms = 1000;
	status = 200;
	retry_after = NULL;
	wrong_body = (struct avow_span){NULL, 0};
	send_err = AVOW_OK;
	asked = woken = landings = 0;
	f = NULL;
	start("https://pcs.example");
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"avow.db", "avow.db-wal", "avow.db-shm"};
	char path[128];

	(void)state;
	avow_fetcher_free(f);
	avow_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	avow_arena_clear(&arena);
	world_clear();
	return rmdir(dir);
}

static struct avow_fetch_answer
want(const struct avow_fetch_key *k, uint64_t token)
{
	const struct avow_fetch_want w = {
		.keys = k, .n = 1, .provider = AVOW_LIT("default"), .token = token};
	struct avow_fetch_answer a;

	avow_fetcher_want(f, &w, &a);
	assert_true(a.retry_after_s >= 1);
	return a;
}

static void
run_all(void)
{
	for (int i = 0; i < 100 && avow_fetcher_run_one(f); i++)
		;
}

static bool
is_stored(const struct avow_fetch_key *k)
{
	struct avow_store_collateral c;
	char name[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(k, name);
	return avow_store_collateral_get(store, avow_span_str(name), &arena, &c) ==
	       AVOW_OK;
}

/* --- one fetch, many waiters -------------------------------------------------------- */

static void
a_thousand_wants_are_one_fetch(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(1, want(&TCB, i).pending);
	run_all();
	assert_int_equal(1, asked);
	assert_int_equal(1000, woken);
	assert_int_equal(1, landings);
	assert_true(is_stored(&TCB));
	assert_false(avow_fetcher_run_one(f));
}

static void
who_wants_several_is_woken_once_by_the_last(void **state)
{
	const struct avow_fetch_key keys[] = {TCB, QE, PCK, ROOT};
	const struct avow_fetch_want w = {.keys = keys, .n = 4, .token = 7};
	struct avow_fetch_answer a;

	(void)state;
	avow_fetcher_want(f, &w, &a);
	assert_int_equal(4, a.pending);
	while (woken == 0)
		assert_true(avow_fetcher_run_one(f));
	assert_int_equal(7, last_token);
	for (size_t i = 0; i < 4; i++)
		assert_true(is_stored(&keys[i]));
	run_all();
	assert_int_equal(1, woken);
	assert_int_equal(4, asked);
}

static void
what_is_stored_is_not_asked_for(void **state)
{
	(void)state;
	(void)want(&TCB, 1);
	run_all();
	/* at once it is told, later it is looked up; by another process too */
	assert_int_equal(0, want(&TCB, 2).pending);
	assert_err(AVOW_OK, want(&TCB, 2).err);
	mono_ms += 10000;
	start("https://pcs.example");
	assert_int_equal(1, want(&TCB, 3).pending);
	run_all();
	assert_int_equal(1, asked);
	assert_int_equal(3, last_token);
}

static void
without_a_source_it_is_said(void **state)
{
	struct avow_fetch_answer a;

	(void)state;
	start("");
	(void)want(&TCB, 1);
	run_all();
	a = want(&TCB, 2);
	assert_int_equal(0, a.pending);
	assert_err(AVOW_E_FETCH_NO_SOURCE, a.err);
	assert_int_equal(0, asked);
}

/* --- what is refused ------------------------------------------------------------------ */

static void
what_does_not_verify_is_remembered_and_not_stored(void **state)
{
	struct avow_fetch_answer a;

	(void)state;
	wrong_body = signed_doc(&p, tcb_spec(), p.other_key);
	(void)want(&TCB, 1);
	run_all();
	assert_int_equal(1, woken);
	assert_int_equal(0, landings);
	assert_false(is_stored(&TCB));
	for (int i = 0; i < 50; i++) {
		a = want(&TCB, 2);
		assert_int_equal(0, a.pending);
		assert_err(AVOW_E_TCB_INFO_SIGNATURE, a.err);
		run_all();
	}
	assert_int_equal(1, asked);
	/* and asked for again once that is forgotten */
	wrong_body = (struct avow_span){NULL, 0};
	mono_ms += 61000;
	assert_int_equal(1, want(&TCB, 3).pending);
	run_all();
	assert_true(is_stored(&TCB));
}

/* No roll-back: genuine and current, and older than what is stored. */
static void
what_is_older_than_stored_is_refused(void **state)
{
	struct doc_spec older = tcb_spec();

	(void)state;
	(void)want(&TCB, 1);
	run_all();
	older.issue_s -= 1;
	wrong_body = signed_doc(&p, older, p.signer_key);
	now_s += 2 * DAY; /* it is fetched anew */
	mono_ms += 100000;
	(void)want(&TCB, 2);
	run_all();
	assert_int_equal(2, asked);
	assert_err(AVOW_E_COLLATERAL_ROLLBACK, want(&TCB, 3).err);
	assert_int_equal(1, landings);
}

static void
a_document_that_is_not_there_is_not_asked_for_again_soon(void **state)
{
	(void)state;
	status = 404;
	(void)want(&TCB, 1);
	run_all();
	assert_err(AVOW_E_FETCH_NOT_FOUND, want(&TCB, 2).err);
	mono_ms += 100000;
	assert_err(AVOW_E_FETCH_NOT_FOUND, want(&TCB, 2).err);
	run_all();
	assert_int_equal(1, asked);
	mono_ms += 300000;
	status = 200;
	assert_int_equal(1, want(&TCB, 3).pending);
}

/* --- a source that is busy or down ------------------------------------------------------- */

static void
a_429_holds_the_source_for_all_its_documents(void **state)
{
	struct avow_fetch_answer a;

	(void)state;
	status = 429;
	retry_after = "120";
	(void)want(&TCB, 1);
	run_all();
	assert_int_equal(1, asked);
	assert_int_equal(1, woken); /* with the word to come back */
	a = want(&TCB, 2);
	assert_int_equal(0, a.pending);
	assert_err(AVOW_E_FETCH_BUSY, a.err);
	assert_true(a.retry_after_s >= 120);
	(void)want(&QE, 3);
	run_all();
	assert_int_equal(1, asked);
	mono_ms += 119000;
	run_all();
	assert_int_equal(1, asked);
	/* then it goes on by itself: what was queued is fetched */
	status = 200;
	retry_after = NULL;
	mono_ms += 60000;
	run_all();
	assert_true(is_stored(&TCB));
	assert_true(is_stored(&QE));
	assert_int_equal(3, asked);
}

static void
the_time_between_tries_doubles(void **state)
{
	unsigned in_a_minute, in_the_next;

	(void)state;
	send_err = AVOW_E_NET_CONNECT;
	(void)want(&TCB, 1);
	for (int i = 0; i < 60; i++, mono_ms += 1000)
		run_all();
	in_a_minute = asked;
	assert_true(in_a_minute >= 3 && in_a_minute <= 7);
	for (int i = 0; i < 60; i++, mono_ms += 1000)
		run_all();
	in_the_next = asked - in_a_minute;
	assert_true(in_the_next <= 2);
	assert_false(is_stored(&TCB));
}

/* The last good one stays while its source is down, and is not touched. */
static void
a_source_that_is_down_takes_nothing_away(void **state)
{
	(void)state;
	(void)want(&TCB, 1);
	run_all();
	send_err = AVOW_E_NET_TIMEOUT;
	for (int day = 0; day < 40; day++) {
		now_s += DAY;
		mono_ms += DAY * 1000;
		avow_fetcher_tick(f);
		run_all();
		assert_true(is_stored(&TCB));
	}
	/* tries go on day after day, and it is renewed when the source is back */
	assert_true(asked > 40);
	assert_int_equal(1, landings);
}

/* --- what is due ---------------------------------------------------------------------------- */

static void
a_document_is_renewed_ahead_of_its_end(void **state)
{
	struct doc_spec next = tcb_spec();

	(void)state;
	(void)want(&TCB, 1);
	run_all();
	avow_fetcher_tick(f);
	run_all();
	assert_int_equal(1, asked);
	/* a day later it is asked for again: it may have been replaced early */
	next.issue_s += DAY;
	next.next_s += DAY;
	wrong_body = signed_doc(&p, next, p.signer_key);
	now_s += DAY + 1;
	mono_ms += (DAY + 1) * 1000;
	avow_fetcher_tick(f);
	run_all();
	assert_int_equal(2, asked);
	assert_int_equal(2, landings);
	avow_fetcher_tick(f);
	run_all();
	assert_int_equal(2, asked);
}

/* --- AMD's limits ----------------------------------------------------------------------------- */

static void
vceks_have_a_rate_for_each_provider(void **state)
{
	struct avow_fetcher_counts counts;
	struct avow_fetch_answer a;
	struct avow_fetch_key k = {.kind = AVOW_FETCH_VCEK};

	(void)state;
	assert_ok(avow_fetcher_set_sources(
		f, &(struct avow_fetch_sources){.amd = "https://pcs.example"}));
	status = 404;
	for (unsigned i = 1; i <= 10; i++) {
		k.chip_id[0] = (uint8_t)i;
		(void)want(&k, i);
		run_all();
	}
	assert_int_equal(2, asked); /* two a minute */
	assert_int_equal(10, woken);
	a = want(&k, 11);
	assert_err(AVOW_E_FETCH_LIMIT, a.err);
	/* a provider beside it is not held back */
	k.chip_id[0] = 99;
	avow_fetcher_want(f,
		&(struct avow_fetch_want){
			.keys = &k, .n = 1, .provider = AVOW_LIT("acme"), .token = 1},
		&a);
	run_all();
	assert_int_equal(3, asked);
	mono_ms += 61000;
	k.chip_id[0] = 100;
	(void)want(&k, 12);
	run_all();
	assert_int_equal(4, asked);
	avow_fetcher_count(f, &counts);
	assert_int_equal(0, counts.fetched);
}

/* Anybody's draft policy names a number: as many questions as there are numbers would
 * go out, and each answer would hold a place in the table. */
static void
numbers_have_a_rate_for_each_provider(void **state)
{
	struct avow_fetch_key tcb = TCB, qe = QE;

	(void)state;
	status = 404;
	for (unsigned i = 1; i <= 10; i++) {
		tcb.number = qe.number = 100 + i;
		(void)want(&tcb, i);
		(void)want(&qe, i);
		run_all();
	}
	assert_int_equal(2, asked); /* two a minute, of both kinds */
	assert_int_equal(20, woken);
	assert_err(AVOW_E_FETCH_LIMIT, want(&tcb, 11).err);
	/* what has no number is not held back */
	status = 200;
	(void)want(&TCB, 12);
	(void)want(&QE, 12);
	run_all();
	assert_int_equal(4, asked);
	assert_true(is_stored(&TCB) && is_stored(&QE));
}

/* The number that was fetched once is renewed, whoever's bucket is empty. */
static void
a_number_that_is_stored_is_renewed_without_a_rate(void **state)
{
	struct avow_fetch_key k = TCB, other = TCB;

	(void)state;
	k.number = tcb_spec().number;
	(void)want(&k, 1);
	run_all();
	assert_true(is_stored(&k));
	other.number = 1;
	status = 404;
	(void)want(&other, 2);
	run_all();
	assert_int_equal(2, asked); /* the bucket is empty */
	now_s += 86400;
	mono_ms += 2000;
	status = 200;
	avow_fetcher_tick(f);
	run_all();
	assert_int_equal(3, asked);
}

/* What somebody else waits for is told without a new question. */
static void
who_only_asks_is_told(void **state)
{
	const struct avow_fetch_want tell = {
		.keys = &TCB, .n = 1, .token = 1, .only_tell = true};
	struct avow_fetch_answer a;

	(void)state;
	avow_fetcher_want(f, &tell, &a);
	assert_err(AVOW_OK, a.err);
	(void)want(&TCB, 1);
	avow_fetcher_want(f, &tell, &a);
	assert_err(AVOW_E_FETCH_PENDING, a.err);
	assert_int_equal(0, a.pending);
	assert_true(avow_fetcher_next_ms(f) <= mono_ms);
	run_all();
	assert_true(avow_fetcher_next_ms(f) == INT64_MAX);
}

/* Nobody waits for it, and whoever hints again asks nothing new. */
static void
a_hint_asks_once(void **state)
{
	struct avow_fetcher_counts counts;

	(void)state;
	for (int i = 0; i < 10; i++)
		avow_fetcher_hint(f, &TCB);
	run_all();
	avow_fetcher_hint(f, &TCB);
	run_all();
	assert_int_equal(1, asked);
	assert_int_equal(0, woken);
	assert_true(is_stored(&TCB));
	start(NULL);
	avow_fetcher_hint(f, &QE); /* no source: no job */
	avow_fetcher_count(f, &counts);
	assert_int_equal(0, counts.queued);
}

static void
the_end_does_not_wait_for_a_source(void **state)
{
	struct avow_fetch_answer a;

	(void)state;
	assert_int_equal(0, sem_init(&under_way, 0, 0));
	start_with("https://pcs.example", send_to_silence);
	assert_ok(avow_fetcher_start(f));
	assert_int_equal(1, want(&TCB, 1).pending);
	while (sem_wait(&under_way) != 0)
		;
	avow_fetcher_stop(f);
	assert_int_equal(1, woken);
	assert_int_equal(1, last_token);
	/* who asks now, or again, is told and does not wait */
	a = want(&TCB, 2);
	assert_int_equal(0, a.pending);
	assert_err(AVOW_E_FETCH_PENDING, a.err);
	assert_int_equal(0, want(&QE, 3).pending);
	avow_fetcher_free(f);
	f = NULL;
	assert_true(was_cut);
	assert_int_equal(1, woken);
	assert_false(is_stored(&TCB));
	sem_destroy(&under_way);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_thousand_wants_are_one_fetch),
		T(who_wants_several_is_woken_once_by_the_last),
		T(what_is_stored_is_not_asked_for),
		T(without_a_source_it_is_said),
		T(what_does_not_verify_is_remembered_and_not_stored),
		T(what_is_older_than_stored_is_refused),
		T(a_document_that_is_not_there_is_not_asked_for_again_soon),
		T(a_429_holds_the_source_for_all_its_documents),
		T(the_time_between_tries_doubles),
		T(a_source_that_is_down_takes_nothing_away),
		T(a_document_is_renewed_ahead_of_its_end),
		T(vceks_have_a_rate_for_each_provider),
		T(numbers_have_a_rate_for_each_provider),
		T(a_number_that_is_stored_is_renewed_without_a_rate),
		T(who_only_asks_is_told),
		T(a_hint_asks_once),
		T(the_end_does_not_wait_for_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
