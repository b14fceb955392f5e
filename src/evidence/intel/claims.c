/*
 * Avow's own claims about a verified Intel platform, from its TCB result, the
 * selected collateral and the PCK certificate. What the enclave or the TD says is
 * each kind's.
 */
#include "evidence/intel/claims.h"

#include "base/clock.h"
#include "base/limits.h"

/* A JSON text for as long as the claim set lives. */
void
avow_intel_add_json(struct avow_claims *set, const enum avow_claim_id *ids, size_t n,
	struct avow_buf *b)
{
	struct avow_span copy = {NULL, 0};

	if (b->err == AVOW_OK)
		copy = avow_arena_copy(set->arena, avow_buf_span(b));
	if (copy.p)
		for (size_t i = 0; i < n; i++)
			avow_claims_add_json(set, ids[i], copy);
	else if (set->err == AVOW_OK)
		set->err = b->err != AVOW_OK ? b->err : avow_arena_err(set->arena);
	avow_buf_clear(b);
}

void
avow_intel_add_tree(
	struct avow_claims *set, enum avow_claim_id id, const struct avow_json *tree)
{
	struct avow_buf b;

	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_json_put(&b, tree, AVOW_JSON_SORTED);
	avow_intel_add_json(set, &id, 1, &b);
}

static void
add_time(struct avow_claims *set, enum avow_claim_id id, int64_t at_s)
{
	char text[AVOW_TIME_TEXT];
	struct avow_span copy;

	avow_time_format(at_s, text);
	copy = avow_arena_copy(set->arena, avow_span_str(text));
	if (copy.p)
		avow_claims_add_string(set, id, copy);
	else if (set->err == AVOW_OK)
		set->err = avow_arena_err(set->arena);
}

static void
add_advisories(struct avow_claims *set, const struct avow_tcb_result *t)
{
	static const enum avow_claim_id id = AVOW_CLAIM_AVOW_TCB_ADVISORIES;
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < t->n_advisories; i++)
		avow_jw_string(&w, t->advisories[i]);
	avow_jw_close(&w);
	avow_intel_add_json(set, &id, 1, &b);
}

void
avow_intel_add_avow(struct avow_claims *set, const struct avow_tcb_result *t,
	const struct avow_intel_selection *s, const struct avow_pck_extensions *ext)
{
	avow_claims_add_string(
		set, AVOW_CLAIM_AVOW_TCB_STATUS, avow_span_str(t->status));
	add_advisories(set, t);
	avow_claims_add_int(set, AVOW_CLAIM_AVOW_TCB_EVALUATION, t->evaluation_number);
	if (t->date_s != 0)
		add_time(set, AVOW_CLAIM_AVOW_TCB_DATE, t->date_s);
	add_time(set, AVOW_CLAIM_AVOW_COLLATERAL_EARLIEST_EXPIRY, s->earliest_expiry_s);
	add_time(set, AVOW_CLAIM_AVOW_COLLATERAL_LATEST_ISSUE, s->latest_issue_s);
	avow_claims_add_bool(set, AVOW_CLAIM_AVOW_COLLATERAL_GRACE, s->grace_used);
	avow_claims_add_hex(set, AVOW_CLAIM_AVOW_PLATFORM_ID,
		avow_span_make(ext->ppid, sizeof(ext->ppid)));
}
