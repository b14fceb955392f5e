/*
 * Reports from the kernel, with a stand-in for it: a small tree of attributes
 * that behaves as configfs-tsm says, and a device that answers one ioctl.
 */
#include "support.h"

#include <linux/sev-guest.h>
#include <sys/ioctl.h>

#include "collect/collect.h"

struct kernel {
	const char *provider;
	uint64_t generation;
	uint8_t inblob[64];
	size_t n_inblob, n_outblob;
	bool has_entry, no_configfs, refuses_write, meddles, has_aux;
	const char *broken; /* an attribute that cannot be read */
	uint32_t status, size;
	int removed;
};

static int
make_dir(void *ctx, const char *path)
{
	struct kernel *k = ctx;

	assert_true(strncmp(path, "/tsm/avow-", 10) == 0);
	if (k->no_configfs)
		return -1;
	k->has_entry = true;
	return 0;
}

static int
remove_dir(void *ctx, const char *path)
{
	struct kernel *k = ctx;

	(void)path;
	k->has_entry = false;
	k->removed++;
	return 0;
}

static bool
read_attribute(void *ctx, const char *path, struct avow_buf *out)
{
	struct kernel *k = ctx;
	const char *name = strrchr(path, '/') + 1;

	assert_true(k->has_entry);
	if (k->broken && strcmp(name, k->broken) == 0)
		return false;
	if (strcmp(name, "provider") == 0)
		avow_buf_printf(out, "%s\n", k->provider);
	else if (strcmp(name, "generation") == 0)
		avow_buf_printf(out, "%llu\n", (unsigned long long)k->generation);
	else if (strcmp(name, "outblob") == 0)
		for (size_t i = 0; i < k->n_outblob; i++)
			avow_buf_put_byte(out, k->inblob[0]);
	else if (strcmp(name, "auxblob") == 0 && k->has_aux)
		avow_buf_put_str(out, "no table at all");
	else
		return false;
	if (k->meddles && strcmp(name, "outblob") == 0)
		k->generation++;
	return out->err == AVOW_OK;
}

static bool
write_attribute(void *ctx, const char *path, struct avow_span bytes)
{
	struct kernel *k = ctx;

	assert_true(k->has_entry && strcmp(strrchr(path, '/'), "/inblob") == 0);
	assert_int_equal(64, bytes.n);
	memcpy(k->inblob, bytes.p, 64);
	k->generation++;
	return !k->refuses_write;
}

static int
device(void *ctx, const char *path, unsigned long request, void *arg)
{
	struct kernel *k = ctx;
	const struct snp_guest_request_ioctl *rq = arg;
	const struct snp_ext_report_req *ext;
	uint8_t *resp;

	assert_string_equal("/dev/sev-guest", path);
	assert_int_equal(_IOC_NR(request), 2);
	assert_int_equal(1, rq->msg_version);
	if (k->no_configfs)
		return -1;
	ext = (const void *)(uintptr_t)rq->req_data;
	resp = (void *)(uintptr_t)rq->resp_data;
	assert_int_equal(0, ext->certs_len % 4096);
	memcpy(k->inblob, ext->data.user_data, 64);
	resp[0] = (uint8_t)k->status;
	resp[4] = (uint8_t)(k->size & 0xff);
	resp[5] = (uint8_t)(k->size >> 8);
	resp[32] = 0x5a;
	if (k->has_aux)
		memset((void *)(uintptr_t)ext->certs_address, 0xff, ext->certs_len);
	return 0;
}

static const uint8_t DATA[64] = {0x77, 1, 2};

static enum avow_err
ask(struct kernel *k, bool tsm, struct avow_collect_report *out, struct avow_why *why)
{
	struct avow_collect_io io = {
		make_dir, remove_dir, read_attribute, write_attribute, device, k};

	avow_why_init(why);
	avow_collect_report_init(out);
	return tsm ? avow_collect_tsm(&io, "/tsm", k->provider, DATA, out, why)
		   : avow_collect_sev_guest(&io, "/dev/sev-guest", DATA, out, why);
}

