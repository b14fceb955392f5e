/*
 * Simulated SEV-SNP evidence: reports of every version and product, signed by a
 * VCEK or a VLEK, with their PKI, the ARK's CRL, and the wrappers that real ones
 * come in. Written from AMD 56860, 57230 and 58369 and the sheets of Azure's
 * forms; no layout is shared with evidence/ or trust/.
 */
#ifndef AVOW_FORGE_SNP_H
#define AVOW_FORGE_SNP_H

#include "forge/forge.h"

/** The i-th deviation of SNP evidence, NULL behind the last. Static. */
const struct avow_forge_deviation *avow_forge_snp_deviation_at(size_t i);
/** By name, or NULL. */
const struct avow_forge_deviation *avow_forge_snp_deviation_find(const char *name);

/** The private keys of one world: ARK, ASK or ASVK, VCEK or VLEK. RSA-4096 is slow
 *  to make, so make them once. */
struct avow_forge_snp_keys;
/** @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_forge_snp_keys_new(struct avow_forge_snp_keys **out) AVOW_CHECKED;
/** NULL is fine. The keys are wiped. */
void avow_forge_snp_keys_free(struct avow_forge_snp_keys *k);

enum avow_forge_snp_product {
	AVOW_FORGE_MILAN,
	AVOW_FORGE_GENOA,
	AVOW_FORGE_SIENA, /* of Genoa's line: its ARK, and its name in KDS */
	AVOW_FORGE_TURIN
};

/** A TCB by its parts; forge lays them out as the product does. */
struct avow_forge_snp_tcb {
	uint8_t fmc; /* Turin alone */
	uint8_t boot_loader, tee, snp, microcode;
};

/** Everything that can be asked for. Fill by avow_forge_snp_defaults, then change;
 *  pointers must live until make returns. */
struct avow_forge_snp {
	int64_t at_s; /* all default windows stand around it */
	const char *corrupt; /* a deviation's name; NULL: none */
	const struct avow_forge_snp_keys *keys; /* NULL: fresh ones */

	enum avow_forge_snp_product product;
	bool vlek; /* else a VCEK */
	unsigned version; /* 2, 3 or 5 (any number is written) */

	/* the report (AMD 56860, ATTESTATION_REPORT) */
	uint32_t guest_svn, vmpl;
	uint64_t policy, platform_info;
	bool author_key;
	uint8_t family_id[16], image_id[16];
	uint8_t measurement[48], host_data[32];
	uint8_t id_key_digest[48], author_key_digest[48];
	uint8_t report_id[32], report_id_ma[32];
	uint8_t cpuid_model, cpuid_stepping; /* of the product by default */
	struct avow_forge_snp_tcb current, reported, committed, launch;
	uint8_t current_version[3], committed_version[3]; /* major, minor, build */
	uint64_t launch_mit_vector, current_mit_vector; /* version 5 */
	uint8_t chip_id[64]; /* Turin: 8 bytes are used */
	bool mask_chip_id; /* zeros in the report, as MaskChipId writes */
	bool has_report_data; /* else SHA-256(runtime_data), then zeros */
	uint8_t report_data[64];
	struct avow_span runtime_data; /* runtime.bin */
	bool has_init_data; /* HOST_DATA = SHA-256(it); init.bin */
	struct avow_span init_data;

	/* its certificates */
	const char *product_name; /* of the leaf; NULL: the product's */
	const char *csp_id; /* VLEK */
	bool wrap_hwid; /* in an OCTET STRING, as newer certificates have it */
	struct avow_forge_window ark, ca, vek, crl;
	/* a UVM endorsement for this measurement, and its reference value */
	bool with_uvm;
	bool uvm_cwt; /* the newer form of header and payload */
	bool uvm_ecdsa; /* ES384, else PS384 */
	bool uvm_by_subject; /* the issuer names the intermediate and a subject */
	const char *uvm_feed;
	uint64_t uvm_svn;
	int64_t uvm_signed_s; /* 0: it does not say */
	struct avow_forge_window uvm; /* of its certificates */
	bool revoke_ca; /* the ASK or ASVK, in the ARK's CRL */
};

/** A Milan machine with a VCEK and a report of version 3, good at at_s. */
void avow_forge_snp_defaults(struct avow_forge_snp *p, int64_t at_s);
/** Another product: line, CPUID and name follow; TCBs and chip id stay. */
void avow_forge_snp_set_product(
	struct avow_forge_snp *p, enum avow_forge_snp_product product);

/**
 * Files: report.bin; request.json (SnpReport and VcekCertChain, as clients of the
 * contract send it); hcl.bin (Azure's HCL blob: the same report and the runtime
 * data; absent when report_data was given, and for VLEKs); runtime.bin; init.bin
 * (only with init data); root.pem (the ARK: the trust anchor); vek.der;
 * cert_chain.pem (ASK or ASVK, then ARK: what AMD's KDS answers);
 * uvm.cose and uvm_reference.txt (only with_uvm; then request.json has Endorsements);
 * collateral/vek.pem, collateral/cert_chain.pem, collateral/ark_crl.der;
 * forge.json (what it is).
 * @return AVOW_OK; AVOW_E_USAGE for parameters out of range or an unknown
 * deviation (why->field names it); AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE,
 * AVOW_E_CRYPTO.
 */
enum avow_err avow_forge_snp_make(const struct avow_forge_snp *p,
	struct avow_forged **out, struct avow_why *why) AVOW_CHECKED;

#endif
