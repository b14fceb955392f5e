/*
 * Real documents, and Intel's own library as the oracle: every published
 * document verifies, and every quote of the vectors meets each TCB info of its
 * platform with the status that QVL gives.
 */
#include "support.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hex.h"
#include "trust/collateral_impl.h"
#include "trust/intel_chain.h"
#include "wire/der.h"
#include "wire/json.h"
#include "wire/pem.h"

static struct avow_arena a;
static struct avow_anchors *intel;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&a, (size_t)512 << 20);
	assert_ok(avow_anchors_new(true, &intel));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_anchors_free(intel);
	avow_arena_clear(&a);
	return 0;
}

static struct avow_span
slurp(const char *name)
{
	const char *path = vector_path(name);
	struct avow_span s = {NULL, 0};
	struct avow_buf b;

	if (!path)
		return s;
	avow_buf_init(&b, (size_t)16 << 20);
	assert_ok(avow_file_read(path, &b));
	s = avow_arena_copy(&a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static struct avow_cert *
pem_cert(const char *name)
{
	struct avow_pem_block *b;
	struct avow_cert *c;
	size_t n;

	assert_ok(avow_pem_parse(slurp(name), 1, &a, &b, &n));
	assert_ok(avow_cert_parse(b->der, &c, NULL));
	return c;
}

static struct avow_collateral *
load(const char *folder)
{
	struct avow_collateral *c;
	char path[4400];

	if (!getenv("AVOW_VECTORS"))
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", getenv("AVOW_VECTORS"), folder);
	return avow_collateral_load(path, &c, NULL) == AVOW_OK ? c : NULL;
}

/* --- every document --------------------------------------------------------------- */

static void
every_published_document_verifies(void **state)
{
	struct avow_collateral *c = load("collateral-intel");
	struct avow_collateral_entry entry;
	struct avow_coll_view *v;
	uint16_t key;

	(void)state;
	if (!c)
		skip();
	for (size_t i = 0; avow_collateral_entry(c, i, &entry); i++)
		assert_err(AVOW_OK, entry.err);
	assert_int_equal(94, c->n_docs);
	assert_int_equal(49, c->n_crls);
	assert_ok(avow_coll_view(c, intel, &v));
	assert_int_equal(2, v->n_chains);
	for (size_t i = 0; i < c->n_docs; i++) {
		assert_ok(avow_coll_doc_signer(c, v, i, &key));
		assert_int_equal(1, key);
	}
	avow_collateral_free(c);
}

static void
every_published_crl_verifies_under_its_ca_alone(void **state)
{
	static const char *const names[] = {
		"anchors/intel-sgx-root-ca-2018-05-21-44a0196b.pem",
		"anchors/intel-sgx-root-ca-2018-05-21-fc64f807.pem",
		"anchors/intel-sgx-pck-platform-ca-2018-05-21-22eb770d.pem",
		"anchors/intel-sgx-pck-processor-ca-2018-05-21-13b2dcce.pem",
		"anchors/intel-sgx-pck-processor-ca-2018-05-21-f65b249b.pem",
	};
	struct avow_collateral *c = load("collateral-intel");
	struct avow_cert *ca;
	size_t verified = 0;

	(void)state;
	if (!c)
		skip();
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		ca = pem_cert(names[k]);
		for (size_t i = 0; i < c->n_crls; i++) {
			enum avow_err e =
				avow_intel_crl_verify(c->crls[i].crl, ca, NULL);

			if (e == AVOW_E_CRL_SIGNATURE)
				assert_non_null(strstr(c->crls[i].name, "2018-05-30"));
			else if (e != AVOW_OK)
				assert_err(AVOW_E_CRL_ISSUER, e);
			verified += e == AVOW_OK;
		}
		avow_cert_free(ca);
	}
	/* 6 of the root twice, 32 of the platform CA, 10 of the processor CA twice:
	 * its list of 2018 is a test's of another project, under another key */
	assert_int_equal(6 * 2 + 32 + 10 * 2, verified);
	avow_collateral_free(c);
}

/* vectors/README.md, fact 3: the hash claims of the recorded tokens */
static void
the_hash_claims_are_those_of_recorded_tokens(void **state)
{
	static const struct {
		const char *certs, *crl, *qe;
	} claims = {"a64d649198507d8b57e33f63ab266838f43f327bd4aacc78510b6976ed046e10",
		"3dbcd25597ba0548bf32240b3079d4310151756f17e5537d3015b16e399acad5",
		"7701f64700b7f505d7b4b7a93e45d5cde8cfc865b60f1dd49ecbee9790c3372e"};
	struct avow_collateral *c = load("sgxsnp-ms-ravl");
	struct avow_intel_query q = {.fmspc = {0x00, 0x60, 0x6a},
		.at_s = 1660953600, /* 2022-08-20 */
		.grace_s = 730 * 86400};
	struct avow_intel_selection s;
	uint8_t h[32];

	(void)state;
	if (!c)
		skip();
	q.pck_ca =
		pem_cert("anchors/intel-sgx-pck-platform-ca-2018-05-21-22eb770d.pem");
	assert_ok(avow_collateral_select(c, intel, &q, &s, NULL));
	assert_true(s.grace_used);
	assert_ok(avow_hex_decode(avow_span_str(claims.certs), h, 32));
	assert_memory_equal(h, s.tcb_info_certs_hash, 32);
	assert_memory_equal(h, s.qe_identity_certs_hash, 32);
	assert_ok(avow_hex_decode(avow_span_str(claims.crl), h, 32));
	assert_memory_equal(h, s.crl_hash, 32);
	assert_ok(avow_hex_decode(avow_span_str(claims.qe), h, 32));
	assert_memory_equal(h, s.qe_identity_hash, 32);
	q.grace_s = 0;
	assert_err(AVOW_E_TCB_INFO_EXPIRED,
		avow_collateral_select(c, intel, &q, &s, NULL));
	avow_cert_free(q.pck_ca);
	avow_collateral_free(c);
}

/* --- quotes, as much of them as the oracle needs ------------------------------------- */

struct quote {
	struct avow_pck_chain chain;
	enum avow_err chain_err;
	bool has_pck;
	uint8_t components[16];
	uint16_t pcesvn;
	uint16_t qe_isvsvn;
	bool has_svn2;
	uint8_t svn[16], svn2[16];
	uint8_t mr_signer_seam[48], seam_attributes[8];
};

/* The TCB of the SGX extension (Intel SGX PCK Certificate Profile 1.5, 2.3) */
static void
read_tcb(struct avow_span value, struct quote *q)
{
	struct avow_cursor outer, pair, tcb, item;
	struct avow_span oid;
	uint64_t v;

	assert_ok(avow_der_whole(value, AVOW_DER_SEQUENCE, &outer));
	do {
		assert_ok(avow_der_enter(&outer, AVOW_DER_SEQUENCE, &pair));
		assert_ok(avow_der_oid(&pair, &oid));
	} while (oid.p[oid.n - 1] != 2);
	assert_ok(avow_der_enter(&pair, AVOW_DER_SEQUENCE, &tcb));
	for (int i = 1; i <= 17; i++) {
		assert_ok(avow_der_enter(&tcb, AVOW_DER_SEQUENCE, &item));
		assert_ok(avow_der_oid(&item, &oid));
		assert_int_equal(i, oid.p[oid.n - 1]);
		assert_ok(avow_der_uint(&item, AVOW_DER_INTEGER, 65535, &v));
		if (i <= 16)
			q->components[i - 1] = (uint8_t)v;
		else
			q->pcesvn = (uint16_t)v;
	}
}

static void
read_chain(struct avow_span bytes, struct quote *q)
{
	const struct avow_span end = AVOW_LIT("-----END CERTIFICATE-----");
	size_t from = avow_span_find(bytes, AVOW_LIT("-----BEGIN CERTIFICATE-----"));
	struct avow_span text = avow_span_from(bytes, from);
	const struct avow_extension *x;
	struct avow_cert *certs[3] = {NULL};
	struct avow_pem_block *b;
	size_t n, to = 0, at;
	bool parsed = true;

	q->chain_err = AVOW_E_PCK_CERT;
	while ((at = avow_span_find(avow_span_from(text, to), end)) < text.n - to)
		to += at + end.n;
	if (avow_pem_parse(avow_span_slice(text, 0, to), 3, &a, &b, &n) != AVOW_OK)
		return;
	for (size_t i = 0; i < n; i++)
		parsed =
			avow_cert_parse(b[i].der, &certs[i], NULL) == AVOW_OK && parsed;
	for (size_t i = 0; parsed && i < n; i++)
		if ((x = avow_cert_extension(certs[i], "1.2.840.113741.1.13.1"))) {
			read_tcb(x->value, q);
			q->has_pck = true;
		}
	if (parsed)
		q->chain_err = avow_pck_chain_verify(certs, n, intel, &q->chain, NULL);
	for (size_t i = 0; i < n; i++)
		avow_cert_free(certs[i]);
}

static uint16_t
le16(struct avow_span s, size_t at)
{
	struct avow_cursor c = avow_cur(avow_span_from(s, at));

	return avow_cur_le16(&c);
}

static struct quote
read_quote(struct avow_span bytes)
{
	size_t version = le16(bytes, 0), body = 48, size = 384, qe;
	struct quote q = {0};

	if (version == 4)
		size = 584;
	if (version == 5) {
		body = 54;
		size = le16(bytes, 50);
		q.has_svn2 = le16(bytes, 48) == 3;
	}
	qe = body + size + 4 + 128 + (version == 3 ? 0 : 6);
	q.qe_isvsvn = le16(bytes, qe + 258);
	if (version > 3) {
		assert_true(bytes.n > body + size);
		memcpy(q.svn, bytes.p + body, 16);
		memcpy(q.mr_signer_seam, bytes.p + body + 64, 48);
		memcpy(q.seam_attributes, bytes.p + body + 112, 8);
	}
	if (q.has_svn2)
		memcpy(q.svn2, bytes.p + body + 584, 16);
	read_chain(bytes, &q);
	return q;
}

/* --- the oracle -------------------------------------------------------------------------- */

static struct avow_span
text_of(const struct avow_json *record, const char *name)
{
	const struct avow_json *v = avow_json_get(record, name);

	return v && v->type == AVOW_JSON_STRING ? v->string
						: (struct avow_span){NULL, 0};
}

static struct avow_span
file_of(const struct avow_json *record, const char *member)
{
	struct avow_span name = avow_arena_copy(&a, text_of(record, member));

	return slurp((const char *)name.p);
}

static void
level_is(const struct avow_json *record, const struct avow_tcb_level *l)
{
	const struct avow_json *ids = avow_json_get(record, "advisories");

	assert_span_str(avow_tcb_status_name(l->status),
		text_of(record, "platform_level_status"));
	assert_int_equal(ids->count, l->advisories.n);
	for (size_t i = 0; i < ids->count; i++)
		assert_span(ids->items[i].string, l->advisories.ids[i]);
}

static enum avow_tcb_status
sgx_status(const struct avow_json *record, const struct avow_tcb_info *info,
	const struct quote *q)
{
	const struct avow_tcb_level *l;

	assert_ok(avow_tcb_match_sgx(info, q->components, q->pcesvn, &l, NULL));
	level_is(record, l);
	return l->status;
}

/* False where QVL says NotSupported, which is a refusal with us. */
static bool
tdx_status(const struct avow_json *record, const struct avow_tcb_info *info,
	const struct quote *q, enum avow_tcb_status qe, enum avow_tcb_status *out)
{
	const struct avow_json *module = avow_json_get(record, "tdx_module");
	struct avow_tdx_match m;
	enum avow_err e =
		avow_tcb_match_tdx(info, q->components, q->pcesvn, q->svn, &m, NULL);

	if (avow_span_eq_str(text_of(record, "tcb_status"), "NotSupported")) {
		assert_err(AVOW_E_TCB_UNKNOWN, e);
		return false;
	}
	assert_ok(e);
	level_is(record, m.level);
	if (module->type == AVOW_JSON_OBJECT)
		assert_span_str(avow_tcb_status_name(m.module_status),
			text_of(module, "status"));
	assert_ok(avow_tdx_module_check(
		info, q->svn, q->mr_signer_seam, q->seam_attributes, NULL));
	*out = m.status;
	if (q->has_svn2)
		assert_ok(avow_tcb_relaunch(info, &m, qe, q->svn2, out, NULL));
	return true;
}

static bool
status_is_qvls(const struct avow_json *record, const struct quote *q)
{
	const struct avow_qe_identity *id;
	const struct avow_tcb_info *info;
	const struct avow_isv_level *qe;
	enum avow_tcb_status status;

	if (!q->has_pck || text_of(record, "tcbinfo_file").n == 0 ||
		text_of(record, "tcb_status").n == 0)
		return false;
	assert_ok(
		avow_tcb_info_parse(file_of(record, "tcbinfo_file"), &a, &info, NULL));
	assert_ok(avow_qe_identity_parse(
		file_of(record, "qeidentity_file"), &a, &id, NULL));
	assert_ok(avow_qe_level(id, q->qe_isvsvn, &qe, NULL));
	assert_span_str(avow_tcb_status_name(qe->status), text_of(record, "qe_status"));
	if (info->tee == AVOW_TEE_SGX)
		status = sgx_status(record, info, q);
	else if (!tdx_status(record, info, q, qe->status, &status))
		return true;
	assert_span_str(avow_tcb_status_name(avow_tcb_converge(status, qe->status)),
		text_of(record, "tcb_status"));
	return true;
}

/* What the oracle says is out of its window: the leaf, or any document. */
static bool
is_out(const struct avow_json *record, bool leaf)
{
	const struct avow_json *list = avow_json_get(record, "out_of_window");

	for (size_t i = 0; i < list->count; i++)
		if (avow_span_starts(list->items[i].string, AVOW_LIT("pck_leaf")) ==
			leaf)
			return true;
	return false;
}

/* Selection from the record's four files: in every window, and then verified. */
static bool
selection_is_qvls(const struct avow_json *record, const struct quote *q)
{
	static const char *const members[] = {
		"tcbinfo_file", "qeidentity_file", "pck_crl_file", "root_crl_file"};
	struct avow_collateral_file files[4];
	struct avow_collateral *c;
	struct avow_intel_query query = {.pck_ca = q->chain.ca};
	struct avow_intel_selection s;
	enum avow_err e;

	if (q->chain_err != AVOW_OK || text_of(record, "tcbinfo_file").n == 0)
		return false;
	for (int i = 0; i < 4; i++)
		files[i] = (struct avow_collateral_file){
			members[i], file_of(record, members[i])};
	query.tee = avow_span_eq_str(text_of(record, "tee"), "SGX") ? AVOW_TEE_SGX
								    : AVOW_TEE_TDX;
	assert_ok(avow_hex_decode(text_of(record, "fmspc"), query.fmspc, 6));
	assert_ok(avow_time_parse_strict(text_of(record, "check_time"), &query.at_s));
	assert_ok(avow_collateral_build(files, 4, &c, NULL));
	e = avow_collateral_select(c, intel, &query, &s, NULL);
	if (!is_out(record, false)) {
		assert_ok(e);
		assert_err(
			is_out(record, true) ? AVOW_E_PCK_CHAIN_NOT_YET_VALID : AVOW_OK,
			avow_pck_chain_judge(&q->chain, &s, query.at_s, NULL));
	} else {
		assert_int_equal(AVOW_CLASS_COLLATERAL, avow_err_class(e));
		query.grace_s = (int64_t)3650 * 86400;
		e = avow_collateral_select(c, intel, &query, &s, NULL);
		if (e == AVOW_OK)
			assert_true(s.grace_used);
		else
			assert_non_null(strstr(avow_err_name(e), "not_yet_valid"));
	}
	avow_collateral_free(c);
	return true;
}

static void
chain_is_qvls(const struct avow_json *record, const struct quote *q)
{
	struct avow_span pck = text_of(avow_json_get(record, "qvl"), "pck");
	bool verifies = avow_span_eq_str(pck, "STATUS_OK") ||
			avow_span_eq_str(pck, "STATUS_SGX_CRL_EXPIRED");

	if (q->has_pck && (q->chain_err == AVOW_OK) != verifies)
		fail_msg("%s for a chain that is %.*s", avow_err_name(q->chain_err),
			AVOW_FMT(pck));
}

static void
every_record_of_the_oracle_agrees(void **state)
{
	const struct avow_json *records;
	struct avow_span text = slurp("intel-qvl-oracle/oracle.json");
	size_t statuses = 0, selections = 0;
	char name[64];

	(void)state;
	if (!text.p)
		skip();
	assert_ok(avow_json_parse(text, NULL, &a, &records, NULL));
	for (size_t i = 0; i < records->count; i++) {
		const struct avow_json *r = &records->items[i];
		struct quote q;

		snprintf(name, sizeof(name), "intel-qvl-oracle/quotes/%.12s.bin",
			(const char *)text_of(r, "quote_sha256").p);
		q = read_quote(slurp(name));
		chain_is_qvls(r, &q);
		statuses += status_is_qvls(r, &q);
		selections += selection_is_qvls(r, &q);
		avow_pck_chain_clear(&q.chain);
	}
	print_message("%zu statuses, %zu selections\n", statuses, selections);
	assert_true(statuses >= 430);
	assert_true(selections >= 400);
}

/* The folders as an operator would have them: certificates beside the JSON. */
static void
every_ready_folder_serves_its_quote(void **state)
{
	const struct avow_json *index;
	struct avow_span text = slurp("intel-qvl-oracle/collateral/INDEX.json");
	struct avow_intel_selection s;
	char name[96];

	(void)state;
	if (!text.p)
		skip();
	assert_ok(avow_json_parse(text, NULL, &a, &index, NULL));
	for (size_t i = 0; i < index->count; i++) {
		const struct avow_json *r = &index->items[i];
		struct avow_intel_query query = {0};
		struct avow_collateral *c;
		struct quote q;

		snprintf(name, sizeof(name), "intel-qvl-oracle/quotes/%.12s.bin",
			(const char *)text_of(r, "quote_sha256").p);
		q = read_quote(slurp(name));
		assert_ok(q.chain_err);
		snprintf(name, sizeof(name), "intel-qvl-oracle/collateral/%.*s",
			AVOW_FMT(text_of(r, "folder")));
		c = load(name);
		assert_non_null(c);
		query.tee = avow_span_eq_str(text_of(r, "tee"), "SGX") ? AVOW_TEE_SGX
								       : AVOW_TEE_TDX;
		query.pck_ca = q.chain.ca;
		assert_ok(avow_hex_decode(text_of(r, "fmspc"), query.fmspc, 6));
		assert_ok(
			avow_time_parse_strict(text_of(r, "check_time"), &query.at_s));
		assert_ok(avow_collateral_select(c, intel, &query, &s, NULL));
		assert_ok(avow_pck_chain_judge(&q.chain, &s, query.at_s, NULL));
		assert_string_equal("tcbinfo.json", s.tcb_info_name);
		avow_pck_chain_clear(&q.chain);
		avow_collateral_free(c);
	}
	assert_int_equal(68, index->count);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(every_published_document_verifies),
		T(every_published_crl_verifies_under_its_ca_alone),
		T(the_hash_claims_are_those_of_recorded_tokens),
		T(every_record_of_the_oracle_agrees),
		T(every_ready_folder_serves_its_quote),
	};

	return cmocka_run_group_tests_name("trust/vectors", tests, NULL, NULL);
}
