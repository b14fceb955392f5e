/*
 * The TCB evaluation data numbers that a snapshot has current TCB info of: what
 * a policy's x-ms-sgx-tcbidentifier can name.
 */
#ifndef AVOW_TRUST_BASELINES_H
#define AVOW_TRUST_BASELINES_H

#include "trust/collateral.h"

#define AVOW_MAX_BASELINES 64 /* Intel serves about six at a time */

struct avow_baseline {
	uint32_t number;
	int64_t tcb_date_s; /* the latest TCB date of any platform under it */
};

/**
 * Verified TCB infos that are current at that time, each number once, the
 * highest first; the highest AVOW_MAX_BASELINES of them.
 * @param early whether what PCS serves early counts as the newest too; *newest is
 * the number that stands for no number; 0: there is none.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. Thread safe.
 */
enum avow_err avow_baselines_find(struct avow_collateral *c,
	const struct avow_anchors *anchors, enum avow_tee tee, int64_t at_s, bool early,
	struct avow_baseline out[AVOW_MAX_BASELINES], size_t *n,
	uint32_t *newest) AVOW_CHECKED;

#endif
