/* What an event's digests prove of its data; for the event document alone. */
#ifndef AVOW_EVIDENCE_EVENTLOG_PROVE_H
#define AVOW_EVIDENCE_EVENTLOG_PROVE_H

#include "evidence/eventlog/impl.h"

enum proof {
	PROOF_NONE,
	PROOF_DATA, /* all of the data, of no known structure */
	PROOF_TEXT, /* a text inside it */
	PROOF_VARIABLE, /* a whole UEFI_VARIABLE_DATA */
	PROOF_VARIABLE_DATA /* only what the variable holds, not its name */
};

struct efi_variable {
	struct avow_span guid; /* 16 bytes as stored */
	struct avow_span name; /* UCS-2LE */
	struct avow_span data;
};

/* What marks a register's phases, by its digest in each bank: an event is one of
 * them whatever type it claims. */
enum marker { MARKER_ZERO, MARKER_ONES, MARKER_ERROR, MARKER_WBCL, MARKERS };
struct markers {
	uint8_t digest[MARKERS][AVOW_LOG_BANKS][AVOW_MAX_DIGEST];
};

enum avow_err markers_make(struct markers *m) AVOW_CHECKED;
/** Every known digest is that marker's, and there is one. */
bool event_is_marker(
	const struct markers *m, const struct avow_log_event *e, enum marker which);
/** Firmware's separator (PFP 10.4.1): one of the three values. */
bool event_is_separator(const struct markers *m, const struct avow_log_event *e);

/** *v is filled for the two VARIABLE proofs, *text for DATA and TEXT. */
enum proof event_prove(
	const struct avow_log_event *e, struct efi_variable *v, struct avow_span *text);

#endif
