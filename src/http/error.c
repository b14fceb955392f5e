/*
 * The body of a refusal, in the contract's shape (MAA REST contract, errors)
 * with Avow's own detail as innererror. The outer code is the one that
 * clients of the contract know; the inner one is stable and exact.
 */
#include "http/http.h"

#include "wire/json_member.h"

static void
member(struct avow_jw *w, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	avow_jw_put_str(w, name, value);
}

/* An outsider learns nothing from the insides of our own faults but may learn
 * paths and names; the log has them. */
static bool
is_our_fault(enum avow_err code)
{
	switch (avow_err_class(code)) {
	case AVOW_CLASS_INTERNAL:
	case AVOW_CLASS_CRYPTO:
	case AVOW_CLASS_STORE:
		return true;
	case AVOW_CLASS_OK:
	case AVOW_CLASS_INPUT:
	case AVOW_CLASS_EVIDENCE:
	case AVOW_CLASS_COLLATERAL:
	case AVOW_CLASS_POLICY:
	case AVOW_CLASS_AUTH:
	case AVOW_CLASS_LIMIT:
	default:
		return false;
	}
}

static void
put_detail(struct avow_jw *w, const struct avow_why *why)
{
	member(w, "check", why->check);
	member(w, "field", why->field);
	member(w, "expected", why->expected);
	member(w, "got", why->got);
	member(w, "source", why->source);
	member(w, "document", why->document);
	if (why->offset != SIZE_MAX && why->offset <= INT64_MAX)
		avow_jw_put_int(w, "offset", (int64_t)why->offset);
}

void
avow_http_error_body(struct avow_buf *out, enum avow_err code,
	const struct avow_why *why, const struct avow_http_pair *more)
{
	bool detailed = why && why->code == code && !is_our_fault(code);
	const char *text = detailed && why->message[0] ? why->message : NULL;
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "error");
	avow_jw_open(&w, '{');
	member(&w, "code", avow_err_api_code(code));
	member(&w, "message", text ? text : avow_err_text(code));
	avow_jw_name(&w, "innererror");
	avow_jw_open(&w, '{');
	member(&w, "code", avow_err_name(code));
	member(&w, "message", avow_err_text(code));
	if (detailed)
		put_detail(&w, why);
	if (detailed && more && more->name.n) {
		avow_jw_name_span(&w, more->name);
		avow_jw_raw(&w, more->value);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_jw_close(&w);
}
