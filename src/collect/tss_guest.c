/*
 * An Azure guest's part of the TPM: the quote without a nonce, and the key that the
 * answer is sealed to (Azure guest attestation client, TPM information). That key is
 * a primary one of the null hierarchy, which a policy over the quoted registers
 * opens and nothing else: the same at every try, until the TPM is reset or one of
 * them changes.
 */
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "collect/tss.h"
#include "wire/json_member.h"

#define TRIES 8
#define SOURCE "Azure guest attestation client, TPM information"

static enum avow_err
refuse_key(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"tpm", field, SOURCE};

	return avow_refuse(why, AVOW_E_KEY_TYPE, &at, expected, "another");
}

/* --- the key ---------------------------------------------------------------------------- */

/* PolicyPCR over the registers as they are now. */
static enum avow_err
start_policy(struct avow_tss *t, TPM2_SE type, ESYS_TR *session, struct avow_why *why)
{
	const TPML_PCR_SELECTION selection = avow_tss_selection(t->options);
	const TPM2B_DIGEST now = {0};

	AVOW_TRY(avow_tss_session(t, type, session, why));
	return avow_tss_check(Esys_PolicyPCR(t->esys, *session, ESYS_TR_NONE,
				      ESYS_TR_NONE, ESYS_TR_NONE, &now, &selection),
		"TPM2_PolicyPCR", why);
}

static enum avow_err
policy_digest(struct avow_tss *t, TPM2B_DIGEST *out, struct avow_why *why)
{
	ESYS_TR session = ESYS_TR_NONE;
	TPM2B_DIGEST *digest = NULL;
	enum avow_err e = start_policy(t, TPM2_SE_TRIAL, &session, why);

	if (e == AVOW_OK)
		e = avow_tss_check(Esys_PolicyGetDigest(t->esys, session, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, &digest),
			"TPM2_PolicyGetDigest", why);
	if (e == AVOW_OK)
		*out = *digest;
	Esys_Free(digest);
	avow_tss_flush(t, &session);
	return e;
}

enum avow_err
avow_tss_guest_key(struct avow_tss *t, struct avow_why *why)
{
	TPM2B_PUBLIC template;
	TPMT_PUBLIC *p = &template.publicArea;

	avow_tss_flush(t, &t->guest_key);
	Esys_Free(t->guest_public);
	t->guest_public = NULL;
	memset(&template, 0, sizeof(template));
	p->type = TPM2_ALG_RSA;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA |
			      TPMA_OBJECT_DECRYPT;
	p->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	p->parameters.rsaDetail.keyBits = 2048;
	AVOW_TRY(policy_digest(t, &p->authPolicy, why));
	return avow_tss_primary(
		t, ESYS_TR_RH_NULL, &template, &t->guest_key, &t->guest_public, why);
}

enum avow_err
avow_tss_unseal(struct avow_tss *t, struct avow_span wrapped, struct avow_buf *out,
	struct avow_why *why)
{
	const TPMT_RSA_DECRYPT scheme = {.scheme = TPM2_ALG_RSAES};
	TPM2B_PUBLIC_KEY_RSA cipher = {.size = (UINT16)wrapped.n}, *plain = NULL;
	ESYS_TR session = ESYS_TR_NONE;
	enum avow_err e;

	if (wrapped.n > sizeof(cipher.buffer))
		return AVOW_E_TOO_LARGE;
	if (t->guest_key == ESYS_TR_NONE)
		AVOW_TRY(avow_tss_guest_key(t, why));
	memcpy(cipher.buffer, wrapped.p, wrapped.n);
	e = start_policy(t, TPM2_SE_POLICY, &session, why);
	if (e == AVOW_OK)
		e = avow_tss_check(
			Esys_RSA_Decrypt(t->esys, t->guest_key, session, ESYS_TR_NONE,
				ESYS_TR_NONE, &cipher, &scheme, NULL, &plain),
			"TPM2_RSA_Decrypt", why);
	if (e == AVOW_OK) {
		session = ESYS_TR_NONE; /* the TPM ends it with its use */
		avow_buf_put(out, avow_span_make(plain->buffer, plain->size));
		explicit_bzero(plain, sizeof(*plain));
		e = out->err;
	}
	Esys_Free(plain);
	avow_tss_flush(t, &session);
	return e;
}

/* --- members ------------------------------------------------------------------------------- */

static void
put_base64(struct avow_jw *w, const char *name, struct avow_span bytes)
{
	avow_jw_name(w, name);
	avow_jw_b64(w, bytes);
}

static enum avow_err
put_public(struct avow_jw *w, const char *name, const TPM2B_PUBLIC *key,
	struct avow_why *why)
{
	struct avow_buf bytes;
	enum avow_err e;

	avow_buf_init(&bytes, sizeof(TPM2B_PUBLIC));
	e = avow_tss_put_public(&bytes, key, why);
	if (e == AVOW_OK)
		put_base64(w, name, avow_buf_span(&bytes));
	avow_buf_clear(&bytes);
	return e;
}

