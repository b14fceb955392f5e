/*
 * Public keys: made from a raw point, from RSA numbers or from a
 * SubjectPublicKeyInfo, judged once (type, size, point on the curve, exponent),
 * then immutable. What a key may be used for is the caller's.
 *
 * The SubjectPublicKeyInfo is kept beside the key, so that comparing keys and
 * hashing them needs no encoder; for a curve it is a fixed prefix and x||y.
 */
#include "crypto/key.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "crypto/ossl.h"
#include "wire/der.h"

#define RSA_MIN_BITS 2048u
#define RSA_MAX_BITS 8192u
/* OpenSSL's own limit for a modulus above 3072 bits; 65537 has 17 */
#define RSA_MAX_EXPONENT_BITS 64
#define MAX_RSA_SPKI 2048u /* 8192 bits need 1072 */

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
	ERR_clear_error(); /* what follows must explain itself */
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

/* RFC 3279 2.3.1: rsaEncryption, parameters NULL. An id-RSASSA-PSS key may restrict
 * what it signs and is not taken. */
static const uint8_t RSA_ALGORITHM[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

/* RFC 4055 4.1: id-RSAES-OAEP with whatever parameters. Endorsement keys of some
 * makers are spelt so; such a key encrypts and never verifies, and the parameters
 * of its use are the TPM's, not the certificate's. */
static const uint8_t OAEP_OID[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07};

/* Head of an element of 256..65535 bytes of content. */
static void
put_long_head(struct avow_buf *b, uint8_t tag, size_t n)
{
	uint8_t head[4] = {tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n};

	avow_buf_put(b, avow_span_make(head, sizeof(head)));
}

/*
 * SubjectPublicKeyInfo of n and e (without leading zeros). A modulus of 2048 bits
 * or more makes every length above e's a long one. OpenSSL's encoder writes the
 * same bytes in fifteen times the time that the import takes.
 */
static void
put_rsa_spki(struct avow_buf *b, struct avow_span n, struct avow_span e)
{
	size_t n_len = n.n + (n.p[0] >> 7), e_len = e.n + (e.p[0] >> 7);
	size_t key_len = 4 + n_len + 2 + e_len;

	put_long_head(
		b, AVOW_DER_SEQUENCE, sizeof(RSA_ALGORITHM) + 4 + 1 + 4 + key_len);
	avow_buf_put(b, avow_span_make(RSA_ALGORITHM, sizeof(RSA_ALGORITHM)));
	put_long_head(b, AVOW_DER_BIT_STRING, 1 + 4 + key_len);
	avow_buf_put_byte(b, 0);
	put_long_head(b, AVOW_DER_SEQUENCE, key_len);
	put_long_head(b, AVOW_DER_INTEGER, n_len);
	if (n_len > n.n)
		avow_buf_put_byte(b, 0);
	avow_buf_put(b, n);
	avow_buf_put_byte(b, AVOW_DER_INTEGER);
	avow_buf_put_byte(b, (uint8_t)e_len);
	if (e_len > e.n)
		avow_buf_put_byte(b, 0);
	avow_buf_put(b, e);
}

static struct avow_span
without_leading_zeros(struct avow_span s)
{
	while (s.n && s.p[0] == 0)
		s = avow_span_from(s, 1);
	return s;
}

static unsigned
bit_length(struct avow_span s)
{
	return s.n ? (unsigned)(s.n - 1) * 8 + 32 - (unsigned)__builtin_clz(s.p[0]) : 0;
}

static unsigned
modulo(struct avow_span big_endian, unsigned p)
{
	unsigned r = 0;

	for (size_t i = 0; i < big_endian.n; i++)
		r = (r << 8 | big_endian.p[i]) % p;
	return r;
}

static bool
is_power_of_f4(unsigned v, unsigned p)
{
	unsigned x = 1;

	do {
		if (x == v)
			return true;
		x = x * (65537 % p) % p;
	} while (x != 1);
	return false;
}

/*
 * Keys of the faulty Infineon library, which were in TPMs for years, can be
 * factored (CVE-2017-15361; Nemec et al., CCS 2017, 2.2): their modulus is a power
 * of 65537 modulo the primes up to 701. These are the primes of which 65537
 * generates at most a fifth; a sound key passes for a faulty one once in 2^112
 * times, and the first prime or two end the loop for it.
 */
static bool
is_factorable(struct avow_span n)
{
	static const uint16_t primes[] = {11, 37, 79, 97, 229, 233, 239, 241, 257, 281,
		331, 349, 353, 367, 373, 397, 421, 439, 461, 487, 491, 523, 541, 547,
		571, 593, 601, 619, 641, 659, 673, 691};

	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++)
		if (!is_power_of_f4(modulo(n, primes[i]), primes[i]))
			return false;
	return true;
}

