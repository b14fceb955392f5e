/* config: rules between items, the URL's one spelling, dump and documentation. */
#include "support.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "config/config.h"

static struct avow_config *config;
static struct avow_why why;

static int
set_up(void **state)
{
	(void)state;
	avow_why_init(&why);
	return avow_config_new(&config) == AVOW_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_config_free(config);
	config = NULL;
	return 0;
}

/* A fresh configuration with these settings: name, value, ..., NULL. */
static enum avow_err
check(const char *const *settings)
{
	tear_down(NULL);
	assert_int_equal(0, set_up(NULL));
	for (; *settings; settings += 2)
		assert_ok(avow_config_set(config, settings[0], settings[1], NULL));
	return avow_config_check(config, &why);
}

#define SET(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
refuses(const char *field, const char *const *settings)
{
	assert_err(AVOW_E_CONFIG_VALUE, check(settings));
	assert_string_equal(field, why.field);
}

static void
derives_the_url_and_tls(void **state)
{
	(void)state;
	assert_ok(check(SET("data", "/d")));
	assert_string_equal("http://127.0.0.1:8080", config->url);
	assert_string_equal("/d/collateral", config->collateral);
	assert_false(avow_config_wants_tls(config));
	assert_ok(check(SET("listen", "10.0.0.1:8443")));
	assert_string_equal("https://10.0.0.1:8443", config->url);
	assert_true(avow_config_wants_tls(config));
	assert_ok(check(SET("listen", "[0::1]:443", "tls", "always")));
	assert_string_equal("https://[::1]", config->url);
	assert_ok(check(SET("tls_cert", "c", "tls_key", "k")));
	assert_string_equal("https://127.0.0.1:8080", config->url);
	assert_ok(check(SET("listen", "127.0.0.1:80")));
	assert_string_equal("http://127.0.0.1", config->url);
}

static void
derives_the_url_late_for_a_free_port(void **state)
{
	(void)state;
	assert_ok(check(SET("listen", "127.0.0.1:0")));
	assert_string_equal("", config->url);
	assert_ok(avow_config_derive_url(config, 4711));
	assert_string_equal("http://127.0.0.1:4711", config->url);
	assert_ok(avow_config_derive_url(config, 4712));
	assert_string_equal("http://127.0.0.1:4711", config->url);
}

static void
takes_tls_that_a_proxy_ends(void **state)
{
	(void)state;
	assert_ok(check(SET("url", "https://a.example", "tls", "never")));
	assert_false(avow_config_wants_tls(config));
}

static void
refuses_contradictions(void **state)
{
	(void)state;
	refuses("data", SET("data", ""));
	refuses("tls_key", SET("tls_cert", "c"));
	refuses("tls_cert", SET("tls_key", "k"));
	refuses("tls_cert",
		SET("tls_cert", "c", "tls_key", "k", "url", "http://a.example"));
	refuses("listen", SET("listen", "10.0.0.1:80", "url", "http://a.example"));
	refuses("listen", SET("listen", "127.0.0.1:1,10.0.0.1:80", "tls", "never"));
	refuses("url", SET("tls", "always", "url", "http://a.example"));
	refuses("url", SET("listen", "0.0.0.0:443"));
	refuses("url", SET("listen", "[::]:443"));
	refuses("max_connections_per_address",
		SET("max_connections", "10", "max_connections_per_address", "11"));
}

