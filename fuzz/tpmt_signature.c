/*
 * TPMT_SIGNATURE.
 *
 * Properties: the same outcome twice; what was taken is what its fields make
 * again; and it is of an algorithm and hash that are verified.
 */
#include "tpm_emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_tpm_signature s, again;
	enum avow_err e = avow_tpm_signature_parse(in, &s, NULL);
	struct avow_buf b;

	must(e == avow_tpm_signature_parse(in, &again, NULL));
	if (e != AVOW_OK)
		return 0;
	must(avow_tpm_hash_name(s.hash) != NULL);
	avow_buf_init(&b, 1 << 16);
	emit_be(&b, s.alg, 2);
	emit_be(&b, s.hash, 2);
	if (s.alg == AVOW_TPM_ALG_ECDSA) {
		emit_2b(&b, s.r);
		emit_2b(&b, s.s);
	} else {
		emit_2b(&b, s.rsa);
	}
	must(avow_span_eq(in, avow_buf_span(&b)));
	avow_buf_clear(&b);
	return 0;
}
