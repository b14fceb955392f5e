/*
 * Intel's chains and CRLs: a good one of each, and one that differs from it in
 * each single rule.
 */
#include "pki.h"

static struct pki p;

static int
setup(void **state)
{
	(void)state;
	pki_init(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pki_clear(&p);
	return 0;
}

static enum avow_err
verify3(struct avow_cert *a, struct avow_cert *b, struct avow_cert *c,
	struct avow_why *why)
{
	struct avow_cert *certs[3] = {a, b, c};
	struct avow_pck_chain chain;
	enum avow_err e = avow_pck_chain_verify(certs, 3, p.anchors, &chain, why);

	if (e == AVOW_OK) {
		assert_ptr_equal(p.leaf, chain.leaf);
		assert_ptr_equal(p.ca, chain.ca);
		assert_int_equal(AVOW_PCK_CA_PLATFORM, chain.ca_kind);
	} else {
		assert_null(chain.leaf);
	}
	avow_pck_chain_clear(&chain);
	assert_null(chain.ca);
	return e;
}

static void
a_chain_verifies_in_any_order(void **state)
{
	struct avow_cert *const c[3] = {p.leaf, p.ca, p.root};

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			if (i != j)
				assert_ok(verify3(c[i], c[j], c[3 - i - j], NULL));
}

static void
a_chain_has_exactly_three(void **state)
{
	struct avow_cert *c[4] = {p.leaf, p.ca, p.root, p.root};
	struct avow_pck_chain chain;

	(void)state;
	for (size_t n = 0; n <= 4; n++)
		if (n != 3)
			assert_err(AVOW_E_PCK_CHAIN_LENGTH,
				avow_pck_chain_verify(c, n, p.anchors, &chain, NULL));
}

static void
a_chain_is_leaf_ca_root(void **state)
{
	const enum avow_err order = AVOW_E_PCK_CHAIN_ORDER;

	(void)state;
	assert_err(order, verify3(p.leaf, p.ca, p.ca, NULL));
	assert_err(order, verify3(p.leaf, p.leaf, p.root, NULL));
	assert_err(order, verify3(p.leaf, p.signer, p.root, NULL));
	assert_err(order, verify3(p.root, p.root, p.leaf, NULL));
	assert_err(order, verify3(p.leaf, p.ca, p.signer, NULL));
}

/* One certificate of the three is made otherwise. */
static void
with_leaf(enum avow_err expected, tweak *t)
{
	struct avow_cert *c = make_leaf(&p, t);

	assert_err(expected, verify3(c, p.ca, p.root, NULL));
	avow_cert_free(c);
}

static void
with_ca(enum avow_err expected, tweak *t)
{
	struct avow_cert *c = make_ca(&p, t);

	assert_err(expected, verify3(p.leaf, c, p.root, NULL));
	avow_cert_free(c);
}

static void
with_root(enum avow_err expected, tweak *t)
{
	struct avow_cert *c = make_root(&p, t);

	assert_err(expected, verify3(p.leaf, p.ca, c, NULL));
	avow_cert_free(c);
}

static void
other_signer(struct avow_cert_spec *s)
{
	s->signer = p.other_key;
}

static void
other_issuer(struct avow_cert_spec *s)
{
	s->issuer = leaf_name;
}

static void
no_constraints(struct avow_cert_spec *s)
{
	s->with_basic_constraints = false;
}

static void
not_a_ca(struct avow_cert_spec *s)
{
	s->is_ca = false;
	s->path_length = -1;
}

static void
a_ca(struct avow_cert_spec *s)
{
	s->is_ca = true;
}

static void
path_length_0(struct avow_cert_spec *s)
{
	s->path_length = 0;
}

static void
no_key_usage(struct avow_cert_spec *s)
{
	s->key_usage = 0;
}

static void
crl_usage(struct avow_cert_spec *s)
{
	s->key_usage = AVOW_KU_CRL_SIGN;
}

static void
signing_usage(struct avow_cert_spec *s)
{
	s->key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_DIGITAL_SIGNATURE;
}

static void
no_key_ids(struct avow_cert_spec *s)
{
	s->with_key_ids = false;
}

static void
no_crl_url(struct avow_cert_spec *s)
{
	s->crl_url = NULL;
}

static void
unknown_critical(struct avow_cert_spec *s)
{
	s->extra[0].oid = "1.2.3.4.5";
	s->extra[0].critical = true;
	s->extra[0].value = AVOW_LIT("\x05\x00");
}

static void
refuses_each_broken_rule_of_a_leaf(void **state)
{
	const enum avow_err rule = AVOW_E_PCK_CHAIN_CONSTRAINTS;

	(void)state;
	with_leaf(AVOW_E_PCK_CHAIN_SIGNATURE, other_signer);
	with_leaf(AVOW_E_PCK_CHAIN_ORDER, other_issuer);
	with_leaf(rule, no_constraints);
	with_leaf(rule, a_ca);
	with_leaf(rule, no_key_usage);
	with_leaf(rule, crl_usage);
	with_leaf(rule, signing_usage);
	with_leaf(rule, no_key_ids);
	with_leaf(rule, no_crl_url);
	with_leaf(rule, unknown_critical);
}

/* The reason is the link's own, under the chain's code and check. */
static void
a_broken_link_says_which_rule(void **state)
{
	struct avow_cert *c = make_ca(&p, not_a_ca);
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_PCK_CHAIN_CONSTRAINTS, verify3(p.leaf, c, p.root, &why));
	assert_err(AVOW_E_PCK_CHAIN_CONSTRAINTS, why.code);
	assert_string_equal("pck_chain", why.check);
	assert_string_equal("basicConstraints.cA", why.field);
	avow_cert_free(c);
}

