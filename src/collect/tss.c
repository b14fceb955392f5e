/*
 * One connection to a TPM: reached, asked, and its codes in words. The
 * attestation key is the machine's own at a persistent handle, or a primary key
 * that the TPM derives from its endorsement seed: the same key at every start,
 * with nothing to store.
 */
#include "collect/tss.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "base/file.h"
#include "base/limits.h"
#include "wire/pem.h"

/* An NV index is read in parts that every TPM takes. */
#define NV_PART 512
/* In a PEM file beside the AK's own: its chain. */
#define AVOW_COLLECT_MAX_CERTS 8

enum avow_err
avow_tss_check(TSS2_RC rc, const char *command, struct avow_why *why)
{
	const struct avow_at at = {"tpm", command, "TPM 2.0 Part 3"};

	if (rc == TSS2_RC_SUCCESS)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_COLLECT_TPM, &at, "success", "0x%08x: %s",
		(unsigned)rc, Tss2_RC_Decode(rc));
}

void
avow_tss_flush(struct avow_tss *t, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		Esys_FlushContext(t->esys, *handle);
	*handle = ESYS_TR_NONE;
}

void
avow_tss_close(struct avow_tss *t)
{
	if (!t)
		return;
	if (t->esys && t->ak_is_transient)
		avow_tss_flush(t, &t->ak);
	if (t->esys)
		avow_tss_flush(t, &t->guest_key);
	Esys_Free(t->guest_public);
	Esys_Free(t->ak_public);
	Esys_Finalize(&t->esys);
	Tss2_TctiLdr_Finalize(&t->tcti);
	avow_buf_clear(&t->cert_file);
	avow_arena_clear(&t->arena);
	free(t);
}

/* --- non-volatile storage --------------------------------------------------------------- */

static enum avow_err
nv_part(struct avow_tss *t, ESYS_TR index, size_t size, struct avow_buf *out,
	struct avow_why *why)
{
	size_t left = size - out->n, n = left < NV_PART ? left : NV_PART;
	TPM2B_MAX_NV_BUFFER *data = NULL;
	TSS2_RC rc;

	/* Azure's indices are the owner's to read; others have an empty password. */
	rc = Esys_NV_Read(t->esys, ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)n, (UINT16)out->n, &data);
	if (rc != TSS2_RC_SUCCESS)
		rc = Esys_NV_Read(t->esys, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, (UINT16)n, (UINT16)out->n, &data);
	AVOW_TRY(avow_tss_check(rc, "TPM2_NV_Read", why));
	n = data->size;
	avow_buf_put(out, avow_span_make(data->buffer, n));
	Esys_Free(data);
	if (n == 0)
		return avow_tss_check(TSS2_BASE_RC_IO_ERROR, "TPM2_NV_Read", why);
	return out->err;
}

enum avow_err
avow_tss_nv(
	struct avow_tss *t, uint32_t index, struct avow_buf *out, struct avow_why *why)
{
	TPM2B_NV_PUBLIC *public = NULL;
	ESYS_TR handle = ESYS_TR_NONE;
	enum avow_err e = AVOW_OK;
	size_t size;

	AVOW_TRY(avow_tss_check(Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE,
					ESYS_TR_NONE, ESYS_TR_NONE, &handle),
		"TPM2_NV_ReadPublic", why));
	e = avow_tss_check(Esys_NV_ReadPublic(t->esys, handle, ESYS_TR_NONE,
				   ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL),
		"TPM2_NV_ReadPublic", why);
	size = public ? public->nvPublic.dataSize : 0;
	Esys_Free(public);
	while (e == AVOW_OK && out->n < size)
		e = nv_part(t, handle, size, out, why);
	Esys_TR_Close(t->esys, &handle);
	return e;
}

/* --- the attestation key ------------------------------------------------------------------ */

/* TPM 2.0 Keys for Device Identity and Attestation 1.0, 7.3.4: a restricted
 * signing key, its scheme and hash fixed. */
static void
ak_template(bool ecc, TPM2B_PUBLIC *t)
{
	const TPMT_SYM_DEF_OBJECT none = {.algorithm = TPM2_ALG_NULL};
	TPMT_PUBLIC *p = &t->publicArea;

	memset(t, 0, sizeof(*t));
	p->type = ecc ? TPM2_ALG_ECC : TPM2_ALG_RSA;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN |
			      TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED |
			      TPMA_OBJECT_SIGN_ENCRYPT;
	if (ecc) {
		p->parameters.eccDetail.symmetric = none;
		p->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
		p->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
		p->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
		p->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
		return;
	}
	p->parameters.rsaDetail.symmetric = none;
	p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	p->parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
	p->parameters.rsaDetail.keyBits = 2048;
}

