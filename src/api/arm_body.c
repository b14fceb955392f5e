/*
 * The bodies that make and change a provider. Members are known by name or
 * refused: a misspelt setting that was passed over would leave a provider
 * other than its owner believes. What only the service can say (status,
 * attestUri) may stand there, because clients send back what they got; a trust
 * model is kept, for the caller to compare.
 */
#include "api/arm.h"

#include "api/policy_key.h"
#include "api/provider_settings.h"
#include "wire/json.h"

#define SOURCE "MAA control plane, create and patch bodies"

struct decoder {
	bool is_create;
	struct avow_arena *a;
	struct avow_arm_body *out;
	struct avow_why *why;
};

static enum avow_err
refuse(struct avow_why *why, struct avow_span field, const char *expected,
	const struct avow_json *got)
{
	avow_why_field(why, "%.*s", AVOW_FMT(avow_span_slice(field, 0, 60)));
	return avow_refuse(why, AVOW_E_ARM_PROPERTY,
		&(struct avow_at){"arm_body", NULL, SOURCE}, expected, "%.*s",
		AVOW_FMT(avow_span_slice(got->raw, 0, 60)));
}

/* --- tags ------------------------------------------------------------------------------ */

/* Azure Resource Manager: at most 50, a name of 512 and a value of 256 characters;
 * here they are bytes, which is never more. */
static enum avow_err
check_tag(const struct avow_json_member *m, struct avow_why *why)
{
	if (m->value.type == AVOW_JSON_STRING && m->value.string.n <= 256 &&
		m->name.n > 0 && m->name.n <= 512)
		return AVOW_OK;
	return refuse(why, AVOW_LIT("tags"),
		"names of 1 to 512 bytes with texts of at most 256", &m->value);
}

static enum avow_err
read_tags(struct decoder *d, const struct avow_json *v)
{
	struct avow_buf b;

	if (v->type != AVOW_JSON_OBJECT || v->count > AVOW_ARM_MAX_TAGS)
		return refuse(
			d->why, AVOW_LIT("tags"), "an object of at most 50 texts", v);
	for (size_t i = 0; i < v->count; i++)
		AVOW_TRY(check_tag(&v->members[i], d->why));
	avow_buf_init_arena(&b, d->a, AVOW_MAX_BODY_SMALL);
	avow_json_put(&b, v, AVOW_JSON_SORTED);
	d->out->has_tags = true;
	d->out->tags = avow_buf_span(&b);
	return b.err;
}

/* --- policySigningCertificates ----------------------------------------------------------- */

static bool
is_there(const struct avow_arm_body *b, const struct avow_cert *cert)
{
	for (size_t i = 0; i < b->n_certs; i++)
		if (avow_span_eq(b->certs[i]->der, cert->der))
			return true;
	return false;
}

static enum avow_err
add_cert(struct decoder *d, const struct avow_json *jwk)
{
	struct avow_arm_body *b = d->out;
	struct avow_cert *cert;

	AVOW_TRY(avow_policy_key_cert(
		jwk, "policySigningCertificates", d->a, &cert, d->why));
	if (is_there(b, cert)) {
		avow_cert_free(cert);
		return AVOW_OK;
	}
	b->certs[b->n_certs++] = cert;
	return AVOW_OK;
}

/* RFC 7517 5. An empty set is refused: nobody could ever change the provider. */
static enum avow_err
read_certs(struct decoder *d, const struct avow_json *v)
{
	const struct avow_span field = AVOW_LIT("policySigningCertificates");
	const struct avow_json *keys = avow_json_get_fold(v, "keys");

	if (!d->is_create)
		return refuse(d->why, field, "nothing: it is fixed at creation", v);
	if (!keys || keys->type != AVOW_JSON_ARRAY || keys->count == 0)
		return refuse(d->why, field, "a JWK set of at least one key", v);
	if (keys->count > AVOW_MAX_POLICY_CERTS)
		return avow_refuse(d->why, AVOW_E_TOO_LARGE,
			&(struct avow_at){
				"arm_body", "policySigningCertificates", SOURCE},
			"at most 32 keys", "%zu", keys->count);
	for (size_t i = 0; i < keys->count; i++)
		AVOW_TRY(add_cert(d, &keys->items[i]));
	d->out->has_certs = true;
	return AVOW_OK;
}

/* --- properties --------------------------------------------------------------------------- */

static enum avow_err
read_trust_model(struct decoder *d, const struct avow_json *v)
{
	if (v->type != AVOW_JSON_STRING ||
		(!avow_span_eq_str(v->string, "AAD") &&
			!avow_span_eq_str(v->string, "Isolated")))
		return refuse(d->why, AVOW_LIT("trustModel"), "AAD or Isolated", v);
	d->out->trust_model = v->string;
	return AVOW_OK;
}

static enum avow_err
pass_over(struct decoder *d, const struct avow_json *v)
{
	(void)d;
	(void)v;
	return AVOW_OK;
}

struct row {
	const char *name;
	enum avow_err (*read)(struct decoder *d, const struct avow_json *v);
};

