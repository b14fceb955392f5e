/*
 * Why a check refused: filled by that check, once, at the place where it
 * decided. It is a fixed-size value that travels down the call chain by
 * pointer; there is no global error state.
 */
#ifndef AVOW_BASE_WHY_H
#define AVOW_BASE_WHY_H

#include "base/err.h"
#include "base/span.h"

/** Where a rule stands: the check's name, the field, and its source. */
struct avow_at {
	const char *check;	/* stable, e.g. "pck_chain"; static string */
	const char *field;	/* as the standard spells it, e.g. "isv_svn" */
	const char *source;	/* standard and section; static string */
};

struct avow_why {
	enum avow_err code;
	const char *check;
	const char *source;
	size_t offset;		/* byte offset in the input, SIZE_MAX: none */
	char field[96];
	char expected[192];
	char got[192];
	char document[96];	/* which file or document, "" when evidence */
	char message[256];	/* free text beside the code's own; may be "" */
};

void avow_why_init(struct avow_why *why);

/**
 * Record a refusal and return its code, so that a check can
 * `return avow_refuse(...)`. The first refusal wins: a `why` that already
 * holds one is left alone. `why` may be NULL. `expected` may be NULL;
 * `got_fmt` is printf-like and may be NULL.
 */
enum avow_err avow_refuse(struct avow_why *why, enum avow_err code,
	const struct avow_at *at, const char *expected, const char *got_fmt, ...)
	__attribute__((format(printf, 5, 6), cold));

/** As avow_refuse, with both values shown as lower hex, cut with "...". */
enum avow_err avow_refuse_bytes(struct avow_why *why, enum avow_err code,
	const struct avow_at *at, struct avow_span expected, struct avow_span got)
	__attribute__((cold));

/** Add free text, the document or the byte offset to a recorded refusal. */
void avow_why_note(struct avow_why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
void avow_why_document(struct avow_why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
void avow_why_field(struct avow_why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
void avow_why_offset(struct avow_why *why, size_t offset);

#endif
