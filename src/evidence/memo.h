/*
 * A bounded memory from SHA-256 digests to values: what was verified once is
 * not verified again. Least recently used entries leave first. One owner, no
 * locks.
 */
#ifndef AVOW_EVIDENCE_MEMO_H
#define AVOW_EVIDENCE_MEMO_H

#include "base/err.h"
#include "crypto/digest.h"

struct avow_memo;

/** @param max entries, at least 1. @param free_value may be NULL.
 *  @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_memo_new(
	size_t max, void (*free_value)(void *), struct avow_memo **out) AVOW_CHECKED;
void avow_memo_free(struct avow_memo *m);
/** The value, now the most recently used; NULL when it is not there. Valid until
 *  the next put. */
void *avow_memo_get(struct avow_memo *m, const uint8_t key[AVOW_SHA256_BYTES]);
/** Take over `value` (not NULL), replacing what the key held. Cannot fail: the
 *  table has its whole size from the start. */
void avow_memo_put(
	struct avow_memo *m, const uint8_t key[AVOW_SHA256_BYTES], void *value);
size_t avow_memo_count(const struct avow_memo *m);

#endif
