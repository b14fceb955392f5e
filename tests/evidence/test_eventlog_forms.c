/* IMA lists and canonical event logs made by hand. */
#include "support.h"

#include "base/hex.h"
#include "crypto/x509_make.h"
#include "log_world.h"

static void
put_field(struct avow_buf *b, struct avow_span s)
{
	le(b, s.n, 4);
	avow_buf_put(b, s);
}

/* d-ng and n-ng of a file whose content is "x", and a third field or none */
static void
template_data(struct avow_buf *t, const char *name, const struct avow_span *third)
{
	avow_buf_init(t, 1024);
	le(t, 40, 4);
	avow_buf_put(t, AVOW_LIT("sha256:\0"));
	put_hash(t, AVOW_SHA256, AVOW_LIT("x"));
	le(t, strlen(name) + 1, 4);
	avow_buf_put_str(t, name);
	avow_buf_put_byte(t, 0);
	if (third)
		put_field(t, *third);
}

static void
put_ima(struct avow_buf *b, const char *template, struct avow_span data, bool violation)
{
	le(b, 10, 4);
	if (violation)
		zeros(b, 20, 0);
	else
		put_hash(b, AVOW_SHA1, data);
	put_field(b, avow_span_str(template));
	put_field(b, data);
}

static void
put_text(struct avow_buf *b, const char *template, struct avow_span data,
	const char *rest)
{
	uint8_t d[20];

	assert_ok(avow_digest(AVOW_SHA1, &data, 1, d));
	avow_buf_put_str(b, "10 ");
	avow_hex_put(b, avow_span_make(d, 20));
	avow_buf_printf(b, " %s sha256:", template);
	{
		uint8_t x[32];

		assert_ok(avow_sha256(AVOW_LIT("x"), x));
		avow_hex_put(b, avow_span_make(x, 32));
	}
	avow_buf_put_str(b, rest);
}

static void
reads_the_same_from_both_ima_lists(void **state)
{
	struct world *w = *state;
	struct avow_buf ng, sig, first;
	struct avow_span s = AVOW_LIT("\3\2\4");

	template_data(&ng, "/bin/sh", NULL);
	template_data(&sig, "/bin/ls", &s);
	put_ima(&w->b, "ima-ng", avow_buf_span(&ng), false);
	put_ima(&w->b, "ima-sig", avow_buf_span(&sig), false);
	avow_buf_init(&first, AVOW_MIB(1));
	avow_buf_put_str(&first, document(w));
	assert_int_equal(w->log.format, AVOW_LOG_IMA);
	avow_buf_reset(&w->b);
	put_text(&w->b, "ima-ng", avow_buf_span(&ng), " /bin/sh\n");
	put_text(&w->b, "ima-sig", avow_buf_span(&sig), " /bin/ls 030204\n");
	assert_string_equal(avow_buf_str(&first), document(w));
	assert_int_equal(w->log.format, AVOW_LOG_IMA);
	assert_non_null(strstr(avow_buf_str(&first), "\"FileName\":\"/bin/ls\""));
	assert_true(w->r.reg[10].has[AVOW_SHA1] && w->r.reg[10].has[AVOW_SHA256]);
	avow_buf_clear(&ng);
	avow_buf_clear(&sig);
	avow_buf_clear(&first);
}

/* ima_template_lib.c: H(digest, name in 256 bytes) */
static void
reads_the_old_ima_template(void **state)
{
	struct world *w = *state;
	struct avow_buf hashed;

	avow_buf_init(&hashed, 512);
	zeros(&hashed, 20, 0xab);
	avow_buf_put_str(&hashed, "/init");
	zeros(&hashed, 251, 0);
	le(&w->b, 10, 4);
	put_hash(&w->b, AVOW_SHA1, avow_buf_span(&hashed));
	put_field(&w->b, AVOW_LIT("ima"));
	zeros(&w->b, 20, 0xab);
	put_field(&w->b, AVOW_LIT("/init"));
	assert_non_null(strstr(document(w),
		"{\"FileName\":\"/init\",\"FileDigest\":\"abababababababababababab"
		"abababababababab\"}"));
	assert_int_equal(w->log.count, 1);
	w->b.p[w->b.n - 1] ^= 1;
	assert_err(AVOW_E_IMA_TEMPLATE_HASH, parse(w));
	avow_buf_clear(&hashed);
}

