/* The event document under way, for those who write it. */
#ifndef AVOW_EVIDENCE_EVENTLOG_DOCUMENT_H
#define AVOW_EVIDENCE_EVENTLOG_DOCUMENT_H

#include "evidence/eventlog/attested.h"
#include "evidence/eventlog/prove.h"

struct event_writer {
	struct avow_jw *w;
	struct markers markers;
	/* what of each register's course the events so far have told */
	bool separated[AVOW_LOG_REGISTERS]; /* firmware's part is over */
	bool closed[AVOW_LOG_REGISTERS]; /* Windows' boot is over */
};

enum avow_err event_writer_begin(
	struct event_writer *ew, struct avow_jw *w) AVOW_CHECKED;
/** One event as an object. `banks`: bits 1u << enum avow_hash whose digests show. */
void event_put(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e, uint32_t seq, unsigned banks);
/** Every event of a log goes through here, in order, shown or not. */
void event_passed(struct event_writer *ew, const struct avow_eventlog *log,
	const struct avow_log_event *e);

/** "SHA1", "SHA256", ... */
const char *log_bank_name(enum avow_hash h);

/** Banks in which a register is quoted, bits 1u << enum avow_hash; 0: in none. */
unsigned attested_banks(const struct avow_attested *at, uint32_t pcr);

#endif
