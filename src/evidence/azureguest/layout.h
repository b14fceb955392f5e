/*
 * The request of Microsoft's guest attestation client: what a machine's vTPM, its
 * hypervisor's report and its boot log say together. Private to azureguest/.
 */
#ifndef AVOW_EVIDENCE_AZUREGUEST_LAYOUT_H
#define AVOW_EVIDENCE_AZUREGUEST_LAYOUT_H

#include "base/buf.h"
#include "evidence/internal.h"
#include "evidence/tpm/tpm.h"

#define AZG_SOURCE "Azure guest attestation client, attestation parameters"

enum azg_isolation { AZG_TRUSTED_LAUNCH, AZG_SEV_SNP, AZG_TDX };

/* Read, not believed. Spans borrow the input or live in the arena. */
struct azg_evidence {
	/* what the guest says about itself, and nothing proves */
	struct avow_span protocol_version, os_type, os_distro, os_build;
	int64_t os_major, os_minor;
	const struct avow_json *client_payload; /* NULL: none */

	struct avow_span tcg_log; /* empty: the client could not read it */
	struct avow_span ak_cert; /* DER, cut; empty: none */
	struct avow_tpm_public ak;
	struct avow_tpm_quote quote;
	uint32_t pcr_set; /* bit n is PCR n */
	struct avow_span enc_key_area; /* TPM2B_PUBLIC */
	struct avow_span enc_key_certify, enc_key_signature;

	enum azg_isolation isolation;
	struct avow_span proof; /* what the inner kind takes */
	struct avow_span runtime_data;
	const struct avow_evidence *inner; /* NULL: trusted launch */
	const struct avow_json *runtime; /* the tree of runtime_data */
};

struct azg_verified {
	const struct avow_verified *inner; /* NULL: trusted launch */
	struct avow_attested logs;
	struct avow_tpm_public enc_key;
};

enum avow_err azg_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why);
enum avow_err azg_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why);
enum avow_err azg_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why);
enum avow_err azg_claims(const struct avow_verified *v, struct avow_claims *set);
/**
 * Seal a token to the verified key of the guest's TPM: AES-256-GCM under a new key,
 * which is encrypted by RSAES-PKCS1-v1_5; the JSON that the client opens, in
 * base64url, is appended.
 */
enum avow_err azg_seal(
	const struct avow_verified *v, struct avow_span token, struct avow_buf *out);
void azg_inspect(const struct avow_evidence *ev, struct avow_jw *w);

/** "TrustedLaunch", "SevSnp", "Tdx". */
const char *azg_isolation_name(enum azg_isolation i);

/* --- the key that the answer is sealed to ------------------------------------------ */

/* It is the TPM's, certified by the AK, cannot leave it, and opens only while the
 * quoted registers hold: its attributes and its authPolicy are the only ones that
 * say so. */

/** The certification of *key, which is parsed here, by the AK.
 *  @return AVOW_OK; AVOW_E_AZUREGUEST_ENCKEY_FORM, _ENCKEY_CERTIFY; AVOW_E_CRYPTO,
 *  AVOW_E_NO_MEMORY. */
enum avow_err azg_enckey_certify(const struct azg_evidence *e,
	const struct avow_pubkey *ak, struct avow_tpm_public *key,
	struct avow_why *why);
/** @return AVOW_OK, AVOW_E_AZUREGUEST_ENCKEY_ATTRIBUTES. */
enum avow_err azg_enckey_attributes(
	const struct avow_tpm_public *key, struct avow_why *why);
/** @return AVOW_OK, AVOW_E_AZUREGUEST_ENCKEY_POLICY, AVOW_E_CRYPTO. */
enum avow_err azg_enckey_policy(const struct azg_evidence *e,
	const struct avow_tpm_public *key, struct avow_why *why);

/* --- what the boot log proves -------------------------------------------------------- */

/* How many events say yes and no; an event that is not proven says nothing. */
struct azg_flag {
	unsigned yes, no;
};

struct azg_boot {
	struct azg_flag secure_boot, boot_debug, kernel_debug, hypervisor_debug;
	struct azg_flag test_signing, flight_signing, code_integrity;
	bool uefi_debug; /* firmware says that it is debugged */
	bool db_known; /* one proven db, of Microsoft's certificates alone */
	bool has_dbx; /* one proven dbx, well-formed, not empty */
	bool is_windows, elam;
	bool has_hvci;
	int64_t hvci;
};

/** From the very document that policies of the Tpm type read.
 *  @return AVOW_OK; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE. */
enum avow_err azg_boot_read(
	const struct avow_attested *logs, struct avow_arena *a, struct azg_boot *out);

#endif
