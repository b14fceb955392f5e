/*
 * Bundles, both ways. A bundle comes over media that anybody may have touched,
 * so nothing of it is believed before the operator's signature over the
 * manifest holds, and no part before its hash does. Signing keys are told by
 * the operator; the header's alg is only compared with the key's own.
 *
 *   magic -> JWS, signature -> manifest -> each part: length, SHA-256 -> end
 */
#include "trust/bundle.h"

#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "base/table.h"
#include "crypto/digest.h"
#include "crypto/jose.h"
#include "wire/json_member.h"

#define MAGIC "AVOW-BUNDLE-1\n"
#define TYPE "avow-bundle" /* a JWS of another use is no manifest */
#define FORMAT_VERSION 1
/* base64url of header, payload and signature */
#define MAX_JWS (AVOW_MAX_BUNDLE_MANIFEST / 3 * 4 + AVOW_KIB(4))
#define MAX_PART AVOW_MAX_CRL_TEXT

static enum avow_err
refuse(struct avow_why *why, enum avow_err e, const char *field, const char *expected,
	struct avow_span got)
{
	const struct avow_at at = {"bundle", field, "docs/air-gapped.md"};

	return avow_refuse(why, e, &at, expected, got.n ? "%.*s" : NULL,
		AVOW_FMT(avow_span_slice(got, 0, 96)));
}

static const struct avow_span NOTHING = {NULL, 0};

/* The one algorithm of each type of key. */
static enum avow_sig
alg_of(const struct avow_pubkey *key)
{
	switch (avow_pubkey_type(key)) {
	case AVOW_KEY_P256:
		return AVOW_SIG_ES256_RAW;
	case AVOW_KEY_P384:
		return AVOW_SIG_ES384_RAW;
	case AVOW_KEY_P521:
		return AVOW_SIG_ES512_RAW;
	case AVOW_KEY_RSA:
		break;
	}
	return AVOW_SIG_PS256;
}

/* --- names --------------------------------------------------------------------------- */

/* No separator, no upper case (two names, one file on some systems), nothing
 * hidden, nothing that looks like an option. */
static bool
is_name(struct avow_span s)
{
	if (s.n == 0 || s.n > AVOW_MAX_BUNDLE_NAME || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
			c != '-' && c != '_')
			return false;
	}
	return true;
}

static enum avow_err
check_names(const struct avow_bundle_part *parts, size_t n, struct avow_why *why)
{
	static char mark; /* any pointer that is not NULL; never changed */
	struct avow_table *seen;
	enum avow_err e;
	void *old = NULL;

	AVOW_TRY(avow_table_new(&seen));
	e = AVOW_OK;
	for (size_t i = 0; i < n && e == AVOW_OK; i++) {
		if (!is_name(parts[i].name))
			e = refuse(why, AVOW_E_BUNDLE_NAME, "name",
				"lower case letters, digits, dots and dashes", NOTHING);
		else
			e = avow_table_set(seen, parts[i].name, &mark, &old);
		if (e == AVOW_OK && old)
			e = refuse(why, AVOW_E_BUNDLE_DUPLICATE, "name",
				"each name once", parts[i].name);
	}
	avow_table_free(seen, NULL);
	return e;
}

/* --- writing ----------------------------------------------------------------------------- */

static enum avow_err
put_part(struct avow_jw *w, const struct avow_bundle_part *part)
{
	uint8_t sha256[AVOW_SHA256_BYTES];

	if (part->bytes.n == 0 || part->bytes.n > MAX_PART)
		return AVOW_E_BUNDLE_SIZE;
	AVOW_TRY(avow_sha256(part->bytes, sha256));
	avow_jw_open(w, '{');
	avow_jw_put_string(w, "name", part->name);
	avow_jw_put_hex(w, "sha256", avow_span_make(sha256, sizeof(sha256)));
	avow_jw_put_int(w, "size", (int64_t)part->bytes.n);
	avow_jw_close(w);
	return AVOW_OK;
}

