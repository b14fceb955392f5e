/*
 * The access file: which issuers are believed, and what their roles may do; and
 * the same for client certificates. It is JSON under a closed schema: a member
 * that is not known is refused, so that a misspelt "audiences" cannot mean "any".
 */
#include "auth/impl.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/x509.h"
#include "wire/pem.h"

#define SOURCE "docs/authorize.md"
#define MAX_TEXT 1024
#define MIN_REFRESH_S 60
#define MAX_REFRESH_S (7 * 86400)

/* One object of the file while it is read. */
struct reader {
	struct avow_access *access;
	const char *name;
	struct avow_why *why;
};

static enum avow_err
refuse(const struct reader *r, enum avow_err code, const char *field,
	const char *expected, struct avow_span got)
{
	const struct avow_at at = {"access", field, SOURCE};

	avow_refuse(r->why, code, &at, expected, got.p ? "%.*s" : NULL,
		AVOW_FMT(avow_span_slice(got, 0, 120)));
	avow_why_document(r->why, "%s", r->name);
	return code;
}

static enum avow_err
wrong(const struct reader *r, const char *field, const char *expected)
{
	return refuse(
		r, AVOW_E_CONFIG_VALUE, field, expected, (struct avow_span){NULL, 0});
}

static enum avow_err
known_members(
	const struct reader *r, const struct avow_json *o, const char *const *names)
{
	if (o->type != AVOW_JSON_OBJECT)
		return wrong(r, "", "an object");
	for (size_t i = 0; i < o->count; i++) {
		size_t k = 0;

		while (names[k] && !avow_span_eq_str(o->members[i].name, names[k]))
			k++;
		if (!names[k])
			return refuse(r, AVOW_E_CONFIG_KEY, "member",
				"a member of docs/authorize.md", o->members[i].name);
	}
	return AVOW_OK;
}

/* --- texts ------------------------------------------------------------------------ */

/* Printable: it is compared with what tokens say, and printed in logs. */
static bool
is_text(const struct avow_json *v)
{
	if (v->type != AVOW_JSON_STRING || v->string.n == 0 || v->string.n > MAX_TEXT)
		return false;
	for (size_t i = 0; i < v->string.n; i++)
		if (v->string.p[i] < 0x20 || v->string.p[i] == 0x7f)
			return false;
	return true;
}

static enum avow_err
keep(const struct reader *r, const struct avow_json *v, const char *field,
	struct avow_span *out)
{
	if (!is_text(v))
		return wrong(r, field, "a printable text of 1 to 1024 bytes");
	*out = avow_arena_copy(&r->access->arena, v->string);
	return out->p ? AVOW_OK : avow_arena_err(&r->access->arena);
}

/* "" when it is not there. */
static enum avow_err
keep_str(const struct reader *r, const struct avow_json *o, const char *field,
	const char **out)
{
	const struct avow_json *v = avow_json_get(o, field);
	struct avow_span s;

	*out = "";
	if (!v)
		return AVOW_OK;
	AVOW_TRY(keep(r, v, field, &s));
	*out = (const char *)s.p;
	return AVOW_OK;
}

static enum avow_err
check_list(const struct reader *r, const struct avow_json *v, const char *field)
{
	if (!v || v->type != AVOW_JSON_ARRAY || v->count == 0 ||
		v->count > AVOW_MAX_ACCESS_ENTRIES)
		return wrong(r, field, "a list of 1 to 256 entries");
	return AVOW_OK;
}

static enum avow_err
keep_texts(const struct reader *r, const struct avow_json *v, const char *field,
	struct avow_texts *out)
{
	struct avow_span *texts;

	AVOW_TRY(check_list(r, v, field));
	texts = avow_arena_array(&r->access->arena, v->count, sizeof(*texts));
	if (!texts)
		return avow_arena_err(&r->access->arena);
	for (size_t i = 0; i < v->count; i++)
		AVOW_TRY(keep(r, &v->items[i], field, &texts[i]));
	*out = (struct avow_texts){texts, v->count};
	return AVOW_OK;
}

