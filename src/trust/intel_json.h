/*
 * What Intel's signed JSON documents have in common: the outer object, dates,
 * statuses, advisories and ISVSVN levels. Private to trust/.
 *
 * All give AVOW_E_JSON_* or AVOW_E_TIME with the member named in `why`; a
 * document's parser makes its own FORMAT code of them by avow_intel_doc_err.
 */
#ifndef AVOW_TRUST_INTEL_JSON_H
#define AVOW_TRUST_INTEL_JSON_H

#include "base/arena.h"
#include "trust/tcb.h"
#include "wire/json.h"

/* A tree over 128 KiB of the densest JSON ("[0,0,0,") in 64-bit nodes. */
#define AVOW_MAX_INTEL_TREE AVOW_MIB(32)

struct avow_intel_doc {
	struct avow_span document; /* the outer object's text */
	struct avow_span raw; /* the inner object's text: what is signed */
	uint8_t signature[64];
	const struct avow_json *inner; /* in the scratch arena */
};

/** Read {"<member>":{..},"signature":"<128 hex>"} and nothing else in it. */
enum avow_err avow_intel_doc_open(struct avow_span text, size_t max, const char *member,
	struct avow_arena *scratch, struct avow_intel_doc *out,
	struct avow_why *why) AVOW_CHECKED;
/** Record `err` of a parse whose details are in `from` as `code` in `why`; memory
 *  that ran out stays what it is. @return what was recorded. */
enum avow_err avow_intel_doc_err(struct avow_why *why, const struct avow_why *from,
	enum avow_err err, enum avow_err code);

/** "YYYY-MM-DDThh:mm:ssZ" and no other form. */
enum avow_err avow_intel_date(const struct avow_json *o, const char *name,
	int64_t *out_s, struct avow_why *why) AVOW_CHECKED;
/** tcbStatus: one of Intel's seven, or of `isv_only` three. */
enum avow_err avow_intel_status(const struct avow_json *o, bool isv_only,
	enum avow_tcb_status *out, struct avow_why *why) AVOW_CHECKED;
/** advisoryIDs, copied into the arena; absent is none. */
enum avow_err avow_intel_advisories(const struct avow_json *o, struct avow_arena *a,
	struct avow_advisories *out, struct avow_why *why) AVOW_CHECKED;
/** A non-empty array member of at most `max` items. */
enum avow_err avow_intel_array(const struct avow_json *o, const char *name, size_t max,
	const struct avow_json **out, struct avow_why *why) AVOW_CHECKED;
/** tcbLevels of {tcb:{isvsvn},tcbDate,tcbStatus,advisoryIDs?}, in served order,
 *  without two of one isvsvn. */
enum avow_err avow_intel_isv_levels(const struct avow_json *o, struct avow_arena *a,
	struct avow_isv_level **out, size_t *n, struct avow_why *why) AVOW_CHECKED;
/** Put "<name>[<i>]." before the field that a refusal named. */
void avow_intel_in_item(struct avow_why *why, const char *name, size_t i);

#endif
