/*
 * A hash table from byte strings to pointers. Keys are copied, values are
 * borrowed. Hashing is seeded per table, so that outside keys cannot aim at
 * one bucket.
 */
#ifndef AVOW_BASE_TABLE_H
#define AVOW_BASE_TABLE_H

#include "base/err.h"
#include "base/span.h"

struct avow_table;

/** @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_table_new(struct avow_table **out) AVOW_CHECKED;
/** Calls free_value (may be NULL) on each value. NULL table is fine. */
void avow_table_free(struct avow_table *t, void (*free_value)(void *));
/**
 * Insert or replace. *old (may be NULL) gets the value that was there.
 * @return AVOW_OK or AVOW_E_NO_MEMORY (the table is unchanged).
 */
enum avow_err avow_table_set(struct avow_table *t, struct avow_span key,
	void *value, void **old) AVOW_CHECKED;
/** The value, or NULL. */
void *avow_table_get(const struct avow_table *t, struct avow_span key);
/** Remove and return the value, or NULL. */
void *avow_table_remove(struct avow_table *t, struct avow_span key);
size_t avow_table_count(const struct avow_table *t);
/** Walk: start with *it = 0; false at the end. No change while walking. */
bool avow_table_next(const struct avow_table *t, size_t *it,
	struct avow_span *key, void **value);

#endif
