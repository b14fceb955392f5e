/*
 * SEV-SNP attestation report (AMD 56860, ATTESTATION_REPORT), 1184 bytes, and the
 * forms that it comes in. Integers are little-endian.
 *
 *   0x000 VERSION 4, GUEST_SVN 4, POLICY 8, FAMILY_ID 16, IMAGE_ID 16, VMPL 4,
 *         SIGNATURE_ALGO 4, CURRENT_TCB 8, PLATFORM_INFO 8, key information 4,
 *   0x04c reserved 4, REPORT_DATA 64, MEASUREMENT 48, HOST_DATA 32,
 *         ID_KEY_DIGEST 48, AUTHOR_KEY_DIGEST 48, REPORT_ID 32, REPORT_ID_MA 32,
 *   0x180 REPORTED_TCB 8, from version 3 CPUID family, model, stepping,
 *         reserved to 0x1a0, CHIP_ID 64, COMMITTED_TCB 8,
 *   0x1e8 CURRENT build, minor, major, reserved 1, COMMITTED likewise,
 *   0x1f0 LAUNCH_TCB 8, from version 5 LAUNCH_ and CURRENT_MIT_VECTOR 8 each,
 *         reserved to 0x2a0                 bytes 0..0x29f are what is signed
 *   0x2a0 r 72, s 72, reserved 368
 */
#ifndef AVOW_EVIDENCE_SNP_LAYOUT_H
#define AVOW_EVIDENCE_SNP_LAYOUT_H

#include "base/limits.h"
#include "crypto/key.h"
#include "evidence/hcl/hcl.h"
#include "evidence/internal.h"

#define SNP_REPORT_BYTES 1184
#define SNP_SIGNED_BYTES 0x2a0
#define SNP_SCALAR_BYTES 72 /* of r and of s */

/* POLICY (AMD 56860, guest policy) */
#define SNP_POLICY_SMT (UINT64_C(1) << 16)
#define SNP_POLICY_RESERVED_ONE (UINT64_C(1) << 17)
#define SNP_POLICY_MIGRATE_MA (UINT64_C(1) << 18)
#define SNP_POLICY_DEBUG (UINT64_C(1) << 19)
#define SNP_POLICY_SINGLE_SOCKET (UINT64_C(1) << 20)
#define SNP_POLICY_CXL_ALLOW (UINT64_C(1) << 21)
#define SNP_POLICY_MEM_AES_256_XTS (UINT64_C(1) << 22)
#define SNP_POLICY_RAPL_DIS (UINT64_C(1) << 23)
#define SNP_POLICY_CIPHERTEXT_HIDING (UINT64_C(1) << 24)
#define SNP_POLICY_PAGE_SWAP_DISABLE (UINT64_C(1) << 25)
#define SNP_POLICY_DEFINED_BITS 26

/* Key information */
#define SNP_KEY_AUTHOR_KEY_EN UINT32_C(0x01)
#define SNP_KEY_MASK_CHIP_KEY UINT32_C(0x02)
#define SNP_KEY_SIGNING_SHIFT 2
#define SNP_KEY_SIGNING_MASK UINT32_C(0x07)
#define SNP_KEY_RESERVED (~UINT32_C(0x1f))
#define SNP_SIGNING_VCEK 0
#define SNP_SIGNING_VLEK 1

#define SNP_MAX_RESERVED 8

/* A field that has to be zero. */
struct avow_snp_reserved {
	struct avow_span bytes;
	size_t offset;
};

/* Unverified. Spans borrow the input. */
struct avow_snp_report {
	uint32_t version, guest_svn, vmpl, signature_algo, key_info;
	uint64_t policy, platform_info;
	struct avow_span family_id, image_id, report_data, measurement, host_data;
	struct avow_span id_key_digest, author_key_digest, report_id, report_id_ma;
	struct avow_span chip_id;
	struct avow_span current_tcb, reported_tcb, committed_tcb, launch_tcb;
	bool has_cpuid; /* from version 3 on */
	uint8_t cpuid_family, cpuid_model, cpuid_stepping;
	uint8_t current_version[3], committed_version[3]; /* major, minor, build */
	uint64_t launch_mit_vector, current_mit_vector;
	struct avow_span signed_part, r, s;
	struct avow_snp_reserved reserved[SNP_MAX_RESERVED];
	size_t n_reserved;
};

#define SNP_MAX_UVM AVOW_MAX_UVM_COUNT

/* The kind's body: a report and what came with it. */
struct avow_snp_evidence {
	const char *form; /* for people: "report", "json", "hcl" */
	struct avow_snp_report report;
	struct avow_span certs; /* VcekCertChain, decoded; empty: none */
	bool has_hcl;
	struct avow_hcl hcl;
	/* UVM endorsements (COSE), decoded; uvm.h reads them */
	struct avow_span uvm[SNP_MAX_UVM];
	size_t n_uvm;
};

/**
 * Read one report of exactly 1184 bytes; judges its version alone.
 * @return AVOW_OK; AVOW_E_SNP_LENGTH, AVOW_E_SNP_VERSION (not 2, 3 or 5).
 */
enum avow_err avow_snp_report_read(struct avow_span bytes, struct avow_snp_report *out,
	struct avow_why *why) AVOW_CHECKED;
void avow_snp_report_inspect(const struct avow_snp_report *r, struct avow_jw *w);
/** SIGNING_KEY of the key information: SNP_SIGNING_*, or reserved. */
uint32_t avow_snp_signing_key(const struct avow_snp_report *r);

/**
 * The form of the signature: r and s are 48 bytes in 72, and nothing follows.
 * @return AVOW_OK or AVOW_E_SNP_SIGNATURE_FORMAT.
 */
enum avow_err avow_snp_signature_form(
	const struct avow_snp_report *r, struct avow_why *why) AVOW_CHECKED;
/**
 * Verify it under a P-384 key; the form is known to be good.
 * @return AVOW_OK; AVOW_E_SNP_SIGNATURE; AVOW_E_SNP_SIGNATURE_FORMAT (r or s out of
 * range); AVOW_E_CRYPTO.
 */
enum avow_err avow_snp_signature_verify(const struct avow_snp_report *r,
	const struct avow_pubkey *key, struct avow_why *why) AVOW_CHECKED;

/* Functions of struct avow_kind. */
enum avow_err avow_snp_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_snp_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_snp_judge(const struct avow_verified *v,
	const struct avow_verify_in *in, struct avow_findings *f,
	struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_snp_claims(
	const struct avow_verified *v, struct avow_claims *set) AVOW_CHECKED;
void avow_snp_inspect(const struct avow_evidence *ev, struct avow_jw *w);

#endif