/* --- grants ----------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned rights;
} ACTIONS[] = {
	{"attestation/read", AVOW_RIGHT_READ},
	{"attestation/write", AVOW_RIGHT_WRITE},
	{"attestation/delete", AVOW_RIGHT_DELETE},
	{"attest", AVOW_RIGHT_ATTEST},
	{"providers/read", AVOW_RIGHT_PROVIDERS_READ},
	{"providers/write", AVOW_RIGHT_PROVIDERS_WRITE},
	{"providers/delete", AVOW_RIGHT_PROVIDERS_DELETE},
};

static enum avow_err
read_actions(const struct reader *r, const struct avow_json *v, unsigned *rights)
{
	*rights = 0;
	AVOW_TRY(check_list(r, v, "actions"));
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *name = &v->items[i];
		size_t k = 0;
		size_t n = sizeof(ACTIONS) / sizeof(ACTIONS[0]);

		while (k < n &&
			!(name->type == AVOW_JSON_STRING &&
				avow_span_eq_str(name->string, ACTIONS[k].name)))
			k++;
		if (k == n)
			return refuse(r, AVOW_E_CONFIG_VALUE, "actions",
				"an action of docs/authorize.md", name->raw);
		*rights |= ACTIONS[k].rights;
	}
	return AVOW_OK;
}

/* Names as the service has them: lower case, so that one provider has one. */
static bool
is_provider(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
			    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return s.n >= 3 && s.n <= 24;
}

static enum avow_err
read_grants(const struct reader *r, const struct avow_json *o, struct avow_rule *out)
{
	const struct avow_json *list = avow_json_get(o, "providers");
	struct avow_grant *grants;
	unsigned rights;

	AVOW_TRY(read_actions(r, avow_json_get(o, "actions"), &rights));
	AVOW_TRY(check_list(r, list, "providers"));
	grants = avow_arena_array(&r->access->arena, list->count, sizeof(*grants));
	if (!grants)
		return avow_arena_err(&r->access->arena);
	for (size_t i = 0; i < list->count; i++) {
		grants[i].rights = rights;
		AVOW_TRY(keep(r, &list->items[i], "providers", &grants[i].provider));
		if (avow_span_eq_str(grants[i].provider, "*"))
			grants[i].provider.n = 0;
		else if (!is_provider(grants[i].provider))
			return refuse(r, AVOW_E_CONFIG_VALUE, "providers",
				"* or a name of 3 to 24 of a-z, 0-9 and -",
				grants[i].provider);
	}
	out->grants = grants;
	out->n_grants = list->count;
	return AVOW_OK;
}

/* The member that says whom a grant is about; exactly one. */
static enum avow_err
read_subject(const struct reader *r, const struct avow_json *o, bool is_issuer,
	struct avow_rule *out)
{
	static const char *const names[] = {[AVOW_MATCH_ROLE] = "role",
		[AVOW_MATCH_CN] = "subject_cn",
		[AVOW_MATCH_DNS] = "san_dns",
		[AVOW_MATCH_URI] = "san_uri",
		[AVOW_MATCH_EMAIL] = "san_email"};
	size_t n = 0;

	for (size_t m = 0; m < sizeof(names) / sizeof(names[0]); m++) {
		const struct avow_json *v = avow_json_get(o, names[m]);

		if (!v)
			continue;
		if ((m == AVOW_MATCH_ROLE) != is_issuer)
			return refuse(r, AVOW_E_CONFIG_KEY, "grants",
				is_issuer ? "role"
					  : "subject_cn, san_dns, san_uri or "
					    "san_email",
				avow_span_str(names[m]));
		out->match = (enum avow_match)m;
		AVOW_TRY(keep(r, v, names[m], &out->value));
		n++;
	}
	if (n != 1)
		return wrong(r, "grants", "one member that says whom it is about");
	if (avow_span_eq_str(out->value, "*"))
		out->value.n = 0;
	return AVOW_OK;
}

static enum avow_err
read_rules(const struct reader *r, const struct avow_json *list, bool is_issuer,
	struct avow_rules *out)
{
	static const char *const names[] = {"role", "subject_cn", "san_dns", "san_uri",
		"san_email", "actions", "providers", NULL};
	struct avow_rule *rules;

