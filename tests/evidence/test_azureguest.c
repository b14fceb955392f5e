/* Guests: each binding, broken by itself, gives its own code; the claims; and the
 * sealed answer, opened as Microsoft's client opens it. */
#include "guest_maker.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/aead.h"
#include "crypto/ossl.h"
#include "evidence/evidence.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

static struct guest_keys keys;

struct run {
	struct guest g;
	struct avow_arena arena;
	struct avow_collateral *collateral;
	struct avow_verify_in in;
	const struct avow_evidence *ev;
	const struct avow_verified *verified;
	struct avow_findings f;
	struct avow_claims claims;
	struct avow_why why;
};

static int
group_setup(void **state)
{
	(void)state;
	guest_keys_new(&keys);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	guest_keys_free(&keys);
	return 0;
}

/* An SEV-SNP guest brings its own; a TD's is what was made with it. */
static struct avow_collateral *
collateral_of(const struct avow_forged *td)
{
	struct avow_collateral_file files[16];
	struct avow_collateral *c;
	struct avow_forge_file file;
	size_t n = 0;

	for (size_t i = 0; td && avow_forged_at(td, i, &file); i++)
		if (strncmp(file.name, "collateral/", 11) == 0)
			files[n++] =
				(struct avow_collateral_file){file.name, file.bytes};
	assert_ok(avow_collateral_build(n ? files : NULL, n, &c, NULL));
	return c;
}

static enum avow_err
run(struct run *r, const struct guest_opts *o)
{
	enum avow_err e;

	memset(r, 0, sizeof(*r));
	guest_make(&r->g, &keys, o);
	avow_arena_init(&r->arena, AVOW_MIB(32));
	avow_why_init(&r->why);
	r->collateral = collateral_of(r->g.td);
	r->in = (struct avow_verify_in){.at_s = AMD_AT,
		.anchors = keys.anchors,
		.collateral = r->collateral,
		.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE};
	e = avow_evidence_parse(avow_kind_by_api_name(AVOW_LIT("azureguest")),
		avow_buf_span(&r->g.json), &r->arena, &r->ev, &r->why);
	if (e == AVOW_OK)
		e = avow_evidence_verify(
			r->ev, &r->in, &r->arena, &r->f, &r->verified, &r->why);
	assert_err(e, r->why.code);
	assert_int_equal(e == AVOW_OK, r->verified != NULL);
	return e;
}

static void
end(struct run *r)
{
	avow_collateral_free(r->collateral);
	avow_arena_clear(&r->arena);
	guest_clear(&r->g);
}

static void
expect(enum avow_err want, const char *check, const struct guest_opts *o)
{
	struct run r;

	assert_err(want, run(&r, o));
	if (check)
		assert_string_equal(check, r.why.check);
	end(&r);
}

/* --- bindings -------------------------------------------------------------------- */

static void
verifies_both_clients_forms(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	expect(AVOW_OK, NULL, &o);
	o.url = true;
	o.public_tail = true;
	o.payload = NULL;
	expect(AVOW_OK, NULL, &o);
	o = guest_trusted_launch();
	expect(AVOW_OK, NULL, &o);
}

/* bugs 19 and 25: the same bindings where the report is a TDX quote */
static void
a_td_is_bound_as_an_snp_guest_is(void **state)
{
	struct guest_opts o = guest_td();
	const struct avow_claim *c;
	struct run r;

	(void)state;
	assert_ok(run(&r, &o));
	avow_claims_init(&r.claims, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &r.claims));
	c = avow_claims_find_name(&r.claims, AVOW_LIT("x-ms-isolation-tee"));
	assert_non_null(c);
	assert_true(avow_span_find(c->string, AVOW_LIT("\"tdxvm\"")) < c->string.n);
	end(&r);
	o.ak_unnamed = true;
	expect(AVOW_E_AZUREGUEST_AK, "ak_binding", &o);
	o = guest_td();
	o.runtime_changed = true;
	expect(AVOW_E_RUNTIME_DATA_MISMATCH, "runtime_data", &o);
	o = guest_td();
	o.quote_signature = true;
	expect(AVOW_E_TPM_SIGNATURE, "quote_signature", &o);
}

/* bug 25 */
static void
refuses_a_key_that_the_report_does_not_name(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.ak_unnamed = true;
	expect(AVOW_E_AZUREGUEST_AK, "ak_binding", &o);
	o.ak_unnamed = false;
	o.ak_twice = true;
	expect(AVOW_E_AZUREGUEST_AK, "ak_binding", &o);
}

