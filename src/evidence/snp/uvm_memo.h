/*
 * Endorsements of the utility VM that were verified before. One document serves every
 * machine of an image and comes with each request, so what of it depends on nothing
 * but its bytes - form, links, issuer, signature - is remembered by their digest.
 * Times, measurement and the operator's reference values are judged every time.
 */
#ifndef AVOW_EVIDENCE_SNP_UVM_MEMO_H
#define AVOW_EVIDENCE_SNP_UVM_MEMO_H

#include "evidence/memo.h"
#include "evidence/snp/uvm.h"
#include "trust/anchors.h"

#define AVOW_UVM_MEMO_ENTRIES 64 /* an operator has a few images at a time */

/** @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_uvm_memo_new(struct avow_memo **out) AVOW_CHECKED;

/** What of the set depends on the request: the memory of its worker, if any, and the
 *  anchors that all of it was verified under. */
struct avow_uvm_source {
	struct avow_memo *memo; /* NULL: none */
	const struct avow_anchors *anchors;
	struct avow_arena *arena;
};

/** As avow_uvm_read, but what is remembered is not read again: it is `proven`. */
enum avow_err avow_uvm_open(struct avow_span bytes, const struct avow_uvm_source *from,
	struct avow_uvm *out, struct avow_why *why) AVOW_CHECKED;
/** Remember one whose links, issuer and signature have held. Does nothing without
 *  memory: then it is verified again. */
void avow_uvm_remember(struct avow_memo *memo, const struct avow_uvm *u);

#endif