	AVOW_TRY(check_list(r, list, "grants"));
	rules = avow_arena_array(&r->access->arena, list->count, sizeof(*rules));
	if (!rules)
		return avow_arena_err(&r->access->arena);
	for (size_t i = 0; i < list->count; i++) {
		AVOW_TRY(known_members(r, &list->items[i], names));
		AVOW_TRY(read_subject(r, &list->items[i], is_issuer, &rules[i]));
		AVOW_TRY(read_grants(r, &list->items[i], &rules[i]));
	}
	*out = (struct avow_rules){rules, list->count};
	return AVOW_OK;
}

static enum avow_err
add_grants(const struct avow_rule *rule, struct avow_arena *a, struct avow_who *who)
{
	struct avow_grant *all;

	if (rule->n_grants == 0)
		return AVOW_OK;
	all = avow_arena_array(a, who->n_grants + rule->n_grants, sizeof(*all));
	if (!all)
		return avow_arena_err(a);
	for (size_t i = 0; i < who->n_grants; i++)
		all[i] = who->grants[i];
	/* the rules may be gone before the request is */
	for (size_t i = 0; i < rule->n_grants; i++) {
		struct avow_grant *g = &all[who->n_grants + i];

		*g = rule->grants[i];
		if (g->provider.n == 0)
			continue;
		g->provider = avow_arena_copy(a, g->provider);
		if (!g->provider.p)
			return avow_arena_err(a);
	}
	who->grants = all;
	who->n_grants += rule->n_grants;
	return AVOW_OK;
}

enum avow_err
avow_rules_grant(const struct avow_rules *rules, enum avow_match match,
	struct avow_span value, struct avow_arena *a, struct avow_who *who)
{
	for (size_t i = 0; i < rules->n; i++)
		if (rules->v[i].match == match &&
			avow_span_eq(rules->v[i].value, value))
			AVOW_TRY(add_grants(&rules->v[i], a, who));
	return AVOW_OK;
}

/* --- issuers ---------------------------------------------------------------------- */

static enum avow_err
read_required(
	const struct reader *r, const struct avow_json *o, struct avow_issuer *out)
{
	struct avow_required *all;

	if (!o)
		return AVOW_OK;
	if (o->type != AVOW_JSON_OBJECT || o->count > AVOW_MAX_ACCESS_ENTRIES)
		return wrong(r, "require", "an object of claims and their values");
	all = avow_arena_array(&r->access->arena, o->count, sizeof(*all));
	if (!all)
		return avow_arena_err(&r->access->arena);
	for (size_t i = 0; i < o->count; i++) {
		all[i].claim = avow_arena_copy(&r->access->arena, o->members[i].name);
		if (!all[i].claim.p)
			return avow_arena_err(&r->access->arena);
		AVOW_TRY(
			keep_texts(r, &o->members[i].value, "require", &all[i].values));
	}
	out->required = all;
	out->n_required = o->count;
	return AVOW_OK;
}

static bool
is_loopback_http(struct avow_span url)
{
	static const char *const hosts[] = {
		"http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct avow_span host = avow_span_str(hosts[i]);
		struct avow_span rest = avow_span_from(url, host.n);

		if (avow_span_starts(url, host) &&
			(rest.n == 0 || rest.p[0] == ':' || rest.p[0] == '/'))
			return true;
	}
	return false;
}

/* OpenID Connect Discovery 1.0, 4: https; http is for tests on one machine */
static enum avow_err
check_url(const struct reader *r, const char *field, struct avow_span url)
{
	if (avow_span_starts(url, AVOW_LIT("https://")) || is_loopback_http(url))
		return AVOW_OK;
	return refuse(r, AVOW_E_CONFIG_VALUE, field,
		"an https URL (http on loopback alone)", url);
}

/* Discovery 1.0, 4.1: the issuer without its final slash, and the path. */
static enum avow_err
default_discovery(const struct reader *r, struct avow_issuer *out)
{
	struct avow_span base = out->issuer;
	struct avow_buf b;

	if (base.n && base.p[base.n - 1] == '/')
		base.n--;
	avow_buf_init_arena(&b, &r->access->arena, 2 * MAX_TEXT);
	avow_buf_put(&b, base);
	avow_buf_put_str(&b, "/.well-known/openid-configuration");
	out->place.discovery = avow_buf_str(&b);
	return out->place.discovery ? AVOW_OK : avow_arena_err(&r->access->arena);
}