/* bug 14: at another level than the vTPM's the guest itself could name a key */
static void
refuses_a_report_of_the_guests_own_level(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.guest_level = true;
	expect(AVOW_E_SNP_VMPL, "paravisor", &o);
}

/* bug 19 */
static void
refuses_runtime_data_that_the_report_does_not_hold(void **state)
{
	struct guest_opts o = guest_snp();
	struct run r;

	(void)state;
	o.runtime_changed = true;
	expect(AVOW_E_RUNTIME_DATA_MISMATCH, "runtime_data", &o);
	o.runtime_changed = false;
	assert_ok(run(&r, &o));
	r.in.runtime = (struct avow_bound_data){.present = true};
	assert_err(AVOW_E_AZUREGUEST_REQUEST,
		avow_evidence_verify(r.ev, &r.in, &r.arena, &r.f, &r.verified, &r.why));
	end(&r);
}

/* bug 25, mistakes A3: a trusted launch guest's key has its certificate alone */
static void
needs_a_certificate_for_trusted_launch(void **state)
{
	struct guest_opts o = guest_trusted_launch();
	struct run r;

	(void)state;
	o.cert = GUEST_CERT_NONE;
	expect(AVOW_E_TPM_AK_UNCERTIFIED, "ak_certificate", &o);
	o.cert = GUEST_CERT_OTHER;
	expect(AVOW_E_TPM_AK_KEY, "ak_certificate", &o);
	o.cert = GUEST_CERT_OWN;
	assert_ok(run(&r, &o));
	r.in.at_s = AMD_AT + 1000;
	assert_err(AVOW_E_TPM_AK_EXPIRED,
		avow_evidence_verify(r.ev, &r.in, &r.arena, &r.f, &r.verified, &r.why));
	end(&r);
}

static void
refuses_isolation_that_is_not_known(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.type = "Undefined";
	expect(AVOW_E_AZUREGUEST_ISOLATION, "isolation", &o);
	o.type = "sevsnp";
	expect(AVOW_E_AZUREGUEST_ISOLATION, "isolation", &o);
}

/* bugs 22, 26, 30; mistakes A2 */
static void
refuses_a_quote_that_proves_less(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.ak_attributes &= ~0x10000u; /* restricted */
	expect(AVOW_E_TPM_AK_ATTRIBUTES, "ak_attributes", &o);
	o = guest_snp();
	o.quote_signature = true;
	expect(AVOW_E_TPM_SIGNATURE, "quote_signature", &o);
	o = guest_snp();
	o.value_changed = true;
	expect(AVOW_E_TPM_PCR_DIGEST, "quote_digest", &o);
	o = guest_snp();
	o.set = 0x1ff;
	expect(AVOW_E_TPM_PCR_REQUIRED, "quote_selection", &o);
	o = guest_snp();
	o.set = 0x7f;
	expect(AVOW_E_AZUREGUEST_PCR_SET, "quote_selection", &o);
	o.set = o.quoted = 0;
	expect(AVOW_E_TPM_SELECTION, NULL, &o);
}

static void
refuses_a_log_that_does_not_lead_to_the_quote(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.log_changed = true;
	expect(AVOW_E_EVENTLOG_QUOTE, "eventlog_replay", &o);
}

/* mistakes A1: a quote is no certification */
static void
refuses_an_enckey_that_is_not_certified(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.certify_signature = true;
	expect(AVOW_E_AZUREGUEST_ENCKEY_CERTIFY, "enckey_certify", &o);
	o = guest_snp();
	o.certify_type = 0x8018;
	expect(AVOW_E_AZUREGUEST_ENCKEY_CERTIFY, "enckey_certify", &o);
	o = guest_snp();
	o.certify_nonce = true;
	expect(AVOW_E_AZUREGUEST_ENCKEY_CERTIFY, "enckey_certify", &o);
	o = guest_snp();
	o.certify_other = true;
	expect(AVOW_E_AZUREGUEST_ENCKEY_CERTIFY, "enckey_certify", &o);
}

