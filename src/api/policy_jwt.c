/*
 * The envelope of a policy. Whether its signature is needed, and by whom it
 * may be made, is judged where policies are set; here is only what it holds.
 */
#include "api/policy_jwt.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "crypto/jose.h"
#include "wire/json.h"

#define SOURCE "MAA policy management, policy body"
#define MEMBER "AttestationPolicy"

/* base64url({"alg":"none"}), as every client writes it */
#define UNSIGNED_HEADER "eyJhbGciOiJub25lIn0"

static bool
is_jws_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '_' || c == '=';
}

bool
avow_policy_jwt_is(struct avow_span text)
{
	size_t dots = 0;

	text = avow_span_trim(text);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.')
			dots++;
		else if (!is_jws_byte(text.p[i]))
			return false;
	}
	return dots == 2;
}

/* Old clients put the text where its base64url belongs; a policy holds spaces
 * or braces, so the two cannot be confused. */
static enum avow_err
member_text(struct avow_span member, struct avow_arena *a, struct avow_span *out,
	struct avow_why *why)
{
	enum avow_err e =
		avow_b64_decode_lenient(member, AVOW_MAX_POLICY_TEXT, a, out);

	if (e == AVOW_E_BASE64)
		*out = member;
	else if (e != AVOW_OK)
		return avow_refuse(why, e,
			&(struct avow_at){"policy_jwt", MEMBER, SOURCE}, NULL, NULL);
	if (out->n > AVOW_MAX_POLICY_TEXT)
		return avow_refuse(why, AVOW_E_TOO_LARGE,
			&(struct avow_at){"policy_jwt", MEMBER, SOURCE},
			"at most 262144 bytes", "%zu bytes", out->n);
	if (!avow_utf8_is_valid(*out))
		return avow_refuse(why, AVOW_E_UTF8,
			&(struct avow_at){"policy_jwt", MEMBER, SOURCE}, "UTF-8 text",
			NULL);
	return AVOW_OK;
}

enum avow_err
avow_policy_jwt_text(struct avow_span jwt, struct avow_arena *a, struct avow_span *out,
	struct avow_why *why)
{
	const struct avow_json *payload, *member;
	struct avow_jws jws;

	*out = (struct avow_span){NULL, 0};
	AVOW_TRY(avow_jws_parse(avow_span_trim(jwt), a, &jws, why));
	if (avow_span_is_empty(jws.payload))
		return AVOW_OK;
	AVOW_TRY(avow_json_parse(jws.payload, NULL, a, &payload, why));
	AVOW_TRY(avow_json_need(payload, MEMBER, AVOW_JSON_STRING, &member, why));
	return member_text(member->string, a, out, why);
}

void
avow_policy_jwt_put_unsigned(struct avow_buf *b, struct avow_span text)
{
	struct avow_buf payload;

	avow_buf_put_str(b, UNSIGNED_HEADER ".");
	if (!avow_span_is_empty(text)) {
		avow_buf_init(&payload, AVOW_MAX_POLICY_TEXT * 2);
		avow_buf_put_str(&payload, "{\"" MEMBER "\":\"");
		avow_b64url_put(&payload, text);
		avow_buf_put_str(&payload, "\"}");
		avow_b64url_put(b, avow_buf_span(&payload));
		if (payload.err != AVOW_OK)
			b->err = payload.err;
		avow_buf_clear(&payload);
	}
	avow_buf_put_byte(b, '.');
}
