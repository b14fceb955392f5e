/*
 * What a collateral snapshot holds, one thing at a time, for people and
 * monitoring: for whom it is, when it was issued, when it ends, and whether it
 * verifies byte for byte up to a pinned root. It decides no verdict: that is
 * avow_collateral_select's.
 */
#ifndef AVOW_TRUST_SURVEY_H
#define AVOW_TRUST_SURVEY_H

#include "trust/collateral.h"

/* In order of how bad it is. */
enum avow_survey_state {
	AVOW_SURVEY_GOOD,
	AVOW_SURVEY_SOON, /* good, and ends within the time that was asked for */
	AVOW_SURVEY_NOT_YET, /* verified, and issued later than the time */
	AVOW_SURVEY_EXPIRED, /* verified, and ended before the time */
	AVOW_SURVEY_INVALID /* malformed, revoked, or not under a pinned root */
};

/** "good", "expires soon", "not yet valid", "expired", "invalid". Static. */
const char *avow_survey_state_name(enum avow_survey_state s);

#define AVOW_SURVEY_SUBJECT 144

struct avow_survey_item {
	enum avow_collateral_kind kind;
	enum avow_survey_state state;
	enum avow_err err; /* INVALID: why; else AVOW_OK */
	const char *name; /* of its file */
	const char *title; /* "SGX TCB info", "CRL", "VCEK" ...; static */
	char subject[AVOW_SURVEY_SUBJECT]; /* FMSPC, CA or chip; printable */
	bool has_platform; /* TCB info: fmspc, pce_id and tee */
	enum avow_tee tee;
	uint8_t fmspc[6], pce_id[2];
	bool has_product; /* AMD: of this product line */
	enum avow_amd_product product;
	struct avow_span chip_id; /* VCEK; borrowed */
	uint32_t number; /* evaluation data number; 0: it has none */
	int64_t issue_s, next_s; /* certificates: notBefore and notAfter */
	int64_t expires_s; /* the earlier of next_s and its signing chain's end */
	int64_t tcb_date_s; /* TCB info: of the highest level; else 0 */
	bool is_builtin; /* comes with Avow */
	bool is_superseded; /* a newer one of its kind is there: kept for the past */
	/* as served (document) or DER; empty when it could not be read. Borrowed */
	struct avow_span bytes;
};

struct avow_survey {
	struct avow_collateral *collateral; /* a reference: items borrow it */
	struct avow_survey_item *items; /* by title, subject, number and issue */
	size_t n;
	/* of what is neither built in nor superseded */
	size_t count[AVOW_SURVEY_INVALID + 1]; /* by state */
	int64_t earliest_expiry_s; /* of what is good or soon; INT64_MAX: none */
};

/**
 * Look at everything in a snapshot.
 * @param at_s the time to judge by. @param soon_s >= 0: how long before its end
 * a thing counts as SOON; 0: never.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. *out is NULL on error; else
 * it ends with avow_survey_free. Thread safe.
 */
enum avow_err avow_survey_new(struct avow_collateral *c,
	const struct avow_anchors *anchors, int64_t at_s, int64_t soon_s,
	struct avow_survey **out) AVOW_CHECKED;
void avow_survey_free(struct avow_survey *s);
/** The worst state of what is neither built in nor superseded; GOOD for none. */
enum avow_survey_state avow_survey_worst(const struct avow_survey *s);

#define AVOW_SURVEY_FILE 112
/**
 * A file name made of what the thing is: lower case letters, digits, dots and
 * dashes, the same for the same bytes ("crl-intel-sgx-root-ca-20240125-
 * 9f86d081884c7d65.der").
 * @return AVOW_OK, AVOW_E_CRYPTO; AVOW_E_INTERNAL for a thing without bytes.
 */
enum avow_err avow_survey_file_name(
	const struct avow_survey_item *item, char out[AVOW_SURVEY_FILE]) AVOW_CHECKED;

#endif
