/*
 * Event logs: what a machine says that it measured. A log is hearsay until its
 * replay equals registers that a quote signed; and then each event's digest is
 * true, its data only as far as that digest covers it, and its type not at all.
 */
#ifndef AVOW_EVIDENCE_EVENTLOG_EVENTLOG_H
#define AVOW_EVIDENCE_EVENTLOG_EVENTLOG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/digest.h"
#include "wire/json.h"

enum avow_log_format {
	AVOW_LOG_AUTO, /* a hint only: find out from the bytes */
	AVOW_LOG_TCG, /* PC Client: SHA-1 or crypto-agile */
	AVOW_LOG_CCEL, /* crypto-agile, SHA-384 alone, into RTMRs 1 to 4 */
	AVOW_LOG_CEL, /* TCG Canonical Event Log, TLV */
	AVOW_LOG_CEL_JSON,
	AVOW_LOG_IMA /* Linux IMA list, binary or text */
};

#define AVOW_LOG_REGISTERS 24
#define AVOW_LOG_BANKS 4 /* one for each enum avow_hash */

struct avow_log_digest {
	uint16_t alg; /* TPM_ALG_ID */
	struct avow_span bytes;
};

struct avow_log_event {
	uint32_t seq; /* 1 on the first event that is not Spec ID; rises */
	uint32_t type; /* raw and unmeasured; 0 for IMA */
	uint32_t pcr; /* raw; a CCEL's is the register's number, 0 MRTD */
	bool is_ima; /* its data is an IMA template's */
	bool is_violation; /* IMA saw a race: all-FF was extended */
	bool not_extended; /* a log's own record */
	struct avow_span template_name; /* IMA */
	const char *type_name; /* not NULL: for a record without a TCG type */
	struct avow_span data; /* may be unproven: avow_eventlog_proves() */
	size_t offset; /* of the record in the log */
	size_t digest_count;
	const struct avow_log_digest *digests;
};

/* Everything borrows the input or lives in the arena. */
struct avow_eventlog {
	enum avow_log_format format; /* never AUTO */
	bool agile; /* TCG: has a Spec ID that names its banks */
	size_t alg_count;
	uint16_t algs[8]; /* TPM_ALG_IDs that the log declares */
	size_t count;
	const struct avow_log_event *events; /* without the Spec ID record */
};

/* Values after the log's last event. */
struct avow_log_register {
	bool extended; /* by at least one event */
	bool has[AVOW_LOG_BANKS]; /* every event had this bank's digest */
	uint8_t value[AVOW_LOG_BANKS][AVOW_MAX_DIGEST];
};

struct avow_log_replay {
	struct avow_log_register reg[AVOW_LOG_REGISTERS];
};

/** "tcg", "ccel", "cel", "cel-json", "ima"; static. */
const char *avow_log_format_name(enum avow_log_format f);
/** The format of that name; AVOW_LOG_AUTO when there is none. */
enum avow_log_format avow_log_format_named(struct avow_span name);

/**
 * Read a whole log. Nothing is believed: see replay and proves.
 * @param hint AVOW_LOG_AUTO to find the form from the bytes.
 * @param why filled on error, with the byte offset; may be NULL.
 * @return AVOW_OK; AVOW_E_EVENTLOG_UNKNOWN, _TRUNCATED, _SPEC_ID, _ALGORITHM,
 * _DIGESTS, _TAIL; AVOW_E_IMA_FORMAT, _TEMPLATE, _TEMPLATE_HASH;
 * AVOW_E_CEL_FORMAT; AVOW_E_JSON_*; AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_eventlog_parse(struct avow_span bytes, enum avow_log_format hint,
	struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why) AVOW_CHECKED;

/**
 * The registers that the log leads to, in every bank of which each event has a
 * digest. A bank is never inferred from another one.
 * @return AVOW_OK; AVOW_E_EVENTLOG_LOCALITY; AVOW_E_CRYPTO.
 */
enum avow_err avow_eventlog_replay(const struct avow_eventlog *log,
	struct avow_log_replay *out, struct avow_why *why) AVOW_CHECKED;

/** Every digest of the event is that of `preimage`, and at least one is of a
 *  bank that can be computed. True only ever for what was really measured. */
bool avow_eventlog_proves(const struct avow_log_event *e, struct avow_span preimage);

/** "EV_SEPARATOR"; NULL for a type that has no name. Static. */
const char *avow_event_type_name(uint32_t type);

/** The array of the "events" claim, as a value: [{"EventSeq",...}]. */
void avow_eventlog_put_events(const struct avow_eventlog *log, struct avow_jw *w);
/** The array of the "pcrs" claim: [{"Index","Digests":{"SHA1":hex,...}}]. */
void avow_eventlog_put_pcrs(const struct avow_log_replay *r, struct avow_jw *w);

#endif
