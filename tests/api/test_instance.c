/* api/instance: which provider a host and a path mean, and what its URL is. */
#include "support.h"

#include "api/instance.h"
#include "base/limits.h"

static struct avow_arena arena;
static struct avow_instance *by_path, *by_host;

static int
start(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(1));
	return avow_instance_new("https://attest.example.org", "", &by_path) !=
		       AVOW_OK ||
	       avow_instance_new("https://avow.example.org:8443",
		       "tenants.example.org:8443", &by_host) != AVOW_OK;
}

static int
end(void **state)
{
	(void)state;
	avow_instance_free(by_path);
	avow_instance_free(by_host);
	avow_arena_clear(&arena);
	return 0;
}

/* "name|rest of the path", or "-|path" where no provider is named. */
static const char *
locate(const struct avow_instance *in, const char *host, const char *path)
{
	static char text[256];
	const struct avow_http_pair header = {AVOW_LIT("Host"), avow_span_str(host)};
	struct avow_http_request rq = {
		.path = avow_span_str(path),
		.headers = &header,
		.n_headers = host[0] ? 1 : 0,
		.arena = &arena,
	};

	assert_ok(avow_instance_locate(in, &rq));
	snprintf(text, sizeof(text), "%.*s|%.*s",
		AVOW_FMT(rq.place.p ? rq.place : AVOW_LIT("-")), AVOW_FMT(rq.path));
	return text;
}

static void
the_path_form(void **state)
{
	static const char *const cases[][3] = {
		{"attest.example.org", "/certs", "default|/certs"},
		{"ATTEST.example.org:8443", "/certs", "default|/certs"},
		{"", "/certs", "default|/certs"},
		{"127.0.0.1:80", "/certs", "default|/certs"},
		{"[::1]:80", "/certs", "default|/certs"},
		{"localhost", "/certs", "default|/certs"},
		{"attest.example.org", "/providers/acme/certs", "acme|/certs"},
		{"attest.example.org", "/Providers/ACME/certs", "acme|/certs"},
		{"attest.example.org", "/providers/a-1/", "a-1|/"},
		/* one provider has one URL */
		{"attest.example.org", "/providers/default/certs", "-|/certs"},
		/* what is no name is no provider's: no route has it */
		{"attest.example.org", "/providers/acme", "default|/providers/acme"},
		{"attest.example.org", "/providers/ab/certs",
			"default|/providers/ab/certs"},
		{"attest.example.org", "/providers//certs",
			"default|/providers//certs"},
		{"attest.example.org", "/providers/../certs",
			"default|/providers/../certs"},
		{"attest.example.org", "/providers/Microsoft.Attestation/operations",
			"default|/providers/Microsoft.Attestation/operations"},
		/* never default for a host that is nobody's */
		{"other.example.org", "/certs", "-|/certs"},
		{"acme.attest.example.org", "/certs", "-|/certs"},
		{"other.example.org", "/providers/acme/certs", "-|/certs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			cases[i][2], locate(by_path, cases[i][0], cases[i][1]));
}

static void
the_host_form(void **state)
{
	static const char *const cases[][3] = {
		{"avow.example.org:8443", "/certs", "default|/certs"},
		{"acme.tenants.example.org:8443", "/certs", "acme|/certs"},
		{"Acme.Tenants.Example.org", "/certs", "acme|/certs"},
		{"a-long-name-of-24-letters.tenants.example.org", "/x", "-|/x"},
		{"default.tenants.example.org", "/certs", "-|/certs"},
		{"tenants.example.org:8443", "/certs", "-|/certs"},
		{".tenants.example.org", "/certs", "-|/certs"},
		{"a.b.tenants.example.org", "/certs", "-|/certs"},
		{"xtenants.example.org", "/certs", "-|/certs"},
		{"acmetenants.example.org", "/certs", "-|/certs"},
		{"127.0.0.1:8443", "/certs", "-|/certs"},
		{"", "/certs", "-|/certs"},
		/* the other form is not served */
		{"avow.example.org:8443", "/providers/acme/certs",
			"default|/providers/acme/certs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			cases[i][2], locate(by_host, cases[i][0], cases[i][1]));
}

static void
a_provider_has_one_url(void **state)
{
	struct avow_span url;

	(void)state;
	assert_ok(avow_instance_url(by_path, AVOW_LIT("default"), &arena, &url));
	assert_span_str("https://attest.example.org", url);
	assert_ok(avow_instance_url(by_path, AVOW_LIT("acme"), &arena, &url));
	assert_span_str("https://attest.example.org/providers/acme", url);
	assert_ok(avow_instance_url(by_host, AVOW_LIT("default"), &arena, &url));
	assert_span_str("https://avow.example.org:8443", url);
	assert_ok(avow_instance_url(by_host, AVOW_LIT("acme"), &arena, &url));
	assert_span_str("https://acme.tenants.example.org:8443", url);
}

/* verifier-bugs 33: a path in an id */
static void
a_name_is_letters_digits_and_hyphens(void **state)
{
	static const char *const bad[] = {"", "ab", "a-name-of-twenty-five-bytes",
		"a.b", "a/b", "..", "../etc", "a%2fb", "a b", "\xc3\xa4\xc3\xb6",
		"a_b"};
	struct avow_span name;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_ok(avow_provider_name(AVOW_LIT("AC-me7"), &arena, &name, &why));
	assert_span_str("ac-me7", name);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		avow_why_init(&why);
		assert_err(AVOW_E_PROVIDER_NAME,
			avow_provider_name(avow_span_str(bad[i]), &arena, &name, &why));
	}
	assert_err(AVOW_E_PROVIDER_NAME,
		avow_provider_name(avow_span_make("ab\0cd", 5), &arena, &name, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_path_form),
		cmocka_unit_test(the_host_form),
		cmocka_unit_test(a_provider_has_one_url),
		cmocka_unit_test(a_name_is_letters_digits_and_hyphens),
	};

	return cmocka_run_group_tests_name("api/instance", tests, start, end);
}
