/* The webhook's thread: what it sends to, and that its end waits for nobody. */
#include "support.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "machine/alert.h"
#include "net/net.h"

static sem_t under_way;
static atomic_bool was_cut;
static atomic_uint posts;

enum avow_err __wrap_avow_net_fetch(const struct avow_net_request *rq,
	struct avow_net_response *rs, struct avow_why *why);

/* A receiver that takes the connection and answers never: only the end of the
 * service ends the call. Runs on the webhook's thread, where no assert may be. */
enum avow_err
__wrap_avow_net_fetch(const struct avow_net_request *rq, struct avow_net_response *rs,
	struct avow_why *why)
{
	(void)rs;
	(void)why;
	atomic_fetch_add(&posts, 1);
	sem_post(&under_way);
	while (rq->cancel && !atomic_load(rq->cancel))
		sched_yield();
	was_cut = rq->cancel != NULL;
	return AVOW_E_NET_CONNECT;
}

static struct avow_alerts *
open_alerts(const char *url)
{
	const struct avow_machines_settings s = {.webhook = url};
	struct avow_alerts *a;

	assert_ok(avow_alerts_new(&s, &a, NULL));
	return a;
}

static void
tell(struct avow_alerts *a)
{
	avow_alerts_tell(a, &(struct avow_alert){
				    .event = "machine_new",
				    .provider = AVOW_LIT("default"),
				    .machine = AVOW_LIT("00"),
				    .kind = AVOW_LIT("Tpm"),
				    .label = AVOW_LIT("host"),
				    .at_s = 1,
			    });
}

static void
the_end_does_not_wait_for_a_receiver_that_hangs(void **state)
{
	struct avow_alerts *a = open_alerts("https://alerts.example/hook");
	uint64_t told, undelivered;

	(void)state;
	assert_int_equal(0, sem_init(&under_way, 0, 0));
	tell(a);
	tell(a);
	while (sem_wait(&under_way) != 0)
		;
	avow_alerts_count(a, &told, &undelivered);
	assert_int_equal(2, told);
	assert_int_equal(0, undelivered);
	avow_alerts_free(a);
	assert_true(was_cut);
	/* neither a second try of the first one nor a first of the second */
	assert_int_equal(1, posts);
	sem_destroy(&under_way);
}

static void
without_a_webhook_nothing_is_sent(void **state)
{
	struct avow_alerts *a = open_alerts("");
	uint64_t told, undelivered;

	(void)state;
	posts = 0;
	tell(a);
	avow_alerts_count(a, &told, &undelivered);
	assert_int_equal(1, told);
	assert_int_equal(0, undelivered);
	avow_alerts_free(a);
	assert_int_equal(0, posts);
}

static void
refuses_plain_http_to_another_machine(void **state)
{
	const struct avow_machines_settings s = {.webhook = "http://alerts.example/x"};
	struct avow_alerts *a;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_NET_URL, avow_alerts_new(&s, &a, &why));
	assert_null(a);
	assert_string_equal("machine_webhook", why.field);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_does_not_wait_for_a_receiver_that_hangs),
		cmocka_unit_test(without_a_webhook_nothing_is_sent),
		cmocka_unit_test(refuses_plain_http_to_another_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
