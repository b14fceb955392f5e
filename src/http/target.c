/*
 * The request target (RFC 9112, 3.2): origin-form, or absolute-form of our own
 * host. Gives the decoded path and the decoded query parameters.
 *
 * An encoded slash or backslash in the path is refused: a proxy that guards
 * paths sees another path there than we would. "%3A" becomes ':' before
 * routing, because clients write ":reset" so. Dot segments are not resolved;
 * they match no route.
 */
#include "http/head.h"

#include "base/hex.h"
#include "base/limits.h"

static const struct avow_at at_target = {"target", "target", "RFC 9112, 3.2"};

/* The byte at s[*i], decoded, and *i moved behind it; -1: a bad escape. */
static int
decode_byte(struct avow_span s, size_t *i)
{
	int high, low;

	if (s.p[*i] != '%')
		return s.p[(*i)++];
	if (s.n - *i < 3)
		return -1;
	high = avow_hex_value(s.p[*i + 1]);
	low = avow_hex_value(s.p[*i + 2]);
	*i += 3;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* RFC 3986, 2.1. Control bytes do not come back in by way of an escape. */
static enum avow_err
decode(struct avow_span s, bool in_query, struct avow_arena *a, struct avow_span *out,
	struct avow_why *why)
{
	uint8_t *p = avow_arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (!p)
		return avow_arena_err(a);
	for (size_t i = 0; i < s.n;) {
		bool is_escape = s.p[i] == '%';
		int c = decode_byte(s, &i);

		if (c < 0x20 || c == 0x7f)
			return avow_refuse(why, AVOW_E_HTTP_TARGET, &at_target,
				"escapes of two hex digits, no control bytes", NULL);
		if (is_escape && !in_query && (c == '/' || c == '\\'))
			return avow_refuse(why, AVOW_E_HTTP_TARGET, &at_target,
				"no encoded slash", NULL);
		p[n++] = in_query && !is_escape && c == '+' ? ' ' : (uint8_t)c;
	}
	*out = (struct avow_span){p, n};
	return AVOW_OK;
}

/* One "name=value" or "name"; empty pieces ("a&&b") are passed over. */
static enum avow_err
add_parameter(struct avow_span piece, struct avow_arena *a, struct avow_http_head *out,
	struct avow_why *why)
{
	static const struct avow_at at = {"target", "query", "Avow limits.h"};
	size_t eq = avow_span_find_byte(piece, '=');
	struct avow_http_pair *pair = &out->query[out->n_query];

	if (piece.n == 0)
		return AVOW_OK;
	if (out->n_query == AVOW_MAX_HTTP_QUERY)
		return avow_refuse(why, AVOW_E_HTTP_HEAD_TOO_LARGE, &at, NULL,
			"more than %d parameters", AVOW_MAX_HTTP_QUERY);
	AVOW_TRY(decode(avow_span_slice(piece, 0, eq), true, a, &pair->name, why));
	AVOW_TRY(decode(avow_span_from(piece, eq + 1), true, a, &pair->value, why));
	out->n_query++;
	return AVOW_OK;
}

static enum avow_err
split_query(struct avow_span query, struct avow_arena *a, struct avow_http_head *out,
	struct avow_why *why)
{
	if (query.n == 0)
		return AVOW_OK;
	out->query = avow_arena_array(a, AVOW_MAX_HTTP_QUERY, sizeof(*out->query));
	if (!out->query)
		return avow_arena_err(a);
	while (query.n) {
		size_t amp = avow_span_find_byte(query, '&');

		AVOW_TRY(add_parameter(avow_span_slice(query, 0, amp), a, out, why));
		query = avow_span_from(query, amp + 1);
	}
	return AVOW_OK;
}

static bool
starts_fold(struct avow_span s, struct avow_span prefix)
{
	return avow_span_eq_fold(avow_span_slice(s, 0, prefix.n), prefix);
}

/* RFC 9112, 3.2.2: cut "http://authority" off; *rest is path and query. */
static enum avow_err
split_absolute(struct avow_span target, struct avow_http_head *out,
	struct avow_span *rest, struct avow_why *why)
{
	struct avow_span scheme = AVOW_LIT("https://");
	size_t end;

	if (!starts_fold(target, scheme))
		scheme = AVOW_LIT("http://");
	if (!starts_fold(target, scheme))
		return avow_refuse(why, AVOW_E_HTTP_TARGET, &at_target,
			"a path, or an http(s) URL", NULL);
	*rest = avow_span_from(target, scheme.n);
	for (end = 0; end < rest->n && rest->p[end] != '/' && rest->p[end] != '?';)
		end++;
	out->authority = avow_span_slice(*rest, 0, end);
	*rest = avow_span_from(*rest, end);
	if (!avow_http_is_authority(out->authority) || rest->n == 0 ||
		rest->p[0] != '/')
		return avow_refuse(why, AVOW_E_HTTP_TARGET, &at_target,
			"a host, an optional port, and a path", NULL);
	return AVOW_OK;
}

enum avow_err
avow_http_judge_target(struct avow_span target, struct avow_arena *a,
	struct avow_http_head *out, struct avow_why *why)
{
	struct avow_span rest = target;
	size_t mark;

	if (target.n > AVOW_MAX_HTTP_TARGET)
		return avow_refuse(why, AVOW_E_HTTP_HEAD_TOO_LARGE, &at_target, NULL,
			"%zu bytes", target.n);
	for (size_t i = 0; i < target.n; i++)
		if (target.p[i] <= 0x20 || target.p[i] >= 0x7f || target.p[i] == '#')
			return avow_refuse(why, AVOW_E_HTTP_TARGET, &at_target,
				"visible ASCII without a fragment", NULL);
	if (target.n == 0 || target.p[0] != '/')
		AVOW_TRY(split_absolute(target, out, &rest, why));
	mark = avow_span_find_byte(rest, '?');
	AVOW_TRY(decode(avow_span_slice(rest, 0, mark), false, a, &out->path, why));
	return split_query(avow_span_from(rest, mark + 1), a, out, why);
}

static bool
is_port(struct avow_span s)
{
	unsigned value = 0;

	if (s.n == 0 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(s.p[i] - '0');
	}
	return value <= 65535;
}

static bool
is_name_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986, 3.2.2. Of IPvFuture, user names, escapes and sub-delimiters, which
 * no name in use has, nothing is taken. */
bool
avow_http_is_authority(struct avow_span s)
{
	size_t end = 0;

	if (s.n && s.p[0] == '[') {
		end = avow_span_find_byte(s, ']');
		for (size_t i = 1; i < end && i < s.n; i++)
			if (avow_hex_value(s.p[i]) < 0 && s.p[i] != ':' &&
				s.p[i] != '.')
				return false;
		if (end == s.n || end < 3)
			return false;
		end++;
	} else {
		while (end < s.n && is_name_char(s.p[end]))
			end++;
		if (end == 0)
			return false;
	}
	return end == s.n || (s.p[end] == ':' && is_port(avow_span_from(s, end + 1)));
}
