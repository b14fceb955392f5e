/*
 * Intel enclave identity as PCS serves it: {"enclaveIdentity":{...},
 * "signature":"..."}, version 2. Parsed strictly; nothing here is verified: the
 * signature is over `raw`, and trust/collateral.h judges it and the dates.
 */
#ifndef AVOW_TRUST_QE_IDENTITY_H
#define AVOW_TRUST_QE_IDENTITY_H

#include "base/arena.h"
#include "trust/tcb.h"

enum avow_enclave_id {
	AVOW_ENCLAVE_QE,
	AVOW_ENCLAVE_TD_QE,
	AVOW_ENCLAVE_QVE,
	AVOW_ENCLAVE_QAE
};

/* Byte strings are in the order of the report's field in memory. */
struct avow_qe_identity {
	struct avow_span document; /* the whole JSON object, as served */
	struct avow_span raw; /* the signed bytes, inside document */
	uint8_t signature[64];
	enum avow_enclave_id id;
	int64_t issue_date_s, next_update_s;
	uint32_t evaluation_number;
	uint8_t miscselect[4], miscselect_mask[4];
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	const struct avow_isv_level *levels; /* in served order */
	size_t n_levels;
};

/**
 * Parse a document. *out borrows `document` and lives in the arena.
 * @return AVOW_OK; AVOW_E_QE_IDENTITY_FORMAT; AVOW_E_NO_MEMORY,
 * AVOW_E_TOO_LARGE (the arena).
 * Source: Intel PCS API v4, "Get Quoting Enclave Identity"; QVL
 * EnclaveIdentityV2.cpp.
 */
enum avow_err avow_qe_identity_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_qe_identity **out, struct avow_why *why) AVOW_CHECKED;

#endif