static void
extends_all_ff_for_a_violation_and_claims_nothing(void **state)
{
	uint8_t zero_ff[64] = {0}, want[32];
	struct avow_span in = {zero_ff, 64};
	struct world *w = *state;
	struct avow_buf t;

	template_data(&t, "/race", NULL);
	put_ima(&w->b, "ima-ng", avow_buf_span(&t), true);
	assert_null(strstr(document(w), "/race"));
	memset(zero_ff + 32, 0xff, 32);
	assert_ok(avow_digest(AVOW_SHA256, &in, 1, want));
	assert_memory_equal(want, w->r.reg[10].value[AVOW_SHA256], 32);
	avow_buf_clear(&t);
}

static void
shows_a_buffer_only_where_its_digest_is_the_entrys(void **state)
{
	struct world *w = *state;
	struct avow_span x = AVOW_LIT("x"), y = AVOW_LIT("y");
	struct avow_buf t;

	template_data(&t, "kernel_version", &x);
	put_ima(&w->b, "ima-buf", avow_buf_span(&t), false);
	assert_non_null(strstr(document(w), "\"KernelVersion\":\"x\""));
	avow_buf_clear(&t);
	avow_buf_reset(&w->b);
	template_data(&t, "kernel_version", &y);
	put_ima(&w->b, "ima-buf", avow_buf_span(&t), false);
	assert_null(strstr(document(w), "KernelVersion"));
	avow_buf_clear(&t);
}

/* as template_data, of a buffer's own digest */
static void
buffer_data(struct avow_buf *t, const char *name, struct avow_span buffer)
{
	avow_buf_init(t, 1 << 14);
	le(t, 40, 4);
	avow_buf_put(t, AVOW_LIT("sha256:\0"));
	put_hash(t, AVOW_SHA256, buffer);
	le(t, strlen(name) + 1, 4);
	avow_buf_put_str(t, name);
	avow_buf_put_byte(t, 0);
	put_field(t, buffer);
}

static void
make_key(struct avow_buf *der)
{
	static const char *const subject[][2] = {{"C", "US"}, {"O", "Kernel, \"x\""},
		{"CN", " Build key #1"}, {"serialNumber", "7"}, {NULL, NULL}};
	struct avow_privkey *k;
	struct avow_cert_spec s = {.subject = subject,
		.not_after_s = 1,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1};

	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &k));
	s.key = avow_privkey_public(k);
	s.signer = k;
	avow_buf_init(der, 1 << 13);
	assert_ok(avow_cert_make(&s, der));
	avow_privkey_free(k);
}

static void
shows_whose_key_a_keyring_was_given(void **state)
{
	struct world *w = *state;
	struct avow_buf der, t;

	make_key(&der);
	buffer_data(&t, ".builtin_trusted_keys", avow_buf_span(&der));
	put_ima(&w->b, "ima-buf", avow_buf_span(&t), false);
	assert_non_null(strstr(document(w),
		"\"Keyring\":\".builtin_trusted_keys\",\"CertificateSubject\":"
		"\"2.5.4.5=7,CN=\\\\ Build key #1,O=Kernel\\\\, "
		"\\\\\\\"x\\\\\\\",C=US\""));
	avow_buf_clear(&t);
	avow_buf_reset(&w->b);
	buffer_data(&t, ".ima", AVOW_LIT("no certificate"));
	put_ima(&w->b, "ima-buf", avow_buf_span(&t), false);
	assert_non_null(strstr(document(w), "\"Keyring\":\".ima\"}"));
	avow_buf_clear(&t);
	avow_buf_clear(&der);
}

static void
refuses_every_flipped_bit_of_measured_ima_data(void **state)
{
	struct world *w = *state;
	struct avow_buf t;

	template_data(&t, "/bin/sh", NULL);
	put_ima(&w->b, "ima-ng", avow_buf_span(&t), false);
	for (size_t i = w->b.n - t.n; i < w->b.n; i++) {
		w->b.p[i] ^= 4;
		assert_err(AVOW_E_IMA_TEMPLATE_HASH, parse(w));
		w->b.p[i] ^= 4;
	}
	for (size_t n = w->b.n - 1; n > w->b.n - t.n; n--) {
		struct avow_span cut = {w->b.p, n};

		assert_err(AVOW_E_IMA_FORMAT,
			avow_eventlog_parse(cut, AVOW_LOG_IMA, &w->a, &w->log, NULL));
	}
	avow_buf_clear(&t);
}

