/*
 * GET /tcbbaselines/{type}: the TCB baselines that a policy's
 * x-ms-sgx-tcbidentifier can name, by the collateral that is here and current.
 * "azuredefault" comes first, with the number that the operator gave it; then
 * each evaluation data number, the highest first. Which one is selected is
 * what the policy in force configures.
 *
 * Intel signs no least versions of its software, so those two members are empty.
 */
#include <stdio.h>

#include "api/endpoints.h"
#include "base/clock.h"
#include "trust/baselines.h"
#include "wire/json_member.h"

#define DEFAULT_NAME "azuredefault"

struct listing {
	struct avow_baseline v[AVOW_MAX_BASELINES];
	size_t n;
	uint32_t standard; /* what DEFAULT_NAME stands for; 0: nothing is here */
	struct avow_span selected; /* the identifier in force */
	bool number_as_text; /* 2022-09 has strings */
};

static enum avow_err
find_tee(const struct avow_kind *kind, enum avow_tee *tee, struct avow_why *why)
{
	*tee = kind && kind->bit == AVOW_KIND_TDX ? AVOW_TEE_TDX : AVOW_TEE_SGX;
	if (kind && (kind->bit & (AVOW_KIND_SGX | AVOW_KIND_OE | AVOW_KIND_TDX)))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_ATTESTATION_TYPE,
		&(struct avow_at){"request", "attestationType",
			"MAA REST contract, tcbbaselines"},
		"SgxEnclave, OpenEnclave or TdxVm", "another");
}

/* configurationrules see no evidence, so they say the same for every request. */
static enum avow_err
selected_by(const struct avow_policy *policy, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why)
{
	struct avow_policy_options o = {.max_steps = 0};
	struct avow_properties p;

	avow_properties_init(&p, a);
	if (policy)
		AVOW_TRY(avow_policy_configure(policy, &o, a, &p, why));
	*out = p.tcb_identifier;
	return AVOW_OK;
}

static void
put_number(struct avow_jw *w, const struct listing *l, uint32_t number)
{
	char text[16];

	if (!l->number_as_text) {
		avow_jw_int(w, number);
		return;
	}
	snprintf(text, sizeof(text), "%u", number);
	avow_jw_str(w, text);
}

static void
put_baseline(struct avow_jw *w, const struct listing *l, const char *identifier,
	uint32_t number)
{
	char date[AVOW_TIME_TEXT] = "";

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].number == number)
			avow_time_format(l->v[i].tcb_date_s, date);
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "tcbIdentifier", identifier);
	avow_jw_name(w, "tcbEvaluationDataNumber");
	put_number(w, l, number);
	avow_jw_put_str(w, "tcbReleaseDate", date);
	avow_jw_put_str(w, "minimumPswLinuxVersion", "");
	avow_jw_put_str(w, "minimumPswWindowsVersion", "");
	avow_jw_put_bool(w, "isSelectedTcb", avow_span_eq_str(l->selected, identifier));
	avow_jw_close(w);
}

static void
put_listing(struct avow_buf *out, const struct listing *l)
{
	struct avow_jw w;
	char text[16];

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "tcbBaselines");
	avow_jw_open(&w, '[');
	if (l->standard)
		put_baseline(&w, l, DEFAULT_NAME, l->standard);
	for (size_t i = 0; i < l->n; i++) {
		snprintf(text, sizeof(text), "%u", l->v[i].number);
		put_baseline(&w, l, text, l->v[i].number);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
}

/* The preview's query parameter; anything but "false" is the contract of later. */
static bool
wants_selected(const struct avow_http_request *rq)
{
	return !avow_span_eq_fold(
		avow_http_query(rq, "provideCurrentTcbInPolicy"), AVOW_LIT("false"));
}

static enum avow_err
find_listing(struct avow_http_request *rq, const struct avow_provider *provider,
	const struct avow_kind *kind, struct listing *l, struct avow_why *why)
{
	const struct avow_view *view = avow_worker_view(rq->worker_context);
	const struct avow_provider_settings *set =
		&avow_provider_info(provider)->settings;
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	uint32_t standard = set->has_baseline ? set->baseline : view->baseline;
	bool early = set->has_update ? set->early
				     : avow_supply_is_early(avow_service_supply(sv));
	enum avow_tee tee;

	AVOW_TRY(find_tee(kind, &tee, why));
	if (wants_selected(rq))
		AVOW_TRY(selected_by(avow_provider_policy(provider, kind)->policy,
			rq->arena, &l->selected, why));
	AVOW_TRY(avow_baselines_find(view->collateral, view->anchors, tee,
		avow_clock_now_s(), early, l->v, &l->n, &l->standard));
	if (standard)
		l->standard = standard;
	l->number_as_text = avow_span_starts(
		avow_http_query(rq, "api-version"), AVOW_LIT("2022-09-01"));
	return AVOW_OK;
}

enum avow_err
avow_api_tcb_baselines(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_span type = avow_api_last_segment(rq->path);
	const struct avow_provider *provider;
	struct listing l = {.n = 0};

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	if (!avow_kind_by_api_name(type))
		return avow_api_unknown_type(type, why);
	AVOW_TRY(find_listing(rq, provider, avow_kind_by_api_name(type), &l, why));
	put_listing(&rs->body, &l);
	return rs->body.err;
}