static void
a_base_domain_is_a_name(void **state)
{
	static const char *const bad[] = {"A.example", "a.example.", ".a.example",
		"a.example:443", "a.example:0", "a.example/x", "https://a.example",
		"127.0.0.1", "[::1]", "a example", "a..b"};

	(void)state;
	assert_ok(check(SET("base_domain", "tenants.example.org:8443")));
	assert_ok(check(SET("base_domain", "localhost")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses("base_domain", SET("base_domain", bad[i]));
}

static void
a_source_is_an_https_url(void **state)
{
	static const char *const bad[] = {"pcs.example", "ftp://pcs.example",
		"http://pcs.example", "https://pcs.example/", "https://pcs.example?a=b",
		"https://user@pcs.example", "https://pcs.example/#x",
		"https://pcs example", "HTTPS://pcs.example"};

	(void)state;
	assert_ok(check(SET("intel_pcs", "https://api.trustedservices.intel.com")));
	assert_ok(check(SET("intel_pcs", "https://[2001:db8::1]:8081/pccs")));
	assert_ok(check(SET("amd_kds", "http://127.0.0.1:8080")));
	assert_ok(check(SET("intel_root_crl", "https://pccs.example/crl?uri=x")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses("intel_pcs", SET("intel_pcs", bad[i]));
		refuses("amd_kds", SET("amd_kds", bad[i]));
	}
	refuses("intel_root_crl", SET("intel_root_crl", "http://pccs.example/crl"));
}

static void
urls_have_one_spelling(void **state)
{
	static const char *const good[] = {"https://a",
		"http://attest.example.org:8080", "https://[::1]:8443",
		"https://[2001:db8::1]", "https://127.0.0.1:1", "https://a-b.c3"};
	static const char *const bad[] = {"https://", "https://A.example", "HTTPS://a",
		"ftp://a", "a", "https://a/", "https://a/b", "https://a?b",
		"https://a#b", "https://u@a", "https://a:443", "http://a:80",
		"https://a:0", "https://a:", "https://a:65536", "https://a:0443",
		"https://a..b", "https://.a", "https://a.", "https://-a", "https://a-",
		"https://a-.b", "https://a b", "https://[::1", "https://[0::1]",
		"https://[::1]x", "https://[127.0.0.1]", "https://a_b", "https://%41",
		"https:///a", "https://a\\b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(avow_config_set(config, "url", good[i], NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (avow_config_set(config, "url", bad[i], NULL) != AVOW_E_CONFIG_VALUE)
			fail_msg("%s was taken", bad[i]);
}

static void
dump_reads_back_to_the_same(void **state)
{
	struct avow_buf first, second;
	struct avow_config *other;

	(void)state;
	avow_buf_init(&first, AVOW_MAX_CONFIG);
	avow_buf_init(&second, AVOW_MAX_CONFIG);
	assert_ok(check(SET("data", "/a \"b\" \\ \xc3\xa9", "trust-anchor", "x, y",
		"collateral-grace", "90m", "max-body-in-flight", "1048577", "workers",
		"2")));
	assert_ok(avow_config_dump(config, &first));
	assert_ok(avow_config_new(&other));
	assert_ok(avow_config_parse(other, avow_buf_span(&first), "dump", &why));
	assert_ok(avow_config_dump(other, &second));
	assert_span(avow_buf_span(&first), avow_buf_span(&second));
	assert_string_equal(config->data, other->data);
	assert_int_equal(5400, other->collateral_grace);
	assert_int_equal(1048577, other->max_body_in_flight);
	avow_config_free(other);
	avow_buf_clear(&first);
	avow_buf_clear(&second);
}

static void
allowed_platforms_are_ids(void **state)
{
	static const char *const good[] = {"0123456789abcdef",
		"0123456789ABCDEF0123456789abcdef",
		"0123456789abcdef0123456789abcdef,fedcba9876543210"};
	static const char *const bad[] = {"x", "0123456789abcde", "0123456789abcdeg",
		"0123456789abcdef01", "0x23456789abcdef"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(check(SET("data", "/a", "allow-platform", good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_CONFIG_VALUE,
			check(SET("data", "/a", "allow-platform", bad[i])));
	assert_string_equal("allow_platform", why.field);
}

/* Every flag has one spelling and finds its item. */
static void
flags_and_names_find_each_other(void **state)
{
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);
	char flag[64];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		avow_config_flag_name(&items[i], flag);
		assert_null(strchr(flag, '_'));
		assert_ptr_equal(&items[i], avow_config_item(flag));
		assert_ptr_equal(&items[i], avow_config_item(items[i].name));
	}
	assert_null(avow_config_item("no_such"));
}

#define BEGIN "<!-- generated: settings -->\n"
#define END "<!-- end -->\n"

/* AVOW_UPDATE=1 writes the table instead of comparing it. */
static void
documentation_is_the_table(void **state)
{
	struct avow_buf file, table;
	struct avow_span all;
	char path[4096];
	size_t from, to;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/configuration.md", getenv("AVOW_SOURCE"));
	avow_buf_init(&file, AVOW_MIB(1));
	avow_buf_init(&table, AVOW_MIB(1));
	assert_ok(avow_file_read(path, &file));
	assert_ok(avow_config_doc(&table));
	all = avow_buf_span(&file);
	from = avow_span_find(all, AVOW_LIT(BEGIN)) + sizeof(BEGIN) - 1;
	to = avow_span_find(all, AVOW_LIT(END));
	assert_true(from <= to && to < all.n);
	if (getenv("AVOW_UPDATE")) {
		struct avow_buf out;

		avow_buf_init(&out, AVOW_MIB(2));
		avow_buf_put(&out, avow_span_slice(all, 0, from));
		avow_buf_put(&out, avow_buf_span(&table));
		avow_buf_put(&out, avow_span_from(all, to));
		assert_ok(avow_file_write(path, avow_buf_span(&out), 0644));
		avow_buf_clear(&out);
	} else {
		assert_span(
			avow_buf_span(&table), avow_span_slice(all, from, to - from));
	}
	avow_buf_clear(&file);
	avow_buf_clear(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(derives_the_url_and_tls),
		T(derives_the_url_late_for_a_free_port),
		T(takes_tls_that_a_proxy_ends),
		T(refuses_contradictions),
		T(a_base_domain_is_a_name),
		T(a_source_is_an_https_url),
		T(urls_have_one_spelling),
		T(dump_reads_back_to_the_same),
		T(allowed_platforms_are_ids),
		T(flags_and_names_find_each_other),
		T(documentation_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
