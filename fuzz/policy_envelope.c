/*
 * The body of a management call, any bytes, by both trust models. Properties:
 * the same answer twice; a signature that holds has a signer that is shown as a
 * JWK of four members; and whatever the bytes, an isolated provider whose one
 * policy certificate's key is lost takes none of them.
 */
#include <stdlib.h>

#include "api/policy_jwt.h"
#include "base/base64.h"
#include "base/limits.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NOW INT64_C(1800000000)

/* Self-signed, P-256; its key was never kept. */
static const char NOBODY[] =
	"MIIBTDCB86ADAgECAgkAgLekZkiA//swCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwG"
	"bm9ib2R5MCAXDTI2MTEyMTIzMDIzMFoYDzIxMjYxMDI4MjMwMjMwWjARMQ8wDQYD"
	"VQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATbJUQiPo5bZZ3s"
	"Mx8MNFJTCkQpD+FXe1PEIclsxBFxWA4/XM4h/utsLDapkBJPYRzYcJFslHVRSrXq"
	"JTXTe+67ozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSpTP1Klwtqe84x"
	"jy9i1/jZ0rcEADAKBggqhkjOPQQDAgNIADBFAiEAnv080/nrIG+dk+6eBce5OhxT"
	"l82SQ5V0UoPR016wdMoCIB4Yd6ziRmtiSjRR906cS8XKAItmkVXLsFkRRXsXjU5M";

static struct avow_cert *
nobody(struct avow_arena *a)
{
	struct avow_cert *cert;
	struct avow_span der;

	if (avow_b64_decode_lenient(avow_span_str(NOBODY), AVOW_KIB(4), a, &der) !=
			AVOW_OK ||
		avow_cert_parse(der, &cert, NULL) != AVOW_OK)
		abort();
	return cert;
}

static void
check_signer(struct avow_span signer, struct avow_arena *a)
{
	const struct avow_json *jwk;

	if (signer.n && (avow_json_parse(signer, NULL, a, &jwk, NULL) != AVOW_OK ||
				jwk->count != 4))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span body = avow_span_make(data, n);
	struct avow_policy_envelope one, two;
	struct avow_policy_trust trust = {.n_certs = 1, .at_s = NOW};
	struct avow_cert *cert;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(64));
	cert = nobody(&a);
	trust.certs = &cert;
	avow_why_init(&why);
	e = avow_policy_envelope_open(body, NULL, &a, &one, &why);
	if (e != AVOW_OK && why.code != AVOW_OK && why.code != e)
		abort();
	if (e != avow_policy_envelope_open(body, NULL, &a, &two, NULL))
		abort();
	if (e == AVOW_OK) {
		if (!avow_span_eq(one.text, two.text) ||
			!avow_span_eq(one.signer, two.signer) ||
			one.text.n > AVOW_MAX_POLICY_TEXT)
			abort();
		check_signer(one.signer, &a);
	}
	if (avow_signed_open(body, &trust, &a, &two, NULL) == AVOW_OK)
		abort();
	trust.is_direct = true;
	if (avow_signed_open(body, &trust, &a, &two, NULL) == AVOW_OK)
		abort();
	avow_cert_free(cert);
	avow_arena_clear(&a);
	return 0;
}
