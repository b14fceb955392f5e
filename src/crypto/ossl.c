/*
 * The border to OpenSSL: algorithms fetched once, the error queue emptied, the
 * allocator's hook, and the two tables (curves, signature algorithms) that the
 * rest of crypto/ is driven by.
 *
 * The fetched set is built by the first caller and published by one atomic
 * store; it is never changed or freed after that. A failed build publishes
 * nothing, so that a moment without memory does not outlast itself.
 */
#include "crypto/ossl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "crypto/alloc.h"

/*
 * SubjectPublicKeyInfo of RFC 5480 2.1.1: id-ecPublicKey with the named curve,
 * and the head of the BIT STRING with an uncompressed point (SEC 1, 2.3.3).
 */
static const uint8_t SPKI_P256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const uint8_t SPKI_P384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03,
	0x62, 0x00, 0x04};
static const uint8_t SPKI_P521[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23,
	0x03, 0x81, 0x86, 0x00, 0x04};

/* Orders: SEC 2 version 2, 2.4.2, 2.5.1 and 2.6.1. */
static const struct avow_curve CURVES[AVOW_N_CURVES] = {
	{"P-256", 256, 32, {SPKI_P256, sizeof(SPKI_P256)},
		{0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
			0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}},
	{"P-384", 384, 48, {SPKI_P384, sizeof(SPKI_P384)},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
			0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec,
			0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73}},
	{"P-521", 521, 66, {SPKI_P521, sizeof(SPKI_P521)},
		{0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b,
			0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5,
			0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e,
			0x91, 0x38, 0x64, 0x09}},
};

#define RSA_ROW(name, form, hash, md, sig)                                             \
	{                                                                              \
		name, form, hash, AVOW_KEY_RSA, md, sig                                \
	}
static const struct avow_sig_info SIGS[] = {
	[AVOW_SIG_RS256] = RSA_ROW("RS256", AVOW_FORM_PKCS1, AVOW_SHA256, NID_sha256,
		NID_sha256WithRSAEncryption),
	[AVOW_SIG_RS384] = RSA_ROW("RS384", AVOW_FORM_PKCS1, AVOW_SHA384, NID_sha384,
		NID_sha384WithRSAEncryption),
	[AVOW_SIG_RS512] = RSA_ROW("RS512", AVOW_FORM_PKCS1, AVOW_SHA512, NID_sha512,
		NID_sha512WithRSAEncryption),
	[AVOW_SIG_RS1] = RSA_ROW(NULL, AVOW_FORM_PKCS1, AVOW_SHA1, NID_sha1, NID_undef),
	[AVOW_SIG_PS256] =
		RSA_ROW("PS256", AVOW_FORM_PSS, AVOW_SHA256, NID_sha256, NID_rsassaPss),
	[AVOW_SIG_PS384] =
		RSA_ROW("PS384", AVOW_FORM_PSS, AVOW_SHA384, NID_sha384, NID_rsassaPss),
	[AVOW_SIG_PS512] =
		RSA_ROW("PS512", AVOW_FORM_PSS, AVOW_SHA512, NID_sha512, NID_rsassaPss),
	[AVOW_SIG_ES256_RAW] = {"ES256", AVOW_FORM_RAW, AVOW_SHA256, AVOW_KEY_P256,
		NID_sha256, NID_undef},
	[AVOW_SIG_ES384_RAW] = {"ES384", AVOW_FORM_RAW, AVOW_SHA384, AVOW_KEY_P384,
		NID_sha384, NID_undef},
	[AVOW_SIG_ES512_RAW] = {"ES512", AVOW_FORM_RAW, AVOW_SHA512, AVOW_KEY_P521,
		NID_sha512, NID_undef},
	[AVOW_SIG_ES256_DER] = {NULL, AVOW_FORM_DER, AVOW_SHA256, AVOW_KEY_P256,
		NID_sha256, NID_ecdsa_with_SHA256},
	[AVOW_SIG_ES384_DER] = {NULL, AVOW_FORM_DER, AVOW_SHA384, AVOW_KEY_P384,
		NID_sha384, NID_ecdsa_with_SHA384},
	[AVOW_SIG_ES512_DER] = {NULL, AVOW_FORM_DER, AVOW_SHA512, AVOW_KEY_P521,
		NID_sha512, NID_ecdsa_with_SHA512},
};

