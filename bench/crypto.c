/*
 * What crypto/ costs over OpenSSL itself: each operation through our functions
 * and through a bare EVP call with everything prepared (the floor), measured in
 * turns so that a busy machine slows both alike; the least of the rounds counts.
 * Microseconds of this thread's CPU time; one JSON object on stdout.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/jose.h"
#include "crypto/x509_make.h"

#define ROUNDS 15

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "bench_crypto: %s\n", what);
		exit(1);
	}
}

/* --- what both sides work on ---------------------------------------------------- */

static struct {
	struct avow_privkey *p256, *rsa;
	struct avow_buf raw, der, rs256, cert;
	struct avow_span xy, message;
	struct avow_cert *parsed;
	uint8_t digest[32], scratch[512];
	EVP_PKEY *evp_p256, *evp_rsa;
	EVP_PKEY_CTX *verify_p256, *sign_rsa, *verify_rsa;
	EVP_MD *sha256;
} w;

static EVP_PKEY *
to_evp(const struct avow_privkey *k)
{
	struct avow_buf pem;
	BIO *bio;
	EVP_PKEY *out;

	avow_buf_init(&pem, 8192);
	must(avow_privkey_to_pem(k, &pem) == AVOW_OK, "pem");
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	out = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	must(out != NULL, "key");
	BIO_free(bio);
	avow_buf_wipe(&pem);
	return out;
}

static void
prepare_floor(void)
{
	w.evp_p256 = to_evp(w.p256);
	w.evp_rsa = to_evp(w.rsa);
	w.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	w.verify_p256 = EVP_PKEY_CTX_new_from_pkey(NULL, w.evp_p256, NULL);
	w.sign_rsa = EVP_PKEY_CTX_new_from_pkey(NULL, w.evp_rsa, NULL);
	w.verify_rsa = EVP_PKEY_CTX_new_from_pkey(NULL, w.evp_rsa, NULL);
	must(EVP_PKEY_verify_init(w.verify_p256) == 1 &&
			EVP_PKEY_sign_init(w.sign_rsa) == 1 &&
			EVP_PKEY_CTX_set_signature_md(w.sign_rsa, w.sha256) == 1 &&
			EVP_PKEY_verify_init(w.verify_rsa) == 1 &&
			EVP_PKEY_CTX_set_signature_md(w.verify_rsa, w.sha256) == 1,
		"contexts");
}

static void
prepare(void)
{
	static const char *const name[][2] = {{"CN", "bench"}, {NULL, NULL}};
	struct avow_cert_spec spec = {.subject = name,
		.not_before_s = 1600000000,
		.not_after_s = 1900000000,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN,
		.with_key_ids = true};

	w.message = AVOW_LIT("384 bytes of a QE report would hash as fast as this");
	avow_buf_init(&w.raw, 64);
	avow_buf_init(&w.der, 128);
	avow_buf_init(&w.rs256, 256);
	avow_buf_init(&w.cert, 8192);
	must(avow_privkey_generate(AVOW_KEY_P256, 0, &w.p256) == AVOW_OK &&
			avow_privkey_generate(AVOW_KEY_RSA, 2048, &w.rsa) == AVOW_OK &&
			avow_sign(w.p256, AVOW_SIG_ES256_RAW, w.message, &w.raw) ==
				AVOW_OK &&
			avow_sign(w.p256, AVOW_SIG_ES256_DER, w.message, &w.der) ==
				AVOW_OK &&
			avow_sign(w.rsa, AVOW_SIG_RS256, w.message, &w.rs256) ==
				AVOW_OK &&
			avow_sha256(w.message, w.digest) == AVOW_OK,
		"keys");
	spec.key = avow_privkey_public(w.p256);
	spec.signer = w.p256;
	must(avow_cert_make(&spec, &w.cert) == AVOW_OK &&
			avow_cert_parse(avow_buf_span(&w.cert), &w.parsed, NULL) ==
				AVOW_OK,
		"certificate");
	w.xy = avow_pubkey_spki(avow_privkey_public(w.p256));
	w.xy = avow_span_from(w.xy, w.xy.n - 64);
	prepare_floor();
}

/* --- ours ------------------------------------------------------------------------------ */

