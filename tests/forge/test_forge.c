/*
 * forge/: what it writes, judged without the verifier's layouts. Offsets are
 * written here a second time, from the format sheets; signatures and
 * certificates are checked with crypto/.
 */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/x509.h"
#include "forge/forge.h"
#include "wire/json.h"
#include "wire/pem.h"

#define AT_S INT64_C(1750000000)
#define DAY_S INT64_C(86400)

static struct avow_arena arena;
static struct avow_forge_sgx p;
static struct avow_forged *f;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(4));
	avow_forge_sgx_defaults(&p, AT_S);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_forged_free(f);
	f = NULL;
	avow_arena_clear(&arena);
	return 0;
}

static void
forge(void)
{
	avow_forged_free(f);
	assert_ok(avow_forge_sgx_make(&p, &f, NULL));
}

static struct avow_span
quote(void)
{
	return avow_forged_get(f, "quote.bin");
}

/* n bytes of the quote at an offset of the sheet */
static struct avow_span
at(size_t offset, size_t n)
{
	return avow_span_slice(quote(), offset, n);
}

static uint64_t
le(size_t offset, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | quote().p[offset + i];
	return v;
}

#define SIG 436 /* signature data */
#define QE (SIG + 128)
#define CERT (SIG + 578 + 32)

static struct avow_pem_block *
chain(size_t *n)
{
	struct avow_pem_block *blocks;

	assert_ok(avow_pem_parse(
		avow_span_from(quote(), CERT + 6), 8, &arena, &blocks, n));
	return blocks;
}

static struct avow_cert *
chain_cert(size_t i)
{
	struct avow_cert *c;
	size_t n;
	struct avow_pem_block *blocks = chain(&n);

	assert_true(i < n);
	assert_ok(avow_cert_parse(blocks[i].der, &c, NULL));
	return c;
}

/* --- the quote, field by field (sgx-quote 1, 2, 3) --------------------------------- */

static void
header_and_report_stand_where_the_sheet_says(void **state)
{
	(void)state;
	p.config_svn = 0x0605;
	p.misc_select = 0x01020304;
	memset(p.config_id, 0x33, 64);
	memset(p.ext_prod_id, 0x44, 16);
	memset(p.family_id, 0x55, 16);
	forge();
	assert_int_equal(3, le(0, 2));
	assert_int_equal(2, le(2, 2));
	assert_int_equal(0, le(4, 4));
	assert_int_equal(p.header_qe_svn, le(8, 2));
	assert_int_equal(p.header_pce_svn, le(10, 2));
	assert_span(avow_span_make(p.qe_id, 16), at(28, 16));
	assert_true(avow_span_all_zero(at(44, 4)));
	assert_span(avow_span_make(p.cpu_svn, 16), at(48, 16));
	assert_int_equal(0x01020304, le(48 + 16, 4));
	assert_span(avow_span_make(p.ext_prod_id, 16), at(48 + 32, 16));
	assert_int_equal(0x05, le(48 + 48, 8));
	assert_int_equal(p.xfrm, le(48 + 56, 8));
	assert_span(avow_span_make(p.mrenclave, 32), at(48 + 64, 32));
	assert_span(avow_span_make(p.mrsigner, 32), at(48 + 128, 32));
	assert_span(avow_span_make(p.config_id, 64), at(48 + 192, 64));
	assert_int_equal(p.prod_id, le(48 + 256, 2));
	assert_int_equal(p.svn, le(48 + 258, 2));
	assert_int_equal(0x0605, le(48 + 260, 2));
	assert_span(avow_span_make(p.family_id, 16), at(48 + 304, 16));
	assert_int_equal(quote().n - SIG, le(432, 4));
}

static void
reserved_bytes_are_zero(void **state)
{
	(void)state;
	forge();
	for (size_t i = 0; i < 2; i++) {
		size_t r = i ? QE : 48;

		assert_true(avow_span_all_zero(at(r + 20, 12)));
		assert_true(avow_span_all_zero(at(r + 96, 32)));
		assert_true(avow_span_all_zero(at(r + 160, 32)));
		assert_true(avow_span_all_zero(at(r + 262, 42)));
	}
}

