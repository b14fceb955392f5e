/*
 * One verification while it runs. Private to fetch/: verify.c reads the bytes,
 * verify_intel.c and verify_amd.c judge them.
 */
#ifndef AVOW_FETCH_VERIFY_IMPL_H
#define AVOW_FETCH_VERIFY_IMPL_H

#include "fetch/fetch.h"

#define AVOW_FETCH_MAX_CERTS 4

struct avow_fetch_check {
	const struct avow_fetch_key *k;
	struct avow_span body;
	const struct avow_fetch_judge *j;
	struct avow_arena *a;
	struct avow_store_collateral *out;
	struct avow_why *why;
	/* the certificates of the chain, or of the body where that is certificates */
	struct avow_cert *certs[AVOW_FETCH_MAX_CERTS];
	size_t n_certs;
	/* the body as a snapshot of its own: reads a CRL in any form */
	struct avow_collateral *snapshot;
};

/** Between its dates, both inclusive; nothing when any time will do. */
enum avow_err avow_fetch_check_dates(const struct avow_fetch_check *c, int64_t issued_s,
	int64_t expires_s, enum avow_err not_yet, enum avow_err expired) AVOW_CHECKED;
/** AVOW_E_FETCH_MISMATCH, with what the document is. */
enum avow_err avow_fetch_mismatch(const struct avow_fetch_check *c, const char *field);
/** The body's CRL of that issuer. @return AVOW_OK; AVOW_E_CRL_ISSUER,
 *  AVOW_E_CRL_MALFORMED. */
enum avow_err avow_fetch_find_crl(struct avow_fetch_check *c,
	const struct avow_cert *issuer, const struct avow_crl **out) AVOW_CHECKED;
/** Fill out from a verified CRL, and judge its dates. */
enum avow_err avow_fetch_take_crl(
	struct avow_fetch_check *c, const struct avow_crl *crl) AVOW_CHECKED;

/* --- verify_intel.c, verify_amd.c --------------------------------------------------- */

enum avow_err avow_fetch_check_document(struct avow_fetch_check *c) AVOW_CHECKED;
enum avow_err avow_fetch_check_pck_crl(struct avow_fetch_check *c) AVOW_CHECKED;
enum avow_err avow_fetch_check_root_crl(struct avow_fetch_check *c) AVOW_CHECKED;
enum avow_err avow_fetch_check_vcek(struct avow_fetch_check *c) AVOW_CHECKED;
enum avow_err avow_fetch_check_amd_chain(struct avow_fetch_check *c) AVOW_CHECKED;
enum avow_err avow_fetch_check_amd_crl(struct avow_fetch_check *c) AVOW_CHECKED;

#endif
