/*
 * Intel TCB info as PCS serves it: {"tcbInfo":{...},"signature":"..."}, version
 * 2 (SGX) and 3 (SGX and TDX). Parsed strictly; nothing here is verified: the
 * signature is over `raw`, and trust/collateral.h judges it and the dates.
 */
#ifndef AVOW_TRUST_TCB_INFO_H
#define AVOW_TRUST_TCB_INFO_H

#include "base/arena.h"
#include "trust/tcb.h"

enum avow_tee { AVOW_TEE_SGX, AVOW_TEE_TDX };

/* tdxModule, and one entry of tdxModuleIdentities. */
struct avow_tdx_module {
	uint8_t version; /* the two digits of "TDX_03"; 0 in tdxModule */
	uint8_t mrsigner[48];
	uint8_t attributes[8];
	uint8_t attributes_mask[8];
	const struct avow_isv_level *levels; /* isvsvn descending; none in tdxModule */
	size_t n_levels;
};

struct avow_tcb_info {
	struct avow_span document; /* the whole JSON object, as served */
	struct avow_span raw; /* the signed bytes, inside document */
	uint8_t signature[64]; /* r || s, big-endian */
	int version; /* 2 or 3 */
	enum avow_tee tee;
	int64_t issue_date_s, next_update_s;
	uint8_t fmspc[6];
	uint8_t pce_id[2]; /* as in the PCK certificate */
	uint32_t evaluation_number;
	const struct avow_tcb_level *levels; /* highest first */
	size_t n_levels;
	bool has_tdx_module;
	struct avow_tdx_module tdx_module;
	const struct avow_tdx_module *modules; /* tdxModuleIdentities */
	size_t n_modules;
};

/**
 * Parse a document. *out borrows `document` and lives in the arena.
 * Members that are not known are tolerated inside tcbInfo (Intel has added some
 * without a new version), never beside it.
 * @return AVOW_OK; AVOW_E_TCB_INFO_FORMAT for everything wrong with the text
 * (why->field names the member, why->message the JSON error);
 * AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena).
 * Source: Intel PCS API v3 and v4, "Get TCB Info"; QVL TcbInfo.cpp.
 */
enum avow_err avow_tcb_info_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_tcb_info **out, struct avow_why *why) AVOW_CHECKED;

#endif