static void
flags_follow_the_parameters(void **state)
{
	(void)state;
	p.debug = true;
	forge();
	assert_int_equal(0x07, le(48 + 48, 8));
	p.kss = true;
	p.debug = false;
	forge();
	assert_int_equal(0x85, le(48 + 48, 8));
	assert_int_equal(0x15, le(QE + 48, 8)); /* the QE's are its own */
}

static void
report_data_binds_the_runtime_data(void **state)
{
	uint8_t hash[32];

	(void)state;
	p.runtime_data = AVOW_LIT("runtime");
	p.has_init_data = true;
	p.init_data = AVOW_LIT("init");
	forge();
	assert_ok(avow_sha256(AVOW_LIT("runtime"), hash));
	assert_span(avow_span_make(hash, 32), at(48 + 320, 32));
	assert_true(avow_span_all_zero(at(48 + 352, 32)));
	assert_span_str("runtime", avow_forged_get(f, "runtime.bin"));
	assert_ok(avow_sha256(AVOW_LIT("init"), hash));
	assert_span(avow_span_make(hash, 32), at(48 + 192, 32));
	assert_true(avow_span_all_zero(at(48 + 224, 32)));
	assert_span_str("init", avow_forged_get(f, "init.bin"));
	p.has_report_data = true;
	memset(p.report_data, 0x77, 64);
	forge();
	assert_span(avow_span_make(p.report_data, 64), at(48 + 320, 64));
	assert_int_equal(0, avow_forged_get(f, "evidence.bin").n);
}

static void
every_signature_holds(void **state)
{
	struct avow_pubkey *key;
	struct avow_cert *pck;
	uint8_t hash[32];

	(void)state;
	forge();
	assert_ok(avow_pubkey_from_point(AVOW_KEY_P256, at(SIG + 64, 64), &key));
	assert_ok(avow_verify(key, AVOW_SIG_ES256_RAW, at(0, 432), at(SIG, 64)));
	pck = chain_cert(0);
	assert_ok(avow_verify(
		pck->key, AVOW_SIG_ES256_RAW, at(QE, 384), at(SIG + 512, 64)));
	assert_ok(avow_sha256_2(at(SIG + 64, 64), at(SIG + 578, 32), hash));
	assert_span(avow_span_make(hash, 32), at(QE + 320, 32));
	assert_true(avow_span_all_zero(at(QE + 352, 32)));
	assert_int_equal(p.qe_isvsvn, le(QE + 258, 2));
	assert_int_equal(p.qe_isvprodid, le(QE + 256, 2));
	assert_span(avow_span_make(p.qe_mrsigner, 32), at(QE + 128, 32));
	avow_pubkey_free(key);
	avow_cert_free(pck);
}

static void
certification_data_has_its_form(void **state)
{
	static const size_t sizes[] = {0, 36, 276, 404};

	(void)state;
	forge();
	assert_int_equal(32, le(SIG + 576, 2));
	assert_int_equal(5, le(CERT, 2));
	assert_int_equal(quote().n - CERT - 6, le(CERT + 2, 4));
	assert_int_equal(0, quote().p[quote().n - 1]);
	for (unsigned type = 1; type <= 3; type++) {
		p.certification_type = type;
		forge();
		assert_int_equal(type, le(CERT, 2));
		assert_int_equal(sizes[type], le(CERT + 2, 4));
	}
	p.certification_type = 4;
	p.auth_data_bytes = 0;
	forge();
	assert_int_equal(4, le(SIG + 578, 2));
	assert_memory_equal("-----BEGIN", quote().p + SIG + 584, 10);
}

/* --- certificates (sgx-quote 5, 6) ----------------------------------------------------- */

