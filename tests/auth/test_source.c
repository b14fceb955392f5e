/* auth/source: when keys are fetched, who waits, and what a flood can cause. The
 * network is a function of the test, the time a number; no thread is started. */
#include "issuer.h"

#include "base/file.h"

#define DISCOVERY "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k.example/keys\"}"

/* What the network of the test answers, and what it was asked. */
static struct {
	enum avow_err fault;
	struct avow_span keys;
	const char *discovery;
	int asked;
	int timeout_ms;
	bool allow_http;
} net;

static enum avow_err
net_get(const struct avow_auth_get *what, struct avow_buf *out, struct avow_why *why)
{
	(void)why;
	net.asked++;
	net.timeout_ms = what->timeout_ms;
	net.allow_http = what->allow_http;
	if (net.fault != AVOW_OK)
		return net.fault;
	if (strcmp(what->url, "https://k.example/keys") == 0)
		avow_buf_put(out, net.keys);
	else
		avow_buf_put_str(out, net.discovery);
	return out->err;
}

static const struct avow_auth_net NET = {net_get};
static uint64_t woken[300];
static size_t n_woken;

static void
wake(void *arg, uint64_t t)
{
	(void)arg;
	woken[n_woken++] = t;
}

static int64_t time_ms;

static int64_t
now_ms(void)
{
	return time_ms;
}

static enum avow_err
fetch(struct avow_source *s, int64_t at_ms)
{
	time_ms = at_ms;
	return avow_source_fetch(s, now_ms, NULL);
}

static struct avow_source *
make(void)
{
	const struct avow_source_place place = {
		ISSUER, ISSUER "/.well-known/openid-configuration", "", "", 3600};
	struct avow_source *s;

	net.fault = AVOW_OK;
	net.keys = jwks(jwk("\"kid\":\"a\",", ec), NULL, NULL);
	net.discovery = DISCOVERY;
	net.asked = 0;
	n_woken = 0;
	assert_ok(avow_source_new(&place, &NET, &s));
	return s;
}

static enum avow_err
find(struct avow_source *s, const char *kid, int64_t at_ms, uint64_t waiter)
{
	const struct avow_auth_waiter w = {wake, NULL, waiter};
	const struct avow_find how = {.waiter = waiter ? &w : NULL};
	const struct avow_issuer_key *key;
	struct avow_issuer_keys *keys;
	enum avow_err e =
		avow_source_find(s, avow_span_str(kid), at_ms, &how, &keys, &key);

	assert_int_equal(e == AVOW_OK, key != NULL);
	avow_issuer_keys_free(keys);
	return e;
}

static void
keys_are_fetched_when_first_asked_for(void **state)
{
	struct avow_source *s = make();

	(void)state;
	assert_err(AVOW_E_ISSUER_PENDING, find(s, "a", 1000, 7));
	assert_err(AVOW_E_ISSUER_PENDING, find(s, "b", 1000, 8));
	assert_int_equal(0, avow_source_due_ms(s));
	assert_ok(fetch(s, 1000));
	assert_int_equal(2, net.asked); /* discovery, keys: one fetch for all */
	assert_true(net.timeout_ms > 0);
	assert_false(net.allow_http);
	assert_int_equal(2, n_woken);
	assert_ok(find(s, "a", 1000, 0));
	assert_int_equal(1000 + 3600 * 1000, avow_source_due_ms(s));
	avow_source_free(s);
}

static void
unknown_kids_lead_to_few_fetches(void **state)
{
	struct avow_source *s = make();

	(void)state;
	assert_ok(fetch(s, 0));
	for (int i = 0; i < 4; i++) {
		assert_err(AVOW_E_TOKEN_KEY_UNKNOWN, find(s, "b", 0, 0));
		assert_err(AVOW_E_ISSUER_PENDING, find(s, "b", 0, 1));
		assert_err(AVOW_E_ISSUER_PENDING, find(s, "c", 0, 2));
		assert_ok(fetch(s, 0));
	}
	assert_int_equal(10, net.asked);
	for (int i = 0; i < 1000; i++)
		assert_err(AVOW_E_TOKEN_KEY_UNKNOWN, find(s, "b", 29999, 1));
	assert_int_equal(3600 * 1000, avow_source_due_ms(s));
	assert_err(AVOW_E_ISSUER_PENDING, find(s, "b", 30000, 1));
	assert_ok(fetch(s, 30000));
	assert_err(AVOW_E_TOKEN_KEY_UNKNOWN, find(s, "b", 59999, 1));
	avow_source_free(s);
}

