/*
 * api/policy_signer: who signed a management JWT, and whether an isolated
 * provider takes it from them. The same small PKI everywhere: a root, a CA
 * under it, a leaf under that; each case differs in one thing.
 */
#include "support.h"

#include "api/policy_jwt.h"
#include "base/base64.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/pki.h"

#define NOW (PKI_FROM + 1000)
/* {"AttestationPolicy":"dmVyc2lvbj0gMS4wOw"}: "version= 1.0;" */
#define PAYLOAD "{\"AttestationPolicy\":\"dmVyc2lvbj0gMS4wOw\"}"

static struct avow_arena arena;
static struct avow_why why;
static struct pki p;
static struct avow_cert *made[64];
static size_t n_made;
static const struct avow_cert *root, *ca, *leaf; /* as p says */

/* Each is made once: an ECDSA signature differs every time. */
static const struct avow_cert *
cert_of(const struct avow_cert_spec *spec)
{
	assert_true(n_made < sizeof(made) / sizeof(made[0]));
	made[n_made] = pki_cert(spec);
	return made[n_made++];
}

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(8));
	avow_why_init(&why);
	pki_init(&p);
	root = cert_of(&p.root);
	ca = cert_of(&p.ca);
	leaf = cert_of(&p.leaf);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	while (n_made > 0)
		avow_cert_free(made[--n_made]);
	pki_clear(&p);
	avow_arena_clear(&arena);
	return 0;
}

/* --- making ---------------------------------------------------------------------------- */

static const char *
header_of(const char *alg, const struct avow_cert *const *chain, bool in_jwk)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, &arena, AVOW_KIB(64));
	avow_buf_printf(
		&b, "{\"alg\":\"%s\",%s\"x5c\":[", alg, in_jwk ? "\"jwk\":{" : "");
	for (size_t i = 0; chain[i]; i++) {
		avow_buf_put_str(&b, i ? ",\"" : "\"");
		avow_b64_put(&b, chain[i]->der);
		avow_buf_put_str(&b, "\"");
	}
	avow_buf_put_str(&b, in_jwk ? "]}}" : "]}");
	return avow_buf_str(&b);
}

static struct avow_span
sign(const char *header, const struct avow_privkey *key, enum avow_sig alg)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, &arena, AVOW_KIB(64));
	assert_ok(
		avow_jws_sign(avow_span_str(header), AVOW_LIT(PAYLOAD), key, alg, &b));
	return avow_buf_span(&b);
}

static struct avow_span
signed_by(const struct avow_privkey *key, const struct avow_cert *const *chain)
{
	return sign(header_of("ES256", chain, false), key, AVOW_SIG_ES256_RAW);
}

static enum avow_err
open_with(struct avow_span jwt, const struct avow_policy_trust *trust)
{
	struct avow_policy_envelope in;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_policy_envelope_open(jwt, trust, &arena, &in, &why);
	if (e == AVOW_OK) {
		assert_span_str("version= 1.0;", in.text);
		assert_int_not_equal(0, in.signer.n);
		assert_span(jwt, in.jwt);
	} else {
		assert_err(e, why.code);
	}
	return e;
}

/* What an isolated provider with one policy certificate says. */
static enum avow_err
open_under(struct avow_span jwt, const struct avow_cert *anchor, bool is_direct)
{
	struct avow_cert *own = made[0];
	const struct avow_policy_trust trust = {
		.certs = &own, .n_certs = 1, .is_direct = is_direct, .at_s = NOW};

	for (size_t i = 0; i < n_made; i++)
		own = made[i] == anchor ? made[i] : own;
	return open_with(jwt, &trust);
}

static const struct avow_cert *const *
chain_of(
	const struct avow_cert *a, const struct avow_cert *b, const struct avow_cert *c)
{
	const struct avow_cert **v =
		avow_arena_array(&arena, 4, sizeof(struct avow_cert *));

	assert_non_null(v);
	v[0] = a;
	v[1] = b;
	v[2] = c;
	v[3] = NULL;
	return v;
}

