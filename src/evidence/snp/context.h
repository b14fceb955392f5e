/*
 * What the checks of one report read and leave for each other. The list of them,
 * and who runs it, is verify.c; those that judge the report's own bytes are
 * check_report.c.
 */
#ifndef AVOW_EVIDENCE_SNP_CONTEXT_H
#define AVOW_EVIDENCE_SNP_CONTEXT_H

#include "evidence/snp/certs.h"
#include "evidence/snp/uvm_memo.h"
#include "evidence/snp/verified.h"

struct avow_snp_context {
	const struct avow_snp_evidence *e;
	const struct avow_snp_report *r;
	const struct avow_verify_in *in;
	struct avow_arena *arena;
	struct avow_snp_cache *cache;
	struct avow_snp_chain_use use;
	struct avow_amd_tcb current, reported, committed, launch;
	struct avow_uvm_set *uvm;
	struct avow_snp_verified *v;
	struct avow_wanted *wanted;
};

/* Checks (struct avow_check_def); ctx is a struct avow_snp_context. In brackets what
 * each answers where it refuses; the products and TCBs also want c->use.chain. */

/* The report's form. */
/** [AVOW_E_SNP_RESERVED] */
enum avow_err avow_snp_check_reserved(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_SIGNATURE_ALGORITHM] */
enum avow_err avow_snp_check_algorithm(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_SIGNING_KEY] */
enum avow_err avow_snp_check_signing_key(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_POLICY] */
enum avow_err avow_snp_check_policy(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_VMPL] */
enum avow_err avow_snp_check_vmpl(void *ctx, struct avow_why *why) AVOW_CHECKED;

/* Its certificate against it. */
/** [AVOW_E_SNP_SIGNER] */
enum avow_err avow_snp_check_signer(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** From version 3 on the report tells its CPUID. */
bool avow_snp_has_cpuid(const void *ctx);
/** [AVOW_E_SNP_PRODUCT] */
enum avow_err avow_snp_check_product(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** Reads the four TCBs into the context. [AVOW_E_SNP_RESERVED] */
enum avow_err avow_snp_check_tcb_reserved(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_TCB] */
enum avow_err avow_snp_check_reported_tcb(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** A VLEK is of no chip. */
bool avow_snp_is_vcek(const void *ctx);
/** [AVOW_E_SNP_CHIP_ID] */
enum avow_err avow_snp_check_chip_id(void *ctx, struct avow_why *why) AVOW_CHECKED;

/* Itself, once signed. */
/** [AVOW_E_SNP_TCB_ORDER] */
enum avow_err avow_snp_check_tcb_order(void *ctx, struct avow_why *why) AVOW_CHECKED;
/** [AVOW_E_SNP_TCB_ORDER] */
enum avow_err avow_snp_check_version_order(
	void *ctx, struct avow_why *why) AVOW_CHECKED;

#endif