static void
a_rotated_key_is_there_at_once(void **state)
{
	struct avow_source *s = make();

	(void)state;
	assert_ok(fetch(s, 0));
	net.keys = jwks(jwk("\"kid\":\"b\",", rsa), NULL, NULL);
	assert_err(AVOW_E_ISSUER_PENDING, find(s, "b", 5, 1));
	assert_ok(find(s, "a", 5, 0)); /* who has a key does not wait */
	assert_ok(fetch(s, 5));
	assert_int_equal(1, n_woken);
	assert_ok(find(s, "b", 6, 0));
	avow_source_free(s);
}

static void
after_a_fault_nobody_asks_before_the_pause_is_over(void **state)
{
	struct avow_source *s = make();
	int64_t now = 0, pause = 1000;

	(void)state;
	net.fault = AVOW_E_NET_CONNECT;
	for (int i = 0; i < 10; i++) {
		assert_err(AVOW_E_NET_CONNECT, fetch(s, now));
		assert_int_equal(now + pause, avow_source_due_ms(s));
		assert_err(AVOW_E_ISSUER_METADATA, find(s, "a", now + pause - 1, 1));
		now += pause;
		pause = pause * 2 < 60000 ? pause * 2 : 60000;
		assert_err(AVOW_E_ISSUER_PENDING, find(s, "a", now, 1));
	}
	net.fault = AVOW_OK;
	assert_ok(fetch(s, now));
	assert_ok(find(s, "a", now, 0));
	avow_source_free(s);
}

static void
keys_outlive_faults_for_a_day(void **state)
{
	const int64_t day = 86400 * INT64_C(1000);
	struct avow_source *s = make();

	(void)state;
	assert_ok(fetch(s, 0));
	net.discovery = "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"x\"}";
	assert_err(AVOW_E_ISSUER_METADATA, fetch(s, day - 10));
	assert_ok(find(s, "a", day - 1, 0));
	assert_err(AVOW_E_ISSUER_METADATA, find(s, "a", day, 0));
	avow_source_free(s);
}

static void
waiters_are_bounded_and_all_are_woken(void **state)
{
	struct avow_source *s = make();

	(void)state;
	for (uint64_t i = 1; i <= 256; i++)
		assert_err(AVOW_E_ISSUER_PENDING, find(s, "a", 0, i));
	assert_err(AVOW_E_ISSUER_METADATA, find(s, "a", 0, 257));
	assert_ok(fetch(s, 0));
	assert_int_equal(256, n_woken);
	avow_source_silence(s);
	assert_err(AVOW_E_ISSUER_METADATA, find(s, "b", 40000, 1));
	assert_int_equal(256, n_woken);
	avow_source_free(s);
}

static void
a_fetch_that_fails_wakes_too(void **state)
{
	struct avow_source *s = make();

	(void)state;
	net.fault = AVOW_E_NET_TIMEOUT;
	assert_err(AVOW_E_ISSUER_PENDING, find(s, "a", 0, 5));
	assert_err(AVOW_E_NET_TIMEOUT, fetch(s, 0));
	assert_int_equal(1, n_woken);
	assert_int_equal(5, woken[0]);
	avow_source_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_fetched_when_first_asked_for),
		cmocka_unit_test(unknown_kids_lead_to_few_fetches),
		cmocka_unit_test(a_rotated_key_is_there_at_once),
		cmocka_unit_test(after_a_fault_nobody_asks_before_the_pause_is_over),
		cmocka_unit_test(keys_outlive_faults_for_a_day),
		cmocka_unit_test(waiters_are_bounded_and_all_are_woken),
		cmocka_unit_test(a_fetch_that_fails_wakes_too),
	};

	return cmocka_run_group_tests_name(
		"auth/source", tests, issuer_set_up, issuer_tear_down);
}
