/*
 * /dev/sev-guest: one ioctl gives the report and, beside it, the host's table of
 * certificates. The structures are the kernel's; what comes back is the
 * firmware's MSG_REPORT_RSP (SEV-SNP ABI 1.55, table 25).
 */
#include <linux/sev-guest.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "collect/collect.h"

/* The kernel takes whole pages, at most SEV_FW_BLOB_MAX_SIZE. */
#define CERTS_BYTES 16384
#define REPORT_BYTES 1184

static enum avow_err
take_report(
	const struct snp_report_resp *resp, struct avow_buf *out, struct avow_why *why)
{
	static const struct avow_at at = {
		"sev_guest", "STATUS", "SEV-SNP ABI 1.55, table 25"};
	struct avow_cursor c = avow_cur(avow_span_make(resp->data, sizeof(resp->data)));
	uint32_t status = avow_cur_le32(&c), size = avow_cur_le32(&c);

	avow_cur_skip(&c, 24);
	if (status != 0 || size != REPORT_BYTES)
		return avow_refuse(why, AVOW_E_COLLECT_ABSENT, &at,
			"status 0 and 1184 bytes", "status %u and %u bytes", status,
			size);
	avow_buf_put(out, avow_cur_bytes(&c, REPORT_BYTES));
	return out->err;
}

static enum avow_err
ask(const struct avow_collect_io *io, const char *device, const uint8_t *data,
	uint8_t *certs, struct avow_collect_report *out, struct avow_why *why)
{
	static const struct avow_at at = {
		"sev_guest", "SNP_GET_EXT_REPORT", "Linux sev-guest.rst"};
	struct snp_report_resp resp;
	struct snp_ext_report_req req;
	struct snp_guest_request_ioctl request = {.msg_version = 1};

	memset(&resp, 0, sizeof(resp));
	memset(&req, 0, sizeof(req));
	memcpy(req.data.user_data, data, AVOW_COLLECT_REPORT_DATA);
	req.certs_address = (uint64_t)(uintptr_t)certs;
	req.certs_len = CERTS_BYTES;
	request.req_data = (uint64_t)(uintptr_t)&req;
	request.resp_data = (uint64_t)(uintptr_t)&resp;
	if (io->device(io->ctx, device, SNP_GET_EXT_REPORT, &request) != 0)
		return avow_refuse(
			why, AVOW_E_COLLECT_ABSENT, &at, "an answer", "none");
	AVOW_TRY(take_report(&resp, &out->report, why));
	/* All zeros: the host has none. */
	if (avow_span_all_zero(avow_span_make(certs, 16)))
		return AVOW_OK;
	return avow_collect_cert_table(
		avow_span_make(certs, CERTS_BYTES), &out->certs, why);
}

enum avow_err
avow_collect_sev_guest(const struct avow_collect_io *io, const char *device,
	const uint8_t data[AVOW_COLLECT_REPORT_DATA], struct avow_collect_report *out,
	struct avow_why *why)
{
	uint8_t *certs = aligned_alloc(4096, CERTS_BYTES);
	enum avow_err e;

	if (!certs)
		return AVOW_E_NO_MEMORY;
	memset(certs, 0, CERTS_BYTES);
	e = ask(io, device, data, certs, out, why);
	free(certs);
	return e;
}
