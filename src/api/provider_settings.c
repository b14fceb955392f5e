/*
 * The settings of a provider: one row of the table each, with how its value is
 * read. What a setting does is its module's; here is only that the value is one
 * that it can have.
 */
#include "api/provider_settings.h"

#include "appraise/appraise.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "trust/tcb.h"

#define SOURCE "docs/providers.md, settings"

/** Read one value; expected is filled where it is none that it can have.
 *  @return AVOW_OK, AVOW_E_PROVIDER_SETTING, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE. */
typedef enum avow_err read_fn(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected);

/* Intel's spelling. Revoked is never accepted, as in the configuration. */
static enum avow_err
read_accept_tcb(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	enum avow_tcb_status status;

	(void)a;
	*expected = "a list of TCB statuses, Revoked not among them";
	if (v->type != AVOW_JSON_ARRAY || v->count == 0)
		return AVOW_E_PROVIDER_SETTING;
	for (size_t i = 0; i < v->count; i++) {
		if (v->items[i].type != AVOW_JSON_STRING ||
			!avow_tcb_status_parse(v->items[i].string, &status) ||
			status == AVOW_TCB_REVOKED)
			return AVOW_E_PROVIDER_SETTING;
		out->accept_tcb |= 1u << status;
	}
	out->has_accept_tcb = true;
	return AVOW_OK;
}

static enum avow_err
read_grace(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	(void)a;
	*expected = "a duration of at most 100 years, for example \"36h\"";
	if (v->type != AVOW_JSON_STRING ||
		avow_duration_parse(v->string, &out->grace_s) != AVOW_OK)
		return AVOW_E_PROVIDER_SETTING;
	out->has_grace = true;
	return AVOW_OK;
}

/* "Enabled" or "Disabled", the contract's words; true for the second. */
static enum avow_err
read_disabled(const struct avow_json *v, bool *out, const char **expected)
{
	*expected = "\"Enabled\" or \"Disabled\"";
	if (v->type != AVOW_JSON_STRING)
		return AVOW_E_PROVIDER_SETTING;
	*out = avow_span_eq_str(v->string, "Disabled");
	return *out || avow_span_eq_str(v->string, "Enabled") ? AVOW_OK
							      : AVOW_E_PROVIDER_SETTING;
}

/* MAA control plane: publicNetworkAccess, tpmAttestationAuthentication */
static enum avow_err
read_network(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	(void)a;
	return read_disabled(v, &out->is_private, expected);
}

static enum avow_err
read_tpm_authentication(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	(void)a;
	return read_disabled(v, &out->tpm_is_open, expected);
}

static enum avow_err
read_baseline(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	(void)a;
	*expected = "a TCB evaluation data number, or 0 for the newest";
	if (v->type != AVOW_JSON_INT || v->integer < 0 ||
		v->integer > AVOW_MAX_TCB_EVALUATION)
		return AVOW_E_PROVIDER_SETTING;
	out->baseline = (uint32_t)v->integer;
	out->has_baseline = true;
	return AVOW_OK;
}

/* An empty list would let nobody in, or everybody: it is refused. */
static enum avow_err
read_platforms(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	struct avow_buf list;

	*expected = "a list of PPIDs and chip ids in hexadecimal";
	if (v->type != AVOW_JSON_ARRAY || v->count == 0)
		return AVOW_E_PROVIDER_SETTING;
	avow_buf_init_arena(&list, a, AVOW_MAX_PROVIDER_SETTINGS * 2);
	for (size_t i = 0; i < v->count; i++) {
		if (v->items[i].type != AVOW_JSON_STRING ||
			!avow_platform_id_is(v->items[i].string))
			return AVOW_E_PROVIDER_SETTING;
		avow_platform_list_put(&list, v->items[i].string);
	}
	out->allow_platform = avow_buf_span(&list);
	out->has_allow_platform = true;
	return list.err;
}

/* PCS API v4: update=early is served on the day of disclosure, standard weeks
 * later */
static enum avow_err
read_update(const struct avow_json *v, struct avow_arena *a,
	struct avow_provider_settings *out, const char **expected)
{
	(void)a;
	*expected = "\"early\" or \"standard\"";
	if (v->type != AVOW_JSON_STRING)
		return AVOW_E_PROVIDER_SETTING;
	out->early = avow_span_eq_str(v->string, "early");
	out->has_update = out->early || avow_span_eq_str(v->string, "standard");
	return out->has_update ? AVOW_OK : AVOW_E_PROVIDER_SETTING;
}

