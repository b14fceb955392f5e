/*
 * The loop of `avow attest --watch`, as a service of the machine that is attested:
 *
 *   attest -> token to its file, or gone from it -> tell -> wait -> attest ...
 *
 * Signals come to a thread of their own, which sets two flags and wakes the wait; the
 * first flag also ends a request that is on its way. What an attestation does to the
 * machine (an entry of configfs, a key in the TPM) is never cut in two by a signal.
 */
#include "cli/watch.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/inputs.h"
#include "crypto/digest.h"

struct loop {
	struct avow_attest_run *r;
	const struct avow_watch *w;
	atomic_bool stop, now;
	int wake; /* eventfd: a flag was set */
	sigset_t signals;
	pthread_t listener;
	unsigned failures; /* attestations without an answer, the last ones */
	bool is_ready;
};

/* --- signals ---------------------------------------------------------------------------- */

static void *
listen_for_signals(void *arg)
{
	const uint64_t one = 1;
	struct loop *l = arg;
	int signal = 0;

	do {
		if (sigwait(&l->signals, &signal) != 0)
			continue;
		if (signal == SIGHUP)
			atomic_store(&l->now, true);
		else
			atomic_store(&l->stop, true);
		(void)!write(l->wake, &one, sizeof(one));
	} while (!atomic_load(&l->stop));
	return NULL;
}

static bool
start_listening(struct loop *l)
{
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake < 0)
		return false;
	sigemptyset(&l->signals);
	sigaddset(&l->signals, SIGTERM);
	sigaddset(&l->signals, SIGINT);
	sigaddset(&l->signals, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &l->signals, NULL) == 0 &&
		pthread_create(&l->listener, NULL, listen_for_signals, l) == 0)
		return true;
	close(l->wake);
	return false;
}

static void
stop_listening(struct loop *l)
{
	pthread_kill(l->listener, SIGTERM);
	pthread_join(l->listener, NULL);
	close(l->wake);
}

/* --- waiting ----------------------------------------------------------------------------- */

/* Until the time is up or a signal came; the watchdog hears from us meanwhile. */
static void
wait_for(struct loop *l, int64_t ms)
{
	const int64_t end = avow_clock_mono_ms() + ms;
	const int beat = avow_notify_watchdog_ms();
	struct pollfd p = {.fd = l->wake, .events = POLLIN};
	uint64_t count;

	while (!atomic_load(&l->stop) && !atomic_exchange(&l->now, false)) {
		int64_t left = end - avow_clock_mono_ms();

		if (left <= 0)
			return;
		if (left > 3600000)
			left = 3600000;
		if (beat >= 0)
			avow_notify("WATCHDOG=1");
		poll(&p, 1, beat >= 0 && beat < left ? beat : (int)left);
		(void)!read(l->wake, &count, sizeof(count));
	}
}

static int64_t
next_delay(const struct loop *l)
{
	uint32_t random = 0;

	if (avow_random((uint8_t *)&random, sizeof(random)) != AVOW_OK)
		random = 0; /* without jitter, then */
	return avow_watch_delay_ms(l->w->every_ms, l->failures, random);
}

/* --- one turn ------------------------------------------------------------------------------ */

/* A token that was given before the refusal must not be taken for an answer to it. */
static void
take_away(const struct avow_attest_run *r)
{
	if (r->out)
		unlink(r->out);
}

/* To the service manager, and a line to the journal. @param delay_ms below 0: none. */
static void
tell(struct loop *l, const char *what, const struct avow_problem *why, int64_t delay_ms)
{
	const char *ready = l->is_ready ? "" : "READY=1\n";
	char again[48] = "";

	l->is_ready = true;
	if (delay_ms >= 0)
		snprintf(again, sizeof(again), "; again in %" PRId64 " s",
			delay_ms / 1000);
	if (why->code[0])
		avow_notify("%sSTATUS=%s: %s: %s%s\nWATCHDOG=1", ready, what, why->code,
			why->message, again);
	else
		avow_notify("%sSTATUS=%s%s\nWATCHDOG=1", ready, what, again);
	fprintf(stderr, "avow attest: %s%s\n", what, again);
}

/* The access token may have been renewed in its file. */
static enum avow_verdict
attest(struct loop *l, struct avow_buf *token, struct avow_problem *why)
{
	if (avow_server_token(&l->r->server, l->r->cmd) != AVOW_EXIT_OK) {
		snprintf(why->code, sizeof(why->code), "file_read");
		snprintf(why->message, sizeof(why->message),
			"the access token cannot be read");
		return AVOW_VERDICT_UNDECIDED;
	}
	return l->w->attest(l->r, token, why);
}

/* Who may not ask was told nothing about the machine. */
static bool
is_about_the_caller(const struct avow_problem *why)
{
	return why->http_status == 401 || why->http_status == 403;
}

/* One attestation and what follows from it; *what is the outcome in words. */
static enum avow_verdict
attest_and_keep(struct loop *l, const char **what, struct avow_problem *why)
{
	struct avow_buf token;
	enum avow_verdict v;

	*what = "no answer";
	avow_buf_init(&token, AVOW_MIB(1));
	v = attest(l, &token, why);
	if (v == AVOW_VERDICT_VERIFIED) {
		*what = "attested";
		if (avow_attest_save(l->r, &token) != AVOW_EXIT_OK) {
			*what = "attested, and the token cannot be written";
			v = AVOW_VERDICT_UNDECIDED;
		}
	} else if (!atomic_load(&l->stop)) {
		avow_cli_problem("attest", why);
	}
	avow_buf_clear(&token);
	if (v == AVOW_VERDICT_REFUSED && is_about_the_caller(why)) {
		*what = "the caller is refused";
		v = AVOW_VERDICT_UNDECIDED;
	}
	if (v == AVOW_VERDICT_REFUSED) {
		*what = "refused";
		take_away(l->r);
	}
	return v;
}

static enum avow_verdict
turn(struct loop *l)
{
	struct avow_problem why;
	enum avow_verdict v;
	const char *what;
	int64_t delay;

	memset(&why, 0, sizeof(why));
	v = attest_and_keep(l, &what, &why);
	l->failures = v == AVOW_VERDICT_UNDECIDED ? l->failures + 1 : 0;
	delay = v == AVOW_VERDICT_REFUSED && l->w->stop_on_refusal ? -1 : next_delay(l);
	if (atomic_load(&l->stop))
		return v;
	tell(l, what, &why, delay);
	if (delay >= 0)
		wait_for(l, delay);
	return v;
}

int
avow_attest_watch(struct avow_attest_run *r, const struct avow_watch *w)
{
	struct loop l = {.r = r, .w = w};
	int status = AVOW_EXIT_OK;

	atomic_init(&l.stop, false);
	atomic_init(&l.now, false);
	if (!start_listening(&l)) {
		perror("avow attest: --watch");
		return AVOW_EXIT_UNDECIDED;
	}
	r->cancel = &l.stop;
	r->collect.cancel = &l.stop;
	while (status == AVOW_EXIT_OK && !atomic_load(&l.stop))
		if (turn(&l) == AVOW_VERDICT_REFUSED && w->stop_on_refusal &&
			!atomic_load(&l.stop))
			status = AVOW_EXIT_REFUSED;
	avow_notify("STOPPING=1");
	stop_listening(&l);
	return status;
}
