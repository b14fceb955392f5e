/*
 * The service's collateral: the folder, what is stored, and what a fetcher brings
 * while requests wait for it. It makes the snapshots that views hold, and says
 * when another one is due.
 */
#ifndef AVOW_API_SUPPLY_H
#define AVOW_API_SUPPLY_H

#include "appraise/appraise.h"
#include "fetch/fetcher.h"
#include "http/http.h"

/** What the configuration says. Strings are copied. */
struct avow_supply_settings {
	struct avow_fetch_sources sources;
	bool early; /* PCS's update=early where a provider does not say */
	int64_t refresh_s; /* 0: a day */
	int wait_ms; /* how long a request waits; 0: 10 s */
	unsigned amd_per_minute; /* for one provider; 0: 60 */
};

struct avow_supply;

/**
 * @param store borrowed.
 * @param changed called from any thread when a new snapshot is due; it calls
 * avow_supply_load.
 * @return AVOW_OK, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_supply_new(struct avow_store *store,
	const struct avow_supply_settings *s, void (*changed)(void *ctx), void *ctx,
	struct avow_supply **out) AVOW_CHECKED;
/** Let the fetcher's threads run. @return AVOW_OK, AVOW_E_NO_MEMORY, _INTERNAL. */
enum avow_err avow_supply_start(struct avow_supply *s) AVOW_CHECKED;
/** Other sources and times. @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_supply_set(
	struct avow_supply *s, const struct avow_supply_settings *to) AVOW_CHECKED;
/** NULL is fine. Ends the threads. */
void avow_supply_free(struct avow_supply *s);

/**
 * A snapshot of a folder and of the store as it is now. One thread at a time.
 * @param folder what avow_collateral_folder read.
 * @return the codes of avow_fetch_shelf_join.
 */
enum avow_err avow_supply_load(struct avow_supply *s, struct avow_collateral *folder,
	struct avow_collateral **out, struct avow_why *why) AVOW_CHECKED;
/** Whether the store holds what the last snapshot did not. */
bool avow_supply_is_stale(struct avow_supply *s);
/** What is fetched is judged by these from now on. */
void avow_supply_judge_by(struct avow_supply *s, struct avow_anchors *anchors,
	struct avow_collateral *collateral);
/** Whom to resume waiting requests at; NULL: nobody. That is the end: before the
 *  server is stopped all that wait are resumed, to be answered with what is known,
 *  and what is being fetched is cut short. */
void avow_supply_set_http(struct avow_supply *s, struct avow_http_server *http);
/** Main thread, once a second or so: what is due is fetched. */
void avow_supply_tick(struct avow_supply *s);

/**
 * A clock that is behind the latest issue date that was ever verified is wrong, and
 * would take what has ended for current.
 * @return AVOW_OK, AVOW_E_CLOCK_BEHIND.
 */
enum avow_err avow_supply_check_clock(
	const struct avow_supply *s, int64_t now_s, struct avow_why *why) AVOW_CHECKED;
bool avow_supply_is_early(const struct avow_supply *s);
void avow_supply_count(struct avow_supply *s, struct avow_fetcher_counts *out);

/**
 * An appraisal was undecided for want of collateral: have it fetched.
 * @param e what it gave; class COLLATERAL.
 * @param again set when the appraisal is to be made once more, now.
 * @return AVOW_OK when the request waits (it is handled again when the documents
 * have come, or the time is over) or when *again is set; else e, with what is known
 * of the fetch as why's note and rs's Retry-After.
 */
enum avow_err avow_supply_await(struct avow_supply *s, struct avow_http_request *rq,
	struct avow_http_response *rs, const struct avow_wanted *wanted,
	struct avow_span provider, bool early, enum avow_err e, bool *again,
	struct avow_why *why) AVOW_CHECKED;
/** An appraisal went without what it could have been judged by (the ARK's CRL): have
 *  it fetched for the next one. Nobody waits; never blocks. */
void avow_supply_hint(struct avow_supply *s, const struct avow_wanted *wanted);

#endif
