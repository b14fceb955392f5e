/*
 * The general rules of X.509 links (crypto/x509.h) under the codes of one PKI: what
 * is a broken link to everybody is, say, a broken PCK chain to its verifier.
 */
#ifndef AVOW_TRUST_RECODE_H
#define AVOW_TRUST_RECODE_H

#include "crypto/x509.h"

struct avow_recode {
	enum avow_err link, own;
};

/** The codes of one PKI; ends with AVOW_OK in `link`. */
struct avow_recode_table {
	const char *check; /* the name that refusals carry */
	const struct avow_recode *codes;
};

/** avow_chain_link, refusing with the table's codes; our own failures (memory,
 *  crypto) stay what they are. */
enum avow_err avow_recode_link(const struct avow_recode_table *t,
	const struct avow_cert *child, const struct avow_cert *issuer, size_t below,
	struct avow_why *why) AVOW_CHECKED;
/** avow_cert_valid_at, likewise. */
enum avow_err avow_recode_valid_at(const struct avow_recode_table *t,
	const struct avow_cert *c, int64_t at_s, struct avow_why *why) AVOW_CHECKED;

#endif
