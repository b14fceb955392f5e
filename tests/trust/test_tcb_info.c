/*
 * TCB infos: what a good one holds, and every way of being a bad one, each
 * differing from the good one in a single place.
 */
#include "docs.h"

#include <dirent.h>

#include "base/file.h"
#include "trust/tcb_info.h"

struct state {
	struct avow_arena a;
};

static struct state st;

static int
setup(void **state)
{
	avow_arena_init(&st.a, (size_t)64 << 20);
	*state = &st;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&st.a);
	return 0;
}

static const struct avow_tcb_info *
good(const char *doc)
{
	const struct avow_tcb_info *info = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_ok(avow_tcb_info_parse(avow_span_str(doc), &st.a, &info, &why));
	assert_non_null(info);
	return info;
}

static void
refused(struct avow_span doc, const char *field)
{
	const struct avow_tcb_info *info = (const void *)1;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(
		AVOW_E_TCB_INFO_FORMAT, avow_tcb_info_parse(doc, &st.a, &info, &why));
	assert_null(info);
	assert_err(AVOW_E_TCB_INFO_FORMAT, why.code);
	if (field && !strstr(why.field, field))
		fail_msg("field %s where %s was expected", why.field, field);
}

static void
refused_edits(const char *doc, const struct edit *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		refused(edited(&st.a, doc, e[i].old, e[i].new), e[i].field);
}

