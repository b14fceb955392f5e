/*
 * Our readers against libtss2-mu's, field by field, over structures that its own
 * marshaller wrote. It takes a wrong magic and bytes behind the end, so only what
 * both take is compared.
 */
#include "support.h"

#include <tss2/tss2_mu.h>

#include "evidence/tpm/tpm.h"

static struct avow_span
span_2b(const uint8_t *p, size_t n)
{
	return avow_span_make(p, n);
}

static void
compare_quote(const TPMS_ATTEST *in)
{
	uint8_t bytes[2048];
	struct avow_tpm_attest ours;
	size_t n = 0;

	assert_int_equal(TSS2_RC_SUCCESS,
		Tss2_MU_TPMS_ATTEST_Marshal(in, bytes, sizeof(bytes), &n));
	assert_ok(avow_tpm_attest_parse(
		avow_span_make(bytes, n), AVOW_TPM_ST_QUOTE, &ours, NULL));
	assert_int_equal(in->clockInfo.clock, ours.clock_ms);
	assert_int_equal(in->clockInfo.resetCount, ours.reset_count);
	assert_int_equal(in->clockInfo.restartCount, ours.restart_count);
	assert_int_equal(in->clockInfo.safe, ours.safe);
	assert_int_equal(in->firmwareVersion, ours.firmware_version);
	assert_span(span_2b(in->extraData.buffer, in->extraData.size), ours.extra_data);
	assert_span(span_2b(in->qualifiedSigner.name, in->qualifiedSigner.size),
		ours.qualified_signer);
	assert_span(span_2b(in->attested.quote.pcrDigest.buffer,
			    in->attested.quote.pcrDigest.size),
		ours.pcr_digest);
	assert_int_equal(in->attested.quote.pcrSelect.count, ours.n_selections);
	for (size_t i = 0; i < ours.n_selections; i++) {
		const TPMS_PCR_SELECTION *s =
			&in->attested.quote.pcrSelect.pcrSelections[i];

		assert_int_equal(s->hash, ours.selections[i].alg);
		assert_int_equal(
			s->pcrSelect[0] | s->pcrSelect[1] << 8 | s->pcrSelect[2] << 16,
			ours.selections[i].mask);
	}
}

static void
quotes_read_alike(void **state)
{
	TPMS_ATTEST t = {.magic = TPM2_GENERATED_VALUE, .type = TPM2_ST_ATTEST_QUOTE};

	(void)state;
	t.qualifiedSigner.size = 34;
	memset(t.qualifiedSigner.name, 'q', 34);
	t.clockInfo.clock = 0x0102030405060708;
	t.clockInfo.resetCount = 9;
	t.clockInfo.restartCount = 10;
	t.firmwareVersion = 0x1112131415161718;
	for (unsigned safe = 0; safe < 2; safe++)
		for (unsigned extra = 0; extra <= 64; extra += 16)
			for (unsigned banks = 1; banks <= 3; banks++) {
				TPML_PCR_SELECTION *s = &t.attested.quote.pcrSelect;

				t.clockInfo.safe = safe == 1;
				t.extraData.size = (UINT16)extra;
				memset(t.extraData.buffer, 'e', extra);
				s->count = banks;
				for (unsigned b = 0; b < banks; b++)
					s->pcrSelections[b] = (TPMS_PCR_SELECTION){
						(TPM2_ALG_ID)(b ? 0xa + b : 4), 3,
						{(BYTE)(1 + b), 0x80, (BYTE)extra}};
				t.attested.quote.pcrDigest.size =
					(UINT16)(banks == 1 ? 20 : 32);
				memset(t.attested.quote.pcrDigest.buffer, 'd', 64);
				compare_quote(&t);
			}
}

static void
signatures_read_alike(void **state)
{
	TPMT_SIGNATURE rsa = {.sigAlg = TPM2_ALG_RSAPSS},
		       ec = {.sigAlg = TPM2_ALG_ECDSA};
	struct avow_tpm_signature ours;
	uint8_t bytes[1024];
	size_t n = 0;

	(void)state;
	rsa.signature.rsapss.hash = TPM2_ALG_SHA256;
	rsa.signature.rsapss.sig.size = 256;
	memset(rsa.signature.rsapss.sig.buffer, 's', 256);
	assert_int_equal(TSS2_RC_SUCCESS,
		Tss2_MU_TPMT_SIGNATURE_Marshal(&rsa, bytes, sizeof(bytes), &n));
	assert_ok(avow_tpm_signature_parse(avow_span_make(bytes, n), &ours, NULL));
	assert_int_equal(TPM2_ALG_RSAPSS, ours.alg);
	assert_int_equal(TPM2_ALG_SHA256, ours.hash);
	assert_span(avow_span_make(rsa.signature.rsapss.sig.buffer, 256), ours.rsa);
	ec.signature.ecdsa.hash = TPM2_ALG_SHA384;
	ec.signature.ecdsa.signatureR.size = 32;
	ec.signature.ecdsa.signatureS.size = 31;
	memset(ec.signature.ecdsa.signatureR.buffer, 'r', 32);
	memset(ec.signature.ecdsa.signatureS.buffer, 's', 31);
	n = 0;
	assert_int_equal(TSS2_RC_SUCCESS,
		Tss2_MU_TPMT_SIGNATURE_Marshal(&ec, bytes, sizeof(bytes), &n));
	assert_ok(avow_tpm_signature_parse(avow_span_make(bytes, n), &ours, NULL));
	assert_int_equal(TPM2_ALG_SHA384, ours.hash);
	assert_span(avow_span_make(ec.signature.ecdsa.signatureR.buffer, 32), ours.r);
	assert_span(avow_span_make(ec.signature.ecdsa.signatureS.buffer, 31), ours.s);
}

static void
public_areas_read_alike(void **state)
{
	TPM2B_PUBLIC in = {.publicArea = {.type = TPM2_ALG_RSA,
				   .nameAlg = TPM2_ALG_SHA256,
				   .objectAttributes = 0x300b2}};
	TPMS_RSA_PARMS *p = &in.publicArea.parameters.rsaDetail;
	struct avow_tpm_public ours;
	uint8_t bytes[1024];
	size_t n = 0;

	(void)state;
	in.publicArea.authPolicy.size = 32;
	memset(in.publicArea.authPolicy.buffer, 'p', 32);
	p->symmetric.algorithm = TPM2_ALG_AES;
	p->symmetric.keyBits.aes = 128;
	p->symmetric.mode.aes = TPM2_ALG_CFB;
	p->scheme.scheme = TPM2_ALG_NULL;
	p->keyBits = 2048;
	in.publicArea.unique.rsa.size = 256;
	memset(in.publicArea.unique.rsa.buffer, 0xc1, 256);
	assert_int_equal(TSS2_RC_SUCCESS,
		Tss2_MU_TPM2B_PUBLIC_Marshal(&in, bytes, sizeof(bytes), &n));
	assert_ok(avow_tpm_public_parse(avow_span_make(bytes, n), &ours, NULL));
	assert_int_equal(0x300b2, ours.attributes);
	assert_int_equal(128, ours.symmetric_bits);
	assert_int_equal(TPM2_ALG_CFB, ours.symmetric_mode);
	assert_int_equal(2048, ours.key_bits);
	assert_int_equal(65537, ours.exponent);
	assert_span(
		avow_span_make(in.publicArea.authPolicy.buffer, 32), ours.auth_policy);
	assert_span(avow_span_make(in.publicArea.unique.rsa.buffer, 256), ours.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_read_alike),
		cmocka_unit_test(signatures_read_alike),
		cmocka_unit_test(public_areas_read_alike),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
