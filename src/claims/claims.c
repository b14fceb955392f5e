/*
 * The claim set: appends typed values under the registry's names and writes
 * them as the token's JSON. It trusts its callers: evidence/ adds only what a
 * signature covers, policy/ only what its rules made. Which claims may stand
 * beside each other in a token is the token stage's to decide.
 */
#include "claims/claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"

#define FIRST_CAP 16

void
avow_claims_init(struct avow_claims *set, struct avow_arena *a)
{
	*set = (struct avow_claims){.arena = a};
}

/* Arena memory never moves or shrinks: growing copies, and the old array is
 * given up until the request ends. */
void
avow_claims_reserve(struct avow_claims *s, size_t n)
{
	struct avow_claim *v;

	if (s->err != AVOW_OK || n <= s->cap)
		return;
	v = avow_arena_array(s->arena, n, sizeof(*v));
	if (!v) {
		s->err = avow_arena_err(s->arena);
		return;
	}
	if (s->n)
		memcpy(v, s->v, s->n * sizeof(*v));
	s->v = v;
	s->cap = n;
}

static bool
has_room(struct avow_claims *s)
{
	if (s->err == AVOW_OK && s->n >= AVOW_MAX_POLICY_CLAIMS)
		s->err = AVOW_E_POLICY_CLAIMS;
	if (s->n == s->cap)
		avow_claims_reserve(s, s->cap ? s->cap * 2 : FIRST_CAP);
	return s->err == AVOW_OK;
}

void
avow_claims_add_known(struct avow_claims *s, const struct avow_claim *c)
{
	if (has_room(s))
		s->v[s->n++] = *c;
}

void
avow_claims_add(struct avow_claims *s, const struct avow_claim *c)
{
	struct avow_claim known = *c;

	if (c->id == AVOW_CLAIM_OTHER)
		known.id = avow_claim_lookup(c->name);
	avow_claims_add_known(s, &known);
}

static struct avow_claim
registered(enum avow_claim_id id, enum avow_value_type type)
{
	unsigned flags = avow_claim_flags(id);

	return (struct avow_claim){
		.id = id,
		.name = avow_span_str(avow_claim_name(id)),
		.type = type,
		.issuer = AVOW_ISSUER_SERVICE,
		.read_only = flags & AVOW_CLAIM_READ_ONLY,
		.for_token = flags & AVOW_CLAIM_TOKEN,
		.for_policy = flags & AVOW_CLAIM_INCOMING,
	};
}

void
avow_claims_add_string(struct avow_claims *s, enum avow_claim_id id, struct avow_span v)
{
	struct avow_claim c = registered(id, AVOW_VALUE_STRING);

	c.string = v;
	avow_claims_add(s, &c);
}

void
avow_claims_add_json(
	struct avow_claims *s, enum avow_claim_id id, struct avow_span text)
{
	struct avow_claim c = registered(id, AVOW_VALUE_JSON);

	c.string = text;
	avow_claims_add(s, &c);
}

void
avow_claims_add_later(struct avow_claims *s, enum avow_claim_id id,
	void (*put)(const void *of, struct avow_jw *w), const void *of)
{
	struct avow_claim c = registered(id, AVOW_VALUE_JSON);

	if (s->err != AVOW_OK)
		return;
	c.later = avow_arena_alloc(s->arena, sizeof(*c.later));
	if (!c.later) {
		s->err = avow_arena_err(s->arena);
		return;
	}
	*c.later = (struct avow_claim_text){.put = put, .of = of};
	avow_claims_add(s, &c);
}

/* Into a buffer of its own first: one that grows in an arena leaves twice its size
 * behind. */
static enum avow_err
make_text(struct avow_claim_text *t, struct avow_arena *a)
{
	struct avow_buf b;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MAX_REQUEST_ARENA);
	avow_jw_init(&w, &b);
	t->put(t->of, &w);
	e = b.err;
	if (e == AVOW_OK) {
		t->text = avow_arena_copy(a, avow_buf_span(&b));
		e = t->text.p ? AVOW_OK : avow_arena_err(a);
	}
	t->made = e == AVOW_OK;
	avow_buf_clear(&b);
	return e;
}

enum avow_err
avow_claim_settle(struct avow_claim *c, struct avow_arena *a)
{
	if (!c->later)
		return AVOW_OK;
	if (!c->later->made)
		AVOW_TRY(make_text(c->later, a));
	c->string = c->later->text;
	c->later = NULL;
	return AVOW_OK;
}