/* each attribute flipped: userWithAuth opens it without the PCRs */
static void
refuses_every_other_attribute_of_the_enckey(void **state)
{
	static const uint32_t free_bits = 0x400 | 0x80; /* noDA, adminWithPolicy */
	struct guest_opts o = guest_snp();

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		enum avow_err want = AVOW_E_AZUREGUEST_ENCKEY_ATTRIBUTES;
		struct run r;

		o.enc_attributes = GUEST_ENC ^ 1u << bit;
		if (1u << bit & free_bits)
			want = AVOW_OK;
		else if (run(&r, &o) == AVOW_E_AZUREGUEST_ENCKEY_FORM)
			want = AVOW_E_AZUREGUEST_ENCKEY_FORM; /* reserved bits */
		if (want != AVOW_OK)
			end(&r);
		expect(want, NULL, &o);
	}
	o.enc_attributes = GUEST_ENC | 0x40;
	expect(AVOW_E_AZUREGUEST_ENCKEY_ATTRIBUTES, "enckey_attributes", &o);
}

static void
refuses_an_enckey_that_opens_in_another_state(void **state)
{
	struct guest_opts o = guest_snp();

	(void)state;
	o.policy_other = true;
	expect(AVOW_E_AZUREGUEST_ENCKEY_POLICY, "enckey_policy", &o);
	o.policy_other = false;
	o.policy_none = true;
	expect(AVOW_E_AZUREGUEST_ENCKEY_POLICY, "enckey_policy", &o);
	o.policy_none = false;
	o.enc_scheme = 0x0014; /* RSASSA: its hash is missing, so it does not parse */
	expect(AVOW_E_AZUREGUEST_ENCKEY_FORM, "enckey_certify", &o);
	o.enc_scheme = 0x0015;
	expect(AVOW_OK, NULL, &o);
}

static void
refuses_malformed_requests(void **state)
{
	static const char *const BAD[] = {"[]", "{}",
		"{\"AttestationProtocolVersion\":\"2.0\",\"OSType\":1}",
		"{\"AttestationProtocolVersion\":\"2.0\",\"OSType\":\"!\"}",
		"{\"AttestationProtocolVersion\":\"2.0\",\"ClientPayload\":[]}",
		"{\"AttestationProtocolVersion\":\"2.0\",\"ClientPayload\":{\"a\":1}}",
		"{\"AttestationProtocolVersion\":\"2.0\"}",
		"{\"AttestationProtocolVersion\":\"2.0\",\"TpmInfo\":{}}"};
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, AVOW_MIB(1));
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const struct avow_evidence *ev;

		assert_err(AVOW_E_AZUREGUEST_REQUEST,
			avow_evidence_parse(avow_kind_by_name(AVOW_LIT("azure-guest")),
				avow_span_str(BAD[i]), &a, &ev, NULL));
	}
	avow_arena_clear(&a);
}

/* --- claims -------------------------------------------------------------------- */

static const char *
claims_json(struct run *r, struct avow_buf *b)
{
	avow_claims_init(&r->claims, &r->arena);
	assert_ok(avow_evidence_claims(r->verified, &r->claims));
	avow_buf_init(b, AVOW_MAX_TOKEN);
	assert_ok(avow_claims_put_json(b, &r->claims, NULL));
	return avow_buf_str(b);
}

static void
has(const char *json, const char *want)
{
	if (!strstr(json, want))
		fail_msg("no %s in %s", want, json);
}

static void
tells_the_guest_and_the_whole_inner_appraisal(void **state)
{
	static const char *const WANT[] = {"\"secureboot\":true",
		"\"x-ms-attestation-type\":\"azurevm\"",
		"\"x-ms-azurevm-attestation-protocol-ver\":\"2.0\"",
		"\"x-ms-azurevm-attested-pcrs\":[0,1,2,3,4,5,6,7]",
		"\"x-ms-azurevm-debuggersdisabled\":true",
		"\"x-ms-azurevm-bootdebug-enabled\":false",
		"\"x-ms-azurevm-dbvalidated\":false", "\"x-ms-azurevm-hvci-policy\":0",
		"\"x-ms-azurevm-is-windows\":false",
		"\"x-ms-azurevm-osdistro\":\"Ubuntu\"",
		"\"x-ms-azurevm-osversion-major\":22",
		"\"x-ms-azurevm-signingdisabled\":true",
		"\"x-ms-azurevm-vmid\":\"0A1B2C3D-0000-4000-8000-00000000ABCD\"",
		"\"x-ms-isolation-tee\":{", "\"x-ms-attestation-type\":\"sevsnpvm\"",
		"\"x-ms-sevsnpvm-vmpl\":0",
		"\"x-ms-runtime\":{\"client-payload\":{\"nonce\":\"MTIzNA==\"},"
		"\"keys\":"
		"[{\"e\":\"AQAB\",\"key_ops\":[\"encrypt\"],\"kid\":"
		"\"TpmEphemeralEncryptionKey\",\"kty\":\"RSA\",\"n\":\""};
	struct guest_opts o = guest_snp();
	struct avow_buf b;
	struct run r;

	(void)state;
	assert_ok(run(&r, &o));
	claims_json(&r, &b);
	for (size_t i = 0; i < sizeof(WANT) / sizeof(WANT[0]); i++)
		has(avow_buf_str(&b), WANT[i]);
	avow_buf_clear(&b);
	end(&r);
}