/* The protocol has the bare value: scheme and hash are fixed. */
static enum avow_err
put_signature(struct avow_jw *w, const char *name, const TPMT_SIGNATURE *s,
	struct avow_why *why)
{
	const TPMS_SIGNATURE_RSA *v = &s->signature.rsassa;

	if (s->sigAlg != TPM2_ALG_RSASSA || v->hash != TPM2_ALG_SHA256)
		return refuse_key(why, name, "RSASSA with SHA-256");
	put_base64(w, name, avow_span_make(v->sig.buffer, v->sig.size));
	return AVOW_OK;
}

static enum avow_err
put_certification(struct avow_tss *t, struct avow_jw *w, struct avow_why *why)
{
	const TPMT_SIG_SCHEME own = {.scheme = TPM2_ALG_NULL};
	const TPM2B_DATA nothing = {0};
	struct avow_tss_quote c = {NULL, NULL};
	enum avow_err e;

	e = avow_tss_check(Esys_Certify(t->esys, t->guest_key, t->ak, ESYS_TR_PASSWORD,
				   ESYS_TR_PASSWORD, ESYS_TR_NONE, &nothing, &own,
				   &c.attest, &c.signature),
		"TPM2_Certify", why);
	if (e == AVOW_OK) {
		put_base64(w, "EncKeyCertifyInfo",
			avow_span_make(c.attest->attestationData, c.attest->size));
		e = put_signature(w, "EncKeyCertifyInfoSignature", c.signature, why);
	}
	avow_tss_quote_clear(&c);
	return e;
}

static void
put_registers(struct avow_jw *w, const struct avow_tss_pcrs *p)
{
	avow_jw_name(w, "PcrSet");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < p->n; i++)
		avow_jw_int(w, p->v[i].index);
	avow_jw_close(w);
	avow_jw_name(w, "PCRs");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < p->n; i++) {
		avow_jw_open(w, '{');
		avow_jw_put_int(w, "Index", p->v[i].index);
		put_base64(w, "Digest",
			avow_span_make(p->v[i].value.buffer, p->v[i].value.size));
		avow_jw_close(w);
	}
	avow_jw_close(w);
}

static enum avow_err
put_tpm(struct avow_tss *t, struct avow_jw *w, const struct avow_tss_pcrs *pcrs,
	const struct avow_tss_quote *q, struct avow_why *why)
{
	avow_jw_name(w, "TpmInfo");
	avow_jw_open(w, '{');
	put_base64(w, "AikCert", t->ak_cert);
	AVOW_TRY(put_public(w, "AikPub", t->ak_public, why));
	put_base64(w, "PcrQuote",
		avow_span_make(q->attest->attestationData, q->attest->size));
	AVOW_TRY(put_signature(w, "PcrSignature", q->signature, why));
	AVOW_TRY(put_public(w, "EncKeyPub", t->guest_public, why));
	AVOW_TRY(put_certification(t, w, why));
	put_registers(w, pcrs);
	avow_jw_close(w);
	return w->b->err;
}

/* --- all of one moment ------------------------------------------------------------------------ */

static enum avow_err
read_log(const struct avow_collect_tpm *o, struct avow_buf *log, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "TcgLogs", "avow(1)"};
	enum avow_err e = AVOW_OK;

	avow_buf_reset(log);
	if (o->n_logs)
		e = avow_file_read(o->logs[0].path, log);
	return e == AVOW_OK ? e
			    : avow_refuse(why, e, &at, "a log of at most 16 MiB", "%s",
				      o->logs[0].path);
}

/* Log, key and quote belong together when no register moved meanwhile. */
static enum avow_err
gather(struct avow_tss *t, struct avow_buf *log, struct avow_tss_pcrs *pcrs,
	struct avow_tss_quote *q, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "TcgLogs", SOURCE};

	for (int i = 0; i < TRIES; i++) {
		uint32_t before;

		AVOW_TRY(avow_tss_counter(t, &before, why));
		AVOW_TRY(read_log(t->options, log, why));
		AVOW_TRY(avow_tss_guest_key(t, why));
		AVOW_TRY(avow_tss_quote(t, avow_span_make(NULL, 0), pcrs, q, why));
		if (pcrs->counter == before)
			return AVOW_OK;
		avow_tss_quote_clear(q);
	}
	return avow_refuse(why, AVOW_E_COLLECT_CHANGED, &at,
		"registers that stand still for a log", "%d changes", TRIES);
}

enum avow_err
avow_tss_guest(struct avow_tss *t, struct avow_jw *w, struct avow_why *why)
{
	struct avow_tss_quote q = {NULL, NULL};
	struct avow_tss_pcrs pcrs;
	struct avow_buf log;
	enum avow_err e;

	if (t->options->n_banks != 1 || t->options->banks[0].alg != TPM2_ALG_SHA256)
		return refuse_key(why, "PcrSet", "registers of the SHA-256 bank");
	avow_buf_init(&log, AVOW_MIB(16));
	e = gather(t, &log, &pcrs, &q, why);
	if (e == AVOW_OK) {
		put_base64(w, "TcgLogs", avow_buf_span(&log));
		e = put_tpm(t, w, &pcrs, &q, why);
	}
	avow_tss_quote_clear(&q);
	avow_buf_clear(&log);
	return e;
}