static enum avow_err
read_place(const struct reader *r, const struct avow_json *o, struct avow_issuer *out)
{
	const struct avow_json *refresh = avow_json_get(o, "refresh");

	AVOW_TRY(check_url(r, "issuer", out->issuer));
	out->place.issuer = (const char *)out->issuer.p;
	AVOW_TRY(keep_str(r, o, "discovery", &out->place.discovery));
	if (!out->place.discovery[0])
		AVOW_TRY(default_discovery(r, out));
	AVOW_TRY(check_url(r, "discovery", avow_span_str(out->place.discovery)));
	AVOW_TRY(keep_str(r, o, "ca_file", &out->place.ca_file));
	AVOW_TRY(keep_str(r, o, "proxy", &out->place.proxy));
	out->place.refresh_s = 3600;
	if (!refresh)
		return AVOW_OK;
	if (refresh->type != AVOW_JSON_STRING ||
		avow_duration_parse(refresh->string, &out->place.refresh_s) !=
			AVOW_OK ||
		out->place.refresh_s < MIN_REFRESH_S ||
		out->place.refresh_s > MAX_REFRESH_S)
		return wrong(r, "refresh", "a duration from 1m to 7d");
	return AVOW_OK;
}

static enum avow_err
read_role_claims(
	const struct reader *r, const struct avow_json *v, struct avow_texts *out)
{
	/* Entra's two, and what most others have (RFC 8693 4.2) */
	static const struct avow_span usual[] = {{(const uint8_t *)"roles", 5},
		{(const uint8_t *)"scp", 3}, {(const uint8_t *)"scope", 5}};

	*out = (struct avow_texts){usual, 3};
	return v ? keep_texts(r, v, "role_claims", out) : AVOW_OK;
}

static enum avow_err
read_issuer(const struct reader *r, const struct avow_json *o, struct avow_issuer *out)
{
	static const char *const names[] = {"issuer", "audiences", "discovery",
		"ca_file", "proxy", "refresh", "role_claims", "require", "grants",
		NULL};
	const struct avow_json *issuer;

	AVOW_TRY(known_members(r, o, names));
	issuer = avow_json_get(o, "issuer");
	if (!issuer)
		return wrong(r, "issuer", "a URL");
	AVOW_TRY(keep(r, issuer, "issuer", &out->issuer));
	AVOW_TRY(read_place(r, o, out));
	AVOW_TRY(keep_texts(
		r, avow_json_get(o, "audiences"), "audiences", &out->audiences));
	AVOW_TRY(read_role_claims(
		r, avow_json_get(o, "role_claims"), &out->role_claims));
	AVOW_TRY(read_required(r, avow_json_get(o, "require"), out));
	return read_rules(r, avow_json_get(o, "grants"), true, &out->rules);
}

static enum avow_err
read_issuers(const struct reader *r, const struct avow_json *list)
{
	struct avow_access *a = r->access;

	if (!list)
		return AVOW_OK;
	if (list->type != AVOW_JSON_ARRAY || list->count > AVOW_MAX_ISSUERS)
		return wrong(r, "issuers", "a list of at most 16 issuers");
	a->issuers = avow_arena_array(&a->arena, list->count, sizeof(*a->issuers));
	if (!a->issuers)
		return avow_arena_err(&a->arena);
	for (size_t i = 0; i < list->count; i++) {
		AVOW_TRY(read_issuer(r, &list->items[i], &a->issuers[i]));
		for (size_t k = 0; k < i; k++)
			if (avow_span_eq(a->issuers[k].issuer, a->issuers[i].issuer))
				return wrong(r, "issuer", "each issuer once");
		a->n_issuers = i + 1;
	}
	return AVOW_OK;
}

/* --- client certificates ------------------------------------------------------------ */

static enum avow_err
add_client_ca(const struct reader *r, struct avow_span der)
{
	struct avow_access *a = r->access;
	struct avow_cert *cert;

	if (a->n_client_cas == AVOW_MAX_ACCESS_ENTRIES)
		return wrong(r, "ca_file", "at most 256 certificates");
	AVOW_TRY(avow_cert_parse(der, &cert, r->why));
	a->client_cas[a->n_client_cas++] = cert;
	if (!cert->is_ca)
		return wrong(r, "ca_file", "certificates of CAs alone");
	return AVOW_OK;
}

