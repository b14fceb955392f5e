/*
 * Public keys: made from a raw point, from RSA numbers or from a
 * SubjectPublicKeyInfo, judged once (type, size, point on the curve, exponent),
 * then immutable. What a key may be used for is the caller's.
 *
 * The SubjectPublicKeyInfo is kept beside the key, so that comparing keys and
 * hashing them needs no encoder; for a curve it is a fixed prefix and x||y.
 */
#include "crypto/key.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include "crypto/ossl.h"

#define RSA_MIN_BITS 2048u
#define RSA_MAX_BITS 8192u
/* OpenSSL's own limit for a modulus above 3072 bits; 65537 has 17 */
#define RSA_MAX_EXPONENT_BITS 64
#define MAX_SPKI 4096u /* RSA of 8192 bits needs 1062 */

struct avow_pubkey {
	_Atomic unsigned refs;
	enum avow_key_type type;
	unsigned bits;
	EVP_PKEY *evp;
	size_t spki_n;
	uint8_t spki[];
};

/* Takes evp on success only. */
static struct avow_pubkey *
new_key(enum avow_key_type type, unsigned bits, EVP_PKEY *evp, struct avow_span head,
	struct avow_span tail)
{
	struct avow_pubkey *k = malloc(sizeof(*k) + head.n + tail.n);

	if (!k)
		return NULL;
	atomic_init(&k->refs, 1);
	k->type = type;
	k->bits = bits;
	k->evp = evp;
	k->spki_n = head.n + tail.n;
	memcpy(k->spki, head.p, head.n);
	if (tail.n)
		memcpy(k->spki + head.n, tail.p, tail.n);
	return k;
}

/* --- curves -------------------------------------------------------------------- */

/*
 * The point must be on the curve (SEC 1, 3.2.2.1); OpenSSL tests it while it
 * decodes. The group has prime order, so nothing else is needed, and the
 * uncompressed form of full length cannot spell the point at infinity.
 */
static enum avow_err
import_point(enum avow_key_type type, const struct avow_curve *curve,
	struct avow_span xy, EVP_PKEY **out)
{
	const struct avow_ossl *o = avow_ossl();
	AVOW_AUTO_PKEY *evp = o ? EVP_PKEY_dup(o->curve[type - AVOW_KEY_P256]) : NULL;
	uint8_t point[1 + 2 * 66] = {0x04};

	if (!evp)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	memcpy(point + 1, xy.p, xy.n);
	if (EVP_PKEY_set1_encoded_public_key(evp, point, 1 + 2 * curve->bytes) != 1)
		return avow_ossl_failed(AVOW_E_KEY_POINT);
	*out = evp;
	evp = NULL;
	return AVOW_OK;
}

enum avow_err
avow_pubkey_from_point(
	enum avow_key_type type, struct avow_span xy, struct avow_pubkey **out)
{
	const struct avow_curve *curve = avow_curve_of(type);
	EVP_PKEY *evp = NULL;

	*out = NULL;
	if (!curve)
		return AVOW_E_KEY_TYPE;
	if (xy.n != 2 * curve->bytes)
		return AVOW_E_KEY_POINT;
	AVOW_TRY(import_point(type, curve, xy, &evp));
	*out = new_key(type, curve->bits, evp, curve->spki_prefix, xy);
	if (*out)
		return AVOW_OK;
	EVP_PKEY_free(evp);
	return AVOW_E_NO_MEMORY;
}

/* --- RSA ------------------------------------------------------------------------ */

static enum avow_err
check_rsa(const EVP_PKEY *evp, unsigned *bits)
{
	AVOW_AUTO_BN *n = NULL;
	AVOW_AUTO_BN *e = NULL;

	if (EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
		EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	*bits = (unsigned)BN_num_bits(n);
	if (*bits < RSA_MIN_BITS || *bits > RSA_MAX_BITS)
		return AVOW_E_KEY_TYPE;
	/* RFC 8017 3.1: n is a product of odd primes, 3 <= e <= n-1, e odd */
	if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e) ||
		BN_num_bits(e) > RSA_MAX_EXPONENT_BITS)
		return AVOW_E_KEY_FORMAT;
	return AVOW_OK;
}

static enum avow_err
wrap_rsa(EVP_PKEY *evp, struct avow_pubkey **out)
{
	unsigned char *der = NULL;
	unsigned bits = 0;
	int n;

	AVOW_TRY(check_rsa(evp, &bits));
	n = i2d_PUBKEY(evp, &der);
	if (n <= 0)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	*out = new_key(AVOW_KEY_RSA, bits, evp, avow_span_make(der, (size_t)n),
		(struct avow_span){NULL, 0});
	OPENSSL_free(der);
	return *out ? AVOW_OK : AVOW_E_NO_MEMORY;
}

static OSSL_PARAM *
rsa_params(struct avow_span n, struct avow_span e)
{
	AVOW_AUTO_BN *bn_n = BN_bin2bn(n.p, (int)n.n, NULL);
	AVOW_AUTO_BN *bn_e = BN_bin2bn(e.p, (int)e.n, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;

	if (bn_n && bn_e && bld &&
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn_n) == 1 &&
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	OSSL_PARAM_BLD_free(bld);
	return params;
}

static EVP_PKEY *
rsa_import(struct avow_span n, struct avow_span e)
{
	AVOW_AUTO_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = rsa_params(n, e);
	EVP_PKEY *evp = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &evp, EVP_PKEY_PUBLIC_KEY, params) != 1)
		evp = NULL;
	OSSL_PARAM_free(params);
	return evp;
}

