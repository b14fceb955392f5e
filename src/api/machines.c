/*
 * GET /machines: the machines that attested to a provider, for who may read at
 * it. Avow's own, so that there is no api-version. All of it is what quotes
 * proved, but for `label`, which is what the machine calls itself.
 *
 *   /machines?after=ID&max=N      in the order of ids, `next` for the page behind
 *   /machines/{id}                one, with the boot states that are kept
 *   /machines/{id}/diff?from=&to= what differs between two of them
 */
#include <string.h>

#include "api/endpoints.h"
#include "machine/machine.h"
#include "wire/json_member.h"

#define PAGE 100
#define MAX_PAGE 1000

static enum avow_err
refuse(struct avow_why *why, enum avow_err e, const char *field, const char *expected)
{
	const struct avow_at at = {"machines", field, "docs/machines.md"};

	return avow_refuse(why, e, &at, expected, "another");
}

static enum avow_err
begin(struct avow_http_request *rq, struct avow_store **store, struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_READ, .provider = rq->place};
	const struct avow_provider *provider;
	struct avow_who who;

	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	*store = avow_service_store(avow_worker_service(rq->worker_context));
	return AVOW_OK;
}

/* A decimal number of the query within [1, max]; `otherwise` when it is absent. */
static enum avow_err
query_number(const struct avow_http_request *rq, const char *name, int64_t max,
	int64_t otherwise, int64_t *out, struct avow_why *why)
{
	struct avow_span s = avow_http_query(rq, name);
	int64_t v = 0;

	*out = otherwise;
	if (!s.p)
		return AVOW_OK;
	for (size_t i = 0; i < s.n && i < 10; i++)
		v = s.p[i] >= '0' && s.p[i] <= '9' ? v * 10 + (s.p[i] - '0')
						   : INT32_MIN;
	if (s.n == 0 || s.n > 9 || v < 1 || v > max)
		return refuse(why, AVOW_E_MACHINE_QUERY, name, "a number in its range");
	*out = v;
	return AVOW_OK;
}

static struct avow_span
json_claim(const struct avow_appraisal *ap, enum avow_claim_id id)
{
	const struct avow_claim *c =
		ap->has_claims ? avow_claims_find(&ap->claims, id) : NULL;
	struct avow_claim own;

	if (!c || c->type != AVOW_VALUE_JSON)
		return AVOW_LIT("");
	own = *c;
	/* a text that cannot be made is one that was not sent */
	if (avow_claim_settle(&own, ap->claims.arena) != AVOW_OK)
		return AVOW_LIT("");
	return own.string;
}

void
avow_api_follow(const struct avow_http_request *rq, const struct avow_kind *kind,
	const struct avow_appraisal *ap, int64_t at_s)
{
	struct avow_machine_report r = {
		.provider = rq->place,
		.kind = avow_span_str(kind->api_name),
		.label = ap->findings.machine.label,
		.at_s = at_s,
		.result = ap->why.code,
	};

	/* Undecided says nothing of the machine. */
	if (!ap->findings.machine.is_known || ap->verdict == AVOW_APPRAISED_UNDECIDED)
		return;
	r.pcrs = json_claim(ap, AVOW_CLAIM_TPM_PCRS);
	r.events = json_claim(ap, AVOW_CLAIM_TPM_EVENTS);
	memcpy(r.id, ap->findings.machine.id, sizeof(r.id));
	avow_machines_report(
		avow_service_machines(avow_worker_service(rq->worker_context)), &r);
}

/* --- encoding --------------------------------------------------------------------------- */

static const char *
condition(const struct avow_store_machine *m)
{
	if (m->is_silent)
		return "silent";
	return m->failing.n ? "failing" : "good";
}

static void
put_members(struct avow_jw *w, const struct avow_store_machine *m)
{
	avow_jw_put_int(w, "attestations", m->attestations);
	avow_jw_put_str(w, "condition", condition(m));
	avow_jw_name(w, "failing");
	if (m->failing.n)
		avow_jw_string(w, m->failing);
	else
		avow_jw_null(w);
	avow_jw_put_int(w, "failures", m->failures);
	avow_jw_put_time_or_null(w, "first", m->first_s);
	avow_jw_put_time_or_null(w, "good", m->good_s);
	avow_jw_put_string(w, "id", m->id);
	avow_jw_put_string(w, "kind", m->kind);
	avow_jw_put_string(w, "label", m->label);
	avow_jw_put_time_or_null(w, "last", m->last_s);
	avow_jw_put_int(w, "state", m->states);
}