/* Of evm-sig's fields, those behind the name. */
static void
evm_fields(struct avow_buf *t, bool absent, const char *names)
{
	put_field(t, AVOW_LIT("\5\2"));
	if (absent)
		put_field(t, AVOW_LIT(""));
	else
		put_field(t, avow_span_make(names, strlen(names) + 1));
	put_field(t, AVOW_LIT("\6\0"));
	put_field(t, AVOW_LIT("\1\2\3\4\5\6"));
	if (absent) {
		for (int i = 0; i < 3; i++)
			put_field(t, AVOW_LIT(""));
		return;
	}
	put_field(t, AVOW_LIT("\xe8\3\0\0"));
	put_field(t, AVOW_LIT("\xff\xff\xff\xff"));
	put_field(t, AVOW_LIT("\xa4\x81"));
}

#define EVM_LIST "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode"

/* ima_template_lib.c: numbers in decimal, names as they are, the rest in hex; by
 * the template's name and by its list, as ima_template_fmt= names it. */
static void
reads_evm_signatures_the_same_from_both_ima_lists(void **state)
{
	static const char *const NAMES[] = {"a.ima|a.evm", "", NULL};
	static const char *const TEXT[] = {
		" /bin/sh 0502 a.ima|a.evm 0600 010203040506 1000 4294967295 33188\n",
		" /bin/sh 0502  0600 010203040506 1000 4294967295 33188\n",
		" /bin/sh 0502  0600 010203040506   \n"};
	struct world *w = *state;

	for (size_t i = 0; i < 6; i++) {
		const char *name = i < 3 ? "evm-sig" : EVM_LIST;
		struct avow_buf t, first;

		template_data(&t, "/bin/sh", NULL);
		evm_fields(&t, !NAMES[i % 3], NAMES[i % 3]);
		avow_buf_reset(&w->b);
		put_ima(&w->b, name, avow_buf_span(&t), false);
		avow_buf_init(&first, AVOW_MIB(1));
		avow_buf_put_str(&first, document(w));
		assert_non_null(
			strstr(avow_buf_str(&first), "\"FileName\":\"/bin/sh\""));
		avow_buf_reset(&w->b);
		put_text(&w->b, name, avow_buf_span(&t), TEXT[i % 3]);
		assert_string_equal(avow_buf_str(&first), document(w));
		avow_buf_clear(&t);
		avow_buf_clear(&first);
	}
}

static void
reads_custom_ima_templates_as_text(void **state)
{
	struct world *w = *state;
	struct avow_buf t;

	avow_buf_init(&t, 1024);
	put_field(&t, AVOW_LIT("0123456789abcdefghij"));
	put_field(&t, AVOW_LIT("/x\0"));
	put_text(&w->b, "d|n", avow_buf_span(&t), " /x\n");
	/* what stands behind the template is not a digest with its algorithm */
	w->b.n -= strlen("sha256:") + 64 + strlen(" /x\n");
	avow_hex_put(&w->b, AVOW_LIT("0123456789abcdefghij"));
	avow_buf_put_str(&w->b, " /x\n");
	assert_ok(parse(w));
	assert_span(avow_buf_span(&t), w->log.events[0].data);
	avow_buf_clear(&t);
}

static void
refuses_ima_templates_of_no_known_fields(void **state)
{
	static const char *const NAMES[] = {"d-ng|", "|d-ng", "d-ng||n-ng", "d-ng|x",
		"sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig|sig"};
	static const char *const NUMBERS[] = {"65536", "-1", "1x", "99999999999"};
	struct world *w = *state;
	struct avow_buf t;

	template_data(&t, "/bin/sh", NULL);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		avow_buf_reset(&w->b);
		put_text(&w->b, NAMES[i], avow_buf_span(&t), " /bin/sh\n");
		assert_err(AVOW_E_IMA_TEMPLATE, parse(w));
	}
	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
		avow_buf_reset(&w->b);
		put_text(&w->b, "d-ng|imode", avow_buf_span(&t), " ");
		avow_buf_put_str(&w->b, NUMBERS[i]);
		avow_buf_put_str(&w->b, "\n");
		assert_err(AVOW_E_IMA_FORMAT, parse(w));
	}
	avow_buf_clear(&t);
}

