/*
 * Private to crypto/: what every file needs of OpenSSL. Algorithms are fetched
 * once and kept, because an implicit fetch in each call costs more than a
 * short digest; the empty keys are templates whose copy is cheaper than a key
 * built from parameters.
 */
#ifndef AVOW_CRYPTO_OSSL_H
#define AVOW_CRYPTO_OSSL_H

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/digest.h"
#include "crypto/key.h"

#define AVOW_N_CURVES 3

/* One row a curve, by enum avow_key_type from AVOW_KEY_P256 on. */
struct avow_curve {
	const char *name; /* as OpenSSL spells it */
	unsigned bits;
	size_t bytes; /* of a coordinate or scalar */
	struct avow_span spki_prefix; /* SubjectPublicKeyInfo up to x||y */
	uint8_t order[66]; /* n, big-endian, `bytes` long */
};

/* One row a signature algorithm, by enum avow_sig. */
enum avow_sig_form { AVOW_FORM_PKCS1, AVOW_FORM_PSS, AVOW_FORM_RAW, AVOW_FORM_DER };
struct avow_sig_info {
	const char *jws_name;
	enum avow_sig_form form;
	enum avow_hash hash;
	enum avow_key_type key_type;
	int md_nid, sig_nid; /* OpenSSL's; X.509 */
};

/* Never NULL for a type or algorithm of the enum; NULL for anything else. */
const struct avow_curve *avow_curve_of(enum avow_key_type type);
const struct avow_sig_info *avow_sig_info_of(enum avow_sig alg);

struct avow_ossl {
	EVP_MD *md[AVOW_N_HASHES];
	EVP_PKEY *curve[AVOW_N_CURVES]; /* parameters only, never changed */
};

/** The fetched algorithms, made by the first caller; NULL when that failed
 *  (memory), and the next call tries again. */
const struct avow_ossl *avow_ossl(void);

/**
 * Empty the library's error queue and say what a failure means: no memory when
 * the queue says so, else `meaning`.
 */
enum avow_err avow_ossl_failed(enum avow_err meaning);

/** Set RSA padding, digest, MGF1 and salt on an initialised context; nothing to
 *  do for a curve. @return false when OpenSSL refuses. */
bool avow_padding_set(
	EVP_PKEY_CTX *ctx, const struct avow_sig_info *info, const EVP_MD *md);

/** The OpenSSL objects inside; borrowed. */
EVP_PKEY *avow_pubkey_evp(const struct avow_pubkey *k);
EVP_PKEY *avow_privkey_evp(const struct avow_privkey *k);

void avow_ossl_md_ctx_free(EVP_MD_CTX **p);
void avow_ossl_pkey_free(EVP_PKEY **p);
void avow_ossl_pkey_ctx_free(EVP_PKEY_CTX **p);
void avow_ossl_bio_free(BIO **p);
void avow_ossl_bn_free(BIGNUM **p);
#define AVOW_AUTO_MD_CTX __attribute__((cleanup(avow_ossl_md_ctx_free))) EVP_MD_CTX
#define AVOW_AUTO_PKEY __attribute__((cleanup(avow_ossl_pkey_free))) EVP_PKEY
#define AVOW_AUTO_PKEY_CTX                                                             \
	__attribute__((cleanup(avow_ossl_pkey_ctx_free))) EVP_PKEY_CTX
#define AVOW_AUTO_BIO __attribute__((cleanup(avow_ossl_bio_free))) BIO
#define AVOW_AUTO_BN __attribute__((cleanup(avow_ossl_bn_free))) BIGNUM

#endif