const struct avow_curve *
avow_curve_of(enum avow_key_type type)
{
	if (type < AVOW_KEY_P256 || type > AVOW_KEY_P521)
		return NULL;
	return &CURVES[type - AVOW_KEY_P256];
}

const struct avow_sig_info *
avow_sig_info_of(enum avow_sig alg)
{
	return (size_t)alg < sizeof(SIGS) / sizeof(SIGS[0]) ? &SIGS[alg] : NULL;
}

bool
avow_padding_set(EVP_PKEY_CTX *ctx, const struct avow_sig_info *info, const EVP_MD *md)
{
	if (info->form == AVOW_FORM_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	if (info->form == AVOW_FORM_PSS)
		/* RFC 7518 3.5: MGF1 with the same hash, salt as long as it */
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
			       1;
	return true;
}

enum avow_err
avow_ossl_failed(enum avow_err meaning)
{
	unsigned long e;

	while ((e = ERR_get_error()) != 0)
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			meaning = AVOW_E_NO_MEMORY;
	return meaning;
}

static EVP_PKEY *
make_template(const char *curve)
{
	AVOW_AUTO_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char name[8];
	EVP_PKEY *out = NULL;
	OSSL_PARAM params[2];

	memcpy(name, curve, strlen(curve) + 1);
	params[0] =
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		return NULL;
	return out;
}

static void
destroy(struct avow_ossl *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < AVOW_N_HASHES; i++)
		EVP_MD_free(o->md[i]);
	for (size_t i = 0; i < AVOW_N_CURVES; i++)
		EVP_PKEY_free(o->curve[i]);
	free(o);
}

static struct avow_ossl *
build(void)
{
	static const char *const names[AVOW_N_HASHES] = {
		"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"};
	struct avow_ossl *o = calloc(1, sizeof(*o));
	bool ok = o != NULL;

	for (size_t i = 0; ok && i < AVOW_N_HASHES; i++)
		ok = (o->md[i] = EVP_MD_fetch(NULL, names[i], NULL)) != NULL;
	for (size_t i = 0; ok && i < AVOW_N_CURVES; i++)
		ok = (o->curve[i] = make_template(CURVES[i].name)) != NULL;
	if (ok)
		return o;
	destroy(o);
	ERR_clear_error();
	return NULL;
}

const struct avow_ossl *
avow_ossl(void)
{
	static _Atomic(struct avow_ossl *) ready;
	static pthread_mutex_t building = PTHREAD_MUTEX_INITIALIZER;
	struct avow_ossl *o = atomic_load_explicit(&ready, memory_order_acquire);

	if (o)
		return o;
	pthread_mutex_lock(&building);
	o = atomic_load_explicit(&ready, memory_order_acquire);
	if (!o) {
		o = build();
		atomic_store_explicit(&ready, o, memory_order_release);
	}
	pthread_mutex_unlock(&building);
	return o;
}

/* --- the allocator's hook ---------------------------------------------------- */

static struct {
	void *(*malloc_fn)(size_t);
	void *(*realloc_fn)(void *, size_t);
	void (*free_fn)(void *);
} hook; /* written once, before the library is used */

static void *
hook_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return hook.malloc_fn(n);
}

static void *
hook_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return hook.realloc_fn(p, n);
}

static void
hook_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	hook.free_fn(p);
}

enum avow_err
avow_crypto_set_alloc(void *(*malloc_fn)(size_t), void *(*realloc_fn)(void *, size_t),
	void (*free_fn)(void *))
{
	/* once replaced, the library would let itself be replaced again */
	if (hook.malloc_fn)
		return AVOW_E_CRYPTO;
	if (CRYPTO_set_mem_functions(hook_malloc, hook_realloc, hook_free) != 1)
		return AVOW_E_CRYPTO;
	hook.malloc_fn = malloc_fn;
	hook.realloc_fn = realloc_fn;
	hook.free_fn = free_fn;
	return AVOW_OK;
}

/* --- cleanup ------------------------------------------------------------------ */

void
avow_ossl_md_ctx_free(EVP_MD_CTX **p)
{
	EVP_MD_CTX_free(*p);
}

void
avow_ossl_pkey_free(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

void
avow_ossl_pkey_ctx_free(EVP_PKEY_CTX **p)
{
	EVP_PKEY_CTX_free(*p);
}

void
avow_ossl_bio_free(BIO **p)
{
	BIO_free(*p);
}

void
avow_ossl_bn_free(BIGNUM **p)
{
	BN_clear_free(*p);
}
