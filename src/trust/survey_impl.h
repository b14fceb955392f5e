/* What the files of the survey share. Private to trust/. */
#ifndef AVOW_TRUST_SURVEY_IMPL_H
#define AVOW_TRUST_SURVEY_IMPL_H

#include "trust/collateral_impl.h"
#include "trust/survey.h"

struct survey_run {
	struct avow_collateral *c;
	const struct avow_anchors *anchors;
	struct avow_coll_view *v;
	int64_t at_s, soon_s;
	struct avow_survey *out;
};

/** The next item, empty but for kind and name; there is room for it. */
struct avow_survey_item *survey_item(
	struct survey_run *r, enum avow_collateral_kind kind, const char *name);
/** State by dates, of an item that verified (err AVOW_OK) and ends at expires_s. */
void survey_date(const struct survey_run *r, struct avow_survey_item *item);
/** A code that says no: kept in the item. Our own failure (memory, crypto) is
 *  returned. */
enum avow_err survey_verdict(
	struct avow_survey_item *item, enum avow_err e) AVOW_CHECKED;
/** Whether some CRL of the snapshot, verified under `issuer`, has the serial. */
enum avow_err survey_is_revoked(const struct survey_run *r, struct avow_cert *issuer,
	const struct avow_cert *cert, bool *revoked) AVOW_CHECKED;

/** Verify a CRL under whichever CA of the snapshot issued it. */
enum avow_err survey_crl_verify(
	const struct survey_run *r, const struct avow_coll_crl *crl) AVOW_CHECKED;
/** Add every certificate. survey_cert.c */
enum avow_err survey_certs(struct survey_run *r) AVOW_CHECKED;

#endif
