/*
 * Enclave identities: what a good one holds, and every way of being a bad one,
 * each differing from the good one in a single place.
 */
#include "docs.h"

#include <dirent.h>

#include "base/file.h"
#include "trust/qe_identity.h"

static struct avow_arena a;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&a, (size_t)64 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&a);
	return 0;
}

static void
reads_every_field(void **state)
{
	const struct avow_qe_identity *q = NULL;

	(void)state;
	assert_ok(avow_qe_identity_parse(avow_span_str(QE_DOC), &a, &q, NULL));
	assert_int_equal(AVOW_ENCLAVE_QE, q->id);
	assert_int_equal(1706154004, q->issue_date_s);
	assert_int_equal(1708746004, q->next_update_s);
	assert_int_equal(16, q->evaluation_number);
	assert_memory_equal("\0\0\0\1", q->miscselect, 4);
	assert_memory_equal("\xff\xff\xff\xf0", q->miscselect_mask, 4);
	assert_memory_equal("\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", q->attributes, 16);
	assert_memory_equal("\xfb\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0",
		q->attributes_mask, 16);
	assert_int_equal(0x8c, q->mrsigner[0]);
	assert_int_equal(0xff, q->mrsigner[31]);
	assert_int_equal(1, q->isvprodid);
	assert_int_equal(3, q->n_levels);
	assert_int_equal(8, q->levels[0].isvsvn);
	assert_int_equal(AVOW_TCB_UP_TO_DATE, q->levels[0].status);
	assert_int_equal(1691539200, q->levels[0].tcb_date_s);
	assert_int_equal(1, q->levels[1].advisories.n);
	assert_span_str("INTEL-SA-00615", q->levels[1].advisories.ids[0]);
	assert_int_equal(AVOW_TCB_REVOKED, q->levels[2].status);
	assert_int_equal(0x01, q->signature[0]);
}

static void
reads_the_four_enclaves(void **state)
{
	static const char *const ids[] = {"\"QE\"", "\"TD_QE\"", "\"QVE\"", "\"QAE\""};
	const struct avow_qe_identity *q;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_ok(avow_qe_identity_parse(
			edited(&a, QE_DOC, "\"QE\"", ids[i]), &a, &q, NULL));
		assert_int_equal(i, q->id);
	}
}

/* verifier bug 12: what is signed is a slice of the text as it came */
static void
the_signed_bytes_are_the_raw_inner_object(void **state)
{
	static const char spaced[] = "{ \"enclaveIdentity\" :\n";
	struct avow_span doc = edited(&a, QE_DOC, "{\"enclaveIdentity\":", spaced);
	const struct avow_qe_identity *q = NULL;

	(void)state;
	assert_ok(avow_qe_identity_parse(doc, &a, &q, NULL));
	assert_ptr_equal(doc.p + sizeof(spaced) - 1, q->raw.p);
	assert_int_equal('}', q->raw.p[q->raw.n - 1]);
	assert_span(doc, q->document);
}

static void
refused(struct avow_span doc, const char *field)
{
	const struct avow_qe_identity *q = (const void *)1;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(
		AVOW_E_QE_IDENTITY_FORMAT, avow_qe_identity_parse(doc, &a, &q, &why));
	assert_null(q);
	assert_err(AVOW_E_QE_IDENTITY_FORMAT, why.code);
	if (field && !strstr(why.field, field))
		fail_msg("field %s where %s was expected", why.field, field);
}