static enum avow_err
put_manifest(const struct avow_bundle *b, struct avow_buf *out)
{
	char made[AVOW_TIME_TEXT];
	struct avow_jw w;

	avow_time_format(b->made_s, made);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_put_int(&w, "format", FORMAT_VERSION);
	avow_jw_put_str(&w, "made", made);
	avow_jw_name(&w, "platforms");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < b->n_platforms; i++)
		avow_jw_string(&w, b->platforms[i]);
	avow_jw_close(&w);
	avow_jw_name(&w, "parts");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < b->n_parts; i++)
		AVOW_TRY(put_part(&w, &b->parts[i]));
	avow_jw_close(&w);
	avow_jw_close(&w);
	return out->err == AVOW_E_TOO_LARGE ? AVOW_E_BUNDLE_SIZE : out->err;
}

static enum avow_err
put_jws(struct avow_span manifest, const struct avow_privkey *key, struct avow_buf *out)
{
	enum avow_sig alg = alg_of(avow_privkey_public(key));
	struct avow_buf header, jws;
	enum avow_err e;

	avow_buf_init(&header, 128);
	avow_buf_init(&jws, MAX_JWS);
	avow_buf_printf(&header, "{\"alg\":\"%s\",\"typ\":\"" TYPE "\"}",
		avow_jws_alg_name(alg));
	e = header.err;
	if (e == AVOW_OK)
		e = avow_jws_sign(avow_buf_span(&header), manifest, key, alg, &jws);
	if (e == AVOW_OK) {
		for (int shift = 24; shift >= 0; shift -= 8)
			avow_buf_put_byte(out, (uint8_t)(jws.n >> shift));
		avow_buf_put(out, avow_buf_span(&jws));
		e = out->err;
	}
	avow_buf_clear(&header);
	avow_buf_clear(&jws);
	return e;
}

enum avow_err
avow_bundle_write(const struct avow_bundle *b, const struct avow_privkey *key,
	struct avow_buf *out)
{
	struct avow_buf manifest;
	enum avow_err e;

	if (b->n_parts > AVOW_MAX_BUNDLE_PARTS)
		return AVOW_E_BUNDLE_SIZE;
	AVOW_TRY(check_names(b->parts, b->n_parts, NULL));
	avow_buf_init(&manifest, AVOW_MAX_BUNDLE_MANIFEST);
	e = put_manifest(b, &manifest);
	avow_buf_put_str(out, MAGIC);
	if (e == AVOW_OK)
		e = put_jws(avow_buf_span(&manifest), key, out);
	avow_buf_clear(&manifest);
	for (size_t i = 0; i < b->n_parts && e == AVOW_OK; i++)
		avow_buf_put(out, b->parts[i].bytes);
	if (e == AVOW_OK)
		e = out->err;
	return e == AVOW_E_TOO_LARGE ? AVOW_E_BUNDLE_SIZE : e;
}

/* --- reading: what is signed, and by whom ---------------------------------------------------- */

static enum avow_err
truncated(struct avow_why *why, const char *field)
{
	return refuse(why, AVOW_E_BUNDLE_TRUNCATED, field, "all of it", NOTHING);
}

static enum avow_err
read_head(struct avow_cursor *c, struct avow_span *jws, struct avow_why *why)
{
	const struct avow_span magic = AVOW_LIT(MAGIC);
	struct avow_span in = avow_span_slice(c->in, 0, magic.n);
	uint32_t n;

	if (!avow_span_eq(in, avow_span_slice(magic, 0, in.n)))
		return refuse(
			why, AVOW_E_BUNDLE_FORMAT, "magic", "AVOW-BUNDLE-1", NOTHING);
	avow_cur_skip(c, magic.n);
	n = avow_cur_be32(c);
	if (avow_cur_is_bad(c))
		return truncated(why, "magic");
	if (n > MAX_JWS)
		return refuse(
			why, AVOW_E_BUNDLE_SIZE, "manifest", "at most 4 MiB", NOTHING);
	*jws = avow_cur_bytes(c, n);
	return avow_cur_is_bad(c) ? truncated(why, "manifest") : AVOW_OK;
}

static bool
has_type(const struct avow_jws *jws)
{
	const struct avow_json *typ = avow_json_get(jws->header, "typ");

	return typ && typ->type == AVOW_JSON_STRING &&
	       avow_span_eq_str(typ->string, TYPE);
}

