/*
 * The rules between items, and what follows from several of them: the URL of
 * an instance that has none, and whether the service speaks TLS. Files are not
 * opened here; who uses them says what is wrong with them.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "config/impl.h"

static enum avow_err
refuse(const char *field, struct avow_why *why, const char *expected, const char *got)
{
	const struct avow_at at = {"config", field, "docs/configuration.md"};

	return avow_refuse(why, AVOW_E_CONFIG_VALUE, &at, expected, "%s", got);
}

static bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool
is_https(const struct avow_config *c)
{
	return avow_span_starts(avow_span_str(c->url), AVOW_LIT("https://"));
}

static struct avow_config_address
listen_at(const struct avow_config *c, size_t i)
{
	struct avow_config_address a = {0};

	if (!avow_config_address_parse(avow_span_str(c->listen.v[i]), &a))
		a = (struct avow_config_address){0}; /* never loopback */
	return a;
}

static bool
all_loopback(const struct avow_config *c)
{
	for (size_t i = 0; i < c->listen.n; i++)
		if (!listen_at(c, i).is_loopback)
			return false;
	return true;
}

bool
avow_config_wants_tls(const struct avow_config *c)
{
	if (!is(c->tls, "auto"))
		return is(c->tls, "always");
	if (c->url[0])
		return is_https(c);
	return c->tls_cert[0] || !all_loopback(c);
}

static enum avow_err
check_tls(const struct avow_config *c, struct avow_why *why)
{
	bool tls = avow_config_wants_tls(c);

	if (!c->tls_cert[0] != !c->tls_key[0])
		return refuse(c->tls_cert[0] ? "tls_key" : "tls_cert", why,
			"tls_cert and tls_key together", "one of them");
	if (c->tls_cert[0] && !tls)
		return refuse("tls_cert", why, "no certificate where there is no TLS",
			c->tls_cert);
	if (!tls && !all_loopback(c))
		return refuse("listen", why,
			"loopback addresses alone where there is no TLS", "another");
	if (tls && c->url[0] && !is_https(c))
		return refuse("url", why, "https where the service speaks TLS", c->url);
	return AVOW_OK;
}

static enum avow_err
derive_collateral(struct avow_config *c)
{
	size_t n = strlen(c->data) + sizeof("/collateral");
	char *path;

	if (c->collateral[0])
		return AVOW_OK;
	path = avow_arena_alloc(&c->impl->arena, n);
	if (!path)
		return avow_arena_err(&c->impl->arena);
	snprintf(path, n, "%s/collateral", c->data);
	c->collateral = path;
	return AVOW_OK;
}

enum avow_err
avow_config_derive_url(struct avow_config *c, unsigned port)
{
	struct avow_config_address a = listen_at(c, 0);
	bool tls = avow_config_wants_tls(c);
	char tail[8] = "", text[80];
	struct avow_span copy;

	if (c->url[0])
		return AVOW_OK;
	if (port != (tls ? 443u : 80u))
		snprintf(tail, sizeof(tail), ":%u", port % 65536u);
	snprintf(text, sizeof(text), "%s://%s%s%s%s", tls ? "https" : "http",
		a.is_v6 ? "[" : "", a.host, a.is_v6 ? "]" : "", tail);
	copy = avow_arena_copy(&c->impl->arena, avow_span_str(text));
	if (!copy.p)
		return AVOW_E_NO_MEMORY;
	c->url = (const char *)copy.p;
	return AVOW_OK;
}

/* What may stand behind "https://NAME." of a provider: a name, no address. */
static bool
is_domain(const char *s)
{
	char url[256];

	if (s[0] == '[' || s[strspn(s, "0123456789.:")] == '\0' || strlen(s) > 200)
		return false;
	snprintf(url, sizeof(url), "https://%s", s);
	return !avow_config_url_fault(avow_span_str(url));
}

/* PPID, chip id, chip id of Turin */
static bool
is_platform_id(const char *s)
{
	struct avow_span id = avow_span_str(s);

	return (id.n == 32 || id.n == 128 || id.n == 16) && avow_hex_is(id);
}

static enum avow_err
check_platforms(const struct avow_config *c, struct avow_why *why)
{
	for (size_t i = 0; i < c->allow_platform.n; i++)
		if (!is_platform_id(c->allow_platform.v[i]))
			return refuse("allow_platform", why,
				"a PPID of 32 or a chip id of 128 or 16 hex digits",
				c->allow_platform.v[i]);
	return AVOW_OK;
}

/* A base that paths are put behind, or a document's whole URL: https, or http to
 * this machine; user names, white space and fragments nowhere. */
static enum avow_err
check_source(const char *field, const char *url, bool is_base, struct avow_why *why)
{
	static const char *const starts[] = {
		"https://", "http://127.", "http://localhost", "http://[::1]"};
	size_t n = strlen(url);
	bool ok = false;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		ok |= strncmp(url, starts[i], strlen(starts[i])) == 0;
	for (size_t i = 0; i < n; i++)
		ok &= url[i] > 0x20 && url[i] < 0x7f && !strchr("@#\"\\<>", url[i]);
	if (is_base)
		ok &= n > 0 && url[n - 1] != '/' && !strchr(url, '?');
	if (n == 0 || ok)
		return AVOW_OK;
	return refuse(field, why,
		is_base ? "an https URL without a final slash or query"
			: "an https URL",
		url);
}

static enum avow_err
check_sources(const struct avow_config *c, struct avow_why *why)
{
	AVOW_TRY(check_source("intel_pcs", c->intel_pcs, true, why));
	AVOW_TRY(check_source("intel_root_crl", c->intel_root_crl, false, why));
	return check_source("amd_kds", c->amd_kds, true, why);
}

enum avow_err
avow_config_check(struct avow_config *c, struct avow_why *why)
{
	struct avow_config_address first = listen_at(c, 0);

	if (!c->data[0])
		return refuse("data", why, "a folder", "");
	AVOW_TRY(check_tls(c, why));
	if (!c->url[0] && first.is_wildcard)
		return refuse("url", why,
			"a URL, since the first listen address is no "
			"name that a client can use",
			"none");
	if (c->base_domain[0] && !is_domain(c->base_domain))
		return refuse("base_domain", why,
			"a name in lower case with an optional port", c->base_domain);
	if (c->max_connections_per_address > c->max_connections)
		return refuse("max_connections_per_address", why,
			"no more than max_connections", "more");
	AVOW_TRY(check_platforms(c, why));
	AVOW_TRY(check_sources(c, why));
	AVOW_TRY(derive_collateral(c));
	return first.port ? avow_config_derive_url(c, first.port) : AVOW_OK;
}
