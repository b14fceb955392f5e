/*
 * The endorsement key, for machines whose attestation key no certificate vouches
 * for: its certificate, and TPM2_ActivateCredential, which gives back what a
 * service encrypted to both keys (TPM 2.0 Library part 1, 24).
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "base/file.h"
#include "base/limits.h"
#include "collect/tss.h"

/* TCG EK Credential Profile 2.5, B.6.2: PolicySecret of the endorsement hierarchy */
static const uint8_t POLICY_A[] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a,
	0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
	0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

enum avow_err
avow_tss_ek_cert(struct avow_tss *t, struct avow_buf *out, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "x-avow-ek-cert", "avow(1)"};
	const struct avow_collect_tpm *o = t->options;
	uint32_t index = o->ek_cert_nv;

	if (o->ek_cert && avow_file_read(o->ek_cert, out) != AVOW_OK)
		return avow_refuse(why, AVOW_E_FILE_READ, &at, "a certificate's file",
			"%s", o->ek_cert);
	if (o->ek_cert)
		return AVOW_OK;
	/* TCG EK Credential Profile 2.5, 2.2.1.4 */
	if (index == 0)
		index = o->ek == AVOW_COLLECT_EK_P256 ? 0x01c0000a : 0x01c00002;
	return avow_tss_nv(t, index, out, why);
}

enum avow_err
avow_tss_put_public(struct avow_buf *out, const TPM2B_PUBLIC *key, struct avow_why *why)
{
	uint8_t bytes[sizeof(TPM2B_PUBLIC)];
	size_t n = 0;

	AVOW_TRY(avow_tss_check(
		Tss2_MU_TPM2B_PUBLIC_Marshal(key, bytes, sizeof(bytes), &n),
		"TPM2B_PUBLIC", why));
	avow_buf_put(out, avow_span_make(bytes, n));
	return out->err;
}

enum avow_err
avow_tss_ak_public(struct avow_tss *t, struct avow_buf *out, struct avow_why *why)
{
	return avow_tss_put_public(out, t->ak_public, why);
}

/* --- the key ---------------------------------------------------------------------------- */

/* TCG EK Credential Profile 2.5, B.3.3 and B.3.4: templates L-1 and L-2 */
static void
ek_template(bool ecc, TPM2B_PUBLIC *t)
{
	const TPMT_SYM_DEF_OBJECT aes = {.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB};
	TPMT_PUBLIC *p = &t->publicArea;

	memset(t, 0, sizeof(*t));
	p->type = ecc ? TPM2_ALG_ECC : TPM2_ALG_RSA;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN |
			      TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED |
			      TPMA_OBJECT_DECRYPT;
	p->authPolicy.size = sizeof(POLICY_A);
	memcpy(p->authPolicy.buffer, POLICY_A, sizeof(POLICY_A));
	if (ecc) {
		p->parameters.eccDetail.symmetric = aes;
		p->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
		p->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
		p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
		p->unique.ecc.x.size = p->unique.ecc.y.size = 32;
		return;
	}
	p->parameters.rsaDetail.symmetric = aes;
	p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	p->parameters.rsaDetail.keyBits = 2048;
	p->unique.rsa.size = 256;
}

static enum avow_err
take_ek(struct avow_tss *t, ESYS_TR *ek, struct avow_why *why)
{
	TPM2B_PUBLIC template;

	if (t->options->ek_handle)
		return avow_tss_check(
			Esys_TR_FromTPMPublic(t->esys, t->options->ek_handle,
				ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ek),
			"TPM2_ReadPublic", why);
	ek_template(t->options->ek == AVOW_COLLECT_EK_P256, &template);
	return avow_tss_primary(t, ESYS_TR_RH_ENDORSEMENT, &template, ek, NULL, why);
}

/* Only the policy opens an EK: whoever may use the hierarchy may use the key. */
static enum avow_err
start_session(struct avow_tss *t, ESYS_TR *session, struct avow_why *why)
{
	AVOW_TRY(avow_tss_session(t, TPM2_SE_POLICY, session, why));
	AVOW_TRY(avow_tss_check(
		Esys_TRSess_SetAttributes(t->esys, *session,
			TPMA_SESSION_CONTINUESESSION, TPMA_SESSION_CONTINUESESSION),
		"TPM2_StartAuthSession", why));
	return avow_tss_check(Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT,
				      *session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				      ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL),
		"TPM2_PolicySecret", why);
}

/* --- activation -------------------------------------------------------------------------- */

/* What a service sent is read by the TPM's own library, sizes and all. */
static bool
read_structures(struct avow_span blob, struct avow_span secret, TPM2B_ID_OBJECT *id,
	TPM2B_ENCRYPTED_SECRET *seed)
{
	size_t a = 0, b = 0;

	return Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(blob.p, blob.n, &a, id) ==
		       TSS2_RC_SUCCESS &&
	       a == blob.n &&
	       Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(secret.p, secret.n, &b, seed) ==
		       TSS2_RC_SUCCESS &&
	       b == secret.n;
}

static enum avow_err
activate(struct avow_tss *t, ESYS_TR ek, ESYS_TR session, const TPM2B_ID_OBJECT *id,
	const TPM2B_ENCRYPTED_SECRET *seed, struct avow_buf *out, struct avow_why *why)
{
	TPM2B_DIGEST *value = NULL;

	AVOW_TRY(avow_tss_check(
		Esys_ActivateCredential(t->esys, t->ak, ek, ESYS_TR_PASSWORD, session,
			ESYS_TR_NONE, id, seed, &value),
		"TPM2_ActivateCredential", why));
	avow_buf_put(out, avow_span_make(value->buffer, value->size));
	Esys_Free(value);
	return out->err;
}

enum avow_err
avow_tss_activate(struct avow_tss *t, struct avow_span blob, struct avow_span secret,
	struct avow_buf *out, struct avow_why *why)
{
	static const struct avow_at at = {
		"tpm", "x-avow-credential-blob", "TPM 2.0 Part 2, 12.4"};
	ESYS_TR ek = ESYS_TR_NONE, session = ESYS_TR_NONE;
	TPM2B_ENCRYPTED_SECRET seed = {0};
	TPM2B_ID_OBJECT id = {0};
	enum avow_err e;

	if (!read_structures(blob, secret, &id, &seed))
		return avow_refuse(why, AVOW_E_COLLECT_ANSWER, &at,
			"TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET", "others");
	e = take_ek(t, &ek, why);
	if (e == AVOW_OK)
		e = start_session(t, &session, why);
	if (e == AVOW_OK)
		e = activate(t, ek, session, &id, &seed, out, why);
	avow_tss_flush(t, &session);
	if (t->options->ek_handle == 0)
		avow_tss_flush(t, &ek);
	return e;
}
