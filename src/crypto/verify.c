/*
 * One signature over one message under one key. In: a key that knows its type,
 * an algorithm that the caller chose (never the input), bytes. Out: OK only
 * when OpenSSL said 1; a zero that has a memory failure behind it is reported
 * as that, because "could not decide" is not "does not verify".
 *
 *   fits key? -> shape of the signature -> digest -> EVP_PKEY_verify
 */
#include "crypto/key.h"

#include <string.h>

#include <openssl/ecerr.h>
#include <openssl/rsa.h>

#include "base/cursor.h"
#include "crypto/ossl.h"
#include "wire/der.h"

#define MAX_ECDSA_DER (2 * 66 + 9)

/* r and s lie in [1, n-1]: FIPS 186-5 6.4.2 step 1. */
static bool
scalar_in_range(const struct avow_curve *c, struct avow_span v)
{
	return !avow_span_all_zero(v) &&
	       avow_span_cmp(v, avow_span_make(c->order, c->bytes)) < 0;
}

/* The content of a positive INTEGER, without its sign octet. */
static enum avow_err
der_scalar(struct avow_cursor *seq, const struct avow_curve *c)
{
	uint8_t padded[66] = {0};
	struct avow_span v;

	AVOW_TRY(avow_der_integer(seq, &v));
	if (v.p[0] & 0x80)
		return AVOW_E_SIGNATURE_FORMAT;
	if (v.n > 1 && v.p[0] == 0)
		v = avow_span_from(v, 1);
	if (v.n > c->bytes)
		return AVOW_E_SIGNATURE_FORMAT;
	memcpy(padded + c->bytes - v.n, v.p, v.n);
	return scalar_in_range(c, avow_span_make(padded, c->bytes))
		       ? AVOW_OK
		       : AVOW_E_SIGNATURE_FORMAT;
}

/* ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }: RFC 3279 2.2.3 */
static enum avow_err
check_der(const struct avow_curve *c, struct avow_span sig)
{
	struct avow_cursor seq;

	if (avow_der_whole(sig, AVOW_DER_SEQUENCE, &seq) != AVOW_OK ||
		der_scalar(&seq, c) != AVOW_OK || der_scalar(&seq, c) != AVOW_OK ||
		!avow_cur_is_done(&seq))
		return AVOW_E_SIGNATURE_FORMAT;
	return AVOW_OK;
}

static enum avow_err
raw_to_der(const struct avow_curve *c, struct avow_span raw, uint8_t *out, size_t *n)
{
	/* RFC 7518 3.4: two octet strings of the curve's size, no other length */
	if (raw.n != 2 * c->bytes ||
		!scalar_in_range(c, avow_span_slice(raw, 0, c->bytes)) ||
		!scalar_in_range(c, avow_span_from(raw, c->bytes)))
		return AVOW_E_SIGNATURE_FORMAT;
	*n = avow_der_ecdsa_encode(raw, out, MAX_ECDSA_DER);
	return *n ? AVOW_OK : AVOW_E_INTERNAL;
}

/* The signature as EVP wants it: DER for ECDSA, as it is for RSA. */
static enum avow_err
shape(const struct avow_pubkey *k, const struct avow_sig_info *info,
	struct avow_span sig, uint8_t *room, struct avow_span *out)
{
	const struct avow_curve *c = avow_curve_of(info->key_type);
	size_t n = 0;

	*out = sig;
	if (!c) /* RFC 8017 8.1.2 and 8.2.2 step 1: as long as the modulus */
		return sig.n == (avow_pubkey_bits(k) + 7) / 8 ? AVOW_OK
							      : AVOW_E_SIGNATURE_FORMAT;
	if (info->form == AVOW_FORM_DER)
		return check_der(c, sig);
	AVOW_TRY(raw_to_der(c, sig, room, &n));
	*out = avow_span_make(room, n);
	return AVOW_OK;
}

/*
 * What a result other than 1 means. When u1*G + u2*Q is the point at infinity the
 * signature is invalid (SEC 1, 4.1.4 step 6); OpenSSL calls that an error.
 */