static void
our_verify(void)
{
	must(avow_verify(avow_privkey_public(w.p256), AVOW_SIG_ES256_RAW, w.message,
		     avow_buf_span(&w.raw)) == AVOW_OK,
		"verify");
}

static void
our_import_verify(void)
{
	struct avow_pubkey *k = NULL;

	must(avow_pubkey_from_point(AVOW_KEY_P256, w.xy, &k) == AVOW_OK &&
			avow_verify(k, AVOW_SIG_ES256_RAW, w.message,
				avow_buf_span(&w.raw)) == AVOW_OK,
		"import and verify");
	avow_pubkey_free(k);
}

static void
our_sign(void)
{
	avow_buf_reset(&w.rs256);
	must(avow_sign(w.rsa, AVOW_SIG_RS256, w.message, &w.rs256) == AVOW_OK, "sign");
}

static void
our_rsa_verify(void)
{
	must(avow_verify(avow_privkey_public(w.rsa), AVOW_SIG_RS256, w.message,
		     avow_buf_span(&w.rs256)) == AVOW_OK,
		"verify rsa");
}

static void
our_parse(void)
{
	struct avow_cert *c = NULL;

	must(avow_cert_parse(avow_buf_span(&w.cert), &c, NULL) == AVOW_OK, "parse");
	avow_cert_free(c);
}

static void
our_link(void)
{
	must(avow_chain_link(w.parsed, w.parsed, 0, NULL) == AVOW_OK, "link");
}

static void
our_digest(void)
{
	must(avow_sha256(w.message, w.scratch) == AVOW_OK, "digest");
}

/* --- the floor --------------------------------------------------------------------------- */

static void
evp_digest(void)
{
	must(EVP_Digest(w.message.p, w.message.n, w.scratch, NULL, w.sha256, NULL) == 1,
		"floor digest");
}

static void
evp_verify(void)
{
	evp_digest();
	must(EVP_PKEY_verify(w.verify_p256, w.der.p, w.der.n, w.scratch, 32) == 1,
		"floor verify");
}

static void
evp_sign(void)
{
	size_t n = sizeof(w.scratch) - 32;

	evp_digest();
	must(EVP_PKEY_sign(w.sign_rsa, w.scratch + 32, &n, w.scratch, 32) == 1,
		"floor sign");
}

static void
evp_rsa_verify(void)
{
	evp_digest();
	must(EVP_PKEY_verify(w.verify_rsa, w.rs256.p, w.rs256.n, w.scratch, 32) == 1,
		"floor verify rsa");
}

static void
evp_parse(void)
{
	const unsigned char *p = w.cert.p;
	X509 *x = d2i_X509(NULL, &p, (long)w.cert.n);

	must(x != NULL && X509_get0_pubkey(x) != NULL, "floor parse");
	X509_free(x);
}

/* ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*ours)(void), (*floor)(void);
	int times;
} CASES[] = {
	{"p256_verify", our_verify, evp_verify, 200},
	{"p256_import_and_verify", our_import_verify, evp_verify, 200},
	{"rsa2048_sign", our_sign, evp_sign, 50},
	{"rsa2048_verify", our_rsa_verify, evp_rsa_verify, 400},
	{"sha256", our_digest, evp_digest, 5000},
	{"certificate_parse", our_parse, evp_parse, 200},
	{"chain_link", our_link, evp_verify, 200},
};

static double
once(void (*f)(void), int times)
{
	double start = bench_us(CLOCK_THREAD_CPUTIME_ID);

	for (int i = 0; i < times; i++)
		f();
	return (bench_us(CLOCK_THREAD_CPUTIME_ID) - start) / times;
}

int
main(void)
{
	prepare();
	printf("{\"benchmark\":\"crypto\"");
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		double ours = 1e9, floor = 1e9, t;

		for (int r = 0; r < ROUNDS; r++) {
			t = once(CASES[i].floor, CASES[i].times);
			floor = t < floor ? t : floor;
			t = once(CASES[i].ours, CASES[i].times);
			ours = t < ours ? t : ours;
		}
		printf(",\"%s_us\":%.2f,\"%s_floor_us\":%.2f,\"%s_ratio\":%.3f",
			CASES[i].name, ours, CASES[i].name, floor, CASES[i].name,
			ours / floor);
	}
	printf("}\n");
	return 0;
}
