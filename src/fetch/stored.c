/*
 * What is stored, as the files of a snapshot. For whom a document is follows from
 * its name: early and numbered ones are for queries that ask for them.
 */
#include <string.h>

#include "fetch/fetch.h"

static enum avow_collateral_use
use_of(struct avow_span name)
{
	struct avow_fetch_key k;

	if (avow_fetch_key_parse(name, &k) != AVOW_OK)
		return AVOW_COLLATERAL_FOR_ALL;
	if (k.number)
		return AVOW_COLLATERAL_FOR_BASELINE;
	return k.early ? AVOW_COLLATERAL_FOR_EARLY : AVOW_COLLATERAL_FOR_ALL;
}

static const char *
text_of(struct avow_span s, struct avow_arena *a)
{
	char *p = avow_arena_alloc(a, s.n + 1);

	if (!p)
		return NULL;
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

static enum avow_err
add(const struct avow_store_collateral *c, struct avow_arena *a,
	struct avow_collateral_more *v, size_t *n)
{
	const char *name = text_of(c->name, a);

	if (!name)
		return avow_arena_err(a);
	v[(*n)++] = (struct avow_collateral_more){{name, c->body}, use_of(c->name)};
	if (c->chain.n > 0)
		v[(*n)++] = (struct avow_collateral_more){
			{name, c->chain}, AVOW_COLLATERAL_FOR_ALL};
	return AVOW_OK;
}

enum avow_err
avow_fetch_stored(struct avow_store *store, struct avow_arena *a,
	struct avow_collateral_more **out, size_t *n)
{
	const struct avow_store_collateral_filter f = {
		.without = AVOW_LIT(AVOW_FETCH_VCEK_PREFIX)};
	struct avow_store_collateral *v;
	size_t rows;

	*out = NULL;
	*n = 0;
	AVOW_TRY(avow_store_collateral_list(store, &f, a, &v, &rows));
	*out = avow_arena_array(a, 2 * rows + 1, sizeof(**out));
	if (!*out)
		return avow_arena_err(a);
	for (size_t i = 0; i < rows; i++)
		AVOW_TRY(add(&v[i], a, *out, n));
	return AVOW_OK;
}