static void
refuses_each_broken_rule_of_a_ca(void **state)
{
	const enum avow_err rule = AVOW_E_PCK_CHAIN_CONSTRAINTS;

	(void)state;
	with_ca(AVOW_E_PCK_CHAIN_SIGNATURE, other_signer);
	with_ca(AVOW_E_PCK_CHAIN_ORDER, other_issuer);
	with_ca(rule, no_constraints);
	with_ca(rule, not_a_ca);
	with_ca(rule, no_key_usage);
	with_ca(rule, crl_usage);
	with_ca(rule, no_key_ids);
	with_ca(rule, no_crl_url);
	with_ca(rule, unknown_critical);
}

static void
refuses_each_broken_rule_of_a_root(void **state)
{
	const enum avow_err rule = AVOW_E_PCK_CHAIN_CONSTRAINTS;

	(void)state;
	with_root(AVOW_E_PCK_CHAIN_SIGNATURE, other_signer);
	with_root(AVOW_E_PCK_CHAIN_ORDER, other_issuer);
	with_root(rule, no_constraints);
	with_root(rule, not_a_ca);
	with_root(rule, path_length_0);
	with_root(rule, no_key_usage);
	with_root(rule, crl_usage);
	with_root(rule, no_key_ids);
	with_root(rule, no_crl_url);
	with_root(rule, unknown_critical);
}

static void
p384_key(struct avow_cert_spec *s)
{
	static struct avow_privkey *k;

	if (!k)
		assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k));
	s->key = avow_privkey_public(k);
}

static void
only_p256_keys(void **state)
{
	(void)state;
	with_leaf(AVOW_E_PCK_CHAIN_CONSTRAINTS, p384_key);
	with_ca(AVOW_E_PCK_CHAIN_CONSTRAINTS, p384_key);
}

static name_pairs other_name[] = {{"CN", "SGX something else"}, {NULL, NULL}};

static void
named_otherwise(struct avow_cert_spec *s)
{
	if (s->subject == s->issuer)
		s->issuer = other_name;
	s->subject = other_name;
}

static void
issued_by_other(struct avow_cert_spec *s)
{
	s->issuer = other_name;
}

static void
refuses_other_common_names(void **state)
{
	const enum avow_err name = AVOW_E_PCK_CHAIN_NAME;
	struct avow_cert *ca = make_ca(&p, named_otherwise);
	struct avow_cert *leaf = make_leaf(&p, issued_by_other);
	struct avow_cert *root = make_root(&p, named_otherwise);
	struct avow_cert *ca2 = make_ca(&p, issued_by_other);

	(void)state;
	with_leaf(name, named_otherwise);
	assert_err(name, verify3(leaf, ca, p.root, NULL));
	assert_err(name, verify3(p.leaf, ca2, root, NULL));
	avow_cert_free(ca);
	avow_cert_free(leaf);
	avow_cert_free(root);
	avow_cert_free(ca2);
}

