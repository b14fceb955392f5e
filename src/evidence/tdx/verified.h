/* What is kept of a TDX quote whose every signature and binding has held. Made
 * by verify.c alone; read by claims.c. */
#ifndef AVOW_EVIDENCE_TDX_VERIFIED_H
#define AVOW_EVIDENCE_TDX_VERIFIED_H

#include "evidence/evidence.h"
#include "evidence/intel/pck_ext.h"
#include "evidence/intel/tcb.h"
#include "evidence/tdx/log.h"
#include "trust/collateral.h"

struct avow_tdx_verified {
	struct avow_intel_selection selection;
	struct avow_pck_extensions ext;
	struct avow_intel_tcb tcb;
	struct avow_tcb_result tcb_result;
	const struct avow_json *runtime_tree, *init_tree; /* NULL: not JSON */
	struct avow_tdx_log log;
};

#endif
