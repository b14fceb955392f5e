/*
 * Reads the TCG Canonical Event Log in its JSON form: an array of records. Bytes
 * are written as hex by some producers and as base 64 by others; a text that is
 * both is taken as hex, and whatever was taken, only its digest makes it believed.
 */
#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"
#include "evidence/eventlog/impl.h"
#include "wire/json.h"

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, size_t at)
{
	return log_refuse(why, AVOW_E_CEL_FORMAT, field, expected, 0, at);
}

static bool
read_bytes(const struct avow_json *v, struct avow_arena *a, struct avow_span *out)
{
	uint8_t *p;

	*out = avow_span_make(NULL, 0);
	if (!v || v->type != AVOW_JSON_STRING)
		return false;
	if (v->string.n == 0)
		return true;
	if (!avow_hex_is(v->string))
		return avow_b64_decode_lenient(
			       v->string, AVOW_MAX_EVENT_DATA, a, out) == AVOW_OK;
	p = avow_arena_alloc(a, v->string.n / 2);
	if (!p || avow_hex_decode(v->string, p, v->string.n / 2) != AVOW_OK)
		return false;
	*out = avow_span_make(p, v->string.n / 2);
	return true;
}

static uint16_t
alg_named(const struct avow_json *v)
{
	static const struct {
		const char *name;
		uint16_t alg;
	} ALGS[] = {{"sha1", ALG_SHA1}, {"sha256", ALG_SHA256}, {"sha384", ALG_SHA384},
		{"sha512", ALG_SHA512}, {"sm3_256", 0x12}, {"sha3_256", 0x27},
		{"sha3_384", 0x28}, {"sha3_512", 0x29}};

	for (size_t i = 0; v && i < sizeof(ALGS) / sizeof(ALGS[0]); i++)
		if (v->type == AVOW_JSON_STRING &&
			avow_span_eq_fold(v->string, avow_span_str(ALGS[i].name)))
			return ALGS[i].alg;
	return 0;
}

static enum avow_err
read_digests(const struct avow_json *list, struct avow_log_event *e,
	struct avow_arena *a, struct avow_why *why)
{
	struct avow_log_digest *d;

	if (!list || list->type != AVOW_JSON_ARRAY ||
		list->count > AVOW_MAX_EVENT_BANKS)
		return refuse(why, "digests", "at most 8 digests", e->offset);
	d = avow_arena_array(a, list->count ? list->count : 1, sizeof(*d));
	if (!d)
		return avow_refuse(why, avow_arena_err(a), NULL, NULL, NULL);
	for (size_t i = 0; i < list->count; i++) {
		d[i].alg = alg_named(avow_json_get(&list->items[i], "hashAlg"));
		if (!d[i].alg ||
			!read_bytes(avow_json_get(&list->items[i], "digest"), a,
				&d[i].bytes) ||
			!cel_digest_ok(d, i))
			return refuse(why, "digests", "hashAlg and digest, each once",
				e->offset);
	}
	e->digests = d;
	e->digest_count = list->count;
	return AVOW_OK;
}

static bool
read_type(const struct avow_json *v, uint32_t *out)
{
	if (!v || v->type != AVOW_JSON_INT || v->integer < 0 || v->integer > UINT32_MAX)
		return false;
	*out = (uint32_t)v->integer;
	return true;
}

static enum avow_err
read_content(const struct avow_json *o, struct avow_log_event *e, struct avow_arena *a,
	struct avow_why *why)
{
	const struct avow_json *kind = avow_json_get(o, "content_type");
	const struct avow_json *c = avow_json_get(o, "content"), *name;

	if (!kind || kind->type != AVOW_JSON_STRING || !c)
		return refuse(why, "content", "content_type and content", e->offset);
	if (avow_span_eq_str(kind->string, "pcclient_std")) {
		if (!read_type(avow_json_get(c, "event_type"), &e->type) ||
			!read_bytes(avow_json_get(c, "event_data"), a, &e->data))
			return refuse(
				why, "content", "event_type and event_data", e->offset);
	} else if (avow_span_eq_str(kind->string, "ima_template")) {
		name = avow_json_get(c, "template_name");
		if (!name || name->type != AVOW_JSON_STRING ||
			!read_bytes(avow_json_get(c, "template_data"), a, &e->data))
			return refuse(why, "content", "template_name and template_data",
				e->offset);
		e->template_name = name->string;
		e->is_ima = true;
		e->type_name = "IMA_MEASUREMENT_EVENT";
	} else {
		e->type_name = avow_span_eq_str(kind->string, "cel")
				       ? "CEL_MANAGEMENT_EVENT"
				       : "CEL_CONTENT_EVENT";
		e->not_extended = e->digest_count == 0;
	}
	return AVOW_OK;
}

static enum avow_err
read_record(const struct avow_json *o, struct avow_log_event *e, int64_t *recnum,
	struct avow_arena *a, struct avow_why *why)
{
	const struct avow_json *n = avow_json_get(o, "recnum");
	const struct avow_json *pcr = avow_json_get(o, "pcr");

	if (!n || n->type != AVOW_JSON_INT || (e->seq > 1 && n->integer <= *recnum))
		return refuse(why, "recnum", "a number that rises", e->offset);
	*recnum = n->integer;
	if (!read_type(pcr ? pcr : avow_json_get(o, "nv_index"), &e->pcr))
		return refuse(why, "pcr", "a number", e->offset);
	AVOW_TRY(read_digests(avow_json_get(o, "digests"), e, a, why));
	AVOW_TRY(read_content(o, e, a, why));
	e->not_extended = e->not_extended || !pcr;
	return AVOW_OK;
}

enum avow_err
cel_json_parse(struct avow_span bytes, struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why)
{
	struct event_list list = {.arena = a, .max = AVOW_MAX_IMA_EVENTS};
	const struct avow_json *root;
	int64_t recnum = 0;

	if (bytes.n > AVOW_MAX_IMA_LOG * 2)
		return log_refuse(why, AVOW_E_TOO_LARGE, "log",
			"at most 33554432 bytes", bytes.n, 0);
	AVOW_TRY(avow_json_parse(bytes, NULL, a, &root, why));
	if (root->type != AVOW_JSON_ARRAY)
		return refuse(why, "log", "an array of records", 0);
	for (size_t i = 0; i < root->count; i++) {
		struct avow_log_event *e = event_list_add(&list);

		if (!e)
			return event_list_err(&list, why, 0);
		e->offset = (size_t)(root->items[i].raw.p - bytes.p);
		AVOW_TRY(read_record(&root->items[i], e, &recnum, a, why));
		event_list_drop_spec_id(&list);
	}
	out->events = list.events;
	out->count = list.count;
	return AVOW_OK;
}
