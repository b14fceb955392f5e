/*
 * From the body of an attest call to plain values. The leniency is that of the
 * contract and nothing more: names in any case (so two names that fold to one
 * are a duplicate, refused by the reader), base 64 in either alphabet, a
 * number as nonce. What the values mean is judged elsewhere.
 */
#include "api/request.h"

#include "base/base64.h"
#include "base/limits.h"
#include "wire/json.h"

#define SOURCE "MAA REST contract, attest request bodies"

static const struct avow_json *
member(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get_fold(o, name);

	/* Clients that serialise an absent value write null. */
	return v && v->type == AVOW_JSON_NULL ? NULL : v;
}

static enum avow_err
wrong_type(const char *field, const char *expected, struct avow_why *why)
{
	return avow_refuse(why, AVOW_E_JSON_TYPE,
		&(struct avow_at){"request", field, SOURCE}, expected, NULL);
}

static enum avow_err
decode_base64(const struct avow_json *v, const char *field, size_t max,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why)
{
	enum avow_err e;

	if (v->type != AVOW_JSON_STRING)
		return wrong_type(field, "a base64url string", why);
	e = avow_b64_decode_lenient(v->string, max, a, out);
	if (e == AVOW_OK)
		return e;
	return avow_refuse(why, e, &(struct avow_at){"request", field, SOURCE},
		e == AVOW_E_BASE64 ? "base64url text" : NULL, "%zu characters",
		v->string.n);
}

static enum avow_err
decode_type(const struct avow_json *o, const char *field, bool *is_json,
	struct avow_why *why)
{
	const struct avow_json *t = member(o, "dataType");

	*is_json = false;
	if (!t || (t->type == AVOW_JSON_STRING && t->string.n == 0))
		return AVOW_OK; /* the contract's default is Binary */
	if (t->type == AVOW_JSON_STRING) {
		if (avow_span_eq_fold(t->string, AVOW_LIT("Binary")))
			return AVOW_OK;
		*is_json = avow_span_eq_fold(t->string, AVOW_LIT("JSON"));
		if (*is_json)
			return AVOW_OK;
	}
	return wrong_type(field, "\"Binary\" or \"JSON\"", why);
}

static enum avow_err
decode_data(const struct avow_json *body, const char *name, struct avow_arena *a,
	struct avow_bound_data *out, struct avow_why *why)
{
	const struct avow_json *o = member(body, name), *data;

	*out = (struct avow_bound_data){.present = false};
	if (!o)
		return AVOW_OK;
	if (o->type != AVOW_JSON_OBJECT)
		return wrong_type(name, "an object with data and dataType", why);
	data = member(o, "data");
	/* {"data":"","dataType":""} is how a real client says "none". */
	if (!data || (data->type == AVOW_JSON_STRING && data->string.n == 0))
		return AVOW_OK;
	AVOW_TRY(decode_type(o, name, &out->is_json, why));
	AVOW_TRY(decode_base64(data, name, AVOW_MAX_RUNTIME_DATA, a, &out->bytes,
		why));
	if (out->is_json && out->bytes.n > AVOW_MAX_RUNTIME_JSON)
		return avow_refuse(why, AVOW_E_TOO_LARGE,
			&(struct avow_at){"request", name, SOURCE},
			"at most 65536 bytes of JSON", "%zu bytes", out->bytes.n);
	out->present = true;
	return AVOW_OK;
}

/* A string, or a number as it was written: it is echoed, never computed. */
static enum avow_err
decode_nonce(const struct avow_json *body, struct avow_span *out,
	struct avow_why *why)
{
	const struct avow_json *v = member(body, "nonce");

	*out = (struct avow_span){NULL, 0};
	if (!v)
		return AVOW_OK;
	if (v->type == AVOW_JSON_STRING)
		*out = v->string;
	else if (v->type == AVOW_JSON_INT || v->type == AVOW_JSON_REAL)
		*out = v->raw;
	else
		return wrong_type("nonce", "a string or a number", why);
	if (out->n > AVOW_MAX_NONCE)
		return avow_refuse(why, AVOW_E_TOO_LARGE,
			&(struct avow_at){"request", "nonce", SOURCE},
			"at most 1024 bytes", "%zu bytes", out->n);
	return AVOW_OK;
}

static enum avow_err
decode_draft(const struct avow_json *body, struct avow_attest_body *out,
	struct avow_why *why)
{
	const struct avow_json *v = member(body, "draftPolicyForAttestation");

	if (!v || (v->type == AVOW_JSON_STRING && v->string.n == 0))
		return AVOW_OK;
	if (v->type != AVOW_JSON_STRING)
		return wrong_type("draftPolicyForAttestation", "a string", why);
	out->has_draft = true;
	out->draft_policy = v->string;
	return AVOW_OK;
}

enum avow_err
avow_attest_body_decode(struct avow_span body, const struct avow_kind *kind,
	struct avow_arena *a, struct avow_attest_body *out, struct avow_why *why)
{
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	const struct avow_json *root, *evidence;

	*out = (struct avow_attest_body){.has_draft = false};
	AVOW_TRY(avow_json_parse(body, &rules, a, &root, why));
	if (root->type != AVOW_JSON_OBJECT)
		return wrong_type("", "an object", why);
	evidence = member(root, kind->member);
	if (!evidence)
		return avow_refuse(why, AVOW_E_JSON_MISSING,
			&(struct avow_at){"request", kind->member, SOURCE},
			"a base64url string", NULL);
	AVOW_TRY(decode_base64(evidence, kind->member, kind->max_evidence, a,
		&out->evidence, why));
	AVOW_TRY(decode_data(root, "runtimeData", a, &out->runtime, why));
	AVOW_TRY(decode_data(root, "initTimeData", a, &out->init, why));
	if (kind->bit == AVOW_KIND_TDX && member(root, "eventLog"))
		AVOW_TRY(decode_base64(member(root, "eventLog"), "eventLog",
			AVOW_MAX_EVENT_LOG, a, &out->event_log, why));
	AVOW_TRY(decode_nonce(root, &out->nonce, why));
	return decode_draft(root, out, why);
}