static enum avow_err
check_rsa(struct avow_span n, struct avow_span e)
{
	unsigned bits = bit_length(n);

	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
		return AVOW_E_KEY_TYPE;
	/* RFC 8017 3.1: n is a product of odd primes, 3 <= e <= n-1, e odd */
	if (!(n.p[n.n - 1] & 1) || bit_length(e) < 2 || !(e.p[e.n - 1] & 1) ||
		bit_length(e) > RSA_MAX_EXPONENT_BITS || is_factorable(n))
		return AVOW_E_KEY_FORMAT;
	return AVOW_OK;
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
	AVOW_AUTO_PKEY *evp = NULL;
	struct avow_buf spki;

	*out = NULL;
	n = without_leading_zeros(n);
	e = without_leading_zeros(e);
	AVOW_TRY(check_rsa(n, e));
	evp = rsa_import(n, e);
	if (!evp)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	avow_buf_init(&spki, MAX_RSA_SPKI);
	put_rsa_spki(&spki, n, e);
	if (spki.err == AVOW_OK)
		*out = new_key(AVOW_KEY_RSA, bit_length(n), evp, avow_buf_span(&spki),
			(struct avow_span){NULL, 0});
	avow_buf_clear(&spki);
	if (!*out)
		return AVOW_E_NO_MEMORY;
	evp = NULL;
	return AVOW_OK;
}

/* --- SubjectPublicKeyInfo --------------------------------------------------------- */

/* RFC 8017 A.1.1, in a BIT STRING without unused bits */
static enum avow_err
rsa_numbers(struct avow_span bits, struct avow_span *n, struct avow_span *e)
{
	struct avow_cursor key;

	if (bits.n == 0 || bits.p[0] != 0 ||
		avow_der_whole(avow_span_from(bits, 1), AVOW_DER_SEQUENCE, &key) !=
			AVOW_OK ||
		avow_der_integer(&key, n) != AVOW_OK ||
		avow_der_integer(&key, e) != AVOW_OK || !avow_cur_is_done(&key) ||
		(n->p[0] & 0x80) || (e->p[0] & 0x80))
		return AVOW_E_KEY_FORMAT;
	return AVOW_OK;
}

static enum avow_err
split_spki(struct avow_span der, struct avow_der *algorithm, struct avow_der *bits)
{
	struct avow_cursor spki;

	if (avow_der_whole(der, AVOW_DER_SEQUENCE, &spki) != AVOW_OK ||
		avow_der_next(&spki, AVOW_DER_SEQUENCE, algorithm) != AVOW_OK ||
		avow_der_next(&spki, AVOW_DER_BIT_STRING, bits) != AVOW_OK ||
		!avow_cur_is_done(&spki))
		return AVOW_E_KEY_FORMAT;
	return AVOW_OK;
}

static enum avow_err
from_other_spki(struct avow_span der, struct avow_pubkey **out)
{
	struct avow_der algorithm, bits;
	struct avow_span n, e;

	AVOW_TRY(split_spki(der, &algorithm, &bits));
	if (!avow_span_eq(algorithm.whole,
		    avow_span_make(RSA_ALGORITHM, sizeof(RSA_ALGORITHM))) &&
		!avow_span_starts(
			algorithm.content, avow_span_make(OAEP_OID, sizeof(OAEP_OID))))
		return AVOW_E_KEY_TYPE;
	AVOW_TRY(rsa_numbers(bits.content, &n, &e));
	return avow_pubkey_from_rsa(n, e, out);
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
	/* any other spelling of a curve (explicit parameters, a compressed point)
	 * ends as KEY_TYPE there */
	return from_other_spki(der, out);
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
	/* one spelling each, made by this file */
	return avow_span_eq(avow_pubkey_spki(a), avow_pubkey_spki(b));
}

/* Of the bytes that this file made: asking OpenSSL for a number has it export all
 * of them, for half the time of a signature's check. */
static enum avow_err
rsa_parts(const struct avow_pubkey *k, struct avow_span *n, struct avow_span *e)
{
	struct avow_der algorithm, bits;

	if (split_spki(avow_pubkey_spki(k), &algorithm, &bits) != AVOW_OK ||
		rsa_numbers(bits.content, n, e) != AVOW_OK)
		return AVOW_E_INTERNAL;
	*n = without_leading_zeros(*n);
	*e = without_leading_zeros(*e);
	return AVOW_OK;
}

enum avow_err
avow_pubkey_parts(
	const struct avow_pubkey *k, struct avow_buf *x_or_n, struct avow_buf *y_or_e)
{
	const struct avow_curve *c = avow_curve_of(k->type);
	struct avow_span x, y;

	if (c) {
		x = avow_span_from(avow_pubkey_spki(k), c->spki_prefix.n);
		y = avow_span_from(x, c->bytes);
		x.n = c->bytes;
	} else {
		AVOW_TRY(rsa_parts(k, &x, &y));
	}
	avow_buf_put(x_or_n, x);
	if (x_or_n->err != AVOW_OK)
		return x_or_n->err;
	avow_buf_put(y_or_e, y);
	return y_or_e->err;
}
