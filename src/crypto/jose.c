/*
 * JWK and compact JWS. The order is fixed: the caller brings a key and that
 * key's one algorithm; the header's `alg` is compared with it and never
 * chooses anything, so neither `none` nor a MAC under a public key
 * (RFC 8725 2.1, 3.1) has a path to "verified".
 *
 *   text -> three parts, decoded (parse) -> alg equal, fits key, signature (verify)
 */
#include "crypto/jose.h"

#include <string.h>

#include "base/base64.h"
#include "crypto/ossl.h"
#include "wire/json_member.h"

/* an x5c of a whole chain is the largest header in use */
#define MAX_HEADER_NODES 4096
#define MAX_HEADER_DEPTH 8
#define MAX_SIGNATURE 1024 /* RSA of 8192 bits */

/* --- algorithms -------------------- */

const char *
avow_jws_alg_name(enum avow_sig alg)
{
	const struct avow_sig_info *info = avow_sig_info_of(alg);

	return info ? info->jws_name : NULL;
}

enum avow_err
avow_jws_alg(struct avow_span name, enum avow_sig *out)
{
	for (int a = 0; a <= AVOW_SIG_ES512_DER; a++) {
		const char *known = avow_jws_alg_name((enum avow_sig)a);

		if (known && avow_span_eq_str(name, known)) {
			*out = (enum avow_sig)a;
			return AVOW_OK;
		}
	}
	return AVOW_E_JWS_ALGORITHM;
}

bool
avow_jws_alg_fits(enum avow_sig alg, const struct avow_pubkey *k)
{
	const struct avow_sig_info *info = avow_sig_info_of(alg);

	return info && info->jws_name && info->key_type == avow_pubkey_type(k);
}

/* --- reading a JWS -------------------- */

static enum avow_err
malformed(struct avow_why *why, const char *field, const char *got)
{
	struct avow_at at = {"jws_format", field, "RFC 7515 5.2"};

	return avow_refuse(why, AVOW_E_JWS_FORMAT, &at, NULL, "%s", got);
}

/* Memory and limits stay what they are; everything else is the format. */
static enum avow_err
part_error(enum avow_err err, struct avow_why *why, const char *field, const char *got)
{
	if (err == AVOW_OK || err == AVOW_E_NO_MEMORY || err == AVOW_E_TOO_LARGE)
		return err;
	return malformed(why, field, got);
}

static enum avow_err
decode_part(struct avow_span text, const char *field, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why)
{
	return part_error(avow_b64url_decode(text, text.n, a, out), why, field,
		"not canonical base64url");
}

static enum avow_err
read_header(struct avow_span json, struct avow_arena *a, struct avow_jws *out,
	struct avow_why *why)
{
	static const struct avow_json_rules rules = {
		.max_depth = MAX_HEADER_DEPTH, .max_nodes = MAX_HEADER_NODES};
	const struct avow_json *alg;
	enum avow_err err = avow_json_parse(json, &rules, a, &out->header, NULL);

	if (err != AVOW_OK)
		return part_error(err, why, "header", avow_err_text(err));
	if (out->header->type != AVOW_JSON_OBJECT)
		return malformed(why, "header", "not an object");
	/* RFC 7515 4.1.11: no extension is understood here */
	if (avow_json_get(out->header, "crit"))
		return malformed(why, "header.crit", "an extension that is not known");
	alg = avow_json_get(out->header, "alg");
	if (!alg || alg->type != AVOW_JSON_STRING)
		return malformed(why, "header.alg", "absent or not a string");
	out->alg = alg->string;
	return AVOW_OK;
}

/* RFC 7515 7.1: exactly two dots. */
static bool
split(struct avow_span text, struct avow_span part[3])
{
	size_t first = avow_span_find_byte(text, '.');
	struct avow_span rest = avow_span_from(text, first + 1);
	size_t second = avow_span_find_byte(rest, '.');

	if (first >= text.n || second >= rest.n)
		return false;
	part[0] = avow_span_slice(text, 0, first);
	part[1] = avow_span_slice(rest, 0, second);
	part[2] = avow_span_from(rest, second + 1);
	return avow_span_find_byte(part[2], '.') == part[2].n;
}

enum avow_err
avow_jws_parse(struct avow_span text, struct avow_arena *a, struct avow_jws *out,
	struct avow_why *why)
{
	struct avow_span part[3], json;

