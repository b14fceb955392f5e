/*
 * Private keys and signing. A key is checked when it is loaded (type, size,
 * and that its public half belongs to it), so that no token is signed by a key
 * nobody can verify. For RSA the signing contexts are prepared then; a
 * signature duplicates one, which saves the set-up of each call and leaves the
 * key unchanged and sharable.
 */
#include "crypto/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/ossl.h"

#define N_PREPARED (AVOW_SIG_ES512_DER + 1)
#define MAX_RSA_BYTES 1024
#define MAX_KEY_PEM 65536

struct avow_privkey {
	EVP_PKEY *evp;
	struct avow_pubkey *public;
	EVP_PKEY_CTX *prepared[N_PREPARED]; /* NULL: does not fit the key */
	EVP_PKEY_CTX *checking[N_PREPARED]; /* RSA: verifies what was signed */
};

static enum avow_err
public_half(EVP_PKEY *evp, struct avow_pubkey **out)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(evp, &der);
	enum avow_err err;

	if (n <= 0)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	err = avow_pubkey_from_spki(avow_span_make(der, (size_t)n), out);
	OPENSSL_free(der);
	return err;
}

static enum avow_err
check_pair(EVP_PKEY *evp)
{
	AVOW_AUTO_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);

	if (!ctx)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	if (EVP_PKEY_pairwise_check(ctx) != 1)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	return AVOW_OK;
}

static enum avow_err
prepare_one(struct avow_privkey *k, int a, const struct avow_sig_info *info, EVP_MD *md)
{
	k->prepared[a] = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (!k->prepared[a] || EVP_PKEY_sign_init(k->prepared[a]) != 1 ||
		!avow_padding_set(k->prepared[a], info, md))
		return avow_ossl_failed(AVOW_E_CRYPTO);
	if (info->key_type != AVOW_KEY_RSA)
		return AVOW_OK;
	k->checking[a] =
		EVP_PKEY_CTX_new_from_pkey(NULL, avow_pubkey_evp(k->public), NULL);
	if (!k->checking[a] || EVP_PKEY_verify_init(k->checking[a]) != 1 ||
		!avow_padding_set(k->checking[a], info, md))
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return AVOW_OK;
}

static enum avow_err
prepare(struct avow_privkey *k)
{
	const struct avow_ossl *o = avow_ossl();

	if (!o)
		return AVOW_E_CRYPTO;
	for (int a = 0; a < N_PREPARED; a++) {
		const struct avow_sig_info *info = avow_sig_info_of((enum avow_sig)a);

		if (info->key_type == avow_pubkey_type(k->public))
			AVOW_TRY(prepare_one(k, a, info, o->md[info->hash]));
	}
	return AVOW_OK;
}

/* Takes evp, also on failure. */
static enum avow_err
wrap(EVP_PKEY *evp, struct avow_privkey **out)
{
	struct avow_privkey *k = calloc(1, sizeof(*k));
	enum avow_err err = AVOW_E_NO_MEMORY;

	if (!k) {
		EVP_PKEY_free(evp);
		return err;
	}
	k->evp = evp;
	err = public_half(evp, &k->public);
	if (err == AVOW_OK)
		err = check_pair(evp);
	if (err == AVOW_OK)
		err = prepare(k);
	if (err == AVOW_OK)
		*out = k;
	else
		avow_privkey_free(k);
	return err;
}

enum avow_err
avow_privkey_generate(enum avow_key_type type, unsigned bits, struct avow_privkey **out)
{
	const struct avow_curve *c = avow_curve_of(type);
	EVP_PKEY *evp;

	*out = NULL;
	if (!c && (type != AVOW_KEY_RSA ||
			  (bits != 2048 && bits != 3072 && bits != 4096)))
		return AVOW_E_KEY_TYPE;
	evp = c ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->name)
		: EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	if (!evp)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return wrap(evp, out);
}

/* An encrypted key asks for a password here and gets none. */
static int
no_password(char *buf, int size, int for_writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)for_writing;
	(void)arg;
	return -1;
}

enum avow_err
avow_privkey_from_pem(struct avow_span pem, struct avow_privkey **out)
{
	AVOW_AUTO_BIO *bio = NULL;
	EVP_PKEY *evp;

	*out = NULL;
	if (pem.n == 0 || pem.n > MAX_KEY_PEM)
		return AVOW_E_KEY_FORMAT;
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (!bio)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	evp = PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL, NULL, NULL);
	if (!evp)
		return avow_ossl_failed(AVOW_E_KEY_FORMAT);
	ERR_clear_error();
	return wrap(evp, out);
}

enum avow_err
avow_privkey_to_pem(const struct avow_privkey *k, struct avow_buf *out)
{
	AVOW_AUTO_BIO *bio = BIO_new(BIO_s_mem()); /* wiped when freed */
	char *text = NULL;
	long n;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(
			    bio, k->evp, NULL, NULL, 0, NULL, NULL) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	n = BIO_get_mem_data(bio, &text);
	if (n <= 0)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	avow_buf_put(out, avow_span_make(text, (size_t)n));
	return out->err;
}

