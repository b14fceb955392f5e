/*
 * Where an issuer's keys are: its metadata names them, and they must lie at the
 * issuer's own origin, so that a metadata document cannot send the relying party
 * elsewhere (verifier-bugs 31). The token has no part in this.
 */
#include "client/client.h"

#include <string.h>

#include "base/limits.h"

#define DEFAULT_TIMEOUT_MS 10000
#define METADATA_PATH "/.well-known/openid-configuration"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, struct avow_span got)
{
	const struct avow_at at = {"issuer", field, "OpenID Connect Discovery 4"};

	return avow_refuse(why, code, &at, expected, "%.*s", AVOW_FMT(got));
}

enum avow_err
client_issuer(const char *text, struct avow_span *out, struct avow_why *why)
{
	struct avow_span s = avow_span_trim(avow_span_str(text));
	struct avow_buf origin;
	enum avow_err err;

	if (avow_span_ends(s, AVOW_LIT("/")))
		s = avow_span_slice(s, 0, s.n - 1);
	avow_buf_init(&origin, 512);
	err = avow_net_origin(s, &origin);
	if (err == AVOW_OK && avow_span_find_byte(s, '?') != s.n)
		err = AVOW_E_NET_URL;
	avow_buf_clear(&origin);
	if (err == AVOW_E_NO_MEMORY)
		return err;
	if (err != AVOW_OK)
		return refuse(
			why, AVOW_E_USAGE, "issuer", "an https URL without query", s);
	*out = s;
	return AVOW_OK;
}

/* GET a JSON text from the issuer's origin; plain http to loopback only. */
static enum avow_err
get(const char *url, struct avow_span origin, const struct avow_verify_options *o,
	struct avow_net_response *rs, struct avow_why *why)
{
	const struct avow_net_request rq = {.url = url,
		.accept = "application/json",
		.ca_file = o ? o->ca_file : NULL,
		.proxy = o ? o->proxy : NULL,
		.timeout_ms =
			o && o->timeout_ms > 0 ? o->timeout_ms : DEFAULT_TIMEOUT_MS,
		.allow_http = avow_net_is_loopback(origin)};

	AVOW_TRY(avow_net_fetch(&rq, rs, why));
	return avow_net_expect(&rq, rs, 200, why);
}

/* Its issuer is ours, and its jwks_uri at our origin. */
static enum avow_err
read_metadata(struct avow_span text, struct avow_span issuer, struct avow_span origin,
	struct avow_arena *a, struct avow_span *jwks_uri, struct avow_why *why)
{
	const struct avow_json *root = NULL;
	struct avow_span said;
	struct avow_buf other;
	enum avow_err err = avow_json_parse(text, NULL, a, &root, NULL);

	if (err == AVOW_E_NO_MEMORY)
		return err;
	if (err != AVOW_OK ||
		avow_json_need_string(root, "issuer", &said, NULL) != AVOW_OK ||
		avow_json_need_string(root, "jwks_uri", jwks_uri, NULL) != AVOW_OK)
		return refuse(why, AVOW_E_ISSUER_METADATA, "metadata",
			"JSON with issuer and jwks_uri", AVOW_LIT("something else"));
	/* Discovery 4.3: exactly the issuer that was asked */
	if (avow_span_ends(said, AVOW_LIT("/")))
		said = avow_span_slice(said, 0, said.n - 1);
	if (!avow_span_eq(said, issuer))
		return refuse(why, AVOW_E_ISSUER_METADATA, "issuer", "the issuer asked",
			said);
	avow_buf_init(&other, 512);
	err = avow_net_origin(*jwks_uri, &other);
	if (err == AVOW_OK && !avow_span_eq(avow_buf_span(&other), origin))
		err = AVOW_E_NET_URL;
	avow_buf_clear(&other);
	if (err == AVOW_E_NET_URL || err == AVOW_E_TOO_LARGE)
		return refuse(why, AVOW_E_ISSUER_METADATA, "jwks_uri",
			"a URL at the issuer's own origin", *jwks_uri);
	return err;
}

static enum avow_err
fetch_keys(struct avow_span issuer, struct avow_span origin,
	const struct avow_verify_options *o, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why)
{
	struct avow_net_response metadata, keys;
	struct avow_span jwks_uri;
	struct avow_buf url;
	enum avow_err err = AVOW_E_NO_MEMORY;

	avow_buf_init(&url, 4096);
	avow_net_response_init(&metadata, AVOW_MAX_METADATA, NULL, 0);
	avow_net_response_init(&keys, AVOW_MAX_JWKS, NULL, 0);
	avow_buf_put(&url, issuer);
	avow_buf_put_str(&url, METADATA_PATH);
	if (avow_buf_str(&url))
		err = get((const char *)url.p, origin, o, &metadata, why);
	if (err == AVOW_OK)
		err = read_metadata(avow_buf_span(&metadata.body), issuer, origin, a,
			&jwks_uri, why);
	if (err == AVOW_OK) {
		avow_buf_reset(&url);
		avow_buf_put(&url, jwks_uri);
		err = avow_buf_str(&url)
			      ? get((const char *)url.p, origin, o, &keys, why)
			      : AVOW_E_NO_MEMORY;
	}
	if (err == AVOW_OK) {
		avow_buf_put(out, avow_buf_span(&keys.body));
		err = out->err;
	}
	avow_buf_clear(&url);
	avow_net_response_clear(&metadata);
	avow_net_response_clear(&keys);
	return err;
}

enum avow_err
client_discover(struct avow_span issuer, const struct avow_verify_options *options,
	struct avow_buf *out, struct avow_why *why)
{
	struct avow_arena a;
	struct avow_buf origin;
	enum avow_err err;

	avow_arena_init(&a, AVOW_MIB(1));
	avow_buf_init(&origin, 512);
	err = avow_net_origin(issuer, &origin);
	if (err == AVOW_OK)
		err = fetch_keys(issuer, avow_buf_span(&origin), options, &a, out, why);
	avow_buf_clear(&origin);
	avow_arena_clear(&a);
	return err;
}
