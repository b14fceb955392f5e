/* What is kept of a report whose every signature and binding has held. Made by
 * verify.c alone; read by claims.c. */
#ifndef AVOW_EVIDENCE_SNP_VERIFIED_H
#define AVOW_EVIDENCE_SNP_VERIFIED_H

#include "evidence/evidence.h"
#include "trust/amd.h"

struct avow_snp_verified {
	enum avow_amd_product product;
	struct avow_amd_tcb reported;
	enum avow_amd_vek_kind signer;
	struct avow_span chip_id; /* of the VCEK, copied; empty under a VLEK */
	bool compliant; /* the id key is among the operator's */
	bool has_uvm; /* an endorsement of the operator's reference values */
	struct avow_span uvm_issuer, uvm_feed;
	uint64_t uvm_svn;
	const struct avow_json *runtime_tree, *init_tree; /* NULL: not JSON */
};

#endif
