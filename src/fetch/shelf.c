/*
 * What is stored, as parts of a snapshot (trust/collateral.h), each parsed once: a row
 * of the store never changes, so its seq tells what is on the shelf already. For whom
 * a document is follows from its name: early and numbered ones are for queries that
 * ask for them.
 */
#include "fetch/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fetch/fetch.h"

struct item {
	int64_t seq;
	struct avow_collateral *part;
};

struct avow_fetch_shelf {
	struct avow_store *store;
	struct item *items; /* by seq */
	size_t n;
};

/* --- one document ---------------------------------------------------------------- */

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
part_of(const struct avow_store_collateral *c, struct avow_arena *a,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral_more v[2];
	const char *name = text_of(c->name, a);
	size_t n = 0;

	if (!name)
		return avow_arena_err(a);
	v[n++] = (struct avow_collateral_more){{name, c->body}, use_of(c->name)};
	if (c->chain.n > 0)
		v[n++] = (struct avow_collateral_more){
			{name, c->chain}, AVOW_COLLATERAL_FOR_ALL};
	return avow_collateral_part(v, n, out, why);
}

/* It may be newer than the list by now: its own seq counts. */
static enum avow_err
read_item(struct avow_fetch_shelf *s, struct avow_span name, struct item *out,
	struct avow_why *why)
{
	struct avow_store_collateral c;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MAX_COLLATERAL_BYTES);
	e = avow_store_collateral_get(s->store, name, &a, &c);
	if (e == AVOW_OK)
		e = part_of(&c, &a, &out->part, why);
	if (e == AVOW_OK)
		out->seq = c.seq;
	avow_arena_clear(&a);
	return e;
}

/* --- all of them ------------------------------------------------------------------ */

static int
by_seq(const void *x, const void *y)
{
	const struct item *a = x, *b = y;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

static enum avow_err
find_or_read(struct avow_fetch_shelf *s, const struct avow_store_collateral *row,
	struct item *out, struct avow_why *why)
{
	const struct item wanted = {.seq = row->seq};
	const struct item *have =
		s->n ? bsearch(&wanted, s->items, s->n, sizeof(*have), by_seq) : NULL;

	if (!have)
		return read_item(s, row->name, out, why);
	*out = (struct item){have->seq, avow_collateral_ref(have->part)};
	return AVOW_OK;
}

static void
free_items(struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		avow_collateral_free(items[i].part);
	free(items);
}

/* In the order of the list, which is that of the names. */
static enum avow_err
join(const struct item *items, size_t n, struct avow_collateral *folder,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral **parts = calloc(n + 1, sizeof(*parts));
	enum avow_err e;

	if (!parts)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		parts[i] = items[i].part;
	e = avow_collateral_join(folder, parts, n, out, why);
	free(parts);
	return e;
}

static enum avow_err
bring_up_to_date(struct avow_fetch_shelf *s, const struct avow_store_collateral *rows,
	size_t n, struct avow_collateral *folder, struct avow_collateral **out,
	struct avow_why *why)
{
	struct item *items = calloc(n + 1, sizeof(*items));
	enum avow_err e = items ? AVOW_OK : AVOW_E_NO_MEMORY;

	for (size_t i = 0; e == AVOW_OK && i < n; i++)
		e = find_or_read(s, &rows[i], &items[i], why);
	if (e == AVOW_OK)
		e = join(items, n, folder, out, why);
	if (e != AVOW_OK) {
		free_items(items, items ? n : 0);
		return e;
	}
	qsort(items, n, sizeof(*items), by_seq);
	free_items(s->items, s->n);
	s->items = items;
	s->n = n;
	return AVOW_OK;
}

enum avow_err
avow_fetch_shelf_join(struct avow_fetch_shelf *s, struct avow_collateral *folder,
	struct avow_collateral **out, struct avow_why *why)
{
	const struct avow_store_collateral_filter f = {
		.without = AVOW_LIT(AVOW_FETCH_VCEK_PREFIX), .no_bodies = true};
	struct avow_store_collateral *rows;
	struct avow_arena a;
	enum avow_err e;
	size_t n;

	*out = NULL;
	avow_arena_init(&a, AVOW_MAX_COLLATERAL_BYTES);
	e = avow_store_collateral_list(s->store, &f, &a, &rows, &n);
	if (e == AVOW_OK)
		e = bring_up_to_date(s, rows, n, folder, out, why);
	avow_arena_clear(&a);
	return e;
}

enum avow_err
avow_fetch_shelf_new(struct avow_store *store, struct avow_fetch_shelf **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return AVOW_E_NO_MEMORY;
	(*out)->store = store;
	return AVOW_OK;
}

void
avow_fetch_shelf_free(struct avow_fetch_shelf *s)
{
	if (!s)
		return;
	free_items(s->items, s->n);
	free(s);
}
