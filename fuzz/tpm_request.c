/*
 * TPM evidence: an attestation object, or the JWS of the second round. A first byte
 * of '1' or '2' stands for a JWS: what follows is its payload, under the type of
 * that version, so that the fuzzer need not find base64url.
 *
 * Properties: the same outcome twice; what is taken can be written as JSON; and
 * nothing verifies but an attestation object whose key nobody vouches for, never a
 * request, because no challenge here was made for it.
 */
#include <string.h>

#include "evidence.h"
#include "tpm_emit.h"

#include "base/base64.h"
#include "evidence/internal.h"
#include "evidence/tpm/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum avow_err
verify(const struct avow_evidence *ev, struct avow_arena *a)
{
	struct avow_verify_in in = *bare_service();
	const struct avow_verified *v;
	struct avow_findings f;
	struct avow_why why;
	enum avow_err e;

	in.allow_uncertified_ak = true;
	avow_why_init(&why);
	e = avow_evidence_verify(ev, &in, a, &f, &v, &why);
	must((e == AVOW_OK) == (v != NULL));
	must(e != AVOW_OK || avow_tpm_evidence_of(ev)->form == AVOW_TPM_FORM_OBJECT);
	return e;
}

static struct avow_span
as_jws(struct avow_span in, struct avow_buf *b)
{
	const char *header = in.p[0] == '1'
				     ? "{\"alg\":\"PS256\",\"typ\":\"attReq\"}"
				     : "{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}";

	avow_b64url_put(b, avow_span_str(header));
	avow_buf_put_byte(b, '.');
	avow_b64url_put(b, avow_span_from(in, 1));
	avow_buf_put_str(b, ".AAAA");
	return avow_buf_span(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	const struct avow_evidence *one, *two;
	struct avow_arena a;
	struct avow_buf jws;
	enum avow_err e;

	avow_arena_init(&a, 1 << 26);
	avow_buf_init(&jws, 1 << 24);
	if (n > 0 && (data[0] == '1' || data[0] == '2'))
		in = as_jws(in, &jws);
	e = avow_evidence_parse(&avow_kind_tpm, in, &a, &one, NULL);
	must(e == avow_evidence_parse(&avow_kind_tpm, in, &a, &two, NULL));
	must((e == AVOW_OK) == (one != NULL));
	if (one) {
		is_written(one, &a);
		must(verify(one, &a) == verify(two, &a));
	}
	avow_buf_clear(&jws);
	avow_arena_clear(&a);
	return 0;
}
