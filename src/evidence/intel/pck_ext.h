/*
 * The SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (Intel SGX PCK
 * Certificate and CRL Profile 1.5, section 2): which platform, at which TCB.
 */
#ifndef AVOW_EVIDENCE_INTEL_PCK_EXT_H
#define AVOW_EVIDENCE_INTEL_PCK_EXT_H

#include "base/err.h"
#include "base/why.h"
#include "crypto/x509.h"

struct avow_pck_extensions {
	uint8_t ppid[16];
	uint8_t components[16]; /* SGX TCB Comp01..16 SVN */
	uint8_t cpu_svn[16]; /* raw; levels are matched by the components */
	uint16_t pcesvn;
	uint8_t pce_id[2];
	uint8_t fmspc[6];
	uint8_t sgx_type; /* 0 Standard, 1 Scalable, 2 Scalable with Integrity */
	bool is_platform; /* what follows is there: platform CA only */
	uint8_t platform_instance_id[16];
	bool dynamic_platform, cached_keys, smt_enabled;
};

/**
 * Every element that the profile names, each exactly once, and no other; in any
 * order, as Intel's reader takes them.
 * @return AVOW_OK or AVOW_E_PCK_EXTENSIONS (why->field names the element).
 */
enum avow_err avow_pck_extensions_parse(const struct avow_cert *leaf,
	struct avow_pck_extensions *out, struct avow_why *why) AVOW_CHECKED;

#endif
