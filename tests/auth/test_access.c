/* auth/access: the access file's schema, and that what it does not know is refused. */
#include "issuer.h"

#include <unistd.h>

#include "base/file.h"

#define GRANT                                                                          \
	"{\"role\":\"r\",\"actions\":[\"attestation/read\"],\"providers\":[\"*\"]}"
#define ISSUER_WITH(more)                                                              \
	"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"audiences\":[\"a\"],"              \
	"\"grants\":[" GRANT "]" more "}]}"

/* client certificates without a CA */
#define NO_CA                                                                          \
	"{\"client_certificates\":{\"grants\":[{\"san_dns\":\"r\","                    \
	"\"actions\":[\"attest\"],\"providers\":[\"*\"]}]}}"

static enum avow_err
parse(const char *text, struct avow_access **out)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_access_parse(avow_span_str(text), "access.json", out, &why);
	if (e != AVOW_OK)
		assert_null(*out);
	return e;
}

static void
refused(enum avow_err code, const char *text)
{
	struct avow_access *a;

	assert_err(code, parse(text, &a));
}

static void
a_whole_file_is_read(void **state)
{
	struct avow_who who = {.n_grants = 0};
	const struct avow_issuer *i;
	struct avow_access *a;

	(void)state;
	assert_ok(parse(
		"{\"management_token\":false,\"issuers\":[{"
		"\"issuer\":\"https://login.example/t/v2.0\","
		"\"audiences\":[\"https://attest.azure.net\",\"api\"],"
		"\"discovery\":\"https://other.example/x\",\"ca_file\":\"/ca.pem\","
		"\"proxy\":\"http://proxy:3128\",\"refresh\":\"10m\","
		"\"role_claims\":[\"roles\",\"/realm_access/roles\"],"
		"\"require\":{\"tid\":[\"t\"]},"
		"\"grants\":[{\"role\":\"*\",\"actions\":[\"attest\"],"
		"\"providers\":[\"*\"]},{\"role\":\"ops\",\"actions\":["
		"\"attestation/read\",\"attestation/write\","
		"\"attestation/delete\",\"providers/read\",\"providers/write\","
		"\"providers/delete\"],\"providers\":[\"one\",\"two-2\"]}]}]}",
		&a));
	assert_true(a->no_management_token);
	assert_int_equal(1, a->n_issuers);
	i = &a->issuers[0];
	assert_span_str("https://login.example/t/v2.0", i->issuer);
	assert_string_equal("https://other.example/x", i->place.discovery);
	assert_string_equal("/ca.pem", i->place.ca_file);
	assert_string_equal("http://proxy:3128", i->place.proxy);
	assert_int_equal(600, i->place.refresh_s);
	assert_int_equal(2, i->audiences.n);
	assert_int_equal(2, i->role_claims.n);
	assert_int_equal(1, i->n_required);
	assert_ok(avow_rules_grant(
		&i->rules, AVOW_MATCH_ROLE, AVOW_LIT("ops"), &arena, &who));
	assert_int_equal(2, who.n_grants);
	assert_int_equal(AVOW_RIGHTS_ALL & ~AVOW_RIGHT_ATTEST, who.grants[0].rights);
	assert_span_str("two-2", who.grants[1].provider);
	assert_ok(avow_rules_grant(
		&i->rules, AVOW_MATCH_ROLE, AVOW_LIT("op"), &arena, &who));
	assert_int_equal(2, who.n_grants);
	avow_access_free(a);
}

static void
defaults_are_as_documented(void **state)
{
	struct avow_access *a;

	(void)state;
	assert_ok(parse(ISSUER_WITH(""), &a));
	assert_string_equal(ISSUER "/.well-known/openid-configuration",
		a->issuers[0].place.discovery);
	assert_int_equal(3600, a->issuers[0].place.refresh_s);
	assert_int_equal(3, a->issuers[0].role_claims.n);
	assert_false(a->no_management_token);
	avow_access_free(a);
	/* Discovery 1.0, 4.1: one slash */
	assert_ok(parse("{\"issuers\":[{\"issuer\":\"" ISSUER "/\",\"audiences\":"
			"[\"a\"],\"grants\":[" GRANT "]}]}",
		&a));
	assert_string_equal(ISSUER "/.well-known/openid-configuration",
		a->issuers[0].place.discovery);
	avow_access_free(a);
	assert_ok(parse("{}", &a));
	assert_int_equal(0, a->n_issuers);
	avow_access_free(a);
}

