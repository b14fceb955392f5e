/* Members of the contract's JSON, each with one rule of its form. */
#include "base/base64.h"
#include "evidence/tpm/layout.h"

#define SOURCE "MAA TPM attestation protocol"

enum avow_err
tpm_bad_member(struct avow_why *why, const char *name, const char *expected)
{
	const struct avow_at at = {"request", name, SOURCE};

	return avow_refuse(why, AVOW_E_TPM_REQUEST, &at, expected, NULL);
}

const struct avow_json *
tpm_member(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_NULL ? NULL : v;
}

enum avow_err
tpm_member_bytes(const struct avow_json *o, const char *name, size_t max,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *v = tpm_member(o, name);
	enum avow_err e;

	*out = (struct avow_span){NULL, 0};
	if (!v)
		return AVOW_OK;
	if (v->type != AVOW_JSON_STRING)
		return tpm_bad_member(why, name, "base64url text");
	e = avow_b64_decode_lenient(v->string, max, a, out);
	if (e == AVOW_E_BASE64)
		return tpm_bad_member(why, name, "base64url text");
	if (e == AVOW_E_TOO_LARGE)
		return avow_refuse(why, e, &(struct avow_at){"request", name, SOURCE},
			NULL, "%zu characters", v->string.n);
	return e;
}

enum avow_err
tpm_member_text(const struct avow_json *o, const char *name, size_t max,
	struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *v = tpm_member(o, name);

	*out = (struct avow_span){NULL, 0};
	if (!v)
		return AVOW_OK;
	if (v->type != AVOW_JSON_STRING || v->string.n > max)
		return tpm_bad_member(why, name, "text of a bounded length");
	*out = v->string;
	return AVOW_OK;
}

enum avow_err
tpm_member_object(const struct avow_json *o, const char *name,
	const struct avow_json **out, struct avow_why *why)
{
	*out = tpm_member(o, name);
	if (*out && (*out)->type != AVOW_JSON_OBJECT)
		return tpm_bad_member(why, name, "an object");
	return AVOW_OK;
}
