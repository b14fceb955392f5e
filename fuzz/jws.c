/*
 * Compact JWS. Property: the three decoded parts encode to the text again, byte
 * for byte; and under the two keys of RFC 7515 A.2 and A.3 nothing verifies but
 * the RFC's own signing inputs, whatever the header says.
 */
#include <stdint.h>

#include "must.h"

#include "base/base64.h"
#include "crypto/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char EC_KEY[] = "{\"kty\":\"EC\",\"crv\":\"P-256\","
			     "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
			     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char EC_INPUT[] =
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
	"Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
static const char RSA_KEY[] =
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrc"
	"S2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGz"
	"jb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs"
	"mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8"
	"q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"}";
static const char RSA_INPUT[] =
	"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
	"Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

static struct avow_pubkey *
key_of(const char *text, struct avow_arena *a)
{
	const struct avow_json *j = NULL;
	struct avow_pubkey *k = NULL;

	must(avow_json_parse(avow_span_str(text), NULL, a, &j, NULL) == AVOW_OK);
	must(avow_jwk_parse(j, a, &k) == AVOW_OK);
	return k;
}

static void
encodes_again(const struct avow_jws *jws, struct avow_span text)
{
	size_t dot = avow_span_find_byte(text, '.');
	struct avow_buf b;

	avow_buf_init(&b, text.n + 8);
	avow_buf_put(&b, avow_span_slice(text, 0, dot + 1));
	avow_b64url_put(&b, jws->payload);
	avow_buf_put_byte(&b, '.');
	avow_b64url_put(&b, jws->signature);
	must(avow_span_eq(avow_buf_span(&b), text));
	avow_buf_clear(&b);
}

static void
verifies_only(const struct avow_jws *jws, const struct avow_pubkey *k,
	enum avow_sig alg, const char *input)
{
	if (avow_jws_verify(jws, k, alg) == AVOW_OK)
		must(avow_span_eq_str(jws->signing_input, input));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span text = avow_span_make(data, n);
	struct avow_arena a;
	struct avow_pubkey *ec, *rsa;
	struct avow_jws jws;

	if (n > 65536)
		return 0;
	avow_arena_init(&a, 16 << 20);
	ec = key_of(EC_KEY, &a);
	rsa = key_of(RSA_KEY, &a);
	if (avow_jws_parse(text, &a, &jws, NULL) == AVOW_OK) {
		encodes_again(&jws, text);
		verifies_only(&jws, ec, AVOW_SIG_ES256_RAW, EC_INPUT);
		verifies_only(&jws, rsa, AVOW_SIG_RS256, RSA_INPUT);
		verifies_only(&jws, rsa, AVOW_SIG_PS256, "nothing");
		verifies_only(&jws, ec, AVOW_SIG_RS256, "nothing");
	}
	avow_pubkey_free(ec);
	avow_pubkey_free(rsa);
	avow_arena_clear(&a);
	return 0;
}
