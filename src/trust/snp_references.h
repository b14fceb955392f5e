/*
 * What an operator knows of SEV-SNP guests: whose utility VMs count (UVM endorsements)
 * and which id keys. None is built in. Reference counted, and immutable once filled.
 */
#ifndef AVOW_TRUST_SNP_REFERENCES_H
#define AVOW_TRUST_SNP_REFERENCES_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/digest.h"

/** The issuer's did:x509 pins its root and what its signers' certificates say. */
struct avow_uvm_reference {
	struct avow_span issuer, feed;
	uint64_t min_svn;
};

struct avow_snp_references {
	struct avow_uvm_reference uvm[AVOW_MAX_UVM_REFERENCES];
	size_t n_uvm;
	uint8_t id_keys[AVOW_MAX_ID_KEYS][AVOW_SHA384_BYTES]; /* their digests */
	size_t n_id_keys;
	uint8_t *owned[AVOW_MAX_UVM_REFERENCES];
	atomic_size_t refs;
};

/** @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_snp_references_new(struct avow_snp_references **out) AVOW_CHECKED;
/** Another owner; NULL gives NULL. Any thread. */
struct avow_snp_references *avow_snp_references_ref(struct avow_snp_references *r);
/** One owner less. NULL is fine. */
void avow_snp_references_free(struct avow_snp_references *r);
/** Add "ISSUER FEED MIN_SVN", divided by single spaces; the text is copied.
 *  @return AVOW_OK; AVOW_E_CONFIG_VALUE, saying what is wrong; AVOW_E_NO_MEMORY. */
enum avow_err avow_snp_references_add_uvm(struct avow_snp_references *r,
	struct avow_span text, struct avow_why *why) AVOW_CHECKED;
/** Add the SHA-384 of an id key, as 96 hexadecimal digits, not all zero.
 *  @return AVOW_OK, AVOW_E_CONFIG_VALUE. */
enum avow_err avow_snp_references_add_id_key(struct avow_snp_references *r,
	struct avow_span hex, struct avow_why *why) AVOW_CHECKED;

#endif
