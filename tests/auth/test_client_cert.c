/* auth/client_cert: chains to a client CA, one broken rule a test, and who it is. */
#include "../crypto/pki.h"

#include "auth/impl.h"

#define NOW (PKI_FROM + 1000)
#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

static struct pki pki;
static struct avow_arena arena;
static struct avow_who who;

/* otherName aside: rfc822Name, dNSName, URI */
static const uint8_t SAN[] = {0x30, 36, 0x81, 5, 'a', '@', 'b', '.', 'c', 0x82, 6, 'h',
	'.', 't', 'e', 's', 't', 0x86, 19, 's', 'p', 'i', 'f', 'f', 'e', ':', '/', '/',
	't', 'e', 's', 't', '/', 'a', 'g', 'e', 'n', 't'};

static const struct avow_grant READS[] = {{AVOW_RIGHT_READ, {NULL, 0}}};
static const struct avow_grant WRITES[] = {{AVOW_RIGHT_WRITE, {NULL, 0}}};
static const struct avow_grant DELETES[] = {{AVOW_RIGHT_DELETE, {NULL, 0}}};
static const struct avow_grant ATTESTS[] = {{AVOW_RIGHT_ATTEST, {NULL, 0}}};
static const struct avow_rule RULES[] = {
	{AVOW_MATCH_CN, {(const uint8_t *)"Test Leaf", 9}, READS, 1},
	{AVOW_MATCH_DNS, {(const uint8_t *)"h.test", 6}, WRITES, 1},
	{AVOW_MATCH_URI, {(const uint8_t *)"spiffe://test/agent", 19}, DELETES, 1},
	{AVOW_MATCH_EMAIL, {(const uint8_t *)"a@b.c", 5}, ATTESTS, 1},
	/* the same text as another kind of name is nobody */
	{AVOW_MATCH_URI, {(const uint8_t *)"h.test", 6}, DELETES, 1},
};

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, 1 << 20);
	pki_init(&pki);
	pki.leaf.eku_oid = CLIENT_AUTH;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pki_clear(&pki);
	avow_arena_clear(&arena);
	return 0;
}

/* Root trusted; leaf, and the CA where it is sent. */
static enum avow_err
judge(const struct avow_cert_spec *root, bool with_ca, int64_t at_s)
{
	struct avow_buf leaf = pki_der(&pki.leaf), ca = pki_der(&pki.ca);
	const struct avow_span sent[] = {avow_buf_span(&leaf), avow_buf_span(&ca)};
	struct avow_cert *anchor = pki_cert(root);
	const struct avow_access access = {.client_cas = &anchor,
		.n_client_cas = 1,
		.client_rules = {RULES, sizeof(RULES) / sizeof(RULES[0])}};
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	who = (struct avow_who){.n_grants = 0};
	e = avow_client_cert_verify(
		&access, sent, with_ca ? 2 : 1, at_s, &arena, &who, &why);
	avow_cert_free(anchor);
	avow_buf_clear(&leaf);
	avow_buf_clear(&ca);
	if (e != AVOW_OK)
		assert_int_equal(0, who.n_grants);
	return e;
}

static enum avow_err
may(unsigned right)
{
	return avow_who_may(&who, right, AVOW_LIT("one"), NULL);
}

static void
a_chain_to_a_client_ca_is_somebody(void **state)
{
	(void)state;
	assert_ok(judge(&pki.root, true, NOW));
	assert_true(avow_span_starts(who.name, AVOW_LIT("certificate Test Leaf ")));
	assert_ok(may(AVOW_RIGHT_READ));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE));
	/* the issuing CA itself can be the one that is trusted */
	assert_ok(judge(&pki.ca, false, NOW));
	assert_ok(judge(&pki.ca, true, NOW));
}

static void
names_match_by_kind(void **state)
{
	(void)state;
	pki.leaf.extra[0] = (struct avow_extra_extension){
		"2.5.29.17", false, avow_span_make(SAN, sizeof(SAN))};
	assert_ok(judge(&pki.root, true, NOW));
	assert_int_equal(4, who.n_grants);
	assert_ok(may(AVOW_RIGHT_READ | AVOW_RIGHT_WRITE | AVOW_RIGHT_DELETE |
		      AVOW_RIGHT_ATTEST));
}

static void
a_chain_that_does_not_reach_is_refused(void **state)
{
	struct avow_cert_spec stranger = pki.root;

	(void)state;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, false, NOW));
	/* the right name with another key */
	stranger.key = avow_privkey_public(pki.leaf_key);
	stranger.signer = pki.leaf_key;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&stranger, true, NOW));
}

/* verifier-bugs 32: CA flag, usage and path length of every issuer count. */
static void
issuers_are_cas(void **state)
{
	(void)state;
	pki.ca.is_ca = false;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.ca.is_ca = true;
	pki.ca.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.ca.key_usage = AVOW_KU_KEY_CERT_SIGN;
	pki.root.path_length = 0;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.root.path_length = 1;
	assert_ok(judge(&pki.root, true, NOW));
}

static void
the_leaf_is_for_tls_clients(void **state)
{
	(void)state;
	pki.leaf.eku_oid = NULL;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.leaf.eku_oid = "1.3.6.1.5.5.7.3.1"; /* serverAuth */
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.leaf.eku_oid = "2.5.29.37.0"; /* any */
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.leaf.eku_oid = CLIENT_AUTH;
	pki.leaf.key_usage = AVOW_KU_KEY_CERT_SIGN;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.leaf.key_usage = 0; /* absent: anything */
	assert_ok(judge(&pki.root, true, NOW));
	pki.leaf.is_ca = true;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
}

static void
every_certificate_is_valid_now(void **state)
{
	(void)state;
	assert_ok(judge(&pki.root, true, PKI_FROM));
	assert_ok(judge(&pki.root, true, PKI_UNTIL));
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, PKI_FROM - 1));
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, PKI_UNTIL + 1));
	pki.ca.not_after_s = NOW - 1;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
	pki.ca.not_after_s = PKI_UNTIL;
	pki.root.not_after_s = NOW - 1;
	assert_err(AVOW_E_CLIENT_CERTIFICATE, judge(&pki.root, true, NOW));
}

static void
what_is_no_certificate_is_refused(void **state)
{
	struct avow_span many[9];
	const struct avow_access access = {.n_client_cas = 0};

	(void)state;
	for (size_t i = 0; i < 9; i++)
		many[i] = AVOW_LIT("0");
	assert_err(AVOW_E_CLIENT_CERTIFICATE,
		avow_client_cert_verify(&access, many, 1, NOW, &arena, &who, NULL));
	assert_err(AVOW_E_CLIENT_CERTIFICATE,
		avow_client_cert_verify(&access, many, 9, NOW, &arena, &who, NULL));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_chain_to_a_client_ca_is_somebody),
		CASE(names_match_by_kind),
		CASE(a_chain_that_does_not_reach_is_refused),
		CASE(issuers_are_cas),
		CASE(the_leaf_is_for_tls_clients),
		CASE(every_certificate_is_valid_now),
		CASE(what_is_no_certificate_is_refused),
	};

	return cmocka_run_group_tests_name("auth/client_cert", tests, NULL, NULL);
}