#define CHAIN_1(a) chain_of(a, NULL, NULL)
#define CHAIN_2(a, b) chain_of(a, b, NULL)
#define CHAIN_3(a, b, c) chain_of(a, b, c)

/* --- algorithms -------------------------------------------------------------------------- */

static void
every_algorithm_of_the_contract_verifies(void **state)
{
	static const struct {
		enum avow_key_type type;
		enum avow_sig alg, cert_alg;
		const char *sent;
	} cases[] = {
		{AVOW_KEY_RSA, AVOW_SIG_RS256, AVOW_SIG_RS256, "RS256"},
		{AVOW_KEY_RSA, AVOW_SIG_RS384, AVOW_SIG_RS256, "RS384"},
		{AVOW_KEY_RSA, AVOW_SIG_PS256, AVOW_SIG_RS256, "PS256"},
		{AVOW_KEY_RSA, AVOW_SIG_PS384, AVOW_SIG_RS256, "PS384"},
		{AVOW_KEY_P256, AVOW_SIG_ES256_RAW, AVOW_SIG_ES256_DER, "ES256"},
		{AVOW_KEY_P384, AVOW_SIG_ES384_RAW, AVOW_SIG_ES384_DER, "ES384"},
		/* as .NET and old Python clients write them (spec 02) */
		{AVOW_KEY_RSA, AVOW_SIG_RS256, AVOW_SIG_RS256, "RSA256"},
		{AVOW_KEY_P256, AVOW_SIG_ES256_RAW, AVOW_SIG_ES256_DER, "ECDH256"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct avow_cert_spec spec = p.root;
		const struct avow_cert *own;
		struct avow_privkey *key;
		struct avow_span jwt;

		assert_ok(avow_privkey_generate(cases[i].type, 2048, &key));
		spec.key = avow_privkey_public(key);
		spec.signer = key;
		spec.alg = cases[i].cert_alg;
		own = cert_of(&spec);
		jwt = sign(header_of(cases[i].sent, CHAIN_1(own), i % 2), key,
			cases[i].alg);
		assert_ok(open_with(jwt, NULL));
		assert_ok(open_under(jwt, own, false));
		avow_privkey_free(key);
	}
}

static void
an_algorithm_of_another_key_is_refused(void **state)
{
	struct avow_span jwt;

	(void)state;
	jwt = sign(header_of("RS256", CHAIN_1(root), false), p.root_key,
		AVOW_SIG_ES256_RAW);
	assert_err(AVOW_E_JWS_ALGORITHM, open_with(jwt, NULL));
	jwt = sign(header_of("ES384", CHAIN_1(root), false), p.root_key,
		AVOW_SIG_ES256_RAW);
	assert_err(AVOW_E_JWS_ALGORITHM, open_with(jwt, NULL));
}

/* --- chains -------------------------------------------------------------------------------- */

static void
a_chain_may_hold_its_anchor_or_end_under_it(void **state)
{
	struct avow_span one = signed_by(p.leaf_key, CHAIN_1(leaf));
	struct avow_span two = signed_by(p.leaf_key, CHAIN_2(leaf, ca));
	struct avow_span three = signed_by(p.leaf_key, CHAIN_3(leaf, ca, root));

	(void)state;
	assert_ok(open_under(three, root, false));
	assert_ok(open_under(two, root, false));
	assert_ok(open_under(one, ca, false));
	assert_ok(open_under(two, ca, false));
	assert_ok(open_under(three, ca, false));
	/* the signer itself was uploaded, as the SDKs' tests do */
	assert_ok(open_under(one, leaf, false));
	assert_ok(open_under(signed_by(p.root_key, CHAIN_1(root)), root, false));
	/* one link is missing between them */
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED, open_under(one, root, false));
}