static void
chain_is_one_under_the_root(void **state)
{
	struct avow_cert *c[3], *root;
	struct avow_pem_block *pem;
	size_t n;

	(void)state;
	forge();
	chain(&n);
	assert_int_equal(3, n);
	for (size_t i = 0; i < 3; i++)
		c[i] = chain_cert(i);
	assert_ok(avow_chain_link(c[0], c[1], 0, NULL));
	assert_ok(avow_chain_link(c[1], c[2], 0, NULL));
	assert_ok(avow_cert_verify(c[2], c[2]->key));
	assert_string_equal("Intel SGX PCK Certificate", c[0]->subject_cn);
	assert_string_equal("Intel SGX PCK Processor CA", c[1]->subject_cn);
	assert_string_equal("Intel SGX Root CA", c[2]->subject_cn);
	assert_int_equal(20, c[0]->serial.n);
	assert_false(c[0]->is_ca);
	assert_int_equal(0, c[1]->path_length);
	assert_int_equal(1, c[2]->path_length);
	assert_ok(avow_pem_parse(avow_forged_get(f, "root.pem"), 1, &arena, &pem, &n));
	assert_ok(avow_cert_parse(pem[0].der, &root, NULL));
	assert_span(c[2]->der, root->der);
	avow_cert_free(root);
	for (size_t i = 0; i < 3; i++)
		avow_cert_free(c[i]);
}

/* A part of the extension by its bytes, as real certificates have them. */
static bool
ext_has(const struct avow_cert *c, struct avow_span bytes)
{
	const struct avow_extension *e =
		avow_cert_extension(c, "1.2.840.113741.1.13.1");

	assert_non_null(e);
	assert_false(e->critical);
	return avow_span_find(e->value, bytes) < e->value.n;
}

static void
sgx_extension_has_the_bytes_of_the_profile(void **state)
{
	struct avow_cert *c;

	(void)state;
	p.components[4] = 128; /* two bytes of INTEGER */
	p.pcesvn = 0x8001;
	p.pck_ca = AVOW_FORGE_PLATFORM_CA;
	forge();
	c = chain_cert(0);
	assert_true(
		ext_has(c, AVOW_LIT("\x06\x0a\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x01"
				    "\x04\x10\x90\x91\x92")));
	assert_true(
		ext_has(c, AVOW_LIT("\x30\x10\x06\x0b\x2a\x86\x48\x86\xf8\x4d\x01\x0d"
				    "\x01\x02\x01\x02\x01\x05")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x02\x05\x02\x02\x00\x80")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x02\x11\x02\x03\x00\x80\x01")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x03\x04\x02\x00\x00")));
	assert_true(
		ext_has(c, AVOW_LIT("\x0d\x01\x04\x04\x06\xf0\x6e\xa0\x01\x02\x03")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x05\x0a\x01\x01")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x06\x04\x10\xa8\xa9")));
	assert_true(ext_has(c, AVOW_LIT("\x0d\x01\x07\x03\x01\x01\xff")));
	avow_cert_free(c);
	p.pck_ca = AVOW_FORGE_PROCESSOR_CA;
	forge();
	c = chain_cert(0);
	assert_false(ext_has(c, AVOW_LIT("\x0d\x01\x06\x04\x10")));
	assert_false(ext_has(c, AVOW_LIT("\x0d\x01\x07\x01\x01\x01")));
	avow_cert_free(c);
}

static void
crls_are_the_cas_own(void **state)
{
	struct avow_cert *leaf, *ca, *root;
	struct avow_crl *pck_crl, *root_crl;

	(void)state;
	p.revoke_pck = true;
	p.revoke_pck_ca = true;
	forge();
	leaf = chain_cert(0);
	ca = chain_cert(1);
	root = chain_cert(2);
	assert_ok(avow_crl_parse(
		avow_forged_get(f, "collateral/pck_crl.der"), &pck_crl, NULL));
	assert_ok(avow_crl_parse(
		avow_forged_get(f, "collateral/root_crl.der"), &root_crl, NULL));
	assert_ok(avow_crl_verify(pck_crl, ca->key));
	assert_ok(avow_crl_verify(root_crl, root->key));
	assert_span(ca->subject, pck_crl->issuer);
	assert_true(pck_crl->has_number && pck_crl->has_authority_key_id);
	assert_true(avow_crl_has(pck_crl, leaf->serial));
	assert_false(avow_crl_has(pck_crl, ca->serial));
	assert_true(avow_crl_has(root_crl, ca->serial));
	assert_true(pck_crl->next_update_s - pck_crl->this_update_s == 30 * DAY_S);
	avow_crl_free(pck_crl);
	avow_crl_free(root_crl);
	avow_cert_free(leaf);
	avow_cert_free(ca);
	avow_cert_free(root);
}

