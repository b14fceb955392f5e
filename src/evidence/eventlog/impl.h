/* What the files of the event log reader share; nobody else includes it. */
#ifndef AVOW_EVIDENCE_EVENTLOG_IMPL_H
#define AVOW_EVIDENCE_EVENTLOG_IMPL_H

#include "base/cursor.h"
#include "evidence/eventlog/eventlog.h"

/* TPM 2.0 Library part 2, 6.3: TPM_ALG_ID */
#define ALG_SHA1 0x0004u
#define ALG_SHA256 0x000bu
#define ALG_SHA384 0x000cu
#define ALG_SHA512 0x000du

/* PC Client Platform Firmware Profile, 10.4.1 */
#define EV_NO_ACTION 0x03u
#define EV_SEPARATOR 0x04u
#define EV_ACTION 0x05u
#define EV_EVENT_TAG 0x06u
#define EV_IPL 0x0du
#define EV_OMIT_BOOT_DEVICE_EVENTS 0x12u
#define EV_EFI_VARIABLE_DRIVER_CONFIG 0x80000001u
#define EV_EFI_VARIABLE_BOOT 0x80000002u
#define EV_EFI_ACTION 0x80000007u
#define EV_EFI_VARIABLE_BOOT2 0x8000000cu
#define EV_EFI_HCRTM_EVENT 0x80000010u
#define EV_EFI_VARIABLE_AUTHORITY 0x800000e0u
#define EV_ARM_DRTM_NO_ACTION 0x900du

#define PFP "TCG PC Client Platform Firmware Profile 1.06, 10"

/* a Windows log's end of its boot phase, behind EV_SEPARATOR (wbcl.h) */
#define WBCL_END "WBCL"

/* Events in the making, in an arena, in pieces: a count that a log claims is
 * never allocated before its records were read. */
struct event_list {
	struct avow_arena *arena;
	struct avow_log_event *events;
	size_t count, cap, max;
};

/** A refusal at an offset of the log. */
enum avow_err log_refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, uint64_t got, size_t offset);
/** A new zeroed event at the end, numbered; NULL where memory or max ends. */
struct avow_log_event *event_list_add(struct event_list *l);
/** Take the last one back when it is a Spec ID record, which is no event. */
void event_list_drop_spec_id(struct event_list *l);
/** The error that a NULL of event_list_add means. */
enum avow_err event_list_err(
	const struct event_list *l, struct avow_why *why, size_t offset);

/** The bank of a TPM_ALG_ID; false for one that cannot be computed. */
bool log_bank(uint16_t alg, enum avow_hash *out);
/** The digest of that algorithm, or NULL. */
const struct avow_log_digest *event_digest(
	const struct avow_log_event *e, uint16_t alg);
/** It changes no register (its type says so, or its number is none). */
bool event_is_silent(const struct avow_eventlog *log, const struct avow_log_event *e);

/** Leave, of each event, only the digests of these banks of its register (bits 1u <<
 *  enum avow_hash); an IMA list stays as it is. @return AVOW_OK or the arena's error. */
enum avow_err log_keep_covered(struct avow_eventlog *log,
	const unsigned banks[AVOW_LOG_REGISTERS], struct avow_arena *a) AVOW_CHECKED;

/* A replay under way: the registers, and what the rest of it needs to know. */
struct replayer {
	struct avow_log_replay *out;
	bool locality; /* a StartupLocality was seen */
};

/** Registers as they are before the first of these logs. */
void replay_begin(struct replayer *r, const struct avow_eventlog *logs, size_t n,
	struct avow_log_replay *out);
enum avow_err replay_event(struct replayer *r, const struct avow_eventlog *log,
	const struct avow_log_event *e, struct avow_why *why) AVOW_CHECKED;
/** value = H(value || digest). */
enum avow_err replay_extend(
	enum avow_hash h, uint8_t *value, struct avow_span digest) AVOW_CHECKED;

/** As avow_eventlog_parse, with IMA digests of these banks (and SHA-1) alone. */
enum avow_err eventlog_parse_for(struct avow_span bytes, enum avow_log_format hint,
	unsigned banks, struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why) AVOW_CHECKED;

enum avow_err tcg_parse(struct avow_span bytes, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why) AVOW_CHECKED;
bool tcg_is_ccel(const struct avow_eventlog *log);

bool cel_is(struct avow_span bytes);
enum avow_err cel_parse(struct avow_span bytes, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why) AVOW_CHECKED;
enum avow_err cel_json_parse(struct avow_span bytes, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why) AVOW_CHECKED;
/** The digest behind `before` others has its algorithm's size, and is no repeat. */
bool cel_digest_ok(const struct avow_log_digest *all, size_t before);

bool ima_is(struct avow_span bytes);
bool ima_is_text(struct avow_span bytes);
enum avow_err ima_parse(struct avow_span bytes, unsigned banks, struct avow_arena *a,
	struct avow_eventlog *out, struct avow_why *why) AVOW_CHECKED;
enum avow_err ima_text_parse(struct avow_span bytes, unsigned banks,
	struct avow_arena *a, struct avow_eventlog *out,
	struct avow_why *why) AVOW_CHECKED;
/** Compare the listed template hash with the data, and set the digests that the
 *  kernel extends (all FF for a violation). The file has SHA-1 alone; the others are
 *  made for the banks that anybody asks for, bits 1u << enum avow_hash. */
enum avow_err ima_finish(unsigned banks, struct avow_log_event *e,
	struct avow_span listed, struct avow_arena *a,
	struct avow_why *why) AVOW_CHECKED;
/** The fields of a template that is not "ima"; the count, 0 when malformed. */
size_t ima_fields(struct avow_span data, struct avow_span *out, size_t max);
/** Members of ProcessedData; nothing for a violation. */
void ima_put(struct avow_jw *w, const struct avow_log_event *e);

/** The subject of a DER certificate as RFC 4514 text; false when it is none. */
bool cert_subject(struct avow_span der, struct avow_buf *out);

/** UTF-16LE to UTF-8; false for what is not well-formed. */
bool log_utf8(struct avow_span utf16, struct avow_buf *out);

#endif
