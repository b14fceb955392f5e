/*
 * The request's id: one name for a request in the client's log, in ours and
 * in its answer. It follows W3C Trace Context, as the contract's own ids do.
 */
#include "http/head.h"

#include <string.h>

#include "base/hex.h"

static bool
is_lower_hex(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
			!(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n > 0;
}

static bool
is_all_zeros(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

/* W3C Trace Context, 3.2.2: version-traceid-parentid-flags; a version above
 * 00 may go on behind the flags. */
static bool
read_traceparent(struct avow_span s, struct avow_span *trace)
{
	struct avow_span version = avow_span_slice(s, 0, 2);
	struct avow_span parent = avow_span_slice(s, 36, 16);

	*trace = avow_span_slice(s, 3, 32);
	if (s.n < 55 || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return false;
	if (!is_lower_hex(version) || avow_span_eq_str(version, "ff"))
		return false;
	if (s.n > 55 && (avow_span_eq_str(version, "00") || s.p[55] != '-'))
		return false;
	return is_lower_hex(*trace) && !is_all_zeros(*trace) && is_lower_hex(parent) &&
	       !is_all_zeros(parent) && is_lower_hex(avow_span_slice(s, 53, 2));
}

void
avow_http_request_id(struct avow_span traceparent, const uint8_t fresh[24],
	char out[AVOW_HTTP_ID_TEXT])
{
	struct avow_span trace;

	memcpy(out, "00-", 3);
	if (read_traceparent(traceparent, &trace))
		memcpy(out + 3, trace.p, 32);
	else
		avow_hex_encode(avow_span_make(fresh, 16), out + 3);
	out[35] = '-';
	avow_hex_encode(avow_span_make(fresh + 16, 8), out + 36);
	memcpy(out + 52, "-00", 4);
}