/* an absent log, and an unfavourable one, make no claim true */
static void
claims_nothing_that_the_log_does_not_prove(void **state)
{
	struct guest_opts o = guest_trusted_launch();
	struct avow_buf b;
	struct run r;

	(void)state;
	o.no_log = true;
	assert_ok(run(&r, &o));
	has(claims_json(&r, &b), "\"secureboot\":false");
	has(avow_buf_str(&b), "\"x-ms-azurevm-debuggersdisabled\":false");
	assert_null(strstr(avow_buf_str(&b), "x-ms-isolation-tee"));
	assert_null(strstr(avow_buf_str(&b), "vmid"));
	avow_buf_clear(&b);
	end(&r);
	o.no_log = false;
	o.secure_boot_off = true;
	assert_ok(run(&r, &o));
	has(claims_json(&r, &b), "\"secureboot\":false");
	avow_buf_clear(&b);
	end(&r);
	o.secure_boot_off = false;
	o.set = o.quoted = 0x3f; /* without PCR 7 */
	assert_ok(run(&r, &o));
	has(claims_json(&r, &b), "\"secureboot\":false");
	avow_buf_clear(&b);
	end(&r);
}

/* bug 23: neither another type nor other data hides what the register holds */
static void
firmware_that_is_debugged_cannot_hide_it(void **state)
{
	static const uint32_t TYPES[] = {0x80000007, 0x5, 0x1, 0xd, 0x80000001};
	struct guest_opts o = guest_snp();
	struct avow_buf b;
	struct run r;

	(void)state;
	o.debug_mode = true;
	for (size_t i = 0; i < 2 * sizeof(TYPES) / sizeof(TYPES[0]); i++) {
		o.debug_type = TYPES[i / 2];
		o.debug_spoiled = i % 2;
		assert_ok(run(&r, &o));
		has(claims_json(&r, &b), "\"x-ms-azurevm-debuggersdisabled\":false");
		has(avow_buf_str(&b), "\"secureboot\":true");
		avow_buf_clear(&b);
		end(&r);
	}
}

static void
tells_what_windows_measured(void **state)
{
	static const char *const WANT[] = {"\"x-ms-azurevm-is-windows\":true",
		"\"x-ms-azurevm-elam-enabled\":true", "\"x-ms-azurevm-hvci-policy\":1",
		"\"x-ms-azurevm-testsigning-enabled\":true",
		"\"x-ms-azurevm-flightsigning-enabled\":false",
		"\"x-ms-azurevm-signingdisabled\":false",
		"\"x-ms-azurevm-dbvalidated\":false",
		"\"x-ms-azurevm-dbxvalidated\":true",
		"\"x-ms-azurevm-debuggersdisabled\":true",
		"\"x-ms-azurevm-kerneldebug-enabled\":false"};
	struct guest_opts o = guest_snp();
	struct avow_buf b;
	struct run r;

	(void)state;
	o.windows = true;
	o.set = o.quoted = 0x78ff; /* 0 to 7, 11 to 14: as Windows' client quotes */
	assert_ok(run(&r, &o));
	claims_json(&r, &b);
	for (size_t i = 0; i < sizeof(WANT) / sizeof(WANT[0]); i++)
		has(avow_buf_str(&b), WANT[i]);
	avow_buf_clear(&b);
	end(&r);
	o.debugged = true;
	assert_ok(run(&r, &o));
	has(claims_json(&r, &b), "\"x-ms-azurevm-kerneldebug-enabled\":true");
	has(avow_buf_str(&b), "\"x-ms-azurevm-debuggersdisabled\":false");
	avow_buf_clear(&b);
	end(&r);
	o.set = o.quoted = GUEST_SET; /* Windows' registers are not quoted */
	assert_ok(run(&r, &o));
	has(claims_json(&r, &b), "\"x-ms-azurevm-is-windows\":false");
	has(avow_buf_str(&b), "\"x-ms-azurevm-elam-enabled\":false");
	avow_buf_clear(&b);
	end(&r);
}

