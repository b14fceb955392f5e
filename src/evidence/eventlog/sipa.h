/* Windows' own events (SIPA, wbcl.h) inside EV_EVENT_TAG data. */
#ifndef AVOW_EVIDENCE_EVENTLOG_SIPA_H
#define AVOW_EVIDENCE_EVENTLOG_SIPA_H

#include "evidence/eventlog/impl.h"

/* How a tag's payload is told. */
enum sipa_form {
	SIPA_SILENT, /* not measured, or nothing that anybody may use */
	SIPA_BOOL, /* one byte */
	SIPA_INT, /* little-endian, 1 to 8 bytes */
	SIPA_ENUM, /* an integer with names: {"String","Value"} */
	SIPA_VALUE, /* an integer: {"Value"} */
	SIPA_TEXT, /* UTF-16LE, with its NUL */
	SIPA_BYTES, /* base64url */
	SIPA_RAW, /* {"RawData": base64url of the payload} */
	SIPA_RAWS, /* as RAW, and may repeat: an array */
	SIPA_AUTH, /* DRTM_STATE_AUTH: {"SignatureValid"} */
	SIPA_OBJECT, /* a container */
	SIPA_OBJECTS /* a container that may repeat: an array */
};

struct sipa_name {
	uint64_t value;
	const char *name;
};

struct sipa_tag {
	uint32_t id;
	enum sipa_form form;
	const char *name; /* of the member */
	const struct sipa_name *names; /* ENUM: ends with a NULL name */
	bool flags; /* ENUM: the values are bits */
};

/** Rows that a tag can have; sipa_tag_row gives numbers below it. */
#define SIPA_MAX_TAGS 128
/** The row of a tag, SIZE_MAX for one that is not known. */
size_t sipa_tag_row(uint32_t id);
const struct sipa_tag *sipa_tag_at(size_t row);

/**
 * One tag fills the data exactly, it is of Windows' classes, and its containers
 * hold whole tags, nested no deeper than AVOW_MAX_SIPA_DEPTH.
 */
bool sipa_is(struct avow_span data);
/** The tag as members of the object that is open; only for what sipa_is. */
void sipa_put(struct avow_jw *w, struct avow_span data);

/** One tag behind another. @return false at the end. */
bool sipa_next(struct avow_cursor *c, uint32_t *id, struct avow_span *payload);

#endif
