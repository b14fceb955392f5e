/*
 * What choosing a document and choosing a CRL share (collateral_miss.c). Private to
 * trust/.
 */
#ifndef AVOW_TRUST_COLLATERAL_PICK_H
#define AVOW_TRUST_COLLATERAL_PICK_H

#include "trust/collateral_run.h"

/* How far a candidate came; the furthest is reported. */
enum avow_coll_stage {
	AVOW_COLL_ABSENT,
	AVOW_COLL_NOT_YET,
	AVOW_COLL_EXPIRED,
	AVOW_COLL_NOT_VERIFIED
};

struct avow_coll_miss {
	enum avow_coll_stage stage;
	enum avow_err code;
	size_t i; /* of the document or CRL */
};

/* The codes of one kind. */
struct avow_coll_rule {
	enum avow_collateral_kind kind;
	const char *check;
	enum avow_err absent, malformed, signature, chain, expired, not_yet;
};

struct avow_coll_time {
	int64_t issue_s, next_s, grace_s;
};

/** Compare the time of the query, and narrow the span r->lo_s to r->hi_s. */
bool avow_coll_is_before(struct avow_coll_run *r, int64_t from_s);
bool avow_coll_is_after(struct avow_coll_run *r, int64_t to_s);
/** Candidate i counts now; if not, that is noted. @return AVOW_OK, the rule's
 *  not_yet or expired. */
enum avow_err avow_coll_check_current(struct avow_coll_run *r,
	const struct avow_coll_rule *k, const struct avow_coll_time *t, size_t i,
	struct avow_coll_miss *m) AVOW_CHECKED;
/** The selection's dates, for a candidate that is used. */
void avow_coll_account(struct avow_coll_run *r, int64_t issue_s, int64_t next_s);
void avow_coll_note_miss(struct avow_coll_miss *m, enum avow_coll_stage stage,
	enum avow_err code, size_t i);

/** @return code. */
enum avow_err avow_coll_refuse_time(struct avow_coll_run *r, enum avow_err code,
	const struct avow_at *at, int64_t bound_s);
/** A malformed document of the kind, if there is one: it may be the one that is
 *  missed. NULL: none. */
const struct avow_coll_bad *avow_coll_find_bad(
	const struct avow_coll_run *r, const struct avow_coll_rule *k);
/** @return the rule's absent, or malformed where there is such a one. */
enum avow_err avow_coll_refuse_absent(struct avow_coll_run *r,
	const struct avow_coll_rule *k, const char *field, const char *expected);

#endif
