/*
 * A strict reader of DER (ITU-T X.690): definite minimal lengths, low tag
 * numbers, no trailing bytes. Syntax only; meaning belongs to the caller.
 * It works on the cursor, and errors stick in it.
 */
#ifndef AVOW_WIRE_DER_H
#define AVOW_WIRE_DER_H

#include "base/cursor.h"
#include "base/err.h"
#include "base/span.h"

enum avow_der_tag {
	AVOW_DER_BOOLEAN = 0x01,
	AVOW_DER_INTEGER = 0x02,
	AVOW_DER_BIT_STRING = 0x03,
	AVOW_DER_OCTET_STRING = 0x04,
	AVOW_DER_NULL = 0x05,
	AVOW_DER_OID = 0x06,
	AVOW_DER_ENUMERATED = 0x0a,
	AVOW_DER_UTF8_STRING = 0x0c,
	AVOW_DER_PRINTABLE_STRING = 0x13,
	AVOW_DER_IA5_STRING = 0x16,
	AVOW_DER_UTC_TIME = 0x17,
	AVOW_DER_GENERALIZED_TIME = 0x18,
	AVOW_DER_SEQUENCE = 0x30,
	AVOW_DER_SET = 0x31
};

struct avow_der {
	uint8_t tag;			/* the identifier octet as it is */
	struct avow_span content;
	struct avow_span whole;		/* identifier, length and content */
	size_t offset;			/* of the content in the outermost input */
};

/**
 * The next element of any tag.
 * @return AVOW_OK or AVOW_E_DER_SYNTAX (the cursor becomes bad).
 */
enum avow_err avow_der_any(struct avow_cursor *c, struct avow_der *out) AVOW_CHECKED;
/** The next element, which must have this tag; else AVOW_E_DER_SYNTAX. */
enum avow_err avow_der_next(struct avow_cursor *c, uint8_t tag,
	struct avow_der *out) AVOW_CHECKED;
/** Enter a constructed element of this tag: a cursor over its content. */
enum avow_err avow_der_enter(struct avow_cursor *c, uint8_t tag,
	struct avow_cursor *inner) AVOW_CHECKED;
/** The whole input is one element of this tag; else _SYNTAX or _TRAILING. */
enum avow_err avow_der_whole(struct avow_span in, uint8_t tag,
	struct avow_cursor *inner) AVOW_CHECKED;
/** A minimal non-negative INTEGER (or ENUMERATED) of at most `max`. */
enum avow_err avow_der_uint(struct avow_cursor *c, uint8_t tag, uint64_t max,
	uint64_t *out) AVOW_CHECKED;
/** A minimal INTEGER of any size and sign: its content octets. */
enum avow_err avow_der_integer(struct avow_cursor *c, struct avow_span *out) AVOW_CHECKED;
/** Canonical: 0x00 or 0xff. */
enum avow_err avow_der_bool(struct avow_cursor *c, bool *out) AVOW_CHECKED;
/** An OID's content octets; well-formed base-128 arcs are tested. */
enum avow_err avow_der_oid(struct avow_cursor *c, struct avow_span *out) AVOW_CHECKED;
/** Dotted text ("1.2.840.113741.1.13.1") to content octets; for constants.
 *  Returns the length, 0 when it does not fit or is malformed. */
size_t avow_der_oid_encode(const char *dotted, uint8_t *out, size_t room);
/** ECDSA-Sig-Value of RFC 3279 2.2.3 from raw r||s of `half` bytes each;
 *  out needs 2*half+9 bytes. Returns the length. */
size_t avow_der_ecdsa_encode(struct avow_span raw, uint8_t *out, size_t room);

#endif
