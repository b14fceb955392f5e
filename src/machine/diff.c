/*
 * What differs between two boot states, register by register: the events of
 * each are aligned by their digests (longest common subsequence), so that one
 * event put in is one change and not a shift of all behind it. A register that
 * differs with no event to show for it is told as that.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "machine/machine.h"
#include "wire/json_member.h"

/* Of one register; more are compared as a whole. A table of lengths is this
 * number squared. */
#define ALIGNED 768

struct event {
	struct avow_span digest, type, text;
};

struct side {
	const struct avow_json *events, *pcrs;
	struct event *v; /* of one register */
	size_t n;
};

struct diff {
	struct avow_arena *arena;
	struct avow_jw *w;
	struct side was, now;
	size_t told, more;
	bool any; /* of this register */
};

/* --- telling -------------------------------------------------------------------------- */

static bool
open_change(struct diff *d, const char *change, int pcr)
{
	d->any = true;
	if (d->told == AVOW_MACHINE_CHANGES) {
		d->more++;
		return false;
	}
	d->told++;
	avow_jw_open(d->w, '{');
	avow_jw_put_string(d->w, "change", avow_span_str(change));
	avow_jw_put_int(d->w, "pcr", pcr);
	return true;
}

static void
put_words(struct diff *d, int pcr, const char *did, const struct event *e)
{
	char words[512];

	snprintf(words, sizeof(words), "PCR %d %s %.*s%s%.*s", pcr, did,
		(int)(e->type.n < 64 ? e->type.n : 64), e->type.p,
		e->text.n ? ": " : "", (int)(e->text.n < 200 ? e->text.n : 200),
		e->text.p);
	avow_jw_put_string(d->w, "text", avow_span_str(words));
	avow_jw_put_string(d->w, "type", e->type);
}

static void
tell_added(struct diff *d, int pcr, const struct event *e)
{
	if (!open_change(d, "event_added", pcr))
		return;
	avow_jw_put_string(d->w, "now", e->digest);
	put_words(d, pcr, "has a new event", e);
	avow_jw_close(d->w);
}

static void
tell_removed(struct diff *d, int pcr, const struct event *e)
{
	if (!open_change(d, "event_removed", pcr))
		return;
	avow_jw_put_string(d->w, "was", e->digest);
	put_words(d, pcr, "no longer has the event", e);
	avow_jw_close(d->w);
}

static void
tell_changed(struct diff *d, int pcr, const struct event *was, const struct event *now)
{
	if (!open_change(d, "event_changed", pcr))
		return;
	avow_jw_put_string(d->w, "now", now->digest);
	avow_jw_put_string(d->w, "was", was->digest);
	avow_jw_put_string(d->w, "before", was->text);
	put_words(d, pcr, "measured something else as", now);
	avow_jw_close(d->w);
}

/* --- one register's events ---------------------------------------------------------------- */

static struct avow_span
text_of(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_STRING ? v->string : AVOW_LIT("");
}

static enum avow_err
take_events(struct diff *d, struct side *s, int pcr)
{
	s->n = 0;
	s->v = avow_arena_array(d->arena, s->events->count + 1, sizeof(*s->v));
	if (!s->v)
		return avow_arena_err(d->arena);
	for (size_t i = 0; i < s->events->count; i++) {
		const struct avow_json *o = &s->events->items[i];
		const struct avow_json *at = avow_json_get(o, "pcr");

		if (!at || at->type != AVOW_JSON_INT || at->integer != pcr)
			continue;
		s->v[s->n++] = (struct event){
			text_of(o, "digest"), text_of(o, "type"), text_of(o, "text")};
	}
	return AVOW_OK;
}

/* length[i * (m + 1) + k]: of the longest common part of was[i..] and now[k..]. */
static enum avow_err
lengths(struct diff *d, uint16_t **out)
{
	size_t n = d->was.n, m = d->now.n, row = m + 1;
	uint16_t *v = avow_arena_array(d->arena, (n + 1) * row, sizeof(*v));

	if (!v)
		return avow_arena_err(d->arena);
	for (size_t i = n; i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			uint16_t down = v[(i + 1) * row + k],
				 right = v[i * row + k + 1];

			if (avow_span_eq(d->was.v[i].digest, d->now.v[k].digest))
				v[i * row + k] =
					(uint16_t)(v[(i + 1) * row + k + 1] + 1);
			else
				v[i * row + k] = down > right ? down : right;
		}
	*out = v;
	return AVOW_OK;
}

