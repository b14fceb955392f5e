/*
 * Reports of confidential VMs, gathered and sent in one go. The report holds the
 * SHA-256 of the runtime data that is sent beside it, so whatever must be fresh or
 * belong to this machine has to stand in that data: a nonce alone, which the service
 * only repeats, is made into data of its own.
 */
#include <string.h>

#include "base/limits.h"
#include "cli/attest.h"
#include "client/client.h"
#include "crypto/digest.h"
#include "wire/json_member.h"

static void
put_nonce(struct avow_buf *out, const char *nonce)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "nonce", nonce);
	avow_jw_close(&w);
}

/* The request's runtime data, and its digest where the report takes it from. */
static enum avow_err
bind_data(struct avow_attest_run *r, struct avow_attest_request *rq,
	struct avow_buf *made)
{
	memset(r->collect.data, 0, sizeof(r->collect.data));
	if (!rq->runtime_data && rq->nonce) {
		put_nonce(made, rq->nonce);
		rq->runtime_data = made->p;
		rq->runtime_data_len = made->n;
		rq->runtime_data_is_json = 1;
	}
	if (made->err != AVOW_OK || !rq->runtime_data)
		return made->err;
	return avow_sha256(avow_span_make(rq->runtime_data, rq->runtime_data_len),
		r->collect.data);
}

enum avow_verdict
avow_attest_report(
	struct avow_attest_run *r, struct avow_buf *token, struct avow_problem *problem)
{
	struct avow_attest_request rq = r->rq;
	enum avow_verdict v = AVOW_VERDICT_UNDECIDED;
	struct avow_buf evidence, data;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	avow_buf_init(&evidence, AVOW_MIB(1));
	avow_buf_init(&data, AVOW_KIB(64));
	e = bind_data(r, &rq, &data);
	if (e == AVOW_OK)
		e = avow_collect_evidence(&r->collect, &evidence, &why);
	if (e == AVOW_OK) {
		rq.evidence = evidence.p;
		rq.evidence_len = evidence.n;
		v = avow_attest_send(r, &rq, token, problem);
	} else {
		client_problem(problem, e, &why);
	}
	avow_buf_clear(&evidence);
	avow_buf_clear(&data);
	return v;
}
