/*
 * A machine's state: the registers of its boot and the events that the log
 * proved of them, reduced to what a person compares. Canonical, so that equal
 * states are equal texts.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "machine/machine.h"
#include "wire/json_member.h"

#define TEXT_BYTES 160
#define VALUE_BYTES 72

static bool
is_of_boot(int64_t pcr)
{
	return pcr >= 0 && pcr < 24 && (AVOW_MACHINE_PCRS >> pcr & 1);
}

/* --- registers ------------------------------------------------------------------------- */

/* {"Index":n,"Digests":{"SHA256":hex}}: the value of one bank, or NULL. */
static const struct avow_json *
value_of(const struct avow_json *pcr, struct avow_span bank, int64_t *index)
{
	const struct avow_json *i = avow_json_get(pcr, "Index");
	const struct avow_json *d = avow_json_get(pcr, "Digests");
	const struct avow_json *v = d ? avow_json_get_span(d, bank) : NULL;

	if (!i || i->type != AVOW_JSON_INT || !is_of_boot(i->integer) || !v ||
		v->type != AVOW_JSON_STRING)
		return NULL;
	*index = i->integer;
	return v;
}

static void
put_bank(struct avow_jw *w, const struct avow_json *list, const char *bank)
{
	avow_jw_open(w, '{');
	for (size_t i = 0; i < list->count; i++) {
		const struct avow_json *v;
		int64_t index;
		char name[24];

		v = value_of(&list->items[i], avow_span_str(bank), &index);
		if (!v)
			continue;
		snprintf(name, sizeof(name), "%02d", (int)index);
		avow_jw_put_string(w, name, v->string);
	}
	avow_jw_close(w);
}

static enum avow_err
put_pcrs(struct avow_span pcrs, struct avow_arena *a, struct avow_jw *w)
{
	static const char *const banks[] = {"SHA1", "SHA256", "SHA384", "SHA512"};
	const struct avow_json *root, *list;

	AVOW_TRY(avow_json_parse(pcrs, NULL, a, &root, NULL));
	AVOW_TRY(avow_json_need(root, "PCRs", AVOW_JSON_ARRAY, &list, NULL));
	avow_jw_name(w, "pcrs");
	avow_jw_open(w, '{');
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		avow_jw_name(w, banks[i]);
		put_bank(w, list, banks[i]);
	}
	avow_jw_close(w);
	return AVOW_OK;
}

/* --- events ------------------------------------------------------------------------------ */

static void
put_short(struct avow_buf *b, const struct avow_json_member *m)
{
	struct avow_span v = m->value.raw;

	if (m->value.type == AVOW_JSON_STRING)
		v = m->value.string;
	if (m->value.type == AVOW_JSON_ARRAY || m->value.type == AVOW_JSON_OBJECT ||
		v.n > VALUE_BYTES || b->n + v.n + m->name.n + 2 > TEXT_BYTES)
		return;
	avow_buf_printf(
		b, "%s%.*s=%.*s", b->n ? " " : "", AVOW_FMT(m->name), AVOW_FMT(v));
}

/* What the digest proved of the event, in a few words; "" when it is long or
 * nothing. */
static void
put_text(struct avow_jw *w, const struct avow_json *event)
{
	const struct avow_json *data = avow_json_get(event, "ProcessedData");
	struct avow_buf b;

	avow_buf_init(&b, TEXT_BYTES * 2);
	if (data && data->type == AVOW_JSON_OBJECT)
		for (size_t i = 0; i < data->count; i++)
			put_short(&b, &data->members[i]);
	avow_jw_put_string(w, "text", avow_buf_span(&b));
	avow_buf_clear(&b);
}

/* The strongest bank's: the last in the contract's order. */
static struct avow_span
digest_of(const struct avow_json *event)
{
	const struct avow_json *d = avow_json_get(event, "Digests");
	const struct avow_json *v = NULL;

	for (size_t i = 0; d && d->type == AVOW_JSON_OBJECT && i < d->count; i++)
		if (d->members[i].value.type == AVOW_JSON_STRING)
			v = &d->members[i].value;
	return v ? v->string : AVOW_LIT("");
}

static bool
put_event(struct avow_jw *w, const struct avow_json *event)
{
	const struct avow_json *pcr = avow_json_get(event, "PcrIndex");
	const struct avow_json *type = avow_json_get(event, "EventTypeString");

	if (!pcr || pcr->type != AVOW_JSON_INT || !is_of_boot(pcr->integer))
		return false;
	avow_jw_open(w, '{');
	avow_jw_put_string(w, "digest", digest_of(event));
	avow_jw_put_int(w, "pcr", pcr->integer);
	put_text(w, event);
	avow_jw_put_string(w, "type",
		type && type->type == AVOW_JSON_STRING ? type->string
						       : AVOW_LIT("event"));
	avow_jw_close(w);
	return true;
}

static enum avow_err
put_events(struct avow_span events, struct avow_arena *a, struct avow_jw *w)
{
	const struct avow_json *root, *list;
	size_t n = 0;

	avow_jw_name(w, "events");
	avow_jw_open(w, '[');
	if (events.n) {
		AVOW_TRY(avow_json_parse(events, NULL, a, &root, NULL));
		AVOW_TRY(avow_json_need(root, "Events", AVOW_JSON_ARRAY, &list, NULL));
		for (size_t i = 0; i < list->count; i++) {
			n += put_event(w, &list->items[i]);
			if (n > AVOW_MACHINE_EVENTS)
				return AVOW_E_TOO_LARGE;
		}
	}
	avow_jw_close(w);
	return AVOW_OK;
}

enum avow_err
avow_machine_state(struct avow_span pcrs, struct avow_span events, struct avow_arena *a,
	struct avow_buf *out)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	AVOW_TRY(put_events(events, a, &w));
	AVOW_TRY(put_pcrs(pcrs, a, &w));
	avow_jw_close(&w);
	return out->err;
}