static enum avow_err
answer(struct avow_http_response *rs, struct avow_jw *w)
{
	avow_jw_close(w);
	rs->status = 200;
	return rs->body.err;
}

/* --- the list ------------------------------------------------------------------------------- */

enum avow_err
avow_api_machines(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_store_machine *v;
	struct avow_store *store;
	struct avow_jw w;
	int64_t max;
	size_t n;

	AVOW_TRY(begin(rq, &store, why));
	AVOW_TRY(query_number(rq, "max", MAX_PAGE, PAGE, &max, why));
	AVOW_TRY(avow_store_machine_list(store, rq->place, avow_http_query(rq, "after"),
		(size_t)max, rq->arena, &v, &n));
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "machines");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		avow_jw_open(&w, '{');
		put_members(&w, &v[i]);
		avow_jw_close(&w);
	}
	avow_jw_close(&w);
	avow_jw_name(&w, "next");
	if (n == (size_t)max)
		avow_jw_string(&w, v[n - 1].id);
	else
		avow_jw_null(&w);
	return answer(rs, &w);
}

/* --- one ------------------------------------------------------------------------------------- */

static enum avow_err
find(struct avow_http_request *rq, struct avow_store *store,
	struct avow_store_machine *out, struct avow_why *why)
{
	enum avow_err e =
		avow_store_machine_get(store, rq->place, rq->params[0], rq->arena, out);

	if (e != AVOW_E_NOT_FOUND)
		return e;
	return refuse(why, AVOW_E_MACHINE_UNKNOWN, "id",
		"a machine that attested to this provider");
}

enum avow_err
avow_api_machine(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_store_machine_state *v;
	struct avow_store_machine m;
	struct avow_store *store;
	struct avow_jw w;
	size_t n;

	AVOW_TRY(begin(rq, &store, why));
	AVOW_TRY(find(rq, store, &m, why));
	AVOW_TRY(avow_store_machine_states(store, rq->place, m.id, rq->arena, &v, &n));
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	put_members(&w, &m);
	avow_jw_name(&w, "states");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		avow_jw_open(&w, '{');
		avow_jw_put_time_or_null(&w, "at", v[i].at_s);
		avow_jw_put_int(&w, "seq", v[i].seq);
		avow_jw_name(&w, "state");
		avow_jw_raw(&w, v[i].state);
		avow_jw_close(&w);
	}
	avow_jw_close(&w);
	return answer(rs, &w);
}

/* --- what differs ------------------------------------------------------------------------------ */

static enum avow_err
pick(const struct avow_store_machine_state *v, size_t n, int64_t seq, const char *field,
	const struct avow_store_machine_state **out, struct avow_why *why)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].seq == seq) {
			*out = &v[i];
			return AVOW_OK;
		}
	return refuse(why, AVOW_E_MACHINE_STATE_UNKNOWN, field, "a state that is kept");
}

static enum avow_err
put_diff(struct avow_http_request *rq, struct avow_http_response *rs,
	const struct avow_store_machine_state *from,
	const struct avow_store_machine_state *to)
{
	struct avow_jw w;
	size_t more;

	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "changes");
	avow_jw_open(&w, '[');
	AVOW_TRY(avow_machine_diff(from->state, to->state, rq->arena, &w, &more));
	avow_jw_close(&w);
	avow_jw_put_int(&w, "from", from->seq);
	avow_jw_put_time_or_null(&w, "from_at", from->at_s);
	avow_jw_put_int(&w, "more", (int64_t)more);
	avow_jw_put_int(&w, "to", to->seq);
	avow_jw_put_time_or_null(&w, "to_at", to->at_s);
	return answer(rs, &w);
}

enum avow_err
avow_api_machine_diff(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_store_machine_state *a = NULL, *b = NULL;
	struct avow_store_machine_state *v;
	struct avow_store_machine m;
	struct avow_store *store;
	int64_t from, to;
	size_t n;

	AVOW_TRY(begin(rq, &store, why));
	AVOW_TRY(find(rq, store, &m, why));
	AVOW_TRY(query_number(rq, "to", INT32_MAX, m.states, &to, why));
	AVOW_TRY(query_number(rq, "from", INT32_MAX, to - 1, &from, why));
	AVOW_TRY(avow_store_machine_states(store, rq->place, m.id, rq->arena, &v, &n));
	AVOW_TRY(pick(v, n, from, "from", &a, why));
	AVOW_TRY(pick(v, n, to, "to", &b, why));
	return put_diff(rq, rs, a, b);
}