static void
refused(enum avow_err code, const char *field, struct kernel k, bool tsm)
{
	struct avow_collect_report r;
	struct avow_why why;

	assert_err(code, ask(&k, tsm, &r, &why));
	assert_string_equal(field, why.field);
	assert_false(k.has_entry);
	avow_collect_report_clear(&r);
}

static void
asks_configfs_once_and_removes_its_entry(void **state)
{
	struct kernel k = {.provider = "tdx_guest", .generation = 7, .n_outblob = 5000};
	struct avow_collect_report r;
	struct avow_why why;

	(void)state;
	assert_ok(ask(&k, true, &r, &why));
	assert_int_equal(5000, r.report.n);
	assert_int_equal(0x77, r.report.p[4999]);
	assert_memory_equal(DATA, k.inblob, 64);
	assert_int_equal(0, r.certs.n);
	assert_int_equal(1, k.removed);
	avow_collect_report_clear(&r);
}

static void
says_what_configfs_did_not_give(void **state)
{
	const struct kernel k = {.provider = "sev_guest", .n_outblob = 1184};
	struct kernel x;
	struct avow_collect_report r;
	struct avow_why why;

	(void)state;
	x = k, x.no_configfs = true;
	refused(AVOW_E_COLLECT_ABSENT, "report", x, true);
	x = k, x.refuses_write = true;
	refused(AVOW_E_COLLECT_ABSENT, "inblob", x, true);
	x = k, x.broken = "outblob";
	refused(AVOW_E_FILE_READ, "outblob", x, true);
	x = k, x.meddles = true;
	refused(AVOW_E_COLLECT_CHANGED, "generation", x, true);
	x = k, x.has_aux = true;
	refused(AVOW_E_COLLECT_TABLE, "entries", x, true);
	x = k, x.n_outblob = 70000;
	refused(AVOW_E_TOO_LARGE, "outblob", x, true);
	x = k;
	assert_ok(ask(&x, true, &r, &why));
	avow_collect_report_clear(&r);
}

static void
wants_its_own_provider(void **state)
{
	struct kernel k = {.provider = "arm_cca_guest", .n_outblob = 9};
	struct avow_collect_io io = {
		make_dir, remove_dir, read_attribute, write_attribute, device, &k};
	struct avow_collect_report r;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	avow_collect_report_init(&r);
	assert_err(AVOW_E_COLLECT_ABSENT,
		avow_collect_tsm(&io, "/tsm", "sev_guest", DATA, &r, &why));
	assert_string_equal("provider", why.field);
	assert_string_equal("arm_cca_guest", why.got);
	assert_int_equal(1, k.removed);
	avow_collect_report_clear(&r);
}

static void
takes_the_older_device(void **state)
{
	const struct kernel k = {.size = 1184};
	struct kernel x = k;
	struct avow_collect_report r;
	struct avow_why why;

	(void)state;
	assert_ok(ask(&x, false, &r, &why));
	assert_int_equal(1184, r.report.n);
	assert_int_equal(0x5a, r.report.p[0]);
	assert_memory_equal(DATA, x.inblob, 64);
	avow_collect_report_clear(&r);
	x = k, x.no_configfs = true;
	refused(AVOW_E_COLLECT_ABSENT, "SNP_GET_EXT_REPORT", x, false);
	x = k, x.status = 0x16;
	refused(AVOW_E_COLLECT_ABSENT, "STATUS", x, false);
	x = k, x.size = 1183;
	refused(AVOW_E_COLLECT_ABSENT, "STATUS", x, false);
	x = k, x.has_aux = true;
	refused(AVOW_E_COLLECT_TABLE, "offset", x, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_configfs_once_and_removes_its_entry),
		cmocka_unit_test(says_what_configfs_did_not_give),
		cmocka_unit_test(wants_its_own_provider),
		cmocka_unit_test(takes_the_older_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
