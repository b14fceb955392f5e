/*
 * What a machine sends: an attestation object by itself (the file of `avow
 * appraise tpm`), or the compact JWS of the contract's second round, in its two
 * versions. Read, not believed; nothing here is a key object, so that it may live
 * in an arena.
 */
#ifndef AVOW_EVIDENCE_TPM_REQUEST_H
#define AVOW_EVIDENCE_TPM_REQUEST_H

#include "base/limits.h"
#include "crypto/jose.h"
#include "evidence/evidence.h"
#include "evidence/tpm/tpm.h"

#define AVOW_TPM_MAX_KEYS 3 /* the request key and two more: contract, other_keys */

enum avow_tpm_form {
	AVOW_TPM_FORM_OBJECT, /* an attestation object */
	AVOW_TPM_FORM_V1, /* JWS, typ attReq */
	AVOW_TPM_FORM_V2 /* JWS, typ attReqV2 */
};

/** An attestation object, or what a platform claim blob says in its place. */
struct avow_tpm_attestation {
	bool present;
	struct avow_log_input logs[AVOW_MAX_ATTESTED_LOGS];
	size_t n_logs;
	struct avow_span aik_cert; /* DER, cut; empty: none */
	const struct avow_json *aik_pub; /* JWK; NULL: none */
	struct avow_tpm_quote quote;
};

enum avow_tpm_binding {
	AVOW_TPM_BOUND_NOT,
	AVOW_TPM_BOUND_BY_QUOTE, /* tpm_quote */
	AVOW_TPM_BOUND_BY_CERTIFY /* tpm_certify */
};

/** A key of the request and how it says that it is the TPM's. */
struct avow_tpm_key {
	struct avow_span jwk_text; /* exactly as it was sent */
	const struct avow_json *jwk;
	enum avow_tpm_binding binding;
	enum avow_hash hash; /* tpm_quote */
	const char *hash_name; /* "sha-256"; static */
	struct avow_tpm_public public_area; /* tpm_certify */
	struct avow_tpm_attest certify;
	struct avow_tpm_signature signature;
};

struct avow_tpm_evidence {
	enum avow_tpm_form form;
	struct avow_tpm_attestation current, boot;
	bool has_challenge;
	struct avow_span challenge; /* octets */
	bool has_required; /* the file's own required_pcr_mask */
	uint32_t required;

	/* JWS forms */
	struct avow_jws jws;
	struct avow_tpm_key keys[AVOW_TPM_MAX_KEYS]; /* [0]: the request key */
	size_t n_keys;
	struct avow_span service_context; /* as text */
	struct avow_span rp_id, rp_data; /* as text; empty: none */
	struct avow_span credential; /* octets, Avow's own member; empty: none */
	struct avow_claim *custom; /* as the client named them */
	size_t n_custom;
	bool is_vbs;
	struct avow_span report_signed; /* the value's raw text */
	struct avow_span vbs_report; /* package */
};

/** The body of an evidence of kind "tpm". */
const struct avow_tpm_evidence *avow_tpm_evidence_of(const struct avow_evidence *ev);

/**
 * NCRYPT_TPM_PLATFORM_ATTESTATION_STATEMENT (ncrypt.h, Windows 10 1809), the
 * blob of NCryptCreateClaim: little-endian sizes around a signature, a quote and
 * all 24 registers of one bank, of which only those that the quote selects are
 * kept.
 * @return AVOW_OK; AVOW_E_TPM_CLAIM_BLOB; what the parsers of tpm.h give.
 */
enum avow_err avow_tpm_claim_blob(struct avow_span bytes, struct avow_arena *a,
	struct avow_tpm_quote *out, struct avow_why *why) AVOW_CHECKED;

#endif