/* --- the sealed answer ------------------------------------------------------------ */

static struct avow_span
member(struct run *r, const struct avow_json *o, const char *name)
{
	struct avow_span out = {NULL, 0}, text;

	assert_ok(avow_json_need_string(o, name, &text, NULL));
	assert_int_equal(0, text.n % 4); /* padded, as the client's decoder wants */
	assert_ok(avow_b64_decode_lenient(text, 1 << 16, &r->arena, &out));
	return out;
}

/* what TPM2_RSA_Decrypt of RSAES gives */
static void
unwrap(struct avow_span wrapped, struct avow_aead_key *k)
{
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_from_pkey(NULL, avow_privkey_evp(keys.enc), NULL);
	uint8_t plain[256];
	size_t n = sizeof(plain);

	assert_int_equal(256, wrapped.n);
	assert_int_equal(1, EVP_PKEY_decrypt_init(ctx));
	assert_int_equal(1, EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING));
	assert_int_equal(1, EVP_PKEY_decrypt(ctx, plain, &n, wrapped.p, wrapped.n));
	assert_int_equal(32, n);
	memcpy(k->key, plain, 32);
	EVP_PKEY_CTX_free(ctx);
}

static void
seals_the_token_to_the_tpms_key(void **state)
{
	struct guest_opts o = guest_snp();
	struct avow_buf sealed, plain;
	struct avow_aead_key k;
	struct avow_span json, tag;
	const struct avow_json *root, *params;
	struct run r;

	(void)state;
	assert_ok(run(&r, &o));
	avow_buf_init(&sealed, 1 << 16);
	avow_buf_init(&plain, 1 << 16);
	assert_ok(avow_evidence_seal(r.verified, AVOW_LIT("a.b.c"), &sealed));
	assert_ok(avow_b64url_decode(avow_buf_span(&sealed), 1 << 16, &r.arena, &json));
	json = avow_arena_copy(&r.arena, json); /* with a NUL */
	assert_ok(avow_json_parse(json, NULL, &r.arena, &root, NULL));
	assert_int_equal(4, root->count);
	params = avow_json_get(root, "EncryptionParams");
	has((const char *)json.p, "\"BlockMode\":\"ChainingModeGCM\",\"BlockPadding\":"
				  "\"PKCS7\",\"Cipher\":\"AES\"");
	has((const char *)json.p, "\"KeySizeInBits\":256");
	unwrap(member(&r, root, "EncryptedInnerKey"), &k);
	assert_int_equal(12, member(&r, params, "Iv").n);
	memcpy(k.iv, member(&r, params, "Iv").p, 12);
	tag = member(&r, root, "AuthenticationData");
	assert_int_equal(16, tag.n);
	assert_ok(avow_aead_open(
		&k, AVOW_LIT("Transport Key"), member(&r, root, "Jwt"), tag.p, &plain));
	assert_span_str("a.b.c", avow_buf_span(&plain));
	avow_buf_clear(&sealed);
	avow_buf_clear(&plain);
	end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_both_clients_forms),
		cmocka_unit_test(a_td_is_bound_as_an_snp_guest_is),
		cmocka_unit_test(refuses_a_key_that_the_report_does_not_name),
		cmocka_unit_test(refuses_a_report_of_the_guests_own_level),
		cmocka_unit_test(refuses_runtime_data_that_the_report_does_not_hold),
		cmocka_unit_test(needs_a_certificate_for_trusted_launch),
		cmocka_unit_test(refuses_isolation_that_is_not_known),
		cmocka_unit_test(refuses_a_quote_that_proves_less),
		cmocka_unit_test(refuses_a_log_that_does_not_lead_to_the_quote),
		cmocka_unit_test(refuses_an_enckey_that_is_not_certified),
		cmocka_unit_test(refuses_every_other_attribute_of_the_enckey),
		cmocka_unit_test(refuses_an_enckey_that_opens_in_another_state),
		cmocka_unit_test(refuses_malformed_requests),
		cmocka_unit_test(tells_the_guest_and_the_whole_inner_appraisal),
		cmocka_unit_test(claims_nothing_that_the_log_does_not_prove),
		cmocka_unit_test(firmware_that_is_debugged_cannot_hide_it),
		cmocka_unit_test(tells_what_windows_measured),
		cmocka_unit_test(seals_the_token_to_the_tpms_key),
	};

	return cmocka_run_group_tests_name(
		"azureguest", tests, group_setup, group_teardown);
}
