/*
 * Looks at the collateral in use now and then, so that somebody learns of its
 * end before verdicts become undecided: a log line a day, numbers for /metrics,
 * and a word in /readyz. It decides nothing about requests.
 */
#ifndef AVOW_API_WATCH_H
#define AVOW_API_WATCH_H

#include "trust/survey.h"

struct avow_watch;

/** What the last look found. */
struct avow_watch_state {
	bool has_looked;
	enum avow_survey_state worst;
	size_t count[AVOW_SURVEY_INVALID + 1]; /* by state; superseded not counted */
	int64_t earliest_expiry_s; /* of what is current; INT64_MAX: none */
};

/** @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_watch_new(struct avow_watch **out) AVOW_CHECKED;
void avow_watch_free(struct avow_watch *w);
/**
 * Look again where the snapshot is another one or the last look is ten minutes
 * old, and warn: when the worst state changed, and else once a day.
 * @param warn_s how long before its end a thing is warned of; 0: never.
 * One thread at a time.
 */
void avow_watch_look(struct avow_watch *w, struct avow_collateral *c,
	struct avow_anchors *anchors, int64_t now_s, int64_t warn_s);
/** Any thread. */
struct avow_watch_state avow_watch_state(struct avow_watch *w);

#endif
