/* Private to collect/: one connection to a TPM and its attestation key. */
#ifndef AVOW_COLLECT_TSS_H
#define AVOW_COLLECT_TSS_H

#include <tss2/tss2_esys.h>

#include "base/arena.h"
#include "collect/collect.h"

struct avow_tss {
	const struct avow_collect_tpm *options;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR ak;
	bool ak_is_transient;
	TPM2B_PUBLIC *ak_public;
	ESYS_TR guest_key; /* of an Azure guest; ESYS_TR_NONE: not made */
	TPM2B_PUBLIC *guest_public;
	struct avow_buf cert_file; /* as it was read */
	struct avow_arena arena;
	struct avow_span ak_cert; /* DER, or what the NV index holds; may be empty */
};

/** AVOW_OK for TPM2_RC_SUCCESS, else COLLECT_TPM with the command and the code. */
enum avow_err avow_tss_check(
	TSS2_RC rc, const char *command, struct avow_why *why) AVOW_CHECKED;
/** Flush a transient object. */
void avow_tss_flush(struct avow_tss *t, ESYS_TR *handle);
/** A primary key, to be flushed. @param public may be NULL; Esys_Free it. */
enum avow_err avow_tss_primary(struct avow_tss *t, ESYS_TR hierarchy,
	const TPM2B_PUBLIC *template, ESYS_TR *out, TPM2B_PUBLIC **public,
	struct avow_why *why) AVOW_CHECKED;
/** A policy or trial session of SHA-256, to be flushed. */
enum avow_err avow_tss_session(struct avow_tss *t, TPM2_SE type, ESYS_TR *out,
	struct avow_why *why) AVOW_CHECKED;
/** TPML_PCR_SELECTION of the options' banks, three bytes each. */
TPML_PCR_SELECTION avow_tss_selection(const struct avow_collect_tpm *o);
/** The key as TPM2B_PUBLIC, appended. */
enum avow_err avow_tss_put_public(struct avow_buf *out, const TPM2B_PUBLIC *key,
	struct avow_why *why) AVOW_CHECKED;
/** The key as a JWK: RSA n, e; EC P-256 or P-384 x, y. */
enum avow_err avow_tss_put_jwk(
	struct avow_jw *w, const TPM2B_PUBLIC *key, struct avow_why *why) AVOW_CHECKED;

struct avow_tss_quote {
	TPM2B_ATTEST *attest;
	TPMT_SIGNATURE *signature;
};

void avow_tss_quote_clear(struct avow_tss_quote *q);
/** The values of the selected registers, in quote order. */
struct avow_tss_pcrs {
	struct {
		uint16_t alg;
		unsigned index;
		TPM2B_DIGEST value;
	} v[AVOW_COLLECT_MAX_BANKS * 24];
	size_t n;
	uint32_t counter; /* pcrUpdateCounter: whether any changed */
};

/** pcrUpdateCounter now. */
enum avow_err avow_tss_counter(
	struct avow_tss *t, uint32_t *out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tss_quote(struct avow_tss *t, struct avow_span nonce,
	struct avow_tss_pcrs *pcrs, struct avow_tss_quote *q,
	struct avow_why *why) AVOW_CHECKED;

#endif