/* --- documents (intel-collateral 3) ------------------------------------------------------ */

static const struct avow_json *
document(const char *file, const char *member)
{
	const struct avow_json *v, *inner, *sig;
	struct avow_pem_block *pem;
	struct avow_cert *signer;
	uint8_t signature[64];
	size_t n;

	assert_ok(avow_json_parse(avow_forged_get(f, file), NULL, &arena, &v, NULL));
	assert_int_equal(2, v->count);
	assert_string_equal("signature",
		(const char *)avow_arena_copy(&arena, v->members[1].name).p);
	assert_ok(avow_json_need(v, member, AVOW_JSON_OBJECT, &inner, NULL));
	assert_ok(avow_json_need(v, "signature", AVOW_JSON_STRING, &sig, NULL));
	assert_ok(avow_json_need_hex(v, "signature", signature, 64, NULL));
	assert_ok(avow_pem_parse(avow_forged_get(f, "collateral/tcb_signing_chain.pem"),
		2, &arena, &pem, &n));
	assert_int_equal(2, n);
	assert_ok(avow_cert_parse(pem[0].der, &signer, NULL));
	assert_string_equal("Intel SGX TCB Signing", signer->subject_cn);
	assert_ok(avow_verify(signer->key, AVOW_SIG_ES256_RAW, inner->raw,
		avow_span_make(signature, 64)));
	avow_cert_free(signer);
	return inner;
}

static void
members_stand_in_order(const struct avow_json *o, const char *const *names)
{
	for (size_t i = 0; i < o->count; i++)
		assert_true(avow_span_eq_str(o->members[i].name, names[i]));
	assert_null(names[o->count]);
}

static void
tcb_info_is_as_served(void **state)
{
	static const char *const v3[] = {"id", "version", "issueDate", "nextUpdate",
		"fmspc", "pceId", "tcbType", "tcbEvaluationDataNumber", "tcbLevels",
		NULL};
	static const char *const v2[] = {"version", "issueDate", "nextUpdate", "fmspc",
		"pceId", "tcbType", "tcbEvaluationDataNumber", "tcbLevels", NULL};
	const struct avow_json *o, *levels, *tcb;

	(void)state;
	forge();
	o = document("collateral/tcbinfo.json", "tcbInfo");
	members_stand_in_order(o, v3);
	assert_span_str("F06EA0010203", avow_json_get(o, "fmspc")->string);
	levels = avow_json_get(o, "tcbLevels");
	assert_int_equal(3, levels->count);
	tcb = avow_json_get(&levels->items[1], "tcb");
	assert_int_equal(16, avow_json_get(tcb, "sgxtcbcomponents")->count);
	assert_int_equal(p.pcesvn, avow_json_get(tcb, "pcesvn")->integer);
	p.tcb_info_version = 2;
	forge();
	o = document("collateral/tcbinfo.json", "tcbInfo");
	members_stand_in_order(o, v2);
	tcb = avow_json_get(&avow_json_get(o, "tcbLevels")->items[1], "tcb");
	assert_int_equal(17, tcb->count);
	for (int i = 0; i < 16; i++) {
		char name[24];

		snprintf(name, sizeof(name), "sgxtcbcomp%02dsvn", i + 1);
		assert_int_equal(p.components[i], avow_json_get(tcb, name)->integer);
	}
}