static void
what_is_not_known_is_refused(void **state)
{
	(void)state;
	refused(AVOW_E_CONFIG_SYNTAX, "");
	refused(AVOW_E_CONFIG_SYNTAX, "{\"issuers\":[],}");
	refused(AVOW_E_CONFIG_SYNTAX, "{\"issuers\":[],\"issuers\":[]}");
	refused(AVOW_E_CONFIG_KEY, "{\"issuer\":[]}");
	refused(AVOW_E_CONFIG_KEY, ISSUER_WITH(",\"audience\":\"b\""));
	refused(AVOW_E_CONFIG_KEY,
		"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"audiences\":[\"a\"],"
		"\"grants\":[{\"san_dns\":\"r\",\"actions\":[\"attest\"],"
		"\"providers\":[\"*\"]}]}]}");
	refused(AVOW_E_CONFIG_KEY,
		"{\"client_certificates\":{\"ca_file\":\"/x\",\"grants\":[" GRANT
		"]}}");
}

static void
values_are_within_their_bounds(void **state)
{
	static const char *const grants[] = {
		"{\"role\":\"r\",\"actions\":[\"read\"],\"providers\":[\"*\"]}",
		"{\"role\":\"r\",\"actions\":[],\"providers\":[\"*\"]}",
		"{\"role\":\"r\",\"actions\":\"attest\",\"providers\":[\"*\"]}",
		"{\"role\":\"r\",\"actions\":[\"attest\"]}",
		"{\"role\":\"r\",\"actions\":[\"attest\"],\"providers\":[]}",
		"{\"role\":\"r\",\"actions\":[\"attest\"],\"providers\":[\"One\"]}",
		"{\"role\":\"r\",\"actions\":[\"attest\"],\"providers\":[\"ab\"]}",
		"{\"role\":\"\",\"actions\":[\"attest\"],\"providers\":[\"*\"]}",
		"{\"actions\":[\"attest\"],\"providers\":[\"*\"]}", "7"};
	static const char *const texts[] = {"[]", "{\"management_token\":\"no\"}",
		"{\"issuers\":{}}", "{\"issuers\":[7]}", "{\"issuers\":[{}]}",
		"{\"issuers\":[{\"issuer\":\"http://issuer.example\"}]}",
		"{\"issuers\":[{\"issuer\":\"http://localhost.evil.example\"}]}",
		"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"audiences\":\"a\"}]}",
		"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"audiences\":[]}]}",
		"{\"issuers\":[{\"issuer\":\"" ISSUER
		"\",\"audiences\":[\"a\\u0001\"]}]}",
		"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"grants\":[" GRANT "]}]}",
		ISSUER_WITH(",\"refresh\":\"1s\""), ISSUER_WITH(",\"refresh\":60"),
		ISSUER_WITH(",\"discovery\":\"ftp://x\""),
		ISSUER_WITH(",\"require\":{\"tid\":\"t\"}"),
		ISSUER_WITH(",\"require\":[]"), ISSUER_WITH(",\"role_claims\":[]"),
		NO_CA};
	struct avow_buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(AVOW_E_CONFIG_VALUE, texts[i]);
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		avow_buf_init(&b, 4096);
		avow_buf_printf(&b,
			"{\"issuers\":[{\"issuer\":\"" ISSUER
			"\",\"audiences\":[\"a\"],\"grants\":[%s]}]}",
			grants[i]);
		refused(AVOW_E_CONFIG_VALUE, avow_buf_str(&b));
		avow_buf_clear(&b);
	}
}

static void
an_issuer_stands_once(void **state)
{
	(void)state;
	refused(AVOW_E_CONFIG_VALUE,
		"{\"issuers\":[{\"issuer\":\"" ISSUER "\",\"audiences\":[\"a\"],"
		"\"grants\":[" GRANT "]},{\"issuer\":\"" ISSUER
		"\",\"audiences\":[\"b\"],"
		"\"grants\":[" GRANT "]}]}");
}

static void
client_cas_are_read_from_their_file(void **state)
{
	static const char text[] =
		"{\"client_certificates\":{\"ca_file\":\"/nowhere/ca.pem\",\"grants\":["
		"{\"subject_cn\":\"ops\",\"actions\":[\"attest\"],\"providers\":[\"*\"]"
		"}]}}";

	(void)state;
	refused(AVOW_E_FILE_READ, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_is_read),
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(values_are_within_their_bounds),
		cmocka_unit_test(an_issuer_stands_once),
		cmocka_unit_test(client_cas_are_read_from_their_file),
	};

	return cmocka_run_group_tests_name(
		"auth/access", tests, issuer_set_up, issuer_tear_down);
}
