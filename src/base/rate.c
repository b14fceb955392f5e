/*
 * See rate.h. A key's place is a row of WAYS slots, by a hash with a secret seed.
 * A slot keeps the hash for the key: two keys of one hash would share a bucket,
 * which nobody can aim at. Rows are locked in groups.
 */
#include "base/rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define ROWS 2048u
#define WAYS 8u
#define LOCKS 64u

struct slot {
	uint64_t tag; /* 0: empty */
	int64_t full_us;
	uint32_t now; /* how many are under way; then it keeps its place */
};

struct avow_rate {
	struct avow_rate_rule rule;
	uint64_t seed[2];
	pthread_mutex_t locks[LOCKS];
	struct slot slots[ROWS][WAYS];
};

bool
avow_bucket_take(int64_t *full_us, int64_t now_us, int64_t interval_us, int64_t burst,
	int64_t *wait_us)
{
	int64_t full = *full_us > now_us ? *full_us : now_us;
	int64_t over = full - now_us - (burst - 1) * interval_us;

	if (over > 0) {
		*wait_us = over;
		return false;
	}
	*full_us = full + interval_us;
	return true;
}

enum avow_err
avow_rate_new(const struct avow_rate_rule *rule, struct avow_rate **out)
{
	struct avow_rate *r;

	*out = NULL;
	if (rule->per_second == 0 && rule->at_a_time == 0)
		return AVOW_OK;
	r = calloc(1, sizeof(*r));
	if (!r)
		return AVOW_E_NO_MEMORY;
	r->rule = *rule;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&r->locks[i], NULL);
	/* A weak seed lets a key share a bucket on purpose, nothing worse. */
	if (getrandom(r->seed, sizeof(r->seed), 0) != (ssize_t)sizeof(r->seed))
		r->seed[0] ^= (uint64_t)(uintptr_t)r;
	*out = r;
	return AVOW_OK;
}

void
avow_rate_free(struct avow_rate *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&r->locks[i]);
	free(r);
}

static uint64_t
hash_of(const struct avow_rate *r, struct avow_span key)
{
	uint64_t h = r->seed[0] ^ key.n;

	for (size_t i = 0; i < key.n; i++) {
		__extension__ unsigned __int128 m =
			(unsigned __int128)(h ^ key.p[i]) * (r->seed[1] | 1u);

		h = (uint64_t)m ^ (uint64_t)(m >> 64);
	}
	return h ? h : 1;
}

/* The key's slot, or the one that it gets; NULL: all are of somebody who is
 * under way. */
static struct slot *
slot_of(struct slot *row, uint64_t tag)
{
	struct slot *least = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		if (row[i].tag == tag)
			return &row[i];
		if (row[i].now == 0 && (!least || row[i].full_us < least->full_us))
			least = &row[i];
	}
	if (least)
		*least = (struct slot){.tag = tag};
	return least;
}

static enum avow_err
enter(const struct avow_rate *r, struct slot *s, int64_t now_us, int64_t *wait_us)
{
	const struct avow_rate_rule *rule = &r->rule;

	if (rule->at_a_time && s->now >= rule->at_a_time)
		return AVOW_E_RATE_LIMITED;
	if (rule->per_second &&
		!avow_bucket_take(&s->full_us, now_us, 1000000 / rule->per_second,
			rule->burst, wait_us))
		return AVOW_E_RATE_LIMITED;
	if (rule->at_a_time)
		s->now++;
	return AVOW_OK;
}

enum avow_err
avow_rate_enter(struct avow_rate *r, struct avow_span key, int64_t now_us,
	uint64_t *ticket, int64_t *wait_us)
{
	enum avow_err e = AVOW_OK;
	uint64_t tag;
	struct slot *s;
	size_t row;

	*ticket = 0;
	*wait_us = 0;
	if (!r)
		return AVOW_OK;
	tag = hash_of(r, key);
	row = tag % ROWS;
	pthread_mutex_lock(&r->locks[row % LOCKS]);
	s = slot_of(r->slots[row], tag);
	if (s)
		e = enter(r, s, now_us, wait_us);
	if (s && e == AVOW_OK && r->rule.at_a_time)
		*ticket = row * WAYS + (size_t)(s - r->slots[row]) + 1;
	pthread_mutex_unlock(&r->locks[row % LOCKS]);
	return e;
}

void
avow_rate_leave(struct avow_rate *r, uint64_t ticket)
{
	size_t row;

	if (!r || ticket == 0)
		return;
	row = (ticket - 1) / WAYS;
	pthread_mutex_lock(&r->locks[row % LOCKS]);
	r->slots[row][(ticket - 1) % WAYS].now--;
	pthread_mutex_unlock(&r->locks[row % LOCKS]);
}