static void
a_strangers_chain_is_refused(void **state)
{
	const struct avow_cert *other_leaf;
	struct pki other;
	struct avow_span jwt;

	(void)state;
	pki_init(&other);
	other_leaf = cert_of(&other.leaf);
	jwt = signed_by(other.leaf_key,
		CHAIN_3(other_leaf, cert_of(&other.ca), cert_of(&other.root)));
	assert_ok(open_with(jwt, NULL));
	/* the same names, other keys */
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED, open_under(jwt, root, false));
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED, open_under(jwt, ca, false));
	jwt = signed_by(other.leaf_key, CHAIN_1(other_leaf));
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED, open_under(jwt, ca, false));
	/* a trusted certificate that is shown and has signed nothing */
	jwt = signed_by(other.leaf_key, CHAIN_2(other_leaf, ca));
	assert_err(AVOW_E_CHAIN_SIGNATURE, open_under(jwt, ca, false));
	jwt = signed_by(other.leaf_key, CHAIN_1(leaf));
	assert_err(AVOW_E_JWS_SIGNATURE, open_under(jwt, ca, false));
	pki_clear(&other);
}

/* verifier-bugs 32: chains without basicConstraints, path length, key usage */
static void
an_issuer_that_is_no_ca_is_refused(void **state)
{
	struct avow_cert_spec spec = p.ca;
	const struct avow_cert *bad;

	(void)state;
	spec.is_ca = false;
	spec.path_length = -1;
	bad = cert_of(&spec);
	assert_err(AVOW_E_CHAIN_NOT_CA,
		open_under(
			signed_by(p.leaf_key, CHAIN_3(leaf, bad, root)), root, false));
	/* found by its name alone, not in the chain */
	assert_err(AVOW_E_CHAIN_NOT_CA,
		open_under(signed_by(p.leaf_key, CHAIN_1(leaf)), bad, false));
	spec = p.root;
	spec.is_ca = spec.with_basic_constraints = false;
	spec.path_length = -1;
	bad = cert_of(&spec);
	assert_err(AVOW_E_CHAIN_NOT_CA,
		open_under(signed_by(p.root_key, CHAIN_1(bad)), bad, false));
	spec = p.root;
	spec.path_length = 0;
	bad = cert_of(&spec);
	assert_err(AVOW_E_CHAIN_PATH_LENGTH,
		open_under(signed_by(p.leaf_key, CHAIN_3(leaf, ca, bad)), bad, false));
}

static const struct avow_cert *
with_usage(struct avow_cert_spec spec, unsigned usage)
{
	spec.key_usage = usage;
	return cert_of(&spec);
}

static void
a_certificate_of_another_usage_is_refused(void **state)
{
	const struct avow_cert *c = with_usage(p.leaf, AVOW_KU_CRL_SIGN);

	(void)state;
	assert_err(AVOW_E_CHAIN_KEY_USAGE,
		open_under(signed_by(p.leaf_key, CHAIN_1(c)), ca, false));
	c = with_usage(p.ca, AVOW_KU_DIGITAL_SIGNATURE);
	assert_err(AVOW_E_CHAIN_KEY_USAGE,
		open_under(signed_by(p.leaf_key, CHAIN_2(leaf, c)), root, false));
	c = with_usage(p.root, AVOW_KU_CRL_SIGN);
	assert_err(AVOW_E_CHAIN_KEY_USAGE,
		open_under(signed_by(p.root_key, CHAIN_1(c)), c, false));
	/* the clients' own signers: roots with keyCertSign alone */
	c = with_usage(p.root, AVOW_KU_KEY_CERT_SIGN);
	assert_ok(open_under(signed_by(p.root_key, CHAIN_1(c)), c, false));
}

static const struct avow_cert *
valid(struct avow_cert_spec spec, int64_t from, int64_t until)
{
	spec.not_before_s = from;
	spec.not_after_s = until;
	return cert_of(&spec);
}

