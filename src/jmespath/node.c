/*
 * Tree nodes and the lists of their kids. Lists double in the arena, so the
 * waste is at most as much as the list; a sequence is appended to in place,
 * because its left side has no other owner.
 */
#include "jmespath/node.h"

#include <string.h>

#include "base/table.h"

bool
jp_kids_add(struct avow_arena *a, struct jp_kids *k, struct jp_kid kid)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 2;
		struct jp_kid *p = avow_arena_array(a, cap, sizeof(*p));

		if (!p)
			return false;
		if (k->n)
			memcpy(p, k->p, k->n * sizeof(*p));
		k->p = p;
		k->cap = cap;
	}
	k->p[k->n++] = kid;
	return true;
}

struct jp_node *
jp_node_new(struct avow_arena *a, enum jp_op op, size_t at)
{
	struct jp_node *n = avow_arena_alloc(a, sizeof(*n));

	if (n) {
		n->op = op;
		n->at = at;
	}
	return n;
}

struct jp_node *
jp_node_kids(struct avow_arena *a, enum jp_op op, size_t at,
	const struct jp_node *first, const struct jp_node *second)
{
	struct jp_node *n = jp_node_new(a, op, at);

	if (!n)
		return NULL;
	n->kids = avow_arena_array(a, 2, sizeof(*n->kids));
	if (!n->kids)
		return NULL;
	n->kids[0].node = first;
	n->kids[1].node = second;
	n->count = second ? 2 : 1;
	return n;
}

static bool
append(struct avow_arena *a, struct jp_kids *k, enum jp_op op, const struct jp_node *n)
{
	if (n->op != op)
		return jp_kids_add(a, k, (struct jp_kid){.node = n});
	for (size_t i = 0; i < n->count; i++)
		if (!jp_kids_add(a, k, n->kids[i]))
			return false;
	return true;
}

/* The list of a node that append() made has a capacity of 2, 4, 8, ... */
static size_t
capacity(size_t count)
{
	size_t cap = 2;

	while (cap < count)
		cap *= 2;
	return cap;
}

/* A node of that op to append to: `left` itself, or a new one around it. */
static struct jp_node *
grow(struct avow_arena *a, struct jp_kids *k, enum jp_op op, size_t at,
	struct jp_node *left)
{
	if (left->op == op) {
		*k = (struct jp_kids){left->kids, left->count, capacity(left->count)};
		return left;
	}
	return append(a, k, op, left) ? jp_node_new(a, op, at) : NULL;
}

static struct jp_node *
finish(struct jp_node *n, const struct jp_kids *k)
{
	n->kids = k->p;
	n->count = k->n;
	return n;
}

struct jp_node *
jp_node_join(struct avow_arena *a, enum jp_op op, size_t at, struct jp_node *left,
	struct jp_node *right)
{
	struct jp_kids k = {0};
	struct jp_node *n;

	if (op == JP_SEQUENCE && left->op == JP_CURRENT)
		return right;
	if (op == JP_SEQUENCE && right->op == JP_CURRENT)
		return left;
	n = grow(a, &k, op, at, left);
	return n && append(a, &k, op, right) ? finish(n, &k) : NULL;
}

struct jp_node *
jp_node_compare(struct avow_arena *a, size_t at, struct jp_node *left, enum jp_cmp cmp,
	const struct jp_node *right)
{
	struct jp_kids k = {0};
	struct jp_node *n = grow(a, &k, JP_COMPARE, at, left);
	struct jp_kid kid = {.node = right, .cmp = cmp};

	return n && jp_kids_add(a, &k, kid) ? finish(n, &k) : NULL;
}

bool
jp_node_slots(struct jp_node *hash)
{
	struct avow_table *seen = NULL;
	bool ok = avow_table_new(&seen) == AVOW_OK;

	for (size_t i = 0; ok && i < hash->count; i++) {
		struct jp_kid *kid = &hash->kids[i];
		struct jp_kid *first = avow_table_get(seen, kid->name);

		kid->slot = first ? first->slot : hash->slots++;
		ok = first || avow_table_set(seen, kid->name, kid, NULL) == AVOW_OK;
	}
	avow_table_free(seen, NULL);
	return ok;
}