static void
qe_identity_is_as_served(void **state)
{
	static const char *const names[] = {"id", "version", "issueDate", "nextUpdate",
		"tcbEvaluationDataNumber", "miscselect", "miscselectMask", "attributes",
		"attributesMask", "mrsigner", "isvprodid", "tcbLevels", NULL};
	const struct avow_json *o;

	(void)state;
	forge();
	o = document("collateral/qe_identity.json", "enclaveIdentity");
	members_stand_in_order(o, names);
	assert_span_str("11000000000000000000000000000000",
		avow_json_get(o, "attributes")->string);
	assert_span_str("FBFFFFFFFFFFFFFF0000000000000000",
		avow_json_get(o, "attributesMask")->string);
	assert_span_str("QE", avow_json_get(o, "id")->string);
}

/* --- wrappers (sgx-quote 4) ----------------------------------------------------------------- */

static void
open_enclave_headers_stand_before_the_same_quote(void **state)
{
	struct avow_span r, e;

	(void)state;
	p.runtime_data = AVOW_LIT("claims");
	forge();
	r = avow_forged_get(f, "report.bin");
	assert_memory_equal("\x01\0\0\0\x02\0\0\0", r.p, 8);
	assert_int_equal(quote().n, r.p[8] | (unsigned)r.p[9] << 8);
	assert_span(quote(), avow_span_from(r, 16));
	e = avow_forged_get(f, "evidence.bin");
	assert_memory_equal(
		"\x01\0\0\0\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb"
		"\xcd\x8c",
		e.p, 20);
	assert_int_equal(quote().n + 6, e.p[20] | (unsigned)e.p[21] << 8);
	assert_span(quote(), avow_span_slice(e, 28, quote().n));
	assert_span_str("claims", avow_span_from(e, 28 + quote().n));
}

/* --- deviations and parameters ---------------------------------------------------------------- */

static void
deviations_are_named_once_and_described(void **state)
{
	const struct avow_forge_deviation *d, *other;

	(void)state;
	for (size_t i = 0; (d = avow_forge_deviation_at(i)) != NULL; i++) {
		assert_true(strlen(d->what) > 10);
		assert_true(d->refused_with != AVOW_OK);
		assert_ptr_equal(d, avow_forge_deviation_find(d->name));
		for (size_t k = 0; k < i; k++) {
			other = avow_forge_deviation_at(k);
			assert_false(other->part == d->part && other->how == d->how);
		}
	}
	assert_null(avow_forge_deviation_find("quote"));
	assert_null(avow_forge_deviation_find(""));
}

/* Under one set of keys only the serials and signatures are fresh. */
static void
keys_can_be_kept(void **state)
{
	struct avow_forge_keys *keys;
	struct avow_cert *one, *two;

	(void)state;
	assert_ok(avow_forge_keys_new(&keys));
	p.keys = keys;
	forge();
	one = chain_cert(2);
	forge();
	two = chain_cert(2);
	assert_true(avow_pubkey_eq(one->key, two->key));
	avow_cert_free(two);
	p.keys = NULL;
	forge();
	two = chain_cert(2);
	assert_false(avow_pubkey_eq(one->key, two->key));
	avow_cert_free(one);
	avow_cert_free(two);
	avow_forge_keys_free(keys);
	avow_forge_keys_free(NULL);
}

static void
refuses_field(const char *field)
{
	struct avow_forged *none = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(AVOW_E_USAGE, avow_forge_sgx_make(&p, &none, &why));
	assert_null(none);
	assert_string_equal(field, why.field);
	avow_forge_sgx_defaults(&p, AT_S);
}

static void
refuses_parameters_that_no_format_can_carry(void **state)
{
	(void)state;
	p.corrupt = "quote.colour";
	refuses_field("corrupt");
	p.at_s = 0;
	refuses_field("at_s");
	p.at_s = INT64_MAX;
	refuses_field("at_s");
	p.auth_data_bytes = 1025;
	refuses_field("auth_data_bytes");
	p.certification_type = 0;
	refuses_field("certification_type");
	p.certification_type = 8;
	refuses_field("certification_type");
	p.tcb_info_version = 1;
	refuses_field("tcb_info_version");
	p.sgx_type = 3;
	refuses_field("sgx_type");
	p.order = (enum avow_forge_order)9;
	refuses_field("order");
	p.pck_ca = (enum avow_forge_pck_ca)9;
	refuses_field("pck_ca");
	p.tcb_status = NULL;
	refuses_field("tcb_status");
	p.qe_status = NULL;
	refuses_field("qe_status");
	p.pck.until_s = p.pck.from_s - 1;
	refuses_field("pck");
	p.tcb_info.from_s = -1;
	refuses_field("tcb_info");
	p.root.until_s = INT64_MAX;
	refuses_field("root");
}