static void
dates_count_below_the_anchor(void **state)
{
	const struct avow_cert *c = valid(p.leaf, PKI_FROM, NOW - 1);

	(void)state;
	assert_err(AVOW_E_CHAIN_EXPIRED,
		open_under(signed_by(p.leaf_key, CHAIN_2(c, ca)), ca, false));
	/* the AAD model shows the signer and judges no dates */
	assert_ok(open_with(signed_by(p.leaf_key, CHAIN_1(c)), NULL));
	c = valid(p.leaf, PKI_FROM, NOW);
	assert_ok(open_under(signed_by(p.leaf_key, CHAIN_1(c)), ca, false));
	c = valid(p.leaf, NOW + 1, PKI_UNTIL);
	assert_err(AVOW_E_CHAIN_NOT_YET_VALID,
		open_under(signed_by(p.leaf_key, CHAIN_1(c)), ca, false));
	c = valid(p.ca, PKI_FROM, NOW - 1);
	assert_err(AVOW_E_CHAIN_EXPIRED,
		open_under(signed_by(p.leaf_key, CHAIN_2(leaf, c)), root, false));
	/* RFC 5280 6.1.1 (d): an anchor is a name and a key; the recorded
	 * service's policy certificate is of 2022 */
	c = valid(p.root, PKI_FROM, NOW - 1);
	assert_ok(open_under(signed_by(p.root_key, CHAIN_1(c)), c, false));
}

static void
certificates_are_changed_by_one_of_them_alone(void **state)
{
	(void)state;
	assert_ok(open_under(signed_by(p.ca_key, CHAIN_1(ca)), ca, true));
	assert_ok(open_under(signed_by(p.ca_key, CHAIN_2(ca, root)), ca, true));
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED,
		open_under(signed_by(p.leaf_key, CHAIN_2(leaf, ca)), ca, true));
	assert_err(AVOW_E_POLICY_SIGNER_UNTRUSTED,
		open_under(signed_by(p.leaf_key, CHAIN_1(leaf)), ca, true));
}

static void
an_isolated_provider_takes_nothing_unsigned(void **state)
{
	(void)state;
	assert_err(AVOW_E_POLICY_UNSIGNED,
		open_under(AVOW_LIT("eyJhbGciOiJub25lIn0.."), root, false));
	assert_err(AVOW_E_JWS_SIGNATURE,
		open_under(AVOW_LIT("eyJhbGciOiJub25lIn0..AAAA"), root, false));
	/* a key in the header proves nobody: {"alg":"ES256","jwk":{"kty":"EC"}} */
	assert_err(AVOW_E_POLICY_SIGNER,
		open_under(AVOW_LIT("eyJhbGciOiJFUzI1NiIsImp3ayI6eyJrdHkiOiJFQyJ9fQ"
				    "..AAAA"),
			root, false));
}

static void
a_policy_certificate_is_shown_as_a_jwk(void **state)
{
	struct avow_span jwk;
	const struct avow_json *tree;

	(void)state;
	assert_ok(avow_policy_cert_jwk(root, &arena, &jwk));
	assert_ok(avow_json_parse(jwk, NULL, &arena, &tree, NULL));
	assert_int_equal(4, tree->count);
	assert_span_str("ES256", avow_json_get(tree, "alg")->string);
	assert_span_str("EC", avow_json_get(tree, "kty")->string);
	assert_span_str("sig", avow_json_get(tree, "use")->string);
	assert_int_equal(1, avow_json_get(tree, "x5c")->count);
}

#define F(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		F(every_algorithm_of_the_contract_verifies),
		F(an_algorithm_of_another_key_is_refused),
		F(a_chain_may_hold_its_anchor_or_end_under_it),
		F(a_strangers_chain_is_refused),
		F(an_issuer_that_is_no_ca_is_refused),
		F(a_certificate_of_another_usage_is_refused),
		F(dates_count_below_the_anchor),
		F(certificates_are_changed_by_one_of_them_alone),
		F(an_isolated_provider_takes_nothing_unsigned),
		F(a_policy_certificate_is_shown_as_a_jwk),
	};

	return cmocka_run_group_tests_name("api/policy_signer", tests, NULL, NULL);
}
