/*
 * What the proven events of attested logs say in a word: the boot facts of the
 * contract's policies 1.0 and 1.1, and the key that signs VBS reports. An event
 * counts only where its digest proves its data, in a quoted register, before that
 * register's Windows boot is closed.
 */
#ifndef AVOW_EVIDENCE_EVENTLOG_BOOT_H
#define AVOW_EVIDENCE_EVENTLOG_BOOT_H

#include "evidence/eventlog/attested.h"

/** A fact that no event tells is absent, and so not true. */
enum avow_boot_fact { AVOW_BOOT_UNTOLD, AVOW_BOOT_FALSE, AVOW_BOOT_TRUE };

struct avow_boot_facts {
	enum avow_boot_fact secure_boot; /* PCR 7, variable SecureBoot is 01 */
	enum avow_boot_fact boot_debugging_disabled; /* each BOOTDEBUGGING false */
	enum avow_boot_fact not_safe_mode, not_win_pe;
	enum avow_boot_fact iommu; /* each VBS_IOMMU_REQUIRED true */
	/* each VBS_VSM_REQUIRED and VBS_MANDATORY_ENFORCEMENT, PCR 12 and 19 */
	enum avow_boot_fact vbs;
	/* VSM_IDKS_INFO (wbcl.h): the key of VBS reports; two that differ are none */
	bool has_vbs_key, vbs_keys_differ;
	struct avow_span vbs_modulus, vbs_exponent; /* big-endian; of the log */
};

/** @return AVOW_OK, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY. */
enum avow_err avow_attested_boot(
	const struct avow_attested *at, struct avow_boot_facts *out) AVOW_CHECKED;

#endif