enum avow_err
avow_claims_settle(struct avow_claims *s)
{
	for (size_t i = 0; i < s->n && s->err == AVOW_OK; i++)
		s->err = avow_claim_settle(&s->v[i], s->arena);
	return s->err;
}

void
avow_claims_add_int(struct avow_claims *s, enum avow_claim_id id, int64_t v)
{
	struct avow_claim c = registered(id, AVOW_VALUE_INTEGER);

	c.integer = v;
	avow_claims_add(s, &c);
}

void
avow_claims_add_bool(struct avow_claims *s, enum avow_claim_id id, bool v)
{
	struct avow_claim c = registered(id, AVOW_VALUE_BOOLEAN);

	c.boolean = v;
	avow_claims_add(s, &c);
}

void
avow_claims_add_hex(
	struct avow_claims *s, enum avow_claim_id id, struct avow_span bytes)
{
	size_t room;
	char *p = NULL;

	if (s->err != AVOW_OK)
		return;
	if (!__builtin_mul_overflow(bytes.n, (size_t)2, &room) && room < SIZE_MAX)
		p = avow_arena_alloc(s->arena, room + 1);
	if (!p) {
		s->err = avow_arena_err(s->arena);
		return;
	}
	avow_hex_encode(bytes, p);
	avow_claims_add_string(s, id, avow_span_make(p, room));
}

void
avow_claims_add_b64url(
	struct avow_claims *s, enum avow_claim_id id, struct avow_span bytes)
{
	struct avow_buf b;

	if (s->err != AVOW_OK)
		return;
	avow_buf_init_arena(&b, s->arena, AVOW_MAX_REQUEST_ARENA);
	avow_b64url_put(&b, bytes);
	s->err = b.err;
	avow_claims_add_string(s, id, avow_buf_span(&b));
}

const struct avow_claim *
avow_claims_find(const struct avow_claims *s, enum avow_claim_id id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].id == id)
			return &s->v[i];
	return NULL;
}

const struct avow_claim *
avow_claims_find_name(const struct avow_claims *s, struct avow_span name)
{
	for (size_t i = 0; i < s->n; i++)
		if (avow_span_eq(s->v[i].name, name))
			return &s->v[i];
	return NULL;
}

/* --- as JSON ------------------------------------------------------------------ */

struct ordered {
	const struct avow_claim *claim;
	size_t at; /* keeps the order of claims of one name */
};

static int
by_name(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;
	int c = avow_span_cmp(a->claim->name, b->claim->name);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static void
put_value(struct avow_jw *w, const struct avow_claim *c)
{
	switch (c->type) {
	case AVOW_VALUE_STRING:
		avow_jw_string(w, c->string);
		break;
	case AVOW_VALUE_JSON:
		if (c->later && !c->later->made)
			c->later->put(c->later->of, w);
		else
			avow_jw_raw(w, c->later ? c->later->text : c->string);
		break;
	case AVOW_VALUE_INTEGER:
		avow_jw_int(w, c->integer);
		break;
	case AVOW_VALUE_BOOLEAN:
		avow_jw_bool(w, c->boolean);
		break;
	}
}

static size_t
collect(struct ordered *v, size_t n, const struct avow_claims *set)
{
	for (size_t i = 0; set && i < set->n; i++)
		if (set->v[i].for_token) {
			v[n] = (struct ordered){&set->v[i], n};
			n++;
		}
	return n;
}

static void
put_sorted(struct avow_jw *w, const struct ordered *v, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (!avow_span_eq(v[i].claim->name, v[end].claim->name))
				break;
		avow_jw_name_span(w, v[i].claim->name);
		if (end - i > 1)
			avow_jw_open(w, '[');
		for (size_t k = i; k < end; k++)
			put_value(w, v[k].claim);
		if (end - i > 1)
			avow_jw_close(w);
	}
}

enum avow_err
avow_claims_put_json(struct avow_buf *b, const struct avow_claims *set,
	const struct avow_claims *extra)
{
	struct ordered *v;
	struct avow_jw w;
	size_t n;

	AVOW_TRY(set->err);
	if (extra)
		AVOW_TRY(extra->err);
	/* each set is at most AVOW_MAX_POLICY_CLAIMS: no overflow */
	v = calloc(set->n + (extra ? extra->n : 0) + 1, sizeof(*v));
	if (!v)
		return AVOW_E_NO_MEMORY;
	n = collect(v, 0, set);
	n = collect(v, n, extra);
	qsort(v, n, sizeof(*v), by_name);
	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	put_sorted(&w, v, n);
	avow_jw_close(&w);
	free(v);
	return b->err;
}
