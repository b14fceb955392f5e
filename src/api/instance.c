/*
 * From host and path to a provider's name, and from a name to a URL. The two
 * forms are never mixed, so that a provider has one URL. Names are compared in
 * lower case; a port is not part of a name, because a port can be mapped.
 *
 *   path form   url's host, an address, localhost:  /providers/NAME/rest -> NAME
 *                                                   /rest -> default
 *   host form   NAME.base -> NAME;  url's host -> default
 *   any other host names no provider
 */
#include "api/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define FOLDER "/providers/"
#define DEFAULT AVOW_LIT("default")

struct avow_instance {
	char *url;
	char *base; /* "" in the path form */
	struct avow_span scheme; /* "https://", of url */
	struct avow_span host, base_host; /* without their ports */
};

/* "host", "host:port", "[::1]:port" */
static struct avow_span
without_port(struct avow_span authority)
{
	size_t end = authority.n && authority.p[0] == '['
			     ? avow_span_find_byte(authority, ']') + 1
			     : avow_span_find_byte(authority, ':');

	return avow_span_slice(authority, 0, end);
}

enum avow_err
avow_instance_new(const char *url, const char *base_domain, struct avow_instance **out)
{
	struct avow_instance *in = calloc(1, sizeof(*in));
	struct avow_span whole;
	size_t scheme;

	*out = NULL;
	if (!in)
		return AVOW_E_NO_MEMORY;
	in->url = strdup(url);
	in->base = strdup(base_domain ? base_domain : "");
	if (!in->url || !in->base) {
		avow_instance_free(in);
		return AVOW_E_NO_MEMORY;
	}
	whole = avow_span_str(in->url);
	scheme = avow_span_starts(whole, AVOW_LIT("https://")) ? 8 : 7;
	in->scheme = avow_span_slice(whole, 0, scheme);
	in->host = without_port(avow_span_from(whole, scheme));
	in->base_host = without_port(avow_span_str(in->base));
	*out = in;
	return AVOW_OK;
}

void
avow_instance_free(struct avow_instance *in)
{
	if (!in)
		return;
	free(in->url);
	free(in->base);
	free(in);
}

/* --- names and URLs ------------------------------------------------------------------- */

static bool
is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-';
}

/* MAA control plane: ^[a-zA-Z0-9-]{3,24}$ */
bool
avow_provider_name_is_valid(struct avow_span name)
{
	if (name.n < AVOW_PROVIDER_NAME_MIN || name.n > AVOW_PROVIDER_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_byte(name.p[i]))
			return false;
	return true;
}

static enum avow_err
lower(struct avow_span s, struct avow_arena *a, struct avow_span *out)
{
	uint8_t *p = avow_arena_alloc(a, s.n + 1);

	if (!p)
		return avow_arena_err(a);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (uint8_t)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	*out = (struct avow_span){p, s.n};
	return AVOW_OK;
}

enum avow_err
avow_provider_name(struct avow_span sent, struct avow_arena *a, struct avow_span *out,
	struct avow_why *why)
{
	if (!avow_provider_name_is_valid(sent))
		return avow_refuse(why, AVOW_E_PROVIDER_NAME,
			&(struct avow_at){"provider", "name", "MAA control plane"},
			"3 to 24 letters, digits and hyphens", "%.*s",
			AVOW_FMT(avow_span_slice(sent, 0, 64)));
	return lower(sent, a, out);
}

enum avow_err
avow_instance_url(const struct avow_instance *in, struct avow_span name,
	struct avow_arena *a, struct avow_span *out)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, a, 4096);
	if (avow_span_eq(name, DEFAULT)) {
		avow_buf_put_str(&b, in->url);
	} else if (in->base[0]) {
		avow_buf_put(&b, in->scheme);
		avow_buf_put(&b, name);
		avow_buf_put_str(&b, ".");
		avow_buf_put_str(&b, in->base);
	} else {
		avow_buf_put_str(&b, in->url);
		avow_buf_put_str(&b, FOLDER);
		avow_buf_put(&b, name);
	}
	*out = avow_buf_span(&b);
	return b.err;
}

/* --- requests --------------------------------------------------------------------------- */

/* An address reaches the instance whatever it is called. */
static bool
is_address(struct avow_span host)
{
	if (host.n && host.p[0] == '[')
		return true;
	for (size_t i = 0; i < host.n; i++)
		if ((host.p[i] < '0' || host.p[i] > '9') && host.p[i] != '.')
			return false;
	return host.n > 0;
}

/* `default` has a URL of its own: under this form it would have two. */
static enum avow_err
place(struct avow_http_request *rq, struct avow_span name)
{
	if (!avow_provider_name_is_valid(name) || avow_span_eq_fold(name, DEFAULT))
		return AVOW_OK;
	return lower(name, rq->arena, &rq->place);
}

static enum avow_err
locate_by_host(const struct avow_instance *in, struct avow_http_request *rq,
	struct avow_span host)
{
	size_t tail = in->base_host.n + 1;
	struct avow_span end;

	if (avow_span_eq_fold(host, in->host)) {
		rq->place = DEFAULT;
		return AVOW_OK;
	}
	if (host.n <= tail)
		return AVOW_OK;
	end = avow_span_from(host, host.n - tail);
	if (end.p[0] != '.' ||
		!avow_span_eq_fold(avow_span_from(end, 1), in->base_host))
		return AVOW_OK;
	return place(rq, avow_span_slice(host, 0, host.n - tail));
}

static enum avow_err
locate_by_path(const struct avow_instance *in, struct avow_http_request *rq,
	struct avow_span host)
{
	const struct avow_span folder = AVOW_LIT(FOLDER);
	bool is_ours = host.n == 0 || avow_span_eq_fold(host, in->host) ||
		       is_address(host) || avow_span_eq_str(host, "localhost");
	struct avow_span name = {NULL, 0}, rest = {NULL, 0};

	if (avow_span_eq_fold(avow_span_slice(rq->path, 0, folder.n), folder)) {
		rest = avow_span_from(rq->path, folder.n);
		name = avow_span_slice(rest, 0, avow_span_find_byte(rest, '/'));
		rest = avow_span_from(rest, name.n);
	}
	/* /providers/Microsoft.Attestation/... is the control plane's: no name
	 * has a dot */
	if (!avow_provider_name_is_valid(name) || rest.n == 0) {
		rq->place = is_ours ? DEFAULT : rq->place;
		return AVOW_OK;
	}
	rq->path = rest;
	return is_ours ? place(rq, name) : AVOW_OK;
}

enum avow_err
avow_instance_locate(const struct avow_instance *in, struct avow_http_request *rq)
{
	struct avow_span host = without_port(avow_http_header(rq, "Host"));

	rq->place = (struct avow_span){NULL, 0};
	if (in->base[0])
		return locate_by_host(in, rq, host);
	return locate_by_path(in, rq, host);
}