/* --- writing ------------------------------------------------------------------------------------ */

static void
remove_all(const char *dir)
{
	struct avow_forge_file file;
	char path[256];

	for (size_t i = 0; avow_forged_at(f, i, &file); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, file.name);
		assert_int_equal(0, unlink(path));
	}
	snprintf(path, sizeof(path), "%s/collateral", dir);
	assert_int_equal(0, rmdir(path));
	assert_int_equal(0, rmdir(dir)); /* so nothing else was written */
}

static void
writes_every_file_and_no_key(void **state)
{
	char base[] = "/tmp/avow-forge-XXXXXX", dir[64], path[256];
	struct avow_forge_file file;
	struct avow_buf b;

	(void)state;
	assert_non_null(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/out", base);
	p.has_init_data = true;
	p.init_data = AVOW_LIT("init");
	forge();
	assert_ok(avow_forge_write(f, dir, NULL));
	assert_ok(avow_forge_write(f, dir, NULL)); /* again, over itself */
	avow_buf_init(&b, AVOW_MIB(1));
	for (size_t i = 0; avow_forged_at(f, i, &file); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, file.name);
		avow_buf_reset(&b);
		assert_ok(avow_file_read(path, &b));
		assert_span(file.bytes, avow_buf_span(&b));
		assert_int_equal(b.n,
			avow_span_find(avow_buf_span(&b), AVOW_LIT("PRIVATE KEY")));
	}
	avow_buf_clear(&b);
	remove_all(dir);
	rmdir(base);
}

static void
says_what_cannot_be_written(void **state)
{
	char base[] = "/tmp/avow-forge-XXXXXX", path[256];
	char long_name[5000];
	struct avow_why why;

	(void)state;
	assert_non_null(mkdtemp(base));
	forge();
	avow_why_init(&why);
	snprintf(path, sizeof(path), "%s/absent/out", base);
	assert_err(AVOW_E_FILE_WRITE, avow_forge_write(f, path, &why));
	assert_string_equal(path, why.document);
	snprintf(path, sizeof(path), "%s/file", base);
	assert_ok(avow_file_write(path, AVOW_LIT("x"), 0600));
	assert_err(AVOW_E_FILE_WRITE, avow_forge_write(f, path, NULL));
	unlink(path);
	snprintf(path, sizeof(path), "%s/quote.bin", base);
	assert_int_equal(0, mkdir(path, 0700)); /* in a file's place */
	assert_err(AVOW_E_FILE_WRITE, avow_forge_write(f, base, NULL));
	rmdir(path);
	snprintf(path, sizeof(path), "%s/collateral", base);
	rmdir(path);
	rmdir(base);
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_err(AVOW_E_FILE_WRITE, avow_forge_write(f, long_name, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(header_and_report_stand_where_the_sheet_says),
		T(reserved_bytes_are_zero),
		T(flags_follow_the_parameters),
		T(report_data_binds_the_runtime_data),
		T(every_signature_holds),
		T(certification_data_has_its_form),
		T(chain_is_one_under_the_root),
		T(sgx_extension_has_the_bytes_of_the_profile),
		T(crls_are_the_cas_own),
		T(tcb_info_is_as_served),
		T(qe_identity_is_as_served),
		T(open_enclave_headers_stand_before_the_same_quote),
		T(deviations_are_named_once_and_described),
		T(keys_can_be_kept),
		T(refuses_parameters_that_no_format_can_carry),
		T(writes_every_file_and_no_key),
		T(says_what_cannot_be_written),
#undef T
	};

	return cmocka_run_group_tests_name("forge/forge", tests, NULL, NULL);
}