static void
refuses_each_bad_member(void **state)
{
	static const struct edit e[] = {
		{"\"QE\"", "\"qe\"", "id"},
		{"\"id\":\"QE\",", "", "id"},
		{"\"version\":2", "\"version\":1", "version"},
		{"\"version\":2", "\"version\":3", "version"},
		{"2024-01-25T03:40:04Z", "2024-01-25T03:40:04", "issueDate"},
		{"2024-02-24T03:40:04Z", "", "nextUpdate"},
		{"Number\":16", "Number\":\"16\"", "tcbEvaluationDataNumber"},
		{"Number\":16", "Number\":4294967296", "tcbEvaluationDataNumber"},
		{"\"miscselect\":\"00", "\"miscselect\":\"", "miscselect"},
		{"\"miscselectMask\":\"FF", "\"miscselectMask\":\"F", "miscselectMask"},
		{"\"attributes\":\"11", "\"attributes\":\"", "attributes"},
		{"\"attributesMask\":\"FB", "\"attributesMask\":\"", "attributesMask"},
		{"\"mrsigner\":\"8C", "\"mrsigner\":\"", "mrsigner"},
		{"\"mrsigner\"", "\"mrSigner\"", "mrsigner"},
		{"\"isvprodid\":1", "\"isvprodid\":65536", "isvprodid"},
		{"\"isvprodid\":1,", "", "isvprodid"},
		{"\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":[", "tcbLevels"},
		{"\"tcbLevels\":[", "\"tcbLevels\":{},\"x\":[", "tcbLevels"},
		{"\"isvsvn\":8", "\"isvsvn\":65536", "tcbLevels[0].isvsvn"},
		{"\"isvsvn\":6", "\"isvsvn\":8", "tcbLevels[1].tcb.isvsvn"},
		{"{\"tcb\":{\"isvsvn\":1}", "{\"tcb\":1", "tcbLevels[2].tcb"},
		{"2021-11-10T00:00:00Z", "x", "tcbLevels[1].tcbDate"},
		{"\"Revoked\"", "\"SWHardeningNeeded\"", "tcbLevels[2].tcbStatus"},
		{"[\"INTEL-SA-00615\"]", "\"INTEL-SA-00615\"", "advisoryIDs"},
		{"\"isvprodid\":1", "\"isvprodid\":1,\"isvprodid\":1", NULL},
		{SIG "\"}", SIG "\"} x", NULL},
		{SIG "\"}", SIG "\",\"z\":0}", NULL},
		{"\"enclaveIdentity\"", "\"tcbInfo\"", "enclaveIdentity"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++)
		refused(edited(&a, QE_DOC, e[i].old, e[i].new), e[i].field);
}

static void
refuses_more_than_its_limit(void **state)
{
	char *pad = malloc(40000);

	(void)state;
	memset(pad, ' ', 40000);
	pad[0] = '{';
	pad[39999] = '\0';
	refused(edited(&a, QE_DOC, "{", pad), NULL);
	free(pad);
}

static void
memory_that_ends_is_not_a_bad_document(void **state)
{
	const struct avow_qe_identity *q;
	struct avow_arena small;
	enum avow_err e = AVOW_E_TOO_LARGE;

	(void)state;
	for (size_t max = 16; max < 65536 && e != AVOW_OK; max += 16) {
		avow_arena_init(&small, max);
		e = avow_qe_identity_parse(avow_span_str(QE_DOC), &small, &q, NULL);
		avow_arena_clear(&small);
		if (e != AVOW_OK)
			assert_err(AVOW_E_TOO_LARGE, e);
	}
	assert_ok(e);
}

static void
read_vector(const char *path)
{
	const struct avow_qe_identity *q = NULL;
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	assert_ok(avow_file_read(path, &b));
	assert_ok(avow_qe_identity_parse(avow_buf_span(&b), &a, &q, NULL));
	assert_int_equal(30 * 86400, q->next_update_s - q->issue_date_s);
	avow_buf_clear(&b);
}

static void
reads_every_real_identity(void **state)
{
	const char *root = getenv("AVOW_VECTORS");
	char path[4500];
	struct dirent *e;
	int n = 0;
	DIR *d;

	(void)state;
	snprintf(path, sizeof(path), "%s/collateral-intel", root ? root : "");
	d = opendir(path);
	if (!d)
		skip();
	while ((e = readdir(d)))
		if (strncmp(e->d_name, "qeid-", 5) == 0) {
			snprintf(path, sizeof(path), "%s/collateral-intel/%.300s", root,
				e->d_name);
			read_vector(path);
			n++;
		}
	closedir(d);
	assert_int_equal(37, n);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(reads_every_field),
		T(reads_the_four_enclaves),
		T(the_signed_bytes_are_the_raw_inner_object),
		T(refuses_each_bad_member),
		T(refuses_more_than_its_limit),
		T(memory_that_ends_is_not_a_bad_document),
		T(reads_every_real_identity),
	};

	return cmocka_run_group_tests_name("trust/qe_identity", tests, NULL, NULL);
}
