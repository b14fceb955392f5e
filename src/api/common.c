/*
 * What endpoints share: the api-version rule and two refusals.
 */
#include "api/endpoints.h"

/* Every version that a client of the contract is known to send. Routes are not
 * gated by version: real clients call new routes with old ones. */
static const char *const VERSIONS[] = {
	"2018-09-01-preview",
	"2018-09-01",
	"2020-10-01",
	"2022-08-01",
	"2022-09-01-preview",
	"2022-09-01",
	"2023-04-01-preview",
	"2025-06-01",
	"2026-03-11-preview",
};

enum avow_err
avow_api_check_version(const struct avow_http_request *rq, struct avow_why *why)
{
	struct avow_span v = avow_http_query(rq, "api-version");

	for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(VERSIONS[0]); i++)
		if (avow_span_eq_fold(v, avow_span_str(VERSIONS[i])))
			return AVOW_OK;
	return avow_refuse(why, AVOW_E_API_VERSION,
		&(struct avow_at){
			"request", "api-version", "MAA REST contract, versions"},
		"2018-09-01-preview to 2026-03-11-preview, for example 2022-08-01",
		v.n ? "%.*s" : "none", AVOW_FMT(v));
}

bool
avow_api_is_2018(const struct avow_http_request *rq)
{
	return avow_span_eq_fold(
		avow_http_query(rq, "api-version"), avow_span_str(VERSIONS[0]));
}

struct avow_span
avow_api_last_segment(struct avow_span path)
{
	size_t i = path.n;

	while (i > 0 && path.p[i - 1] != '/')
		i--;
	return avow_span_from(path, i);
}

enum avow_err
avow_api_unknown_type(struct avow_span type, struct avow_why *why)
{
	return avow_refuse(why, AVOW_E_ATTESTATION_TYPE,
		&(struct avow_at){"request", "attestationType",
			"MAA REST contract, attestation types"},
		"an attestation type of this service", "%.*s", AVOW_FMT(type));
}

enum avow_err
avow_api_policy_error(enum avow_err e, const struct avow_policy_error *perr,
	const char *field, struct avow_why *why)
{
	if (!why || why->code != AVOW_OK)
		return e;
	avow_refuse(why, e,
		&(struct avow_at){"policy_compile", field, "docs/policy.md"},
		perr->expected[0] ? perr->expected : NULL,
		perr->symbol[0] ? "%s" : NULL, perr->symbol);
	avow_why_note(
		why, "line %u, column %u: %s", perr->line, perr->column, perr->failure);
	return e;
}
