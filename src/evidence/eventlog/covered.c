/*
 * Takes out of a log what no quote can prove. A log says digests for as many banks
 * as it likes, and the quote holds the registers of some: a digest of another bank
 * is hearsay for good. It must decide nothing - not that an event is Windows' end, or
 * is not; not that its data is what was measured, or is not - so it goes before
 * anybody looks (bug 22, mistakes A2).
 */
#include <string.h>

#include "evidence/eventlog/impl.h"

static bool
is_covered(const struct avow_log_event *e, uint16_t alg, const unsigned *banks)
{
	enum avow_hash h;

	return e->pcr < AVOW_LOG_REGISTERS && log_bank(alg, &h) &&
	       banks[e->pcr] & 1u << h;
}

static size_t
covered(const struct avow_log_event *e, const unsigned *banks)
{
	size_t n = 0;

	for (size_t i = 0; i < e->digest_count; i++)
		n += is_covered(e, e->digests[i].alg, banks);
	return n;
}

/* All digests of a log that stay, and how many there were. */
static size_t
count(const struct avow_eventlog *log, const unsigned *banks, size_t *all)
{
	size_t n = 0;

	*all = 0;
	for (size_t i = 0; i < log->count; i++) {
		*all += log->events[i].digest_count;
		n += covered(&log->events[i], banks);
	}
	return n;
}

static struct avow_log_digest *
copy(struct avow_log_event *e, const unsigned *banks, struct avow_log_digest *to)
{
	const struct avow_log_digest *from = e->digests;
	size_t n = 0;

	for (size_t i = 0; i < e->digest_count; i++)
		if (is_covered(e, from[i].alg, banks))
			to[n++] = from[i];
	e->digests = to;
	e->digest_count = n;
	return to + n;
}

enum avow_err
log_keep_covered(struct avow_eventlog *log, const unsigned banks[AVOW_LOG_REGISTERS],
	struct avow_arena *a)
{
	size_t all, n = count(log, banks, &all);
	struct avow_log_event *events;
	struct avow_log_digest *d;

	if (log->format == AVOW_LOG_IMA || n == all)
		return AVOW_OK; /* IMA's are made of the data when it is read */
	events = avow_arena_array(a, log->count, sizeof(*events));
	d = avow_arena_array(a, n ? n : 1, sizeof(*d));
	if (!events || !d)
		return avow_arena_err(a);
	memcpy(events, log->events, log->count * sizeof(*events));
	for (size_t i = 0; i < log->count; i++)
		d = copy(&events[i], banks, d);
	log->events = events;
	return AVOW_OK;
}
