/*
 * Takes Open Enclave's wrapper off and reads the quote in it. Which of four:
 *
 *   report header, quote                      the classic OE report
 *   evidence header, UUID "SGX ECDSA"         quote, then custom claims
 *   evidence header, UUID "legacy report"     an OE report inside
 *   evidence header, UUID "raw quote"         a bare quote inside
 *   quote, then custom claims                 SGX ECDSA evidence as an attester
 *                                             hands it out when its format is
 *                                             agreed on beside it
 *
 * A bare quote with nothing behind it is an SGX quote, and is sent back to that
 * kind by its code. The hash over custom claims is verify's.
 */
#include "evidence/oe/layout.h"
#include "evidence/sgx/layout.h"

#define SOURCE_REPORT "Open Enclave, internal/report.h"
#define SOURCE_EVIDENCE "Open Enclave, common/attest_plugin.h"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, uint64_t got)
{
	const struct avow_at at = {"oe_format", field,
		code == AVOW_E_OE_FORMAT ? SOURCE_EVIDENCE : SOURCE_REPORT};

	return avow_refuse(why, code, &at, expected, "%llu", (unsigned long long)got);
}

static enum avow_err
read_size(struct avow_cursor *c, const char *field, struct avow_why *why)
{
	uint64_t n = avow_cur_le64(c);

	if (!avow_cur_is_bad(c) && n == avow_cur_left(c))
		return AVOW_OK;
	(void)refuse(why, AVOW_E_OE_HEADER, field, "the bytes that follow", n);
	avow_why_note(why, "%zu bytes follow", avow_cur_left(c));
	return AVOW_E_OE_HEADER;
}

/* --- OE report ---------------------------------------------------------------------- */

static enum avow_err
read_report(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);
	uint32_t version = avow_cur_le32(&c), type = avow_cur_le32(&c);

	if (version != OE_VERSION)
		return refuse(
			why, AVOW_E_OE_HEADER, "report_header.version", "1", version);
	if (type == OE_REPORT_LOCAL)
		return refuse(why, AVOW_E_OE_FORMAT, "report_header.report_type",
			"2, remote", type);
	if (type != OE_REPORT_REMOTE)
		return refuse(why, AVOW_E_OE_HEADER, "report_header.report_type",
			"2, remote", type);
	AVOW_TRY(read_size(&c, "report_header.report_size", why));
	AVOW_TRY(avow_sgx_quote_read(avow_cur_rest(&c), q, NULL, why));
	q->wrapper = "OE report";
	return AVOW_OK;
}

/* --- OE evidence -------------------------------------------------------------------- */

static enum avow_err
read_ecdsa(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	AVOW_TRY(avow_sgx_quote_read(bytes, q, &q->custom_claims, why));
	q->has_custom_claims = true;
	q->wrapper = "OE evidence, SGX ECDSA";
	return AVOW_OK;
}

static enum avow_err
read_legacy(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	AVOW_TRY(read_report(bytes, q, why));
	q->wrapper = "OE evidence, legacy report";
	return AVOW_OK;
}

static enum avow_err
read_raw(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	AVOW_TRY(avow_sgx_quote_read(bytes, q, NULL, why));
	q->wrapper = "OE evidence, raw SGX quote";
	return AVOW_OK;
}

static const struct format {
	uint8_t uuid[OE_UUID_BYTES];
	enum avow_err (*read)(
		struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why);
} formats[] = {
	{{0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2,
		 0xfb, 0xcd, 0x8c},
		read_ecdsa},
	{{0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef,
		 0x46, 0x0a, 0x76},
		read_legacy},
	{{0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d,
		 0xac, 0xe8, 0x71},
		read_raw},
};

static const struct format *
find_format(struct avow_span uuid)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (avow_span_eq(uuid, avow_span_make(formats[i].uuid, OE_UUID_BYTES)))
			return &formats[i];
	return NULL;
}

static enum avow_err
read_evidence(struct avow_span bytes, const struct format *format,
	struct avow_sgx_quote *q, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);

	avow_cur_skip(&c, 4 + OE_UUID_BYTES);
	AVOW_TRY(read_size(&c, "evidence_header.data_size", why));
	return format->read(avow_cur_rest(&c), q, why);
}

/* --- which ---------------------------------------------------------------------------- */

static enum avow_err
read_bare(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	AVOW_TRY(avow_sgx_quote_read(bytes, q, &q->custom_claims, why));
	if (q->custom_claims.n == 0)
		return refuse(why, AVOW_E_OE_HEADER, "report_header",
			"an Open Enclave header", q->version);
	q->has_custom_claims = true;
	q->wrapper = "OE evidence, SGX ECDSA without a header";
	return AVOW_OK;
}

/* A UUID that is none of ours is told as such only when its header is otherwise
 * an evidence header, whose size fits; else it is a bad report header. */
static bool
looks_like_evidence(struct avow_span bytes)
{
	struct avow_cursor c = avow_cur(bytes);
	uint64_t n;

	avow_cur_skip(&c, 4 + OE_UUID_BYTES);
	n = avow_cur_le64(&c);
	return !avow_cur_is_bad(&c) && n == avow_cur_left(&c);
}

static enum avow_err
read_any(struct avow_span bytes, struct avow_sgx_quote *q, struct avow_why *why)
{
	static const struct avow_at at = {
		"oe_format", "evidence_header.format_id", SOURCE_EVIDENCE};
	struct avow_cursor c = avow_cur(bytes);
	uint32_t version = avow_cur_le32(&c);
	struct avow_span uuid = avow_cur_bytes(&c, OE_UUID_BYTES);
	const struct format *format;

	if ((version & 0xffff) == SGX_QUOTE_VERSION)
		return read_bare(bytes, q, why);
	format = version == OE_VERSION ? find_format(uuid) : NULL;
	if (format)
		return read_evidence(bytes, format, q, why);
	if (version == OE_VERSION && looks_like_evidence(bytes))
		return avow_refuse_bytes(why, AVOW_E_OE_FORMAT, &at,
			avow_span_make(formats[0].uuid, OE_UUID_BYTES), uuid);
	return read_report(bytes, q, why);
}

enum avow_err
avow_oe_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	struct avow_sgx_quote *q = avow_arena_alloc(a, sizeof(*q));

	*out = NULL;
	if (!q)
		return avow_arena_err(a);
	AVOW_TRY(read_any(bytes, q, why));
	return avow_evidence_make(&avow_kind_oe, bytes, q, a, out);
}