static enum avow_err
refusal(int r)
{
	unsigned long e = ERR_peek_error();

	if (r == 0 || (ERR_GET_LIB(e) == ERR_LIB_EC &&
			      ERR_GET_REASON(e) == EC_R_POINT_AT_INFINITY))
		return avow_ossl_failed(AVOW_E_SIGNATURE);
	return avow_ossl_failed(AVOW_E_CRYPTO);
}

static enum avow_err
verify_digest(const struct avow_pubkey *k, const struct avow_sig_info *info,
	const uint8_t *digest, struct avow_span signature)
{
	const struct avow_ossl *o = avow_ossl();
	AVOW_AUTO_PKEY_CTX *ctx = NULL;
	int r;

	if (!o)
		return AVOW_E_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_pubkey_evp(k), NULL);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 ||
		!avow_padding_set(ctx, info, o->md[info->hash]))
		return avow_ossl_failed(AVOW_E_CRYPTO);
	r = EVP_PKEY_verify(
		ctx, signature.p, signature.n, digest, avow_hash_bytes(info->hash));
	return r == 1 ? AVOW_OK : refusal(r);
}

enum avow_err
avow_verify(const struct avow_pubkey *k, enum avow_sig alg, struct avow_span message,
	struct avow_span signature)
{
	const struct avow_sig_info *info = avow_sig_info_of(alg);
	uint8_t digest[AVOW_MAX_DIGEST], room[MAX_ECDSA_DER];
	struct avow_span sig;

	if (!info || info->key_type != avow_pubkey_type(k))
		return AVOW_E_KEY_TYPE;
	AVOW_TRY(shape(k, info, signature, room, &sig));
	AVOW_TRY(avow_digest(info->hash, &message, 1, digest));
	return verify_digest(k, info, digest, sig);
}

/* --- scheme and hash each by itself ------------------------------------------------ */

static bool
set_scheme(EVP_PKEY_CTX *ctx, enum avow_scheme scheme, const EVP_MD *md)
{
	const struct avow_sig_info pkcs1 = {.form = AVOW_FORM_PKCS1};

	if (scheme == AVOW_SCHEME_ECDSA)
		return true;
	if (scheme == AVOW_SCHEME_PKCS1)
		return avow_padding_set(ctx, &pkcs1, md);
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) == 1;
}

/* The signature as EVP wants it; RSA's as it is. */
static enum avow_err
shape_scheme(const struct avow_pubkey *k, struct avow_span sig, uint8_t *room,
	struct avow_span *out)
{
	const struct avow_curve *c = avow_curve_of(avow_pubkey_type(k));
	size_t n = 0;

	*out = sig;
	if (!c)
		return sig.n == (avow_pubkey_bits(k) + 7) / 8 ? AVOW_OK
							      : AVOW_E_SIGNATURE_FORMAT;
	AVOW_TRY(raw_to_der(c, sig, room, &n));
	*out = avow_span_make(room, n);
	return AVOW_OK;
}

enum avow_err
avow_verify_scheme(const struct avow_pubkey *k, enum avow_scheme scheme,
	enum avow_hash hash, struct avow_span message, struct avow_span signature)
{
	const struct avow_ossl *o = avow_ossl();
	uint8_t digest[AVOW_MAX_DIGEST], room[MAX_ECDSA_DER];
	AVOW_AUTO_PKEY_CTX *ctx = NULL;
	struct avow_span sig;
	int r;

	if ((avow_pubkey_type(k) == AVOW_KEY_RSA) != (scheme != AVOW_SCHEME_ECDSA))
		return AVOW_E_KEY_TYPE;
	if (!o)
		return AVOW_E_CRYPTO;
	AVOW_TRY(shape_scheme(k, signature, room, &sig));
	AVOW_TRY(avow_digest(hash, &message, 1, digest));
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_pubkey_evp(k), NULL);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 ||
		!set_scheme(ctx, scheme, o->md[hash]))
		return avow_ossl_failed(AVOW_E_CRYPTO);
	r = EVP_PKEY_verify(ctx, sig.p, sig.n, digest, avow_hash_bytes(hash));
	return r == 1 ? AVOW_OK : refusal(r);
}