void
avow_privkey_free(struct avow_privkey *k)
{
	if (!k)
		return;
	for (int a = 0; a < N_PREPARED; a++) {
		EVP_PKEY_CTX_free(k->prepared[a]);
		EVP_PKEY_CTX_free(k->checking[a]);
	}
	avow_pubkey_free(k->public);
	EVP_PKEY_free(k->evp);
	free(k);
}

const struct avow_pubkey *
avow_privkey_public(const struct avow_privkey *k)
{
	return k->public;
}

EVP_PKEY *
avow_privkey_evp(const struct avow_privkey *k)
{
	return k->evp;
}

/* --- signing ------------------------------------------------------------------------ */

/* One INTEGER of OpenSSL's own ECDSA-Sig-Value, right-aligned in `half`. */
static bool
unpack_scalar(const uint8_t **p, const uint8_t *end, uint8_t *out, size_t half)
{
	ASN1_INTEGER *i = d2i_ASN1_INTEGER(NULL, p, (long)(end - *p));
	AVOW_AUTO_BN *bn = i ? ASN1_INTEGER_to_BN(i, NULL) : NULL;

	ASN1_INTEGER_free(i);
	return bn && BN_bn2binpad(bn, out, (int)half) == (int)half;
}

static bool
der_to_raw(const uint8_t *der, size_t n, uint8_t *out, size_t half)
{
	const uint8_t *p = der;
	long len = 0;
	int tag = 0, class = 0;

	if (ASN1_get_object(&p, &len, &tag, &class, (long)n) & 0x80)
		return false;
	return unpack_scalar(&p, der + n, out, half) &&
	       unpack_scalar(&p, der + n, out + half, half) && p == der + n;
}

static enum avow_err
sign_once(const struct avow_privkey *k, enum avow_sig alg, struct avow_span digest,
	uint8_t *sig, size_t *sig_n)
{
	AVOW_AUTO_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(k->prepared[alg]);

	*sig_n = MAX_RSA_BYTES;
	if (!ctx || EVP_PKEY_sign(ctx, sig, sig_n, digest.p, digest.n) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return AVOW_OK;
}

static enum avow_err
check_once(const struct avow_privkey *k, enum avow_sig alg, struct avow_span digest,
	const uint8_t *sig, size_t sig_n)
{
	AVOW_AUTO_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(k->checking[alg]);
	int r;

	if (!ctx)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	r = EVP_PKEY_verify(ctx, sig, sig_n, digest.p, digest.n);
	return r == 1 ? AVOW_OK
		      : avow_ossl_failed(r == 0 ? AVOW_E_SIGNATURE : AVOW_E_CRYPTO);
}

/*
 * An RSA signature is verified before it leaves, for a twentieth of what it cost.
 * A fault in the private operation can give the key away (Boneh, DeMillo, Lipton
 * 1997), and an allocation that fails while OpenSSL renews the key's blinding
 * leaves a torn pair, under which the next signatures are wrong and reported as
 * good. The pair is made anew after 32 uses: so try again, not longer than that.
 */
#define BLINDING_USES 32

static enum avow_err
sign_digest(const struct avow_privkey *k, enum avow_sig alg, struct avow_span digest,
	uint8_t *sig, size_t *sig_n)
{
	enum avow_err err = AVOW_E_CRYPTO;

	if (avow_pubkey_type(k->public) != AVOW_KEY_RSA)
		return sign_once(k, alg, digest, sig, sig_n);
	for (int i = 0; i <= BLINDING_USES; i++) {
		AVOW_TRY(sign_once(k, alg, digest, sig, sig_n));
		err = check_once(k, alg, digest, sig, *sig_n);
		if (err != AVOW_E_SIGNATURE)
			return err;
	}
	return AVOW_E_CRYPTO;
}

enum avow_err
avow_sign(const struct avow_privkey *k, enum avow_sig alg, struct avow_span message,
	struct avow_buf *out)
{
	const struct avow_sig_info *info = avow_sig_info_of(alg);
	uint8_t digest[AVOW_MAX_DIGEST], sig[MAX_RSA_BYTES], raw[2 * 66];
	struct avow_span result;
	size_t n = 0;

	if (!info || !k->prepared[alg])
		return AVOW_E_KEY_TYPE;
	AVOW_TRY(avow_digest(info->hash, &message, 1, digest));
	AVOW_TRY(sign_digest(
		k, alg, avow_span_make(digest, avow_hash_bytes(info->hash)), sig, &n));
	result = avow_span_make(sig, n);
	if (info->form == AVOW_FORM_RAW) {
		size_t half = avow_curve_of(info->key_type)->bytes;

		if (!der_to_raw(sig, n, raw, half))
			return avow_ossl_failed(AVOW_E_CRYPTO);
		result = avow_span_make(raw, 2 * half);
	}
	avow_buf_put(out, result);
	return out->err;
}