static enum avow_err
read_pem(const struct reader *r, struct avow_span pem)
{
	struct avow_access *a = r->access;
	struct avow_arena scratch;
	struct avow_pem_block *blocks;
	size_t n = 0;
	enum avow_err e;

	a->client_cas = calloc(AVOW_MAX_ACCESS_ENTRIES, sizeof(struct avow_cert *));
	if (!a->client_cas)
		return AVOW_E_NO_MEMORY;
	avow_arena_init(&scratch, AVOW_MIB(2));
	e = avow_pem_parse(pem, AVOW_MAX_ACCESS_ENTRIES, &scratch, &blocks, &n);
	for (size_t i = 0; e == AVOW_OK && i < n; i++)
		e = add_client_ca(r, blocks[i].der);
	avow_arena_clear(&scratch);
	return e;
}

static enum avow_err
read_client_cas(const struct reader *r, const struct avow_json *o)
{
	const char *path;
	struct avow_buf pem;
	enum avow_err e;

	AVOW_TRY(keep_str(r, o, "ca_file", &path));
	if (!path[0])
		return wrong(r, "ca_file", "a PEM file");
	avow_buf_init(&pem, AVOW_MIB(1));
	e = avow_file_read(path, &pem);
	if (e == AVOW_OK)
		e = read_pem(r, avow_buf_span(&pem));
	avow_buf_clear(&pem);
	if (e != AVOW_OK)
		return refuse(r, e, "ca_file", "PEM certificates of CAs",
			avow_span_str(path));
	return AVOW_OK;
}

static enum avow_err
read_client_certs(const struct reader *r, const struct avow_json *o)
{
	static const char *const names[] = {"ca_file", "grants", NULL};

	if (!o)
		return AVOW_OK;
	AVOW_TRY(known_members(r, o, names));
	AVOW_TRY(read_rules(
		r, avow_json_get(o, "grants"), false, &r->access->client_rules));
	return read_client_cas(r, o);
}

/* --- the file ----------------------------------------------------------------------- */

static enum avow_err
read_root(const struct reader *r, const struct avow_json *root)
{
	static const char *const names[] = {
		"issuers", "client_certificates", "management_token", NULL};
	const struct avow_json *management;

	AVOW_TRY(known_members(r, root, names));
	management = avow_json_get(root, "management_token");
	if (management && management->type != AVOW_JSON_BOOL)
		return wrong(r, "management_token", "true or false");
	r->access->no_management_token = management && !management->boolean;
	AVOW_TRY(read_issuers(r, avow_json_get(root, "issuers")));
	return read_client_certs(r, avow_json_get(root, "client_certificates"));
}

static enum avow_err
parse(const struct reader *r, struct avow_span json)
{
	struct avow_arena scratch;
	const struct avow_json *root;
	enum avow_err e;

	avow_arena_init(&scratch, 32 * AVOW_MAX_ACCESS_FILE);
	e = avow_json_parse(json, NULL, &scratch, &root, NULL);
	if (e == AVOW_OK)
		e = read_root(r, root);
	else if (e != AVOW_E_NO_MEMORY)
		e = refuse(r, AVOW_E_CONFIG_SYNTAX, "", "strict JSON",
			avow_span_str(avow_err_text(e)));
	avow_arena_clear(&scratch);
	return e;
}

enum avow_err
avow_access_parse(struct avow_span json, const char *name, struct avow_access **out,
	struct avow_why *why)
{
	struct reader r = {.name = name, .why = why};
	enum avow_err e;

	*out = NULL;
	r.access = calloc(1, sizeof(*r.access));
	if (!r.access)
		return AVOW_E_NO_MEMORY;
	r.access->refs = 1;
	avow_arena_init(&r.access->arena, 16 * AVOW_MAX_ACCESS_FILE);
	e = json.n > AVOW_MAX_ACCESS_FILE ? AVOW_E_TOO_LARGE : parse(&r, json);
	if (e != AVOW_OK) {
		avow_access_free(r.access);
		return e;
	}
	*out = r.access;
	return AVOW_OK;
}

void
avow_access_free(struct avow_access *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_issuers; i++)
		avow_source_free(a->issuers[i].source);
	while (a->n_client_cas)
		avow_cert_free(a->client_cas[--a->n_client_cas]);
	free(a->client_cas);
	avow_arena_clear(&a->arena);
	free(a);
}