static void
walk(struct diff *d, const uint16_t *v, int pcr)
{
	size_t i = 0, k = 0, row = d->now.n + 1;
	const struct event *a = d->was.v, *b = d->now.v;

	while (i < d->was.n || k < d->now.n) {
		bool has_both = i < d->was.n && k < d->now.n;

		if (has_both && avow_span_eq(a[i].digest, b[k].digest)) {
			i++, k++;
		} else if (has_both && avow_span_eq(a[i].type, b[k].type) &&
			   v[(i + 1) * row + k + 1] == v[i * row + k]) {
			tell_changed(d, pcr, &a[i++], &b[k++]);
		} else if (k == d->now.n ||
			   (i < d->was.n &&
				   v[(i + 1) * row + k] >= v[i * row + k + 1])) {
			tell_removed(d, pcr, &a[i++]);
		} else {
			tell_added(d, pcr, &b[k++]);
		}
	}
}

static bool
same_events(const struct diff *d)
{
	if (d->was.n != d->now.n)
		return false;
	for (size_t i = 0; i < d->was.n; i++)
		if (!avow_span_eq(d->was.v[i].digest, d->now.v[i].digest))
			return false;
	return true;
}

/* --- one register ------------------------------------------------------------------------- */

/* Differs in a bank that both states have. */
static bool
value_differs(const struct diff *d, int pcr)
{
	char name[8];

	snprintf(name, sizeof(name), "%02d", pcr);
	for (size_t i = 0; i < d->was.pcrs->count; i++) {
		const struct avow_json_member *bank = &d->was.pcrs->members[i];
		const struct avow_json *a = avow_json_get(&bank->value, name);
		const struct avow_json *b = avow_json_get_span(d->now.pcrs, bank->name);

		b = b ? avow_json_get(b, name) : NULL;
		if (a && b && !avow_span_eq(a->raw, b->raw))
			return true;
	}
	return false;
}

static void
tell_register(struct diff *d, int pcr, const char *words)
{
	char text[96];

	if (!open_change(d, "register_changed", pcr))
		return;
	snprintf(text, sizeof(text), "PCR %d changed%s", pcr, words);
	avow_jw_put_string(d->w, "text", avow_span_str(text));
	avow_jw_close(d->w);
}

static enum avow_err
compare(struct diff *d, int pcr)
{
	uint16_t *v = NULL;

	d->any = false;
	AVOW_TRY(take_events(d, &d->was, pcr));
	AVOW_TRY(take_events(d, &d->now, pcr));
	if (!same_events(d)) {
		if (d->was.n > ALIGNED || d->now.n > ALIGNED) {
			tell_register(d, pcr, ", by very many events");
			return AVOW_OK;
		}
		AVOW_TRY(lengths(d, &v));
		walk(d, v, pcr);
	}
	if (!d->any && value_differs(d, pcr))
		tell_register(d, pcr, " and no event of a log tells why");
	return AVOW_OK;
}

static enum avow_err
read_side(struct diff *d, struct avow_span text, struct side *s)
{
	const struct avow_json *root;

	AVOW_TRY(avow_json_parse(text, NULL, d->arena, &root, NULL));
	AVOW_TRY(avow_json_need(root, "events", AVOW_JSON_ARRAY, &s->events, NULL));
	return avow_json_need(root, "pcrs", AVOW_JSON_OBJECT, &s->pcrs, NULL);
}

enum avow_err
avow_machine_diff(struct avow_span was, struct avow_span now, struct avow_arena *a,
	struct avow_jw *w, size_t *more)
{
	struct diff d = {.arena = a, .w = w};

	AVOW_TRY(read_side(&d, was, &d.was));
	AVOW_TRY(read_side(&d, now, &d.now));
	for (int pcr = 0; pcr < 24; pcr++)
		AVOW_TRY(compare(&d, pcr));
	if (more)
		*more = d.more;
	return w->b->err;
}
