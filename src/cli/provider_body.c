/*
 * The body of a request that makes or changes a provider: tags, settings and policy
 * signers as the command line has them. Nothing is judged here but what the files of
 * certificates hold.
 */
#include "cli/provider_body.h"

#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "wire/json_member.h"

static void
put_tags(struct avow_jw *w, const struct avow_provider_run *r)
{
	if (r->tags.n == 0 && !r->no_tags)
		return;
	avow_jw_name(w, "tags");
	avow_jw_open(w, '{');
	for (size_t i = 0; i < r->tags.n; i++) {
		const char *pair = r->tags.items[i], *eq = strchr(pair, '=');

		avow_jw_name_span(w, avow_span_make(pair, (size_t)(eq - pair)));
		avow_jw_str(w, eq + 1);
	}
	avow_jw_close(w);
}

/* A list, an object or a word of JSON is one; all else is text. */
static void
put_value(struct avow_jw *w, const char *text, struct avow_arena *a)
{
	const struct avow_json *v;

	if (avow_json_parse(avow_span_str(text), NULL, a, &v, NULL) == AVOW_OK)
		avow_jw_value(w, v, AVOW_JSON_AS_IS);
	else
		avow_jw_str(w, text);
}

static int
put_keys(struct avow_jw *w, struct avow_provider_run *r, const char *path)
{
	struct avow_span *certs;
	struct avow_buf text;
	size_t n;
	int status = avow_signing_certs(path, &r->server.arena, &certs, &n);

	avow_buf_init(&text, AVOW_KIB(64));
	for (size_t i = 0; status == AVOW_EXIT_OK && i < n; i++) {
		avow_buf_reset(&text);
		avow_b64_put(&text, certs[i]);
		avow_jw_open(w, '{');
		avow_jw_name(w, "x5c");
		avow_jw_open(w, '[');
		avow_jw_string(w, avow_buf_span(&text));
		avow_jw_close(w);
		avow_jw_close(w);
	}
	avow_buf_clear(&text);
	return status;
}

/* Each certificate of each file is a key of its own. */
static int
put_certs(struct avow_jw *w, struct avow_provider_run *r)
{
	int status = AVOW_EXIT_OK;

	if (r->certs.n == 0)
		return status;
	avow_jw_name(w, "policySigningCertificates");
	avow_jw_open(w, '{');
	avow_jw_name(w, "keys");
	avow_jw_open(w, '[');
	for (size_t i = 0; status == AVOW_EXIT_OK && i < r->certs.n; i++)
		status = put_keys(w, r, r->certs.items[i]);
	avow_jw_close(w);
	avow_jw_close(w);
	return status;
}

int
avow_provider_put_body(
	struct avow_provider_run *r, bool is_create, struct avow_buf *out)
{
	struct avow_jw w;
	int status;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	if (is_create)
		avow_jw_put_str(&w, "location", r->location);
	put_tags(&w, r);
	avow_jw_name(&w, "properties");
	avow_jw_open(&w, '{');
	for (size_t i = 0; i < r->set.n; i++) {
		const char *pair = r->set.items[i], *eq = strchr(pair, '=');

		avow_jw_name_span(&w, avow_span_make(pair, (size_t)(eq - pair)));
		put_value(&w, eq + 1, &r->server.arena);
	}
	for (size_t i = 0; i < r->unset.n; i++) {
		avow_jw_name(&w, r->unset.items[i]);
		avow_jw_null(&w);
	}
	status = put_certs(&w, r);
	if (status != AVOW_EXIT_OK)
		return status;
	avow_jw_close(&w);
	avow_jw_close(&w);
	return out->err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED;
}
