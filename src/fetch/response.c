/*
 * What an answer of a source holds: its status as one of few meanings, the body,
 * and the issuer chain that Intel's services put in a header, percent-encoded.
 * Nothing is believed here.
 */
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "fetch/fetch.h"

#define MAX_RETRY_AFTER_S 3600

static const struct avow_at AT = {"fetch", "answer", "Intel PCS API v4; AMD 57230"};

void
avow_fetch_headers(
	enum avow_fetch_kind kind, struct avow_net_header h[AVOW_FETCH_HEADERS])
{
	static const char *const chains[AVOW_FETCH_KINDS] = {
		[AVOW_FETCH_TCB_INFO] = "TCB-Info-Issuer-Chain",
		[AVOW_FETCH_QE_IDENTITY] = "SGX-Enclave-Identity-Issuer-Chain",
		[AVOW_FETCH_NUMBERS] = "TCB-Evaluation-Data-Numbers-Issuer-Chain",
		[AVOW_FETCH_PCK_CRL] = "SGX-PCK-CRL-Issuer-Chain",
	};

	h[0].name = chains[kind] ? chains[kind] : "";
	h[1].name = "Retry-After";
}

/* --- status ------------------------------------------------------------------------------- */

/* RFC 9110, 10.2.3, in seconds; a date there is taken for none. */
static int
retry_after(const struct avow_net_response *rs)
{
	struct avow_span s = avow_buf_span(&rs->headers[1].value);
	int v = 0;

	if (s.n == 0)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		v = 10 * v + (s.p[i] - '0');
		if (v > MAX_RETRY_AFTER_S)
			v = MAX_RETRY_AFTER_S;
	}
	return v > 0 ? v : 1;
}

static enum avow_err
meaning(long status)
{
	switch (status) {
	case 200:
		return AVOW_OK;
	case 400: /* PCS: a parameter that it does not know; KDS: a chip or TCB */
	case 404:
	case 410: /* PCS: a number that is no longer offered */
	case 461: /* PCCS: platform unknown; 462: certificates unavailable */
	case 462:
		return AVOW_E_FETCH_NOT_FOUND;
	case 429:
		return AVOW_E_FETCH_BUSY;
	default:
		return status >= 500 ? AVOW_E_FETCH_BUSY : AVOW_E_NET_STATUS;
	}
}

/* --- the chain ------------------------------------------------------------------------------ */

/* RFC 3986, 2.1. A '+' is one: PEM has it, and PCS writes %2B where it means one. */
static enum avow_err
percent_decode(struct avow_span s, struct avow_arena *a, struct avow_span *out)
{
	uint8_t *p = avow_arena_alloc(a, s.n + 1);
	size_t n = 0;

	if (!p)
		return avow_arena_err(a);
	for (size_t i = 0; i < s.n; n++) {
		if (s.p[i] != '%') {
			p[n] = s.p[i++];
			continue;
		}
		if (s.n - i < 3 || avow_hex_decode(avow_span_slice(s, i + 1, 2), &p[n],
					   1) != AVOW_OK)
			return AVOW_E_FETCH_FORMAT;
		i += 3;
	}
	*out = avow_span_make(p, n);
	return AVOW_OK;
}

static enum avow_err
read_body(const struct avow_net_response *rs, struct avow_arena *a,
	struct avow_span *body, struct avow_why *why)
{
	if (rs->body.n == 0)
		return avow_refuse(
			why, AVOW_E_FETCH_FORMAT, &AT, "a body", "an empty one");
	*body = avow_arena_copy(a, avow_buf_span(&rs->body));
	return body->p ? AVOW_OK : avow_arena_err(a);
}

enum avow_err
avow_fetch_read(const struct avow_fetch_key *k, const struct avow_net_response *rs,
	struct avow_arena *a, struct avow_span *body, struct avow_span *chain,
	int *retry_after_s, struct avow_why *why)
{
	enum avow_err e = meaning(rs->status);

	(void)k;
	*body = *chain = (struct avow_span){NULL, 0};
	*retry_after_s = 0;
	if (e == AVOW_E_FETCH_BUSY)
		*retry_after_s = retry_after(rs);
	if (e != AVOW_OK)
		return avow_refuse(why, e, &AT, "status 200", "%ld", rs->status);
	AVOW_TRY(read_body(rs, a, body, why));
	e = percent_decode(avow_buf_span(&rs->headers[0].value), a, chain);
	if (e != AVOW_E_FETCH_FORMAT)
		return e;
	return avow_refuse(why, e, &AT, "percent-encoded text", "a '%%' without hex");
}