enum avow_err
avow_pubkey_from_rsa(struct avow_span n, struct avow_span e, struct avow_pubkey **out)
{
	enum avow_err err;
	EVP_PKEY *evp;

	*out = NULL;
	/* one zero octet may stand before n, as in DER */
	if (n.n > RSA_MAX_BITS / 8 + 1 || n.n < RSA_MIN_BITS / 8)
		return AVOW_E_KEY_TYPE;
	if (e.n == 0 || e.n > RSA_MAX_EXPONENT_BITS / 8)
		return AVOW_E_KEY_FORMAT;
	evp = rsa_import(n, e);
	if (!evp)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	err = wrap_rsa(evp, out);
	if (err != AVOW_OK)
		EVP_PKEY_free(evp);
	return err;
}

/* --- SubjectPublicKeyInfo --------------------------------------------------------- */

static enum avow_err
from_rsa_spki(struct avow_span der, struct avow_pubkey **out)
{
	const unsigned char *p = der.p;
	enum avow_err err = AVOW_E_KEY_TYPE;
	EVP_PKEY *evp;

	if (der.n == 0 || der.n > MAX_SPKI)
		return AVOW_E_KEY_FORMAT;
	evp = d2i_PUBKEY(NULL, &p, (long)der.n);
	if (!evp)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	/* rsaEncryption only: an id-RSASSA-PSS key may restrict what it signs */
	if (p != der.p + der.n)
		err = AVOW_E_KEY_FORMAT;
	else if (EVP_PKEY_get_base_id(evp) == EVP_PKEY_RSA)
		err = wrap_rsa(evp, out);
	if (err != AVOW_OK)
		EVP_PKEY_free(evp);
	return err;
}

enum avow_err
avow_pubkey_from_spki(struct avow_span der, struct avow_pubkey **out)
{
	*out = NULL;
	for (int t = AVOW_KEY_P256; t <= AVOW_KEY_P521; t++) {
		const struct avow_curve *c = avow_curve_of((enum avow_key_type)t);

		if (der.n == c->spki_prefix.n + 2 * c->bytes &&
			avow_span_starts(der, c->spki_prefix))
			return avow_pubkey_from_point((enum avow_key_type)t,
				avow_span_from(der, c->spki_prefix.n), out);
	}
	/* any other spelling of a curve (explicit parameters, compressed) ends
	 * as KEY_TYPE there */
	return from_rsa_spki(der, out);
}

/* --- what a key says --------------------------------------------------------------- */

struct avow_pubkey *
avow_pubkey_ref(struct avow_pubkey *k)
{
	if (k)
		atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void
avow_pubkey_free(struct avow_pubkey *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_free(k->evp);
	free(k);
}

enum avow_key_type
avow_pubkey_type(const struct avow_pubkey *k)
{
	return k->type;
}

unsigned
avow_pubkey_bits(const struct avow_pubkey *k)
{
	return k->bits;
}

struct avow_span
avow_pubkey_spki(const struct avow_pubkey *k)
{
	return avow_span_make(k->spki, k->spki_n);
}

EVP_PKEY *
avow_pubkey_evp(const struct avow_pubkey *k)
{
	return k->evp;
}

bool
avow_pubkey_eq(const struct avow_pubkey *a, const struct avow_pubkey *b)
{
	/* one spelling each: fixed for curves, made by OpenSSL for RSA */
	return avow_span_eq(avow_pubkey_spki(a), avow_pubkey_spki(b));
}

static enum avow_err
put_bn(const EVP_PKEY *evp, const char *name, struct avow_buf *out)
{
	AVOW_AUTO_BN *bn = NULL;
	uint8_t *at;
	int n;

	if (EVP_PKEY_get_bn_param(evp, name, &bn) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	n = BN_num_bytes(bn);
	at = avow_buf_extend(out, (size_t)n);
	if (!at)
		return out->err;
	return BN_bn2binpad(bn, at, n) == n ? AVOW_OK : avow_ossl_failed(AVOW_E_CRYPTO);
}

enum avow_err
avow_pubkey_parts(
	const struct avow_pubkey *k, struct avow_buf *x_or_n, struct avow_buf *y_or_e)
{
	const struct avow_curve *c = avow_curve_of(k->type);
	struct avow_span xy;

	if (!c) {
		AVOW_TRY(put_bn(k->evp, OSSL_PKEY_PARAM_RSA_N, x_or_n));
		return put_bn(k->evp, OSSL_PKEY_PARAM_RSA_E, y_or_e);
	}
	xy = avow_span_from(avow_pubkey_spki(k), c->spki_prefix.n);
	avow_buf_put(x_or_n, avow_span_slice(xy, 0, c->bytes));
	if (x_or_n->err != AVOW_OK)
		return x_or_n->err;
	avow_buf_put(y_or_e, avow_span_from(xy, c->bytes));
	return y_or_e->err;
}
