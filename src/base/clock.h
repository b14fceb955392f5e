/*
 * Time as seconds since 1970-01-01T00:00:00Z. Verifiers never ask the system:
 * the appraisal time is an argument.
 */
#ifndef AVOW_BASE_CLOCK_H
#define AVOW_BASE_CLOCK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define AVOW_TIME_TEXT 21 /* "YYYY-MM-DDThh:mm:ssZ" and a NUL */

/** The system's wall clock, in seconds. Only daemon, cli and libavow call it. */
int64_t avow_clock_now_s(void);
/** A monotonic clock in milliseconds, for deadlines. */
int64_t avow_clock_mono_ms(void);
/**
 * Read RFC 3339 date-time: years 1970..9999, upper or lower case T and Z, an
 * optional fraction (ignored), Z or a numeric offset. No leap second.
 * @return AVOW_OK or AVOW_E_TIME.
 */
enum avow_err avow_time_parse(struct avow_span text, int64_t *out_s)
	AVOW_CHECKED;
/** As above, only "YYYY-MM-DDThh:mm:ssZ" (the form that Intel's PCS serves). */
enum avow_err avow_time_parse_strict(struct avow_span text, int64_t *out_s)
	AVOW_CHECKED;
/** Write "YYYY-MM-DDThh:mm:ssZ"; times outside years 1970..9999 are clamped. */
void avow_time_format(int64_t s, char out[AVOW_TIME_TEXT]);
/** Seconds since 1970 of a UTC civil time; no range check of its own. */
int64_t avow_time_from_civil(int year, int month, int day, int h, int m, int s);
/**
 * Read a duration: digits and one unit of s, m, h, d, w ("36h", "730d"), or
 * "0". At most 100 years. @return AVOW_OK or AVOW_E_DURATION.
 */
enum avow_err avow_duration_parse(struct avow_span text, int64_t *out_s)
	AVOW_CHECKED;

#endif
