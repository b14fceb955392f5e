/*
 * How long `avow collateral fetch` waits for a source that is busy (429, 5xx): what
 * the source asks for, or half a second that doubles to half a minute; with a quarter
 * of jitter on top, so that the machines of a site do not come back together. All
 * pauses of a call share one allowance; a pause that does not fit is not begun.
 */
#include <stdio.h>
#include <time.h>

#include "cli/collateral.h"
#include "crypto/digest.h"

#define FIRST_MS 500
#define LONGEST_MS 30000

void
collateral_wait_init(struct collateral_wait *w, int64_t allowed_s)
{
	*w = (struct collateral_wait){.left_ms = allowed_s * 1000, .next_ms = FIRST_MS};
}

/* Up to a quarter more, never less than what was asked for. */
static int64_t
jittered(int64_t ms)
{
	uint8_t random[2] = {0};

	if (avow_random(random, sizeof(random)) != AVOW_OK)
		return ms;
	return ms + ms * (random[0] | random[1] << 8) / (4 * 65536);
}

static void
pause_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

	while (nanosleep(&t, &t) != 0)
		;
}

bool
collateral_wait(struct collateral_wait *w, const char *name, int asked_s)
{
	int64_t ms = jittered(asked_s > 0 ? (int64_t)asked_s * 1000 : w->next_ms);

	if (ms > w->left_ms) {
		if (asked_s > 0)
			fprintf(stderr,
				"avow collateral: %s: the source asks to wait %d s\n",
				name, asked_s);
		return false;
	}
	fprintf(stderr, "avow collateral: %s: the source is busy, again in %.1f s\n",
		name, (double)ms / 1000);
	w->left_ms -= ms;
	if (asked_s <= 0 && w->next_ms < LONGEST_MS)
		w->next_ms *= 2;
	pause_ms(ms);
	return true;
}