static void
reads_every_field_of_version_2(void **state)
{
	const struct avow_tcb_info *i = good(TCB_V2);
	static const uint8_t comps[16] = {
		11, 2, 3, 4, 5, 255, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	(void)state;
	assert_int_equal(2, i->version);
	assert_int_equal(AVOW_TEE_SGX, i->tee);
	assert_int_equal(1706154004, i->issue_date_s);
	assert_int_equal(1708746004, i->next_update_s);
	assert_memory_equal("\x00\x60\x6a\x00\x00\x00", i->fmspc, 6);
	assert_memory_equal("\x01\x02", i->pce_id, 2);
	assert_int_equal(16, i->evaluation_number);
	assert_int_equal(2, i->n_levels);
	assert_memory_equal(comps, i->levels[0].sgx, 16);
	assert_int_equal(13, i->levels[0].pcesvn);
	assert_int_equal(AVOW_TCB_UP_TO_DATE, i->levels[0].status);
	assert_int_equal(1691539200, i->levels[0].tcb_date_s);
	assert_int_equal(0, i->levels[0].advisories.n);
	assert_int_equal(2, i->levels[1].advisories.n);
	assert_span_str("INTEL-SA-00002", i->levels[1].advisories.ids[1]);
	assert_int_equal(0x01, i->signature[0]);
	assert_int_equal(0xef, i->signature[63]);
	assert_false(i->has_tdx_module);
}

static void
reads_every_field_of_tdx_and_sorts(void **state)
{
	const struct avow_tcb_info *i = good(TCB_TDX);

	(void)state;
	assert_int_equal(3, i->version);
	assert_int_equal(AVOW_TEE_TDX, i->tee);
	assert_memory_equal("\x90\xc0\x6f\x00\x00\x00", i->fmspc, 6);
	/* served in ascending order, sorted as QVL does */
	assert_int_equal(7, i->levels[0].sgx[0]);
	assert_int_equal(11, i->levels[0].pcesvn);
	assert_int_equal(5, i->levels[0].tdx[0]);
	assert_int_equal(6, i->levels[0].tdx[2]);
	assert_int_equal(1, i->levels[0].tdx[15]);
	assert_int_equal(2, i->levels[1].sgx[0]);
	assert_true(i->has_tdx_module);
	assert_int_equal(0xaa, i->tdx_module.mrsigner[0]);
	assert_int_equal(0xff, i->tdx_module.attributes_mask[7]);
	assert_int_equal(0, i->tdx_module.n_levels);
	assert_int_equal(1, i->n_modules);
	assert_int_equal(3, i->modules[0].version);
	assert_int_equal(0x99, i->modules[0].mrsigner[47]);
	assert_int_equal(2, i->modules[0].n_levels);
	assert_int_equal(7, i->modules[0].levels[0].isvsvn);
	assert_int_equal(AVOW_TCB_UP_TO_DATE, i->modules[0].levels[0].status);
	assert_span_str("A-1", i->modules[0].levels[0].advisories.ids[0]);
	assert_int_equal(3, i->modules[0].levels[1].isvsvn);
}

/* verifier bug 12: what is signed is a slice of the text as it came */
static void
the_signed_bytes_are_the_raw_inner_object(void **state)
{
	static const char spaced[] = " { \"tcbInfo\" : ";
	struct avow_span doc = edited(&st.a, TCB_V2 "\n", "{\"tcbInfo\":", spaced);
	const struct avow_tcb_info *i = NULL;
	size_t skip = sizeof(spaced) - 1;

	(void)state;
	assert_ok(avow_tcb_info_parse(doc, &st.a, &i, NULL));
	assert_ptr_equal(doc.p + skip, i->raw.p);
	assert_int_equal('{', i->raw.p[0]);
	assert_int_equal('}', i->raw.p[i->raw.n - 1]);
	assert_ptr_equal(doc.p + 1, i->document.p);
	assert_int_equal(doc.n - 2, i->document.n);
}

static void
tolerates_members_that_intel_may_add(void **state)
{
	struct avow_span doc = edited(
		&st.a, TCB_V2, "\"version\":2", "\"version\":2,\"new\":{\"a\":[1]}");
	const struct avow_tcb_info *i = NULL;

	(void)state;
	assert_ok(avow_tcb_info_parse(doc, &st.a, &i, NULL));
}

static void
version_2_may_name_sgx_alone(void **state)
{
	const struct avow_tcb_info *i = NULL;

	(void)state;
	assert_ok(avow_tcb_info_parse(
		edited(&st.a, TCB_V2, "\"version\":2", "\"id\":\"SGX\",\"version\":2"),
		&st.a, &i, NULL));
	refused(edited(&st.a, TCB_V2, "\"version\":2", "\"id\":\"TDX\",\"version\":2"),
		"id");
}

/* verifier bug 12: duplicates, text behind the document, members beside it */
static void
refuses_what_is_not_exactly_one_signed_document(void **state)
{
	static const struct edit e[] = {
		{"\"version\":2", "\"version\":2,\"version\":2", NULL},
		{"\"pcesvn\":13", "\"pcesvn\":13,\"pcesvn\":13", NULL},
		{SIG "\"}", SIG "\"}x", NULL},
		{SIG "\"}", SIG "\"}{}", NULL},
		{SIG "\"}", SIG "\",\"more\":1}", NULL},
		{SIG "\"}", SIG "\"", NULL},
		{"\"signature\"", "\"signatur\"", "signature"},
		{"\"tcbInfo\"", "\"tcbinfo\"", "tcbInfo"},
		{"{\"tcbInfo\":", "{\"tcbInfo\":[],\"x\":", NULL},
		{"\"signature\":\"01", "\"signature\":\"", "signature"},
		{"\"signature\":\"01", "\"signature\":\"0g", "signature"},
	};

	(void)state;
	refused_edits(TCB_V2, e, sizeof(e) / sizeof(e[0]));
	refused(avow_span_str(""), NULL);
	refused(avow_span_str("[]"), NULL);
	refused(avow_span_str("{\"tcbInfo\":7,\"signature\":\"\"}"), "tcbInfo");
}

static void
refuses_each_bad_member_of_version_2(void **state)
{
	static const struct edit e[] = {
		{"\"version\":2", "\"version\":1", "version"},
		{"\"version\":2", "\"version\":4", "version"},
		{"\"version\":2", "\"version\":\"2\"", "version"},
		{"\"version\":2,", "", "version"},
		{"\"version\":2", "\"version\":3", "id"},
		{"2024-01-25T03:40:04Z", "2024-01-25t03:40:04z", "issueDate"},
		{"2024-01-25T03:40:04Z", "2024-01-25T03:40:04+00:00", "issueDate"},
		{"2024-01-25T03:40:04Z", "2024-01-25T03:40:04.0Z", "issueDate"},
		{"2024-02-24T03:40:04Z", "2024-02-30T03:40:04Z", "nextUpdate"},
		{"\"nextUpdate\"", "\"nextupdate\"", "nextUpdate"},
		{"00606a000000", "00606a00000", "fmspc"},
		{"00606a000000", "00606a0000000", "fmspc"},
		{"00606a000000", "00606g000000", "fmspc"},
		{"\"pceId\":\"0102\"", "\"pceId\":\"01\"", "pceId"},
		{"\"tcbType\":0", "\"tcbType\":1", "tcbType"},
		{"\"tcbType\":0,", "", "tcbType"},
		{"Number\":16", "Number\":-1", "tcbEvaluationDataNumber"},
		{"Number\":16", "Number\":4294967296", "tcbEvaluationDataNumber"},
		{"Number\":16", "Number\":16.5", "tcbEvaluationDataNumber"},
		{"\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":[", "tcbLevels"},
		{"\"tcbLevels\":[", "\"tcbLevels\":[7,", "tcbLevels[0].tcb"},
		{"\"pcesvn\":13", "\"pcesvn\":65536", "tcbLevels[0].pcesvn"},
		{"\"pcesvn\":11", "\"pcesvn\":-1", "tcbLevels[1].pcesvn"},
		{"comp01svn\":11", "comp01svn\":256", "tcbLevels[0].sgxtcbcomp01svn"},
		{"\"sgxtcbcomp16svn\":16", "\"x\":16", "sgxtcbcomp16svn"},
		{"2023-08-09T00:00:00Z", "2023-08-09", "tcbLevels[0].tcbDate"},
		{"\"UpToDate\"", "\"Uptodate\"", "tcbLevels[0].tcbStatus"},
		{"\"UpToDate\"", "\"TDRelaunchAdvised\"", "tcbLevels[0].tcbStatus"},
		{"\"tcbStatus\":\"UpToDate\"", "\"x\":1", "tcbStatus"},
		{"[\"INTEL-SA-00001\"", "[7", "advisoryIDs"},
		{"[\"INTEL-SA-00001\"", "[\"\"", "advisoryIDs"},
		{"[\"INTEL-SA-00001\"", "[\"a b\"", "advisoryIDs"},
		{"[\"INTEL-SA-00001\"", "[\"\\u0007\"", "advisoryIDs"},
		{"[\"INTEL-SA-00001\"", "[\"" SIG "\"", "advisoryIDs"},
		{"\"advisoryIDs\":[", "\"advisoryIDs\":7,\"x\":[", "advisoryIDs"},
		{"\"tcbType\":0", "\"tcbType\":0,\"tdxModule\":{}", "tdxModule"},
	};

	(void)state;
	refused_edits(TCB_V2, e, sizeof(e) / sizeof(e[0]));
}

static void
refuses_each_bad_member_of_tdx(void **state)
{
	static const struct edit e[] = {
		{"\"id\":\"TDX\"", "\"id\":\"tdx\"", "id"},
		{"\"id\":\"TDX\"", "\"id\":\"SGX\"", "tdxModule"},
		{"\"tdxModule\":", "\"x\":", "tdxModule"},
		{"\"mrsigner\":\"aa", "\"mrsigner\":\"", "mrsigner"},
		{"\"attributes\":\"00", "\"attributes\":\"", "attributes"},
		{"\"attributesMask\":\"FF", "\"attributesMask\":\"", "attributesMask"},
		{"\"tdxModuleIdentities\":[", "\"tdxModuleIdentities\":[],\"x\":[",
			"tdxModuleIdentities"},
		{"TDX_03", "TDX_3", "tdxModuleIdentities[0].id"},
		{"TDX_03", "TDX_0g", "tdxModuleIdentities[0].id"},
		{"TDX_03", "tdx_03", "tdxModuleIdentities[0].id"},
		{"\"isvsvn\":7", "\"isvsvn\":65536",
			"tdxModuleIdentities[0].tcbLevels[1].isvsvn"},
		{"\"isvsvn\":7", "\"isvsvn\":3", "tcbLevels[1].tcb.isvsvn"},
		{"\"UpToDate\"", "\"ConfigurationNeeded\"", "tcbStatus"},
		{"2024-03-14T00:00:00Z", "yesterday", "tcbDate"},
		{"[\"A-1\"]", "{}", "advisoryIDs"},
		{"\"sgxtcbcomponents\"", "\"x\"", "sgxtcbcomponents"},
		{"\"tdxtcbcomponents\"", "\"x\"", "tdxtcbcomponents"},
		{"[{\"svn\":2}", "[{\"svn\":256}", "sgxtcbcomponents[0].svn"},
		{"[{\"svn\":2}", "[2", "sgxtcbcomponents[0].svn"},
	};

	(void)state;
	refused_edits(TCB_TDX, e, sizeof(e) / sizeof(e[0]));
}

/* verifier bug 11: a short or long component array is not compared by its part */
static void
refuses_component_arrays_of_other_than_16(void **state)
{
	static const struct edit e[] = {
		{"[{\"svn\":2},", "[", "sgxtcbcomponents"},
		{"[{\"svn\":2},", "[{\"svn\":2},{\"svn\":2},", "sgxtcbcomponents"},
		{"[{\"svn\":3},", "[", "tdxtcbcomponents"},
		{"[{\"svn\":5},", "[{\"svn\":5},{\"svn\":0},", "tdxtcbcomponents"},
	};

	(void)state;
	refused_edits(TCB_TDX, e, sizeof(e) / sizeof(e[0]));
}

static void
refuses_two_levels_or_modules_alike(void **state)
{
	static const char twice[] = "\"tdxModuleIdentities\":[{\"id\":\"TDX_03\","
				    "\"mrsigner\":\"" HEX96 "\","
				    "\"attributes\":\"0000000000000000\","
				    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\","
				    "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},"
				    "\"tcbDate\":\"2024-03-13T00:00:00Z\","
				    "\"tcbStatus\":\"OutOfDate\"}]},";
	struct avow_span one = edited(&st.a, TCB_V2, "comp01svn\":4", "comp01svn\":11");

	(void)state;
	refused(edited(&st.a, (const char *)one.p, "\"pcesvn\":11", "\"pcesvn\":13"),
		"tcbLevels");
	refused(edited(&st.a, TCB_TDX, "\"tdxModuleIdentities\":[", twice),
		"tdxModuleIdentities[1].id");
}

static void
refuses_more_than_its_limits(void **state)
{
	struct avow_span doc;
	char *pad = malloc(200000);

	(void)state;
	memset(pad, ' ', 200000);
	memcpy(pad, "{", 1);
	pad[199999] = '\0';
	doc = edited(&st.a, TCB_V2, "{", pad);
	refused(doc, NULL);
	strcpy(pad, "\"advisoryIDs\":[");
	for (int i = 0; i < 257; i++)
		strcat(pad, "\"a\",");
	refused(edited(&st.a, TCB_V2, "\"advisoryIDs\":[", pad), "advisoryIDs");
	strcpy(pad, "\"tcbLevels\":[");
	for (int i = 0; i < 127; i++)
		strcat(pad, "{},");
	refused(edited(&st.a, TCB_V2, "\"tcbLevels\":[", pad), "tcbLevels");
	free(pad);
}

/* The scratch tree of the densest text fits, so its size is never the reason. */
static void
the_densest_document_is_judged_by_its_form(void **state)
{
	size_t n = 130000;
	char *pad = malloc(n + 64);
	const struct avow_tcb_info *info;

	(void)state;
	strcpy(pad, "\"tcbType\":0,\"x\":[0");
	for (size_t i = strlen(pad); i < n - sizeof(TCB_V2); i += 2)
		memcpy(pad + i, ",0", 3);
	strcat(pad, "]");
	assert_ok(avow_tcb_info_parse(
		edited(&st.a, TCB_V2, "\"tcbType\":0", pad), &st.a, &info, NULL));
	free(pad);
}

static void
memory_that_ends_is_not_a_bad_document(void **state)
{
	const struct avow_tcb_info *info;
	struct avow_arena small;
	size_t max;
	enum avow_err e = AVOW_E_TOO_LARGE;

	(void)state;
	for (max = 16; max < 65536 && e != AVOW_OK; max += 16) {
		avow_arena_init(&small, max);
		e = avow_tcb_info_parse(avow_span_str(TCB_TDX), &small, &info, NULL);
		avow_arena_clear(&small);
		if (e != AVOW_OK) {
			assert_err(AVOW_E_TOO_LARGE, e);
			assert_null(info);
		}
	}
	assert_ok(e);
	assert_true(max > 400);
}

static void
read_vector(const char *path)
{
	const struct avow_tcb_info *info = NULL;
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	assert_ok(avow_file_read(path, &b));
	assert_ok(avow_tcb_info_parse(avow_buf_span(&b), &st.a, &info, NULL));
	assert_true(info->n_levels >= 2);
	assert_int_equal(30 * 86400, info->next_update_s - info->issue_date_s);
	avow_buf_clear(&b);
}

static void
reads_every_real_tcb_info(void **state)
{
	char path[4500];
	const char *dir = getenv("AVOW_VECTORS");
	struct dirent *e;
	int n = 0;
	DIR *d;

	(void)state;
	if (!dir)
		skip();
	snprintf(path, sizeof(path), "%s/collateral-intel", dir);
	d = opendir(path);
	if (!d)
		skip();
	while ((e = readdir(d)))
		if (strncmp(e->d_name, "tcb-", 4) == 0) {
			snprintf(path, sizeof(path), "%s/collateral-intel/%s", dir,
				e->d_name);
			read_vector(path);
			n++;
		}
	closedir(d);
	assert_true(n >= 50);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(reads_every_field_of_version_2),
		T(reads_every_field_of_tdx_and_sorts),
		T(the_signed_bytes_are_the_raw_inner_object),
		T(tolerates_members_that_intel_may_add),
		T(version_2_may_name_sgx_alone),
		T(refuses_what_is_not_exactly_one_signed_document),
		T(refuses_each_bad_member_of_version_2),
		T(refuses_each_bad_member_of_tdx),
		T(refuses_component_arrays_of_other_than_16),
		T(refuses_two_levels_or_modules_alike),
		T(refuses_more_than_its_limits),
		T(the_densest_document_is_judged_by_its_form),
		T(memory_that_ends_is_not_a_bad_document),
		T(reads_every_real_tcb_info),
	};

	return cmocka_run_group_tests_name("trust/tcb_info", tests, NULL, NULL);
}