static name_pairs processor_name[] = {
	{"CN", "Intel SGX PCK Processor CA"}, {NULL, NULL}};

static void
as_processor(struct avow_cert_spec *s)
{
	s->subject = processor_name;
}

static void
by_processor(struct avow_cert_spec *s)
{
	s->issuer = processor_name;
}

static void
tells_the_processor_ca(void **state)
{
	struct avow_cert *c[3] = {
		make_leaf(&p, by_processor), make_ca(&p, as_processor), p.root};
	struct avow_pck_chain chain;

	(void)state;
	assert_ok(avow_pck_chain_verify(c, 3, p.anchors, &chain, NULL));
	assert_int_equal(AVOW_PCK_CA_PROCESSOR, chain.ca_kind);
	avow_pck_chain_clear(&chain);
	avow_cert_free(c[0]);
	avow_cert_free(c[1]);
}

/* The whole chain is sound, and its root is not one that is trusted. */
static void
refuses_a_root_that_is_not_pinned(void **state)
{
	struct avow_cert *c[3] = {p.leaf, p.ca, p.root};
	struct avow_anchors *intel;
	struct avow_pck_chain chain;
	struct avow_why why;

	(void)state;
	assert_ok(avow_anchors_new(true, &intel));
	avow_why_init(&why);
	assert_err(AVOW_E_PCK_CHAIN_ROOT,
		avow_pck_chain_verify(c, 3, intel, &chain, &why));
	assert_string_equal("pck_chain", why.check);
	assert_string_equal("Test SGX Root CA", why.field);
	avow_anchors_free(intel);
}

/* --- time and revocation -------------------------------------------------------------- */

static struct avow_pck_chain
good_chain(void)
{
	struct avow_cert *c[3] = {p.leaf, p.ca, p.root};
	struct avow_pck_chain chain;

	assert_ok(avow_pck_chain_verify(c, 3, p.anchors, &chain, NULL));
	return chain;
}

static enum avow_err
judge_with(struct avow_span root_revokes, struct avow_span ca_revokes, int64_t at_s)
{
	struct avow_crl_spec root_spec = crl_spec_of(root_name, p.root_key);
	struct avow_crl_spec ca_spec = crl_spec_of(ca_name, p.ca_key);
	struct avow_intel_selection s = {0};
	struct avow_pck_chain chain = good_chain();
	struct avow_crl *root_crl, *ca_crl;
	enum avow_err e;

	root_spec.revoked = &root_revokes;
	root_spec.n_revoked = root_revokes.n > 0;
	ca_spec.revoked = &ca_revokes;
	ca_spec.n_revoked = ca_revokes.n > 0;
	s.root_crl = root_crl = make_crl(&p, root_spec);
	s.pck_crl = ca_crl = make_crl(&p, ca_spec);
	memcpy(s.pck_ca_sha256, p.ca->sha256, 32);
	e = avow_pck_chain_judge(&chain, &s, at_s, NULL);
	avow_crl_free(root_crl);
	avow_crl_free(ca_crl);
	avow_pck_chain_clear(&chain);
	return e;
}

static void
revocation_and_validity_are_judged_at_a_time(void **state)
{
	const struct avow_span none = {NULL, 0};

	(void)state;
	assert_ok(judge_with(none, none, T0));
	assert_ok(judge_with(p.leaf->serial, none, T0));
	assert_ok(judge_with(none, p.ca->serial, T0));
	assert_err(AVOW_E_PCK_CA_REVOKED, judge_with(p.ca->serial, none, T0));
	assert_err(AVOW_E_PCK_REVOKED, judge_with(none, p.leaf->serial, T0));
	assert_ok(judge_with(none, none, T0 - 365 * DAY));
	assert_ok(judge_with(none, none, T0 + 365 * DAY));
	assert_err(AVOW_E_PCK_CHAIN_NOT_YET_VALID,
		judge_with(none, none, T0 - 365 * DAY - 1));
	assert_err(
		AVOW_E_PCK_CHAIN_EXPIRED, judge_with(none, none, T0 + 365 * DAY + 1));
}

static void
until_t0(struct avow_cert_spec *s)
{
	s->not_after_s = T0;
}