static bool
is_our_failure(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO;
}

static enum avow_err
check_signature(const struct avow_jws *jws, struct avow_pubkey *const signers[],
	size_t n, struct avow_why *why)
{
	enum avow_err e;

	if (avow_span_eq_fold(jws->alg, AVOW_LIT("none")) || jws->signature.n == 0)
		return refuse(why, AVOW_E_BUNDLE_UNSIGNED, "signature",
			"the signature of an operator's key", NOTHING);
	for (size_t i = 0; i < n; i++) {
		e = avow_jws_verify(jws, signers[i], alg_of(signers[i]));
		if (e == AVOW_OK || is_our_failure(e))
			return e;
	}
	return refuse(why, AVOW_E_BUNDLE_SIGNER, "signature",
		"the signature of a key given with --signer", NOTHING);
}

static enum avow_err
open_jws(struct avow_span text, struct avow_pubkey *const signers[], size_t n,
	struct avow_arena *a, struct avow_span *manifest, struct avow_why *why)
{
	struct avow_jws jws;
	enum avow_err e = avow_jws_parse(text, a, &jws, NULL);

	if (is_our_failure(e))
		return e;
	if (e == AVOW_E_TOO_LARGE)
		return AVOW_E_BUNDLE_SIZE;
	if (e != AVOW_OK)
		return refuse(why, AVOW_E_BUNDLE_FORMAT, "manifest", "a compact JWS",
			NOTHING);
	AVOW_TRY(check_signature(&jws, signers, n, why));
	if (!has_type(&jws))
		return refuse(why, AVOW_E_BUNDLE_FORMAT, "typ", TYPE, NOTHING);
	*manifest = jws.payload;
	return AVOW_OK;
}

/* --- reading: the manifest -------------------------------------------------------------------- */

static enum avow_err
bad_manifest(struct avow_why *why, const char *field)
{
	return refuse(why, AVOW_E_BUNDLE_FORMAT, field,
		"a manifest as docs/air-gapped.md has it", NOTHING);
}

static enum avow_err
read_platforms(const struct avow_json *list, struct avow_arena *a,
	struct avow_bundle *out, struct avow_why *why)
{
	struct avow_span *v;

	if (!list || list->type != AVOW_JSON_ARRAY)
		return bad_manifest(why, "platforms");
	v = avow_arena_array(a, list->count + 1, sizeof(*v));
	if (!v)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type != AVOW_JSON_STRING)
			return bad_manifest(why, "platforms");
		v[i] = list->items[i].string;
	}
	out->platforms = v;
	out->n_platforms = list->count;
	return AVOW_OK;
}

/* What the manifest says of one part. */
struct listed {
	uint8_t sha256[AVOW_SHA256_BYTES];
	int64_t size;
};

static enum avow_err
read_listed(const struct avow_json *o, struct avow_bundle_part *part, struct listed *l,
	struct avow_why *why)
{
	if (o->type != AVOW_JSON_OBJECT || o->count != 3 ||
		avow_json_need_string(o, "name", &part->name, NULL) != AVOW_OK ||
		avow_json_need_hex(o, "sha256", l->sha256, sizeof(l->sha256), NULL) !=
			AVOW_OK ||
		avow_json_need_int(o, "size", 0, INT64_MAX, &l->size, NULL) != AVOW_OK)
		return bad_manifest(why, "parts");
	if (l->size == 0 || l->size > (int64_t)MAX_PART)
		return refuse(why, AVOW_E_BUNDLE_SIZE, "size", "1 byte to 8 MiB a part",
			NOTHING);
	return AVOW_OK;
}

static enum avow_err
read_list(const struct avow_json *list, struct avow_arena *a,
	struct avow_bundle_part **parts, struct listed **listed, struct avow_why *why)
{
	if (!list || list->type != AVOW_JSON_ARRAY)
		return bad_manifest(why, "parts");
	if (list->count > AVOW_MAX_BUNDLE_PARTS)
		return refuse(why, AVOW_E_BUNDLE_SIZE, "parts", "at most 16384 parts",
			NOTHING);
	*parts = avow_arena_array(a, list->count + 1, sizeof(**parts));
	*listed = avow_arena_array(a, list->count + 1, sizeof(**listed));
	if (!*parts || !*listed)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++)
		AVOW_TRY(
			read_listed(&list->items[i], &(*parts)[i], &(*listed)[i], why));
	return check_names(*parts, list->count, why);
}