	memset(out, 0, sizeof(*out));
	if (!split(text, part))
		return malformed(why, "text", "not three parts");
	AVOW_TRY(decode_part(part[0], "header", a, &json, why));
	AVOW_TRY(read_header(json, a, out, why));
	AVOW_TRY(decode_part(part[1], "payload", a, &out->payload, why));
	AVOW_TRY(decode_part(part[2], "signature", a, &out->signature, why));
	out->signing_input = avow_span_slice(text, 0, part[0].n + 1 + part[1].n);
	return AVOW_OK;
}

enum avow_err
avow_jws_verify(
	const struct avow_jws *jws, const struct avow_pubkey *k, enum avow_sig alg)
{
	const char *name = avow_jws_alg_name(alg);
	enum avow_err err;

	/* RFC 8725 3.1: the key's algorithm, and nothing that the token says */
	if (!name || !avow_span_eq_str(jws->alg, name) || !avow_jws_alg_fits(alg, k))
		return AVOW_E_JWS_ALGORITHM;
	err = avow_verify(k, alg, jws->signing_input, jws->signature);
	if (err == AVOW_E_SIGNATURE || err == AVOW_E_SIGNATURE_FORMAT)
		return AVOW_E_JWS_SIGNATURE;
	return err;
}

/* --- making a JWS -------------------- */

static enum avow_err
put_signed(struct avow_span header, struct avow_span payload,
	const struct avow_privkey *k, enum avow_sig alg, struct avow_buf *out)
{
	size_t start = out->n;
	struct avow_buf sig;
	enum avow_err err;

	avow_b64url_put(out, header);
	avow_buf_put_byte(out, '.');
	avow_b64url_put(out, payload);
	if (out->err != AVOW_OK)
		return out->err;
	avow_buf_init(&sig, MAX_SIGNATURE);
	err = avow_sign(k, alg, avow_span_from(avow_buf_span(out), start), &sig);
	if (err == AVOW_OK) {
		avow_buf_put_byte(out, '.');
		avow_b64url_put(out, avow_buf_span(&sig));
		err = out->err;
	}
	avow_buf_clear(&sig);
	return err;
}

enum avow_err
avow_jws_sign(struct avow_span header_json, struct avow_span payload,
	const struct avow_privkey *k, enum avow_sig alg, struct avow_buf *out)
{
	size_t start = out->n;
	enum avow_err err;

	if (!avow_jws_alg_fits(alg, avow_privkey_public(k)))
		return AVOW_E_JWS_ALGORITHM;
	err = put_signed(header_json, payload, k, alg, out);
	if (err != AVOW_OK)
		out->n = start;
	return err;
}

/* --- JWK -------------------- */

static const char *const CURVE_NAMES[] = {"P-256", "P-384", "P-521"};

/* In the order of RFC 7638 3.2, which is also that of sorted members. */
static void
put_members(struct avow_jw *w, const struct avow_pubkey *k, struct avow_span a,
	struct avow_span b)
{
	enum avow_key_type type = avow_pubkey_type(k);

	if (type == AVOW_KEY_RSA) {
		avow_jw_name(w, "e");
		avow_jw_b64url(w, b);
		avow_jw_put_str(w, "kty", "RSA");
		avow_jw_name(w, "n");
		avow_jw_b64url(w, a);
		return;
	}
	avow_jw_put_str(w, "crv", CURVE_NAMES[type - AVOW_KEY_P256]);
	avow_jw_put_str(w, "kty", "EC");
	avow_jw_name(w, "x");
	avow_jw_b64url(w, a);
	avow_jw_name(w, "y");
	avow_jw_b64url(w, b);
}

enum avow_err
avow_jwk_put_members(struct avow_jw *w, const struct avow_pubkey *k)
{
	struct avow_buf a, b;
	enum avow_err err;

	avow_buf_init(&a, MAX_SIGNATURE);
	avow_buf_init(&b, MAX_SIGNATURE);
	err = avow_pubkey_parts(k, &a, &b);
	if (err == AVOW_OK) {
		put_members(w, k, avow_buf_span(&a), avow_buf_span(&b));
		err = w->b->err;
	}
	avow_buf_clear(&a);
	avow_buf_clear(&b);
	return err;
}

/* A Base64urlUInt or coordinate: RFC 7518 2 and 6. */
static enum avow_err
jwk_number(const struct avow_json *jwk, const char *name, struct avow_arena *a,
	struct avow_span *out)
{
	const struct avow_json *v = avow_json_get(jwk, name);
	enum avow_err err;