/* Each of the three is judged: bug 8's sibling for certificates. */
static void
every_certificate_of_a_chain_has_its_time(void **state)
{
	struct avow_intel_selection s = {0};
	struct avow_pck_chain chain;
	struct avow_cert *short_lived[3];

	(void)state;
	short_lived[0] = make_leaf(&p, until_t0);
	short_lived[1] = make_ca(&p, until_t0);
	short_lived[2] = make_root(&p, until_t0);
	s.root_crl = make_crl(&p, crl_spec_of(root_name, p.root_key));
	s.pck_crl = make_crl(&p, crl_spec_of(ca_name, p.ca_key));
	for (int i = 0; i < 3; i++) {
		struct avow_cert *c[3] = {p.leaf, p.ca, p.root};

		c[i] = short_lived[i];
		memcpy(s.pck_ca_sha256, c[1]->sha256, 32);
		assert_ok(avow_pck_chain_verify(c, 3, p.anchors, &chain, NULL));
		assert_ok(avow_pck_chain_judge(&chain, &s, T0, NULL));
		assert_err(AVOW_E_PCK_CHAIN_EXPIRED,
			avow_pck_chain_judge(&chain, &s, T0 + 1, NULL));
		avow_pck_chain_clear(&chain);
		avow_cert_free(c[i]);
	}
	avow_crl_free((struct avow_crl *)(uintptr_t)s.root_crl);
	avow_crl_free((struct avow_crl *)(uintptr_t)s.pck_crl);
}

/* verifier bug 18: without the CRLs of this very chain there is no judgement */
static void
there_is_no_judgement_without_the_right_crls(void **state)
{
	struct avow_intel_selection s = {0};
	struct avow_pck_chain chain = good_chain();

	(void)state;
	assert_err(AVOW_E_INTERNAL, avow_pck_chain_judge(&chain, &s, T0, NULL));
	s.root_crl = make_crl(&p, crl_spec_of(root_name, p.root_key));
	s.pck_crl = make_crl(&p, crl_spec_of(ca_name, p.ca_key));
	assert_err(AVOW_E_INTERNAL, avow_pck_chain_judge(&chain, &s, T0, NULL));
	memcpy(s.pck_ca_sha256, p.ca->sha256, 32);
	assert_ok(avow_pck_chain_judge(&chain, &s, T0, NULL));
	avow_crl_free((struct avow_crl *)(uintptr_t)s.root_crl);
	avow_crl_free((struct avow_crl *)(uintptr_t)s.pck_crl);
	avow_pck_chain_clear(&chain);
}

/* --- the TCB signing chain -------------------------------------------------------------- */

static void
signer_is(enum avow_err expected, tweak *t)
{
	struct avow_cert *c = make_signer(&p, t);

	assert_err(expected, avow_tcb_signing_verify(c, p.root, p.anchors, NULL));
	avow_cert_free(c);
}

static void
signing_root_is(enum avow_err expected, tweak *t)
{
	struct avow_cert *c = make_root(&p, t);

	assert_err(expected, avow_tcb_signing_verify(p.signer, c, p.anchors, NULL));
	avow_cert_free(c);
}

static void
the_tcb_signing_chain_keeps_each_rule(void **state)
{
	(void)state;
	signer_is(AVOW_OK, NULL);
	signer_is(AVOW_E_CHAIN_NAME, named_otherwise);
	signer_is(AVOW_E_CHAIN_SIGNATURE, other_signer);
	signer_is(AVOW_E_CHAIN_ISSUER, other_issuer);
	signer_is(AVOW_E_CHAIN_EXTENSION, no_key_ids);
	signer_is(AVOW_E_CHAIN_EXTENSION, no_crl_url);
	signer_is(AVOW_E_CHAIN_EXTENSION, no_key_usage);
	signer_is(AVOW_E_CHAIN_EXTENSION, unknown_critical);
	signer_is(AVOW_E_CHAIN_KEY_USAGE, a_ca);
	signer_is(AVOW_E_CHAIN_KEY_USAGE, crl_usage);
	signer_is(AVOW_E_CHAIN_KEY_USAGE, signing_usage);
	signer_is(AVOW_E_CHAIN_KEY_USAGE, p384_key);
	signing_root_is(AVOW_OK, NULL);
	signing_root_is(AVOW_E_CHAIN_NAME, named_otherwise);
	signing_root_is(AVOW_E_CHAIN_NOT_CA, not_a_ca);
	signing_root_is(AVOW_E_CHAIN_KEY_USAGE, crl_usage);
	signing_root_is(AVOW_E_CHAIN_EXTENSION, no_crl_url);
	signing_root_is(AVOW_E_CHAIN_SIGNATURE, other_signer);
}

