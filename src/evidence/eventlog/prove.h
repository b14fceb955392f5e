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

/** *v is filled for the two VARIABLE proofs, *text for DATA and TEXT. */
enum proof event_prove(
	const struct avow_log_event *e, struct efi_variable *v, struct avow_span *text);
/** Its digest is a separator's, whatever type it claims. */
bool event_is_separator(const struct avow_log_event *e);

#endif
