/*
 * Audit records as log lines: the log is kept elsewhere, so that whoever can
 * write the database cannot cut records off or make all of them anew unseen.
 */
#ifndef AVOW_API_AUDIT_LOG_H
#define AVOW_API_AUDIT_LOG_H

#include "store/store.h"

struct avow_audit_log {
	int64_t next; /* the number of the record that is not logged yet */
};

/** Begin behind the last record that is there, and log its number and hash.
 *  @return AVOW_OK or the store's codes. */
enum avow_err avow_audit_log_start(
	struct avow_audit_log *l, struct avow_store *store) AVOW_CHECKED;
/** Log every record since. One thread; the store's codes. */
enum avow_err avow_audit_log_catch_up(
	struct avow_audit_log *l, struct avow_store *store) AVOW_CHECKED;

#endif