static const struct {
	const char *name;
	read_fn *read;
} ROWS[] = {
	{"acceptedTcbStatuses", read_accept_tcb},
	{"allowedPlatforms", read_platforms},
	{"collateralGrace", read_grace},
	{"collateralUpdate", read_update},
	{"publicNetworkAccess", read_network},
	{"tcbBaseline", read_baseline},
	{"tpmAttestationAuthentication", read_tpm_authentication},
};

static read_fn *
find_row(struct avow_span name)
{
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++)
		if (avow_span_eq_str(name, ROWS[i].name))
			return ROWS[i].read;
	return NULL;
}

static enum avow_err
read_member(const struct avow_json_member *m, struct avow_arena *a,
	struct avow_provider_settings *out, struct avow_why *why)
{
	static const struct avow_at at = {"provider_setting", NULL, SOURCE};
	const char *expected = "a setting that is known";
	read_fn *read = find_row(m->name);
	enum avow_err e = AVOW_E_PROVIDER_SETTING;

	if (read)
		e = m->value.type == AVOW_JSON_NULL
			    ? AVOW_OK
			    : read(&m->value, a, out, &expected);
	if (e != AVOW_E_PROVIDER_SETTING)
		return e;
	avow_why_field(why, "%.*s", AVOW_FMT(avow_span_slice(m->name, 0, 60)));
	return avow_refuse(why, AVOW_E_PROVIDER_SETTING, &at, expected, "%.*s",
		AVOW_FMT(avow_span_slice(m->value.raw, 0, 60)));
}

static enum avow_err
parse(struct avow_span json, struct avow_arena *a, const struct avow_json **out,
	struct avow_why *why)
{
	static const struct avow_at at = {"provider_setting", "settings", SOURCE};

	if (json.n > AVOW_MAX_PROVIDER_SETTINGS)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &at, "at most 16384 bytes",
			"%zu bytes", json.n);
	if (json.n == 0)
		json = AVOW_LIT("{}");
	AVOW_TRY(avow_json_parse(json, NULL, a, out, why));
	if ((*out)->type != AVOW_JSON_OBJECT)
		return avow_refuse(
			why, AVOW_E_PROVIDER_SETTING, &at, "an object", NULL);
	return AVOW_OK;
}

static enum avow_err
read_tree(const struct avow_json *tree, struct avow_arena *a,
	struct avow_provider_settings *out, struct avow_why *why)
{
	*out = (struct avow_provider_settings){.has_accept_tcb = false};
	for (size_t i = 0; i < tree->count; i++)
		AVOW_TRY(read_member(&tree->members[i], a, out, why));
	return AVOW_OK;
}

enum avow_err
avow_provider_settings_read(struct avow_span json, struct avow_arena *a,
	struct avow_provider_settings *out, struct avow_why *why)
{
	const struct avow_json *tree;

	AVOW_TRY(parse(json, a, &tree, why));
	return read_tree(tree, a, out, why);
}

/* The same object without the members that say nothing. */
static enum avow_err
without_nulls(const struct avow_json *tree, struct avow_arena *a, struct avow_json *out)
{
	*out = *tree;
	out->count = 0;
	out->members = avow_arena_array(a, tree->count + 1, sizeof(*out->members));
	if (!out->members)
		return avow_arena_err(a);
	for (size_t i = 0; i < tree->count; i++)
		if (tree->members[i].value.type != AVOW_JSON_NULL)
			out->members[out->count++] = tree->members[i];
	return AVOW_OK;
}

enum avow_err
avow_provider_settings_judge(struct avow_span json, struct avow_arena *a,
	struct avow_span *canonical, struct avow_why *why)
{
	struct avow_provider_settings settings;
	const struct avow_json *tree;
	struct avow_json kept;
	struct avow_buf b;

	AVOW_TRY(parse(json, a, &tree, why));
	AVOW_TRY(read_tree(tree, a, &settings, why));
	AVOW_TRY(without_nulls(tree, a, &kept));
	avow_buf_init_arena(&b, a, AVOW_MAX_PROVIDER_SETTINGS * 2);
	avow_json_put(&b, &kept, AVOW_JSON_SORTED);
	*canonical = avow_buf_span(&b);
	return b.err;
}
