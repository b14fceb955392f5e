/*
 * Which route a path and a method belong to. A table of a few dozen rows: a
 * walk over it costs less than anything cleverer.
 */
#include "http/head.h"

#include <string.h>

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* "{name}suffix" against one whole segment. */
static bool
match_parameter(
	struct avow_span suffix, struct avow_span segment, struct avow_span *param)
{
	struct avow_span tail;

	if (segment.n <= suffix.n)
		return false;
	tail = avow_span_from(segment, segment.n - suffix.n);
	if (!avow_span_eq_fold(tail, suffix))
		return false;
	*param = avow_span_slice(segment, 0, segment.n - suffix.n);
	return true;
}

static bool
match(const char *pattern, struct avow_span path,
	struct avow_span params[AVOW_HTTP_MAX_PARAMS])
{
	struct avow_span want = avow_span_str(pattern);
	size_t n = 0;

	while (want.n) {
		size_t end, segment, close;

		if (want.p[0] != '{') {
			if (path.n == 0 || fold(path.p[0]) != fold(want.p[0]))
				return false;
			want = avow_span_from(want, 1);
			path = avow_span_from(path, 1);
			continue;
		}
		end = avow_span_find_byte(want, '/');
		segment = avow_span_find_byte(path, '/');
		close = avow_span_find_byte(want, '}') + 1;
		if (n == AVOW_HTTP_MAX_PARAMS ||
			!match_parameter(avow_span_slice(want, close, end - close),
				avow_span_slice(path, 0, segment), &params[n++]))
			return false;
		want = avow_span_from(want, end);
		path = avow_span_from(path, segment);
	}
	return path.n == 0;
}

static void
add_allow(char allow[AVOW_HTTP_ALLOW_TEXT], enum avow_http_method m)
{
	const char *name = avow_http_method_name(m);
	size_t used = strlen(allow), n = strlen(name);

	if (strstr(allow, name) || used + n + 3 > AVOW_HTTP_ALLOW_TEXT)
		return;
	if (used) {
		memcpy(allow + used, ", ", 2);
		used += 2;
	}
	memcpy(allow + used, name, n + 1);
}

static void
forget(struct avow_span params[AVOW_HTTP_MAX_PARAMS])
{
	memset(params, 0, AVOW_HTTP_MAX_PARAMS * sizeof(params[0]));
}

enum avow_err
avow_http_find_route(const struct avow_http_route *routes, size_t n,
	enum avow_http_method method, struct avow_span path,
	const struct avow_http_route **out,
	struct avow_span params[AVOW_HTTP_MAX_PARAMS], char allow[AVOW_HTTP_ALLOW_TEXT],
	struct avow_why *why)
{
	static const struct avow_at at_path = {"route", "path", "MAA REST contract"};
	static const struct avow_at at_method = {"route", "method", "RFC 9110, 15.5.6"};

	*out = NULL;
	allow[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		enum avow_http_method has = routes[i].method;

		forget(params);
		if (!match(routes[i].pattern, path, params))
			continue;
		if (has == method ||
			(has == AVOW_HTTP_GET && method == AVOW_HTTP_HEAD)) {
			*out = &routes[i];
			return AVOW_OK;
		}
		add_allow(allow, has);
		if (has == AVOW_HTTP_GET)
			add_allow(allow, AVOW_HTTP_HEAD);
	}
	forget(params);
	if (allow[0])
		return avow_refuse(why, AVOW_E_HTTP_METHOD, &at_method, allow, "%s",
			avow_http_method_name(method));
	return avow_refuse(why, AVOW_E_HTTP_ROUTE, &at_path, NULL, "%.*s",
		AVOW_FMT(avow_span_slice(path, 0, 128)));
}