	if (!v || v->type != AVOW_JSON_STRING)
		return AVOW_E_JWK_FORMAT;
	err = avow_b64url_decode(v->string, MAX_SIGNATURE, a, out);
	if (err == AVOW_E_NO_MEMORY)
		return err;
	return err == AVOW_OK && out->n ? AVOW_OK : AVOW_E_JWK_FORMAT;
}

static enum avow_err
parse_rsa(const struct avow_json *jwk, struct avow_arena *a, struct avow_pubkey **out)
{
	struct avow_span n, e;

	AVOW_TRY(jwk_number(jwk, "n", a, &n));
	AVOW_TRY(jwk_number(jwk, "e", a, &e));
	/* RFC 7518 2: Base64urlUInt, in as few octets as possible */
	if (n.p[0] == 0 || e.p[0] == 0)
		return AVOW_E_JWK_FORMAT;
	return avow_pubkey_from_rsa(n, e, out);
}

static enum avow_err
parse_ec(const struct avow_json *jwk, struct avow_arena *a, struct avow_pubkey **out)
{
	const struct avow_json *crv = avow_json_get(jwk, "crv");
	uint8_t xy[2 * 66];
	struct avow_span x, y;

	AVOW_TRY(jwk_number(jwk, "x", a, &x));
	AVOW_TRY(jwk_number(jwk, "y", a, &y));
	if (!crv || crv->type != AVOW_JSON_STRING || x.n != y.n || x.n > sizeof(xy) / 2)
		return AVOW_E_JWK_FORMAT;
	memcpy(xy, x.p, x.n);
	memcpy(xy + x.n, y.p, y.n);
	for (int i = 0; i < 3; i++)
		if (avow_span_eq_str(crv->string, CURVE_NAMES[i]))
			return avow_pubkey_from_point(
				(enum avow_key_type)(AVOW_KEY_P256 + i),
				avow_span_make(xy, 2 * x.n), out);
	return AVOW_E_JWK_FORMAT;
}

enum avow_err
avow_jwk_parse(
	const struct avow_json *jwk, struct avow_arena *a, struct avow_pubkey **out)
{
	const struct avow_json *kty = avow_json_get(jwk, "kty");
	enum avow_err err = AVOW_E_JWK_FORMAT;

	*out = NULL;
	if (!kty || kty->type != AVOW_JSON_STRING)
		return err;
	if (avow_span_eq_str(kty->string, "RSA"))
		err = parse_rsa(jwk, a, out);
	else if (avow_span_eq_str(kty->string, "EC"))
		err = parse_ec(jwk, a, out);
	if (err == AVOW_E_KEY_FORMAT || err == AVOW_E_KEY_TYPE ||
		err == AVOW_E_KEY_POINT)
		return AVOW_E_JWK_FORMAT;
	return err;
}

static bool
array_has(const struct avow_json *array, const char *word)
{
	for (size_t i = 0; array->type == AVOW_JSON_ARRAY && i < array->count; i++)
		if (array->items[i].type == AVOW_JSON_STRING &&
			avow_span_eq_str(array->items[i].string, word))
			return true;
	return false;
}

bool
avow_jwk_may_verify(const struct avow_json *jwk)
{
	const struct avow_json *use = avow_json_get(jwk, "use");
	const struct avow_json *ops = avow_json_get(jwk, "key_ops");

	if (use && (use->type != AVOW_JSON_STRING ||
			   !avow_span_eq_str(use->string, "sig")))
		return false;
	return !ops || array_has(ops, "verify");
}

enum avow_err
avow_jwk_alg(
	const struct avow_json *jwk, const struct avow_pubkey *k, enum avow_sig *out)
{
	static const enum avow_sig usual[] = {AVOW_SIG_RS256, AVOW_SIG_ES256_RAW,
		AVOW_SIG_ES384_RAW, AVOW_SIG_ES512_RAW};
	const struct avow_json *alg = avow_json_get(jwk, "alg");

	*out = usual[avow_pubkey_type(k)];
	if (!alg)
		return AVOW_OK;
	if (alg->type != AVOW_JSON_STRING)
		return AVOW_E_JWS_ALGORITHM;
	AVOW_TRY(avow_jws_alg(alg->string, out));
	return avow_jws_alg_fits(*out, k) ? AVOW_OK : AVOW_E_JWS_ALGORITHM;
}
