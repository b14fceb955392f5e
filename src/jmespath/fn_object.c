/*
 * Functions on objects and on any value. Members keep the document's order,
 * which the specification leaves open.
 */
#include "jmespath/functions.h"

const struct avow_json *
jp_fn_keys(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	struct jp_list found = {0};

	(void)at;
	(void)n;
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *name = jp_string(r, v->members[i].name);

		if (!name || !jp_list_add(r, &found, name))
			return NULL;
	}
	return jp_list_done(r, &found);
}

const struct avow_json *
jp_fn_values(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	struct jp_list found = {0};

	(void)at;
	(void)n;
	for (size_t i = 0; i < v->count; i++)
		if (!jp_list_add(r, &found, &v->members[i].value))
			return NULL;
	return jp_list_done(r, &found);
}

/* All members of all arguments, one after the other. */
static struct avow_json *
concatenate(struct jp_run *r, const struct jp_arg *args, size_t n)
{
	struct avow_json *all = jp_make(r, 1, sizeof(*all));
	size_t count = 0, k = 0;

	for (size_t i = 0; i < n; i++)
		count += args[i].value->count;
	if (!all)
		return NULL;
	all->members = jp_make(r, count, sizeof(*all->members));
	if (!all->members)
		return NULL;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < args[i].value->count; j++)
			all->members[k++] = args[i].value->members[j];
	all->type = AVOW_JSON_OBJECT;
	all->count = count;
	return all;
}

/*
 * Members of one name are neighbours in `sorted`, in the order of the
 * arguments: the first gives the place and the last the value.
 */
static bool
settle(struct jp_run *r, struct avow_json *all, const struct avow_json_member **sorted)
{
	bool *drop = avow_arena_array(r->arena, all->count, sizeof(*drop));
	size_t first = 0, k = 0;

	if (!drop)
		return jp_no_memory(r) != NULL;
	for (size_t i = 1; i < all->count; i++) {
		if (!avow_span_eq(sorted[i]->name, sorted[first]->name)) {
			first = i;
			continue;
		}
		all->members[sorted[first] - all->members].value = sorted[i]->value;
		drop[sorted[i] - all->members] = true;
	}
	for (size_t i = 0; i < all->count; i++)
		if (!drop[i])
			all->members[k++] = all->members[i];
	all->count = k;
	return jp_spend(r, all->count);
}

const struct avow_json *
jp_fn_merge(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct avow_json *all = concatenate(r, args, n);
	const struct avow_json_member **sorted;

	(void)at;
	if (!all || !jp_members_sorted(r, all, &sorted) || !settle(r, all, sorted))
		return NULL;
	return all;
}

const struct avow_json *
jp_fn_not_null(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)r;
	(void)at;
	for (size_t i = 0; i < n; i++)
		if (!jp_is_null(args[i].value))
			return args[i].value;
	return jp_null();
}

const struct avow_json *
jp_fn_type(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)at;
	(void)n;
	return jp_string(r, avow_span_str(jp_type_name(args[0].value)));
}