enum avow_err
avow_tss_primary(struct avow_tss *t, ESYS_TR hierarchy, const TPM2B_PUBLIC *template,
	ESYS_TR *out, TPM2B_PUBLIC **public, struct avow_why *why)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {0};
	const TPML_PCR_SELECTION no_pcrs = {0};
	const TPM2B_DATA outside = {0};

	return avow_tss_check(
		Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, &sensitive, template, &outside, &no_pcrs, out,
			public, NULL, NULL, NULL),
		"TPM2_CreatePrimary", why);
}

enum avow_err
avow_tss_session(struct avow_tss *t, TPM2_SE type, ESYS_TR *out, struct avow_why *why)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};

	return avow_tss_check(Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE,
				      ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
				      type, &none, TPM2_ALG_SHA256, out),
		"TPM2_StartAuthSession", why);
}

static enum avow_err
make_ak(struct avow_tss *t, struct avow_why *why)
{
	TPM2B_PUBLIC template;

	ak_template(t->options->ak_is_ecc, &template);
	AVOW_TRY(avow_tss_primary(
		t, ESYS_TR_RH_ENDORSEMENT, &template, &t->ak, &t->ak_public, why));
	t->ak_is_transient = true;
	return AVOW_OK;
}

static enum avow_err
take_ak(struct avow_tss *t, struct avow_why *why)
{
	if (t->options->ak_handle == 0)
		return make_ak(t, why);
	AVOW_TRY(avow_tss_check(
		Esys_TR_FromTPMPublic(t->esys, t->options->ak_handle, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &t->ak),
		"TPM2_ReadPublic", why));
	return avow_tss_check(
		Esys_ReadPublic(t->esys, t->ak, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, &t->ak_public, NULL, NULL),
		"TPM2_ReadPublic", why);
}

/* DER as it is; of PEM the first block, because the contract's aik_cert is one. */
static enum avow_err
cert_of_file(struct avow_tss *t, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "aik_cert", "avow(1)"};
	struct avow_pem_block *blocks;
	enum avow_err e;
	size_t n;

	if (avow_file_read(t->options->ak_cert, &t->cert_file) != AVOW_OK)
		return avow_refuse(why, AVOW_E_FILE_READ, &at, "a certificate's file",
			"%s", t->options->ak_cert);
	t->ak_cert = avow_buf_span(&t->cert_file);
	if (!avow_pem_is(t->ak_cert))
		return AVOW_OK;
	e = avow_pem_parse(t->ak_cert, AVOW_COLLECT_MAX_CERTS, &t->arena, &blocks, &n);
	if (e != AVOW_OK)
		return avow_refuse(
			why, e, &at, "PEM or DER", "%s", t->options->ak_cert);
	t->ak_cert = blocks[0].der;
	return AVOW_OK;
}

static enum avow_err
take_cert(struct avow_tss *t, struct avow_why *why)
{
	enum avow_err e;

	if (t->options->ak_cert)
		return cert_of_file(t, why);
	if (t->options->ak_cert_nv == 0)
		return AVOW_OK;
	e = avow_tss_nv(t, t->options->ak_cert_nv, &t->cert_file, why);
	if (e == AVOW_E_COLLECT_TPM && t->options->ak_cert_may_lack) {
		avow_buf_clear(&t->cert_file);
		avow_why_init(why);
		return AVOW_OK;
	}
	t->ak_cert = avow_buf_span(&t->cert_file);
	return e;
}

enum avow_err
avow_tss_open(const struct avow_collect_tpm *options, struct avow_tss **out,
	struct avow_why *why)
{
	struct avow_tss *t = calloc(1, sizeof(*t));
	enum avow_err e;

	*out = NULL;
	if (!t)
		return AVOW_E_NO_MEMORY;
	t->options = options;
	t->ak = ESYS_TR_NONE;
	t->guest_key = ESYS_TR_NONE;
	avow_buf_init(&t->cert_file, AVOW_KIB(64));
	avow_arena_init(&t->arena, AVOW_KIB(256));
	e = avow_tss_check(
		Tss2_TctiLdr_Initialize(options->tcti, &t->tcti), "TCTI", why);
	if (e == AVOW_OK)
		e = avow_tss_check(
			Esys_Initialize(&t->esys, t->tcti, NULL), "ESYS", why);
	if (e == AVOW_OK)
		e = take_ak(t, why);
	if (e == AVOW_OK)
		e = take_cert(t, why);
	if (e != AVOW_OK) {
		avow_tss_close(t);
		return e;
	}
	*out = t;
	return AVOW_OK;
}

bool
avow_tss_has_ak_cert(const struct avow_tss *t)
{
	return t->ak_cert.n > 0;
}