static const struct row *
find_row(const struct row *rows, size_t n, struct avow_span name)
{
	for (size_t i = 0; i < n; i++)
		if (avow_span_eq_str(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* What is no member of ARM's is a setting, which provider_settings.c judges. */
static enum avow_err
read_properties(struct decoder *d, const struct avow_json *v)
{
	static const struct row rows[] = {
		{"policySigningCertificates", read_certs},
		{"trustModel", read_trust_model},
		{"status", pass_over},
		{"attestUri", pass_over},
		{"privateEndpointConnections", pass_over},
	};
	struct avow_json *settings = &d->out->settings;

	if (v->type != AVOW_JSON_OBJECT)
		return refuse(d->why, AVOW_LIT("properties"), "an object", v);
	settings->members =
		avow_arena_array(d->a, v->count + 1, sizeof(*settings->members));
	if (!settings->members)
		return avow_arena_err(d->a);
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json_member *m = &v->members[i];
		const struct row *row =
			find_row(rows, sizeof(rows) / sizeof(rows[0]), m->name);

		if (!row)
			settings->members[settings->count++] = *m;
		else if (m->value.type != AVOW_JSON_NULL)
			AVOW_TRY(row->read(d, &m->value));
	}
	return AVOW_OK;
}

/* --- the whole ------------------------------------------------------------------------------ */

static enum avow_err
read_location(struct decoder *d, const struct avow_json *v)
{
	if (v->type != AVOW_JSON_STRING)
		return refuse(d->why, AVOW_LIT("location"), "a text", v);
	AVOW_TRY(avow_arm_check_location(v->string, d->why));
	d->out->location = v->string;
	return AVOW_OK;
}

static enum avow_err
read_member(struct decoder *d, const struct avow_json_member *m)
{
	static const struct row rows[] = {
		{"location", read_location},
		{"tags", read_tags},
		{"properties", read_properties},
		{"id", pass_over},
		{"name", pass_over},
		{"type", pass_over},
		{"systemData", pass_over},
	};
	const struct row *row = find_row(rows, sizeof(rows) / sizeof(rows[0]), m->name);

	if (!row)
		return refuse(
			d->why, m->name, "location, tags or properties", &m->value);
	return m->value.type == AVOW_JSON_NULL ? AVOW_OK : row->read(d, &m->value);
}

static enum avow_err
need(const struct avow_json *root, const char *name, struct avow_why *why)
{
	const struct avow_json *v = avow_json_get(root, name);

	if (v && v->type != AVOW_JSON_NULL)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_JSON_MISSING,
		&(struct avow_at){"arm_body", name, SOURCE}, "a value", NULL);
}

enum avow_err
avow_arm_body_decode(struct avow_span text, bool is_create, struct avow_arena *a,
	struct avow_arm_body *out, struct avow_why *why)
{
	/* tag names and members that differ in case alone are one to ARM */
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	struct decoder d = {is_create, a, out, why};
	const struct avow_json *root;

	*out = (struct avow_arm_body){.settings = {.type = AVOW_JSON_OBJECT}};
	AVOW_TRY(avow_json_parse(text, &rules, a, &root, why));
	if (root->type != AVOW_JSON_OBJECT)
		return avow_refuse(why, AVOW_E_JSON_TYPE,
			&(struct avow_at){"arm_body", "", SOURCE}, "an object", NULL);
	if (is_create) {
		AVOW_TRY(need(root, "location", why));
		AVOW_TRY(need(root, "properties", why));
	}
	for (size_t i = 0; i < root->count; i++)
		AVOW_TRY(read_member(&d, &root->members[i]));
	return AVOW_OK;
}

void
avow_arm_body_clear(struct avow_arm_body *b)
{
	while (b->n_certs > 0)
		avow_cert_free(b->certs[--b->n_certs]);
}

/* --- settings -------------------------------------------------------------------------------- */

enum avow_err
avow_arm_settings(const struct avow_arm_body *b, struct avow_span stored,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why)
{
	struct avow_json both = {.type = AVOW_JSON_OBJECT};
	const struct avow_json *old;
	struct avow_buf text;

	AVOW_TRY(avow_json_parse(
		stored.n ? stored : AVOW_LIT("{}"), NULL, a, &old, NULL));
	both.members = avow_arena_array(
		a, old->count + b->settings.count + 1, sizeof(*both.members));
	if (!both.members)
		return avow_arena_err(a);
	for (size_t i = 0; i < b->settings.count; i++)
		both.members[both.count++] = b->settings.members[i];
	for (size_t i = 0; i < old->count; i++)
		if (!avow_json_get_span(&b->settings, old->members[i].name))
			both.members[both.count++] = old->members[i];
	avow_buf_init_arena(&text, a, AVOW_MAX_BODY_SMALL);
	avow_json_put(&text, &both, AVOW_JSON_AS_IS);
	AVOW_TRY(text.err);
	return avow_provider_settings_judge(avow_buf_span(&text), a, out, why);
}
