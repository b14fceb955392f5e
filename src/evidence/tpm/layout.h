/* What the files of kind "tpm" share; nobody else includes it. */
#ifndef AVOW_EVIDENCE_TPM_LAYOUT_H
#define AVOW_EVIDENCE_TPM_LAYOUT_H

#include "evidence/internal.h"
#include "evidence/tpm/request.h"
#include "evidence/vbs/vbs.h"

/* --- reading JSON members (members.c) ------------------------------------------------- */

/** Any member of the wrong type or form: AVOW_E_TPM_REQUEST with its name. */
enum avow_err tpm_bad_member(
	struct avow_why *why, const char *name, const char *expected);
/** NULL for an absent member and for null. */
const struct avow_json *tpm_member(const struct avow_json *o, const char *name);
/** Text in base64url or base64, decoded; absent or empty: *out is empty. */
enum avow_err tpm_member_bytes(const struct avow_json *o, const char *name, size_t max,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** Text; absent: empty. */
enum avow_err tpm_member_text(const struct avow_json *o, const char *name, size_t max,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** An object; NULL when absent. */
enum avow_err tpm_member_object(const struct avow_json *o, const char *name,
	const struct avow_json **out, struct avow_why *why) AVOW_CHECKED;

/* --- attestation objects (attestation.c) ------------------------------------------------ */

/** logs, aik_cert, aik_pub, pcrs, quote, signature. */
enum avow_err tpm_read_attestation(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why) AVOW_CHECKED;
/** Version 1: four logs, the AIK, current_claim and boot_claim. */
enum avow_err tpm_read_v1(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why) AVOW_CHECKED;
/** {jwk, info?}. */
enum avow_err tpm_read_key(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_key *out, struct avow_why *why) AVOW_CHECKED;

/** custom_claims (custom.c). */
enum avow_err tpm_read_custom(const struct avow_json *list, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why) AVOW_CHECKED;
/** They, under the instance's URL; errors stick in set. */
void tpm_add_custom(const struct avow_tpm_evidence *e, struct avow_span url,
	struct avow_claims *set);

/* --- what verification leaves (verify.c makes it, claims.c reads it) ---------------------- */

struct tpm_verified {
	bool aik_validated;
	uint8_t aik_sha256[AVOW_SHA256_BYTES]; /* of the key's SPKI */
	const char *quote_hash; /* "sha256"; static */
	struct avow_attested current, boot;
	bool has_boot;
	struct avow_span request_key; /* JSON of its policy key object; or empty */
	struct avow_span confirmation; /* JSON {"jwk":...}; or empty */
	struct avow_span url; /* of the instance: custom claims' names begin so */
	bool has_vbs;
	struct avow_vbs_report vbs;
};

enum avow_err avow_tpm_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tpm_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tpm_judge(const struct avow_verified *v,
	const struct avow_verify_in *in, struct avow_findings *f,
	struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tpm_claims(
	const struct avow_verified *v, struct avow_claims *set) AVOW_CHECKED;
void avow_tpm_inspect(const struct avow_evidence *ev, struct avow_jw *w);

#endif