static void
refuses_malformed_ima_text(void **state)
{
	static const char *const BAD[] = {" /bin/sh\nx\n", ":zz /bin/sh\n"};
	struct world *w = *state;
	struct avow_buf t;

	template_data(&t, "/bin/sh", NULL);
	for (size_t i = 0; i < 2; i++) {
		avow_buf_reset(&w->b);
		put_text(&w->b, "ima-ng", avow_buf_span(&t), BAD[i]);
		assert_err(AVOW_E_IMA_FORMAT, parse(w));
	}
	avow_buf_reset(&w->b);
	put_text(&w->b, "evm-gis", avow_buf_span(&t), " /bin/sh\n");
	assert_err(AVOW_E_IMA_TEMPLATE, parse(w));
	avow_buf_clear(&t);
}

static void
tlv(struct avow_buf *b, uint8_t type, struct avow_span v)
{
	avow_buf_put_byte(b, type);
	for (int i = 24; i >= 0; i -= 8)
		avow_buf_put_byte(b, (uint8_t)(v.n >> i));
	avow_buf_put(b, v);
}

static void
put_cel(struct avow_buf *b, uint8_t recnum, const char *pcr, struct avow_span data)
{
	struct avow_buf inner, digest;

	avow_buf_init(&inner, 512);
	avow_buf_init(&digest, 512);
	tlv(b, 0, avow_span_make(&recnum, 1));
	tlv(b, 1, avow_span_make(pcr, 1));
	put_hash(&digest, AVOW_SHA256, data);
	tlv(&inner, 11, avow_buf_span(&digest));
	tlv(b, 3, avow_buf_span(&inner));
	avow_buf_reset(&inner);
	tlv(&inner, 0, AVOW_LIT("\0\0\0\5"));
	tlv(&inner, 1, data);
	tlv(b, 5, avow_buf_span(&inner));
	avow_buf_clear(&inner);
	avow_buf_clear(&digest);
}

static void
reads_the_same_from_both_canonical_logs(void **state)
{
	struct world *w = *state;
	struct avow_buf first;
	uint8_t d[32];

	put_cel(&w->b, 0, "\4", AVOW_LIT("Go"));
	avow_buf_init(&first, AVOW_KIB(64));
	avow_buf_put_str(&first, document(w));
	assert_int_equal(w->log.format, AVOW_LOG_CEL);
	assert_non_null(strstr(avow_buf_str(&first), "\"String\":\"Go\""));
	avow_buf_reset(&w->b);
	assert_ok(avow_sha256(AVOW_LIT("Go"), d));
	avow_buf_put_str(&w->b, "[{\"recnum\":0,\"pcr\":4,\"digests\":[{\"hashAlg\":"
				"\"sha256\",\"digest\":\"");
	avow_hex_put(&w->b, avow_span_make(d, 32));
	avow_buf_put_str(&w->b, "\"}],\"content_type\":\"pcclient_std\",\"content\":"
				"{\"event_type\":5,\"event_data\":\"476f\"}}]");
	assert_string_equal(avow_buf_str(&first), document(w));
	assert_int_equal(w->log.format, AVOW_LOG_CEL_JSON);
	avow_buf_clear(&first);
}