static void
the_tcb_signing_chain_ends_in_a_pinned_key(void **state)
{
	struct avow_anchors *intel;

	(void)state;
	assert_ok(avow_anchors_new(true, &intel));
	assert_err(AVOW_E_CHAIN_ROOT,
		avow_tcb_signing_verify(p.signer, p.root, intel, NULL));
	avow_anchors_free(intel);
}

/* --- CRLs ------------------------------------------------------------------------------------ */

static void
crl_is(enum avow_err expected, struct avow_crl_spec s)
{
	struct avow_crl *crl = make_crl(&p, s);
	struct avow_why why;

	avow_why_init(&why);
	assert_err(expected, avow_intel_crl_verify(crl, p.ca, &why));
	assert_err(expected, why.code);
	avow_crl_free(crl);
}

/* verifier bug 17: a CRL is believed only after its issuer and signature */
static void
a_crl_keeps_each_rule(void **state)
{
	struct avow_crl_spec s = crl_spec_of(ca_name, p.ca_key);

	(void)state;
	crl_is(AVOW_OK, s);
	s.issuer = root_name;
	crl_is(AVOW_E_CRL_ISSUER, s);
	s = crl_spec_of(ca_name, p.other_key);
	crl_is(AVOW_E_CRL_SIGNATURE, s);
	s = crl_spec_of(ca_name, p.ca_key);
	s.with_number = false;
	crl_is(AVOW_E_CRL_EXTENSIONS, s);
	s = crl_spec_of(ca_name, p.ca_key);
	s.with_authority_key_id = false;
	crl_is(AVOW_E_CRL_EXTENSIONS, s);
	s = crl_spec_of(ca_name, p.ca_key);
	s.next_update_s = 0;
	crl_is(AVOW_E_CRL_EXTENSIONS, s);
	s = crl_spec_of(ca_name, p.ca_key);
	s.extra[0].oid = "1.2.3.4.5";
	s.extra[0].critical = true;
	s.extra[0].value = AVOW_LIT("\x05\x00");
	crl_is(AVOW_E_CRL_EXTENSIONS, s);
}

static void
a_crl_is_signed_by_a_ca_that_may(void **state)
{
	struct avow_crl *crl = make_crl(&p, crl_spec_of(ca_name, p.ca_key));
	struct avow_cert *ca = make_ca(&p, signing_usage);
	struct avow_cert *no_longer = make_ca(&p, not_a_ca);

	(void)state;
	assert_err(AVOW_E_CRL_ISSUER, avow_intel_crl_verify(crl, ca, NULL));
	assert_err(AVOW_E_CRL_ISSUER, avow_intel_crl_verify(crl, no_longer, NULL));
	avow_crl_free(crl);
	avow_cert_free(ca);
	avow_cert_free(no_longer);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_chain_verifies_in_any_order),
		T(a_chain_has_exactly_three),
		T(a_chain_is_leaf_ca_root),
		T(refuses_each_broken_rule_of_a_leaf),
		T(a_broken_link_says_which_rule),
		T(refuses_each_broken_rule_of_a_ca),
		T(refuses_each_broken_rule_of_a_root),
		T(only_p256_keys),
		T(refuses_other_common_names),
		T(tells_the_processor_ca),
		T(refuses_a_root_that_is_not_pinned),
		T(revocation_and_validity_are_judged_at_a_time),
		T(every_certificate_of_a_chain_has_its_time),
		T(there_is_no_judgement_without_the_right_crls),
		T(the_tcb_signing_chain_keeps_each_rule),
		T(the_tcb_signing_chain_ends_in_a_pinned_key),
		T(a_crl_keeps_each_rule),
		T(a_crl_is_signed_by_a_ca_that_may),
	};

	return cmocka_run_group_tests_name("trust/intel_chain", tests, NULL, NULL);
}
