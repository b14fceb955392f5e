/*
 * How often each provider may ask AMD: which VCEK is wanted comes from bytes that
 * nobody has signed, so that who sends them could have us ask for anything. A bucket
 * of tokens for each provider's name, under the fetcher's lock.
 */
#include <string.h>

#include "fetch/fetcher_impl.h"

/* The room of a name; when there is none left, the one idle for longest. */
int
avow_fetch_provider_of(struct avow_fetcher *f, struct avow_span name)
{
	struct avow_fetch_provider *p;
	size_t at = 0;

	name = avow_span_slice(name, 0, AVOW_FETCH_PROVIDER_TEXT - 1);
	for (size_t i = 0; i < f->n_providers; i++) {
		if (avow_span_eq_str(name, f->providers[i].name))
			return (int)i;
		if (f->providers[i].queued == 0 &&
			(f->providers[at].queued > 0 ||
				f->providers[i].filled_ms < f->providers[at].filled_ms))
			at = i;
	}
	if (f->n_providers < AVOW_FETCH_PROVIDERS)
		at = f->n_providers++;
	else if (f->providers[at].queued > 0)
		return -1;
	p = &f->providers[at];
	memset(p, 0, sizeof(*p));
	memcpy(p->name, name.p, name.n);
	p->tokens = 1000 * (int64_t)f->o.amd_per_minute;
	p->filled_ms = avow_fetch_mono(f);
	return (int)at;
}

bool
avow_fetch_take_token(struct avow_fetcher *f, struct avow_fetch_provider *p)
{
	int64_t now = avow_fetch_mono(f), most = 1000 * (int64_t)f->o.amd_per_minute;
	int64_t passed = now - p->filled_ms;

	if (passed > 60000)
		passed = 60000;
	p->tokens += passed * f->o.amd_per_minute / 60;
	if (p->tokens > most)
		p->tokens = most;
	p->filled_ms = now;
	if (p->tokens < 1000)
		return false;
	p->tokens -= 1000;
	return true;
}