static void
refuses_malformed_canonical_logs(void **state)
{
	static const char SHORT_DIGEST[] =
		"[{\"recnum\":0,\"pcr\":4,\"digests\":[{\"hashAlg\":\"sha256\","
		"\"digest\":\"00\"}]}]";
	static const char *const BAD[] = {"[1]", "[{}]", "[{\"recnum\":0}]",
		SHORT_DIGEST, "[{\"recnum\":0,\"pcr\":4,\"digests\":[]}]"};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		avow_buf_reset(&w->b);
		avow_buf_put_str(&w->b, BAD[i]);
		assert_err(AVOW_E_CEL_FORMAT, parse(w));
	}
	avow_buf_reset(&w->b);
	put_cel(&w->b, 0, "\4", AVOW_LIT("Go"));
	put_cel(&w->b, 0, "\4", AVOW_LIT("Go")); /* its number does not rise */
	assert_err(AVOW_E_CEL_FORMAT, parse(w));
	w->b.n = w->b.n / 2 - 1;
	assert_err(AVOW_E_CEL_FORMAT, parse(w));
}

/* mistakes B9 and B11: a log's length is the span's, at a pointer's size as at every
 * other; whole records lie behind each cut. */
static void
refuses_every_cut_of_a_record(void **state)
{
	static const enum avow_log_format formats[] = {AVOW_LOG_TCG, AVOW_LOG_IMA};
	static const enum avow_err codes[] = {
		AVOW_E_EVENTLOG_TRUNCATED, AVOW_E_IMA_FORMAT};
	struct world *w = *state;
	struct avow_buf t;

	template_data(&t, "/bin/sh", NULL);
	for (size_t i = 0; i < 2; i++) {
		size_t record = 0;

		avow_buf_reset(&w->b);
		for (int k = 0; k < 2; k++) {
			record = w->b.n;
			if (i == 0)
				put_sha1(&w->b, 1, 5, AVOW_LIT("Go"), AVOW_LIT("Go"));
			else
				put_ima(&w->b, "ima-ng", avow_buf_span(&t), false);
		}
		for (size_t n = 1; n < w->b.n; n++)
			assert_err(n == record ? AVOW_OK : codes[i],
				avow_eventlog_parse(
					avow_span_slice(avow_buf_span(&w->b), 0, n),
					formats[i], &w->a, &w->log, NULL));
	}
	avow_buf_clear(&t);
}

/* bug 24: lengths of 4 GiB in lists of some bytes; the arena is smaller than any of
 * it */
static void
refuses_4_gib_without_allocating(void **state)
{
	struct world *w = *state;
	struct avow_arena tiny;

	avow_arena_init(&tiny, AVOW_KIB(64));
	le(&w->b, 10, 4);
	zeros(&w->b, 20, 1);
	le(&w->b, 0xffffffff, 4);
	assert_err(AVOW_E_IMA_FORMAT, avow_eventlog_parse(avow_buf_span(&w->b),
					      AVOW_LOG_IMA, &tiny, &w->log, NULL));
	w->b.n -= 4;
	put_field(&w->b, AVOW_LIT("ima-ng"));
	le(&w->b, 0xffffffff, 4);
	assert_err(AVOW_E_IMA_FORMAT, avow_eventlog_parse(avow_buf_span(&w->b),
					      AVOW_LOG_IMA, &tiny, &w->log, NULL));
	avow_buf_reset(&w->b);
	put_cel(&w->b, 0, "\4", AVOW_LIT("Go"));
	memset(w->b.p + 13, 0xff, 4); /* the length of the digests */
	assert_err(AVOW_E_CEL_FORMAT, avow_eventlog_parse(avow_buf_span(&w->b),
					      AVOW_LOG_CEL, &tiny, &w->log, NULL));
	assert_true(tiny.used < AVOW_KIB(64));
	avow_arena_clear(&tiny);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_the_same_from_both_ima_lists),
		T(reads_the_old_ima_template),
		T(extends_all_ff_for_a_violation_and_claims_nothing),
		T(shows_a_buffer_only_where_its_digest_is_the_entrys),
		T(shows_whose_key_a_keyring_was_given),
		T(refuses_every_flipped_bit_of_measured_ima_data),
		T(refuses_malformed_ima_text),
		T(reads_evm_signatures_the_same_from_both_ima_lists),
		T(reads_custom_ima_templates_as_text),
		T(refuses_ima_templates_of_no_known_fields),
		T(reads_the_same_from_both_canonical_logs),
		T(refuses_malformed_canonical_logs),
		T(refuses_4_gib_without_allocating),
		T(refuses_every_cut_of_a_record),
	};

	return cmocka_run_group_tests_name("eventlog_forms", tests, NULL, NULL);
}
