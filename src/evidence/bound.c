/*
 * Compares a hash, then reads JSON. The hash covers the bytes exactly as they
 * were sent; only the reader passes over trailing NULs. Which bytes of the
 * evidence hold the hash is the kind's.
 */
#include "evidence/bound.h"

#include "base/limits.h"
#include "crypto/digest.h"

/* MAA REST contract: SHA-256 of the decoded data */
const struct avow_bound_rule avow_bound_runtime = {
	{"runtime_data", "report_data",
		"MAA REST API, AttestSgxEnclaveRequest.runtimeData"},
	AVOW_E_RUNTIME_DATA_MISMATCH, AVOW_E_RUNTIME_DATA_JSON};

const struct avow_bound_rule avow_bound_init = {
	{"init_time_data", "config_id",
		"MAA REST API, AttestSgxEnclaveRequest.initTimeData"},
	AVOW_E_INIT_DATA_MISMATCH, AVOW_E_INIT_DATA_JSON};

static enum avow_err
check_size(const struct avow_bound_data *d, const struct avow_bound_rule *rule,
	struct avow_why *why)
{
	size_t max = d->is_json ? AVOW_MAX_RUNTIME_JSON : AVOW_MAX_RUNTIME_DATA;

	if (d->bytes.n <= max)
		return AVOW_OK;
	(void)avow_refuse(
		why, AVOW_E_TOO_LARGE, &rule->at, NULL, "%zu bytes", d->bytes.n);
	avow_why_note(why, "at most %zu bytes of %s", max,
		d->is_json ? "JSON" : "binary data");
	return AVOW_E_TOO_LARGE;
}

static enum avow_err
read_json(struct avow_span text, const struct avow_bound_rule *rule,
	struct avow_arena *a, const struct avow_json **tree, struct avow_why *why)
{
	struct avow_why w;
	enum avow_err e;

	while (text.n > 0 && text.p[text.n - 1] == 0)
		text.n--;
	avow_why_init(&w);
	e = avow_json_parse(text, NULL, a, tree, &w);
	if (e == AVOW_OK)
		return AVOW_OK;
	if (avow_err_class(e) == AVOW_CLASS_INTERNAL)
		return e;
	(void)avow_refuse(
		why, rule->not_json, &rule->at, "JSON", "%s", avow_err_text(e));
	avow_why_offset(why, w.offset);
	return rule->not_json;
}

enum avow_err
avow_bound_check(const struct avow_bound_data *data, const struct avow_bound_rule *rule,
	struct avow_span hash, struct avow_arena *a, const struct avow_json **tree,
	struct avow_why *why)
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_span got;

	*tree = NULL;
	AVOW_TRY(check_size(data, rule, why));
	AVOW_TRY(avow_sha256(data->bytes, digest));
	got = avow_span_make(digest, sizeof(digest));
	if (!avow_span_eq(got, hash))
		return avow_refuse_bytes(why, rule->mismatch, &rule->at, hash, got);
	return data->is_json ? read_json(data->bytes, rule, a, tree, why) : AVOW_OK;
}
