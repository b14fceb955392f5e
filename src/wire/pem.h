/*
 * PEM (RFC 7468, strict form with either line end): blocks of one label, in
 * order. Text outside blocks is refused unless it is white space or NULs at
 * the very end (a PCK chain in a quote ends in a NUL).
 */
#ifndef AVOW_WIRE_PEM_H
#define AVOW_WIRE_PEM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct avow_pem_block {
	struct avow_span label;	/* "CERTIFICATE", "X509 CRL", ... */
	struct avow_span der;	/* decoded, in the arena */
	struct avow_span text;	/* from "-----BEGIN" through the last "-----" */
};

/**
 * All blocks of a text. *out has *n entries in the arena.
 * @return AVOW_OK; AVOW_E_PEM_SYNTAX (also for no block at all);
 * AVOW_E_PEM_COUNT when more than `max`; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_pem_parse(struct avow_span text, size_t max,
	struct avow_arena *a, struct avow_pem_block **out, size_t *n) AVOW_CHECKED;
/** True when the text starts, behind white space, with "-----BEGIN ". */
bool avow_pem_is(struct avow_span text);
/** Append a block: 64 columns, LF after every line, the last one too. */
void avow_pem_put(struct avow_buf *b, const char *label, struct avow_span der);

#endif
