/*
 * Collateral in the store of avowd's data directory: read, whatever brought it, and
 * added by `import` and `fetch`. What is added has a name of its own, made of what it
 * is and of its hash, so that it replaces nothing, neither an import nor what avowd
 * fetched; avowd sees that the store has grown. What is in it was verified before.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/collateral.h"
#include "store/store.h"

#define NAME_PREFIX "import/"

/* What avowd has fetched, every version; nothing where there is no store yet. */
enum avow_err
collateral_read_store(const char *data, struct avow_arena *a,
	struct avow_collateral_more **out, size_t *n, struct avow_why *why)
{
	const struct avow_store_collateral_filter all = {.all_versions = true};
	struct avow_store_collateral *list = NULL;
	struct avow_store *store;
	enum avow_err e;

	AVOW_TRY(avow_store_open_sqlite(data, &store, why));
	e = avow_store_collateral_list(store, &all, a, &list, n);
	avow_store_close(store);
	AVOW_TRY(e);
	*out = avow_arena_array(a, 2 * *n + 1, sizeof(**out));
	if (!*out)
		return avow_arena_err(a);
	for (size_t i = 0; i < *n; i++) {
		struct avow_span name = avow_arena_copy(a, list[i].name);

		if (!name.p)
			return avow_arena_err(a);
		(*out)[2 * i].file = (struct avow_collateral_file){
			(const char *)name.p, list[i].body};
		(*out)[2 * i + 1].file = (struct avow_collateral_file){
			(const char *)name.p, list[i].chain};
	}
	*n *= 2;
	return AVOW_OK;
}

bool
collateral_has_store(const char *data)
{
	struct avow_buf path;
	bool has;

	avow_buf_init(&path, 8192);
	avow_buf_printf(&path, "%s/avow.db", data);
	has = avow_buf_str(&path) && access(avow_buf_str(&path), F_OK) == 0;
	avow_buf_clear(&path);
	return has;
}

/* --- adding -------------------------------------------------------------------------------- */

static bool
is_held(const struct avow_survey_item *item, const struct avow_store_collateral *held,
	size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (avow_span_eq(held[i].body, item->bytes))
			return true;
	return false;
}

static enum avow_err
put_item(struct avow_store *store, const struct avow_survey_item *item,
	const struct collateral_options *o)
{
	char file[AVOW_SURVEY_FILE], name[sizeof(NAME_PREFIX) + AVOW_SURVEY_FILE];
	struct avow_store_collateral doc = {.body = item->bytes,
		.source = avow_span_str(o->verb),
		.number = item->number,
		.issued_s = item->issue_s,
		.expires_s = item->next_s,
		.fetched_s = o->at_s};

	AVOW_TRY(avow_survey_file_name(item, file));
	snprintf(name, sizeof(name), NAME_PREFIX "%s", file);
	doc.name = avow_span_str(name);
	return avow_store_collateral_put(store, &doc, true, NULL);
}

enum avow_err
collateral_put_store(const struct collateral_options *o, const struct avow_survey *s,
	struct avow_why *why)
{
	const struct avow_store_collateral_filter all = {.all_versions = true};
	struct avow_store_collateral *held = NULL;
	struct avow_store *store;
	struct avow_arena a;
	enum avow_err e;
	size_t n = 0;

	AVOW_TRY(avow_store_open_sqlite(o->data, &store, why));
	avow_arena_init(&a, 2 * AVOW_MAX_COLLATERAL_BYTES);
	e = avow_store_collateral_list(store, &all, &a, &held, &n);
	for (size_t i = 0; i < s->n && e == AVOW_OK; i++)
		if (!s->items[i].is_builtin && !is_held(&s->items[i], held, n))
			e = put_item(store, &s->items[i], o);
	avow_arena_clear(&a);
	avow_store_close(store);
	return e;
}
