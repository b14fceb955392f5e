/*
 * One document from its source: URL, request, answer, verification. It decides
 * nothing of its own; it blocks, and what it does is bounded by the limits of
 * each kind and the timeout.
 */
#include "base/limits.h"
#include "fetch/fetch.h"

/* Each with room above what was ever seen (limits.h says how much). */
static size_t
max_body(enum avow_fetch_kind kind)
{
	switch (kind) {
	case AVOW_FETCH_PCK_CRL:
	case AVOW_FETCH_ROOT_CRL:
	case AVOW_FETCH_AMD_CRL:
		return AVOW_MAX_CRL_TEXT;
	case AVOW_FETCH_VCEK:
	case AVOW_FETCH_AMD_CHAIN:
		return AVOW_MAX_SNP_CERTS_TEXT;
	case AVOW_FETCH_TCB_INFO:
	case AVOW_FETCH_QE_IDENTITY:
	case AVOW_FETCH_NUMBERS:
	case AVOW_FETCH_KINDS:
		break;
	}
	return AVOW_MAX_TCB_INFO;
}

static enum avow_err
send_default(void *ctx, const struct avow_net_request *rq, struct avow_net_response *rs,
	struct avow_why *why)
{
	(void)ctx;
	return avow_net_fetch(rq, rs, why);
}

/* Plain http only to this machine: a PCCS beside us, a mirror in a test. */
static enum avow_err
request_of(const struct avow_fetch_sources *s, const char *url, struct avow_buf *origin,
	struct avow_net_request *rq)
{
	AVOW_TRY(avow_net_origin(avow_span_str(url), origin));
	*rq = (struct avow_net_request){
		.url = url,
		.ca_file = s->ca_file && s->ca_file[0] ? s->ca_file : NULL,
		.proxy = s->proxy,
		.timeout_ms = s->timeout_ms,
		.allow_http = avow_net_is_loopback(avow_buf_span(origin)),
	};
	return AVOW_OK;
}

static enum avow_err
judge(const struct avow_fetch_key *k, const struct avow_net_response *rs,
	const struct avow_fetch_judge *j, struct avow_arena *a,
	struct avow_store_collateral *out, int *retry_after_s, struct avow_why *why)
{
	struct avow_span body, chain;

	AVOW_TRY(avow_fetch_read(k, rs, a, &body, &chain, retry_after_s, why));
	return avow_fetch_verify(k, body, chain, j, a, out, why);
}

struct fetch {
	const struct avow_fetch_sources *s;
	const struct avow_fetch_key *k;
	const struct avow_fetch_judge *j;
	avow_fetch_send *send;
	void *ctx;
	struct avow_buf url, origin;
};

static enum avow_err
run(struct fetch *f, struct avow_arena *a, struct avow_store_collateral *out,
	int *retry_after_s, struct avow_why *why)
{
	struct avow_net_header headers[AVOW_FETCH_HEADERS];
	struct avow_net_response rs;
	struct avow_net_request rq;
	enum avow_err e;

	AVOW_TRY(avow_fetch_url(f->s, f->k, &f->url));
	if (!avow_buf_str(&f->url))
		return f->url.err;
	AVOW_TRY(request_of(f->s, avow_buf_str(&f->url), &f->origin, &rq));
	avow_fetch_headers(f->k->kind, headers);
	avow_net_response_init(&rs, max_body(f->k->kind), headers, AVOW_FETCH_HEADERS);
	e = f->send(f->ctx, &rq, &rs, why);
	if (e == AVOW_OK)
		e = judge(f->k, &rs, f->j, a, out, retry_after_s, why);
	avow_net_response_clear(&rs);
	return e;
}

enum avow_err
avow_fetch_get(const struct avow_fetch_sources *s, const struct avow_fetch_key *k,
	const struct avow_fetch_judge *j, avow_fetch_send *send, void *ctx,
	struct avow_arena *a, struct avow_store_collateral *out, int *retry_after_s,
	struct avow_why *why)
{
	struct fetch f = {s, k, j, send ? send : send_default, ctx, {0}, {0}};
	enum avow_err e;

	*out = (struct avow_store_collateral){0};
	*retry_after_s = 0;
	avow_buf_init(&f.url, 2048);
	avow_buf_init(&f.origin, 512);
	e = run(&f, a, out, retry_after_s, why);
	if (e == AVOW_OK) {
		out->source = avow_arena_copy(a, avow_buf_span(&f.origin));
		out->fetched_s = j->at_s;
		if (!out->source.p)
			e = avow_arena_err(a);
	} else {
		(void)avow_refuse(why, e, NULL, NULL, NULL);
		avow_why_document(
			why, "%s", avow_buf_str(&f.url) ? avow_buf_str(&f.url) : "");
	}
	avow_buf_clear(&f.url);
	avow_buf_clear(&f.origin);
	return e;
}
