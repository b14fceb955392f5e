/*
 * VCEKs that came after a snapshot was built. What a VCEK says is fixed for ever,
 * so the table only grows, is shared by one snapshot after the other, and is read
 * without a lock. Like a folder's, its certificates are looked up, not verified.
 */
#ifndef AVOW_TRUST_VEKS_H
#define AVOW_TRUST_VEKS_H

#include "trust/collateral.h"

struct avow_veks;

/** @param max at most so many certificates. @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_veks_new(size_t max, struct avow_veks **out) AVOW_CHECKED;
struct avow_veks *avow_veks_ref(struct avow_veks *t);
/** NULL is fine. */
void avow_veks_free(struct avow_veks *t);

/**
 * Add a VCEK. Any thread. One that is there already is AVOW_OK.
 * @return AVOW_OK; AVOW_E_TOO_LARGE: the table is full (its owner makes another);
 * the codes of avow_cert_parse and avow_amd_vek_parse; AVOW_E_SNP_CERT_EXTENSIONS
 * for a VLEK.
 */
enum avow_err avow_veks_add(struct avow_veks *t, struct avow_span der) AVOW_CHECKED;
/** The i-th that fits the query; NULL behind the last. Valid while the table is.
 *  Any thread, lock free. */
struct avow_cert *avow_veks_find(
	const struct avow_veks *t, const struct avow_amd_query *q, size_t i);

/** Whether a certificate is what a report's query asks for. */
bool avow_amd_vek_fits(const struct avow_amd_vek *v, const struct avow_amd_query *q);

#endif