static enum avow_err
read_manifest(struct avow_span text, struct avow_arena *a, struct avow_bundle *out,
	struct avow_bundle_part **parts, struct listed **listed, struct avow_why *why)
{
	const struct avow_json *m, *list;
	enum avow_err e = avow_json_parse(text, NULL, a, &m, NULL);
	struct avow_span made;
	int64_t format;

	if (is_our_failure(e))
		return e;
	if (e == AVOW_E_TOO_LARGE)
		return AVOW_E_BUNDLE_SIZE;
	if (e != AVOW_OK || m->type != AVOW_JSON_OBJECT || m->count != 4)
		return bad_manifest(why, "manifest");
	if (avow_json_need_int(m, "format", FORMAT_VERSION, FORMAT_VERSION, &format,
		    NULL) != AVOW_OK)
		return bad_manifest(why, "format");
	if (avow_json_need_string(m, "made", &made, NULL) != AVOW_OK ||
		avow_time_parse_strict(made, &out->made_s) != AVOW_OK)
		return bad_manifest(why, "made");
	AVOW_TRY(read_platforms(avow_json_get(m, "platforms"), a, out, why));
	list = avow_json_get(m, "parts");
	AVOW_TRY(read_list(list, a, parts, listed, why));
	out->n_parts = list->count;
	return AVOW_OK;
}

/* --- reading: the parts ------------------------------------------------------------------------- */

static enum avow_err
read_part(struct avow_cursor *c, const struct listed *l, struct avow_bundle_part *part,
	struct avow_why *why)
{
	uint8_t sha256[AVOW_SHA256_BYTES];

	part->bytes = avow_cur_bytes(c, (size_t)l->size);
	if (avow_cur_is_bad(c))
		return truncated(why, "parts");
	AVOW_TRY(avow_sha256(part->bytes, sha256));
	if (memcmp(sha256, l->sha256, sizeof(sha256)) == 0)
		return AVOW_OK;
	(void)refuse(why, AVOW_E_BUNDLE_HASH, "sha256",
		"the part that the manifest lists", NOTHING);
	avow_why_document(why, "%.*s", AVOW_FMT(part->name));
	return AVOW_E_BUNDLE_HASH;
}

static enum avow_err
read_bundle(struct avow_span bytes, struct avow_pubkey *const signers[], size_t n,
	struct avow_arena *a, struct avow_bundle *out, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);
	struct avow_bundle_part *parts = NULL;
	struct listed *listed = NULL;
	struct avow_span jws, manifest;

	if (bytes.n > AVOW_MAX_BUNDLE)
		return refuse(
			why, AVOW_E_BUNDLE_SIZE, "bundle", "at most 64 MiB", NOTHING);
	AVOW_TRY(read_head(&c, &jws, why));
	AVOW_TRY(open_jws(jws, signers, n, a, &manifest, why));
	AVOW_TRY(read_manifest(manifest, a, out, &parts, &listed, why));
	for (size_t i = 0; i < out->n_parts; i++)
		AVOW_TRY(read_part(&c, &listed[i], &parts[i], why));
	if (!avow_cur_is_done(&c))
		return refuse(why, AVOW_E_BUNDLE_TRAILING, "parts",
			"the end behind the last part", NOTHING);
	out->parts = parts;
	return AVOW_OK;
}

enum avow_err
avow_bundle_read(struct avow_span bytes, struct avow_pubkey *const signers[],
	size_t n_signers, struct avow_arena *a, struct avow_bundle *out,
	struct avow_why *why)
{
	struct avow_bundle b = {.made_s = 0};

	*out = b;
	if (n_signers == 0)
		return AVOW_E_INTERNAL;
	AVOW_TRY(read_bundle(bytes, signers, n_signers, a, &b, why));
	*out = b;
	return AVOW_OK;
}
