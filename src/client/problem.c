/*
 * What leaves the library besides a verdict: the reason, as plain text. Only
 * the codes of the token itself refuse; whatever kept us from looking at it
 * leaves it undecided, so that an outage is never told as a bad token.
 */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

enum avow_verdict
client_verdict(enum avow_err err)
{
	static const enum avow_err refusing[] = {AVOW_E_TOKEN_FORMAT,
		AVOW_E_TOKEN_ALGORITHM, AVOW_E_TOKEN_KEY_UNKNOWN,
		AVOW_E_TOKEN_SIGNATURE, AVOW_E_TOKEN_ISSUER, AVOW_E_TOKEN_EXPIRED,
		AVOW_E_TOKEN_NOT_YET_VALID, AVOW_E_TOKEN_NONCE};

	if (err == AVOW_OK)
		return AVOW_VERDICT_VERIFIED;
	for (size_t i = 0; i < sizeof(refusing) / sizeof(refusing[0]); i++)
		if (err == refusing[i])
			return AVOW_VERDICT_REFUSED;
	return AVOW_VERDICT_UNDECIDED;
}

void
client_text(char *out, size_t n, struct avow_span s)
{
	size_t len = s.n < n ? s.n : n - 1;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)(s.p[i] >= 0x20 && s.p[i] <= 0x7e ? s.p[i] : '?');
	out[len] = '\0';
}

#define PUT(member, text)                                                              \
	client_text(out->member, sizeof(out->member), avow_span_str(text))

void
client_problem(struct avow_problem *out, enum avow_err err, const struct avow_why *why)
{
	struct avow_buf message;

	if (!out)
		return;
	memset(out, 0, sizeof(*out));
	PUT(code, avow_err_name(err));
	avow_buf_init(&message, 1024);
	avow_buf_put_str(&message, avow_err_text(err));
	if (why->message[0]) {
		avow_buf_put_str(&message, ": ");
		avow_buf_put_str(&message, why->message);
	}
	client_text(out->message, sizeof(out->message), avow_buf_span(&message));
	avow_buf_clear(&message);
	PUT(check, why->check);
	PUT(field, why->field);
	PUT(expected, why->expected);
	PUT(got, why->got);
	PUT(source, why->source);
}

static void
take(const struct avow_json *o, const char *name, char *out, size_t n)
{
	const struct avow_json *v = avow_json_get(o, name);

	if (v && v->type == AVOW_JSON_STRING)
		client_text(out, n, v->string);
}

#define TAKE(from, name, member) take(from, name, out->member, sizeof(out->member))

/* The inner message is the code's own text; the outer one, where it is another, is
 * about this very request: which event, which rule. */
static void
take_messages(const struct avow_json *error, const struct avow_json *inner, char *out,
	size_t n)
{
	char general[256] = "", special[256] = "";
	struct avow_buf both;

	take(inner, "message", general, sizeof(general));
	take(error, "message", special, sizeof(special));
	if (!general[0] || !special[0] || strcmp(general, special) == 0) {
		if (general[0] || special[0])
			client_text(
				out, n, avow_span_str(general[0] ? general : special));
		return;
	}
	avow_buf_init(&both, 1024);
	avow_buf_printf(&both, "%s: %s", general, special);
	client_text(out, n, avow_buf_span(&both));
	avow_buf_clear(&both);
}

/* {"error":{"code","message","innererror":{...}}}: the inner one knows more. */
void
client_refusal(struct avow_span body, struct avow_arena *a, struct avow_problem *out)
{
	const struct avow_json *root = NULL, *error, *inner;

	if (avow_json_parse(body, NULL, a, &root, NULL) != AVOW_OK)
		return;
	error = avow_json_get(root, "error");
	inner = avow_json_get(error, "innererror");
	if (inner) /* "got 400" was about the status, and is no more */
		out->check[0] = out->field[0] = out->expected[0] = out->got[0] =
			out->source[0] = '\0';
	TAKE(error, "code", code);
	TAKE(inner, "code", code);
	take_messages(error, inner, out->message, sizeof(out->message));
	TAKE(inner, "check", check);
	TAKE(inner, "field", field);
	TAKE(inner, "expected", expected);
	TAKE(inner, "got", got);
	TAKE(inner, "source", source);
}

/* A 4xx is the service's word on the request; 429 and all else say "not now". */
enum avow_verdict
client_status_verdict(long status)
{
	return status >= 400 && status < 500 && status != 429 ? AVOW_VERDICT_REFUSED
							      : AVOW_VERDICT_UNDECIDED;
}

char *
client_dup(struct avow_span s)
{
	char *p = malloc(s.n + 1);

	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

void
avow_free(void *p)
{
	free(p);
}

const char *
avow_version(void)
{
	return AVOW_VERSION;
}
