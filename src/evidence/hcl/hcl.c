/*
 * Reads the HCL report's frame and judges its sizes: two of them say the same
 * thing in different ways, and all must agree. What the hardware report in it is
 * worth is its own kind's business.
 */
#include "evidence/hcl/hcl.h"

#include "base/cursor.h"
#include "base/limits.h"
#include "wire/json_member.h"

#define HEADER_BYTES 32
#define DATA_HEADER_BYTES 20
#define SOURCE "Azure confidential VM guest attestation, HCL report"

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, size_t got,
	size_t offset)
{
	const struct avow_at at = {"hcl_format", field, SOURCE};

	(void)avow_refuse(why, AVOW_E_HCL_FORMAT, &at, expected, "%zu", got);
	avow_why_offset(why, offset);
	return AVOW_E_HCL_FORMAT;
}

bool
avow_hcl_is(struct avow_span bytes)
{
	return avow_span_starts(bytes, AVOW_LIT("HCLA"));
}

static void
read_header(struct avow_cursor *c, struct avow_hcl *h)
{
	avow_cur_skip(c, 4);
	h->version = avow_cur_le32(c);
	h->report_size = avow_cur_le32(c);
	h->request_type = avow_cur_le32(c);
	avow_cur_skip(c, 16); /* a status, and reserved */
	h->hardware = avow_cur_bytes(c, HCL_REPORT_AREA);
	h->data_size = avow_cur_le32(c);
	h->data_version = avow_cur_le32(c);
	h->report_type = avow_cur_le32(c);
	h->hash_type = avow_cur_le32(c);
}

enum avow_err
avow_hcl_parse(struct avow_span bytes, struct avow_hcl *out, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);
	struct avow_hcl h = {0};
	uint32_t n;

	*out = h;
	if (bytes.n > AVOW_MAX_HCL)
		return avow_refuse(why, AVOW_E_TOO_LARGE, NULL, "at most 8192 bytes",
			"%zu", bytes.n);
	if (!avow_hcl_is(bytes))
		return refuse(why, "signature", "HCLA", bytes.n, 0);
	read_header(&c, &h);
	n = avow_cur_le32(&c);
	if (avow_cur_is_bad(&c))
		return refuse(why, "size", "at least 1236 bytes", bytes.n, 0);
	if (n > avow_cur_left(&c))
		return refuse(why, "variable_data_size", "no more than what follows", n,
			1232);
	if (h.data_size < n || h.data_size - n != DATA_HEADER_BYTES)
		return refuse(why, "data_size", "20 more than variable_data_size",
			h.data_size, 1216);
	if (h.report_size < h.data_size ||
		h.report_size - h.data_size != HEADER_BYTES + HCL_REPORT_AREA)
		return refuse(why, "report_size", "1216 more than data_size",
			h.report_size, 8);
	h.runtime = avow_cur_bytes(&c, n);
	if (!avow_span_all_zero(avow_cur_rest(&c)))
		return refuse(why, "tail", "zeros", bytes.n, 1236 + (size_t)n);
	*out = h;
	return AVOW_OK;
}

void
avow_hcl_inspect(const struct avow_hcl *h, struct avow_jw *w)
{
	const struct {
		const char *name;
		uint32_t v;
	} fields[] = {{"version", h->version}, {"report_size", h->report_size},
		{"request_type", h->request_type}, {"data_size", h->data_size},
		{"data_version", h->data_version}, {"report_type", h->report_type},
		{"hash_type", h->hash_type}};

	avow_jw_name(w, "hcl");
	avow_jw_open(w, '{');
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		avow_jw_put_int(w, fields[i].name, fields[i].v);
	avow_jw_put_string(w, "runtime_data", h->runtime);
	avow_jw_close(w);
}
