/*
 * Reads a quote and judges only its form: version, key type, TEE type, body type
 * and outer certification data type decide the layout, every length must fit
 * what is there, and nothing is left over but zeros behind the quote. Whether
 * any of it is true is verify.c's.
 */
#include "base/limits.h"
#include "evidence/hcl/hcl.h"
#include "evidence/tdx/layout.h"

#define SOURCE "Intel TDX DCAP quoting library API, A.3"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, size_t got, size_t offset)
{
	const struct avow_at at = {"quote_format", field, SOURCE};

	(void)avow_refuse(why, code, &at, expected, "%zu", got);
	avow_why_offset(why, offset);
	return code;
}

static enum avow_err
read_header(struct avow_cursor *c, struct avow_tdx_quote *q, struct avow_why *why)
{
	struct avow_cursor h = avow_cur_sub(c, TDX_HEADER_BYTES);

	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "header", "at least 48 bytes",
			c->in.n, 0);
	q->version = avow_cur_le16(&h);
	q->att_key_type = avow_cur_le16(&h);
	q->tee_type = avow_cur_le32(&h);
	q->reserved = avow_cur_bytes(&h, 4);
	q->qe_vendor_id = avow_cur_bytes(&h, 16);
	q->user_data = avow_cur_bytes(&h, 20);
	if (q->version != 4 && q->version != 5)
		return refuse(why, AVOW_E_QUOTE_VERSION, "header.version", "4 or 5",
			q->version, 0);
	if (q->att_key_type != TDX_KEY_TYPE_ECDSA_P256)
		return refuse(why, AVOW_E_QUOTE_KEY_TYPE, "header.att_key_type",
			"2, ECDSA with P-256", q->att_key_type, 2);
	if (q->tee_type != TDX_TEE_TYPE)
		return refuse(why, AVOW_E_QUOTE_TEE_TYPE, "header.tee_type", "129, TDX",
			q->tee_type, 4);
	return AVOW_OK;
}

/* Version 5 says what its body is; both numbers must say the same. */
static enum avow_err
read_body_type(struct avow_cursor *c, struct avow_tdx_quote *q, struct avow_why *why)
{
	uint32_t size, expected;

	q->body_type = TDX_BODY_TD_10;
	if (q->version == 4)
		return AVOW_OK;
	q->body_type = avow_cur_le16(c);
	size = avow_cur_le32(c);
	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "body_type",
			"at least 54 bytes", c->in.n, TDX_HEADER_BYTES);
	if (q->body_type != TDX_BODY_TD_10 && q->body_type != TDX_BODY_TD_15)
		return refuse(why, AVOW_E_TDX_BODY_TYPE, "body_type",
			"2 or 3, TD report 1.0 or 1.5", q->body_type, TDX_HEADER_BYTES);
	expected = q->body_type == TDX_BODY_TD_15 ? TDX_REPORT_15_BYTES
						  : TDX_REPORT_10_BYTES;
	if (size != expected)
		return refuse(why, AVOW_E_TDX_BODY_TYPE, "body_size",
			"584 for type 2, 648 for type 3", size, TDX_HEADER_BYTES + 2);
	return AVOW_OK;
}

static enum avow_err
read_body(struct avow_cursor *c, struct avow_tdx_quote *q, struct avow_why *why)
{
	AVOW_TRY(read_body_type(c, q, why));
	avow_td_report_read(c, q->body_type == TDX_BODY_TD_15, &q->report);
	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "body", "the whole TD report",
			c->in.n, TDX_HEADER_BYTES);
	q->signed_part = avow_span_slice(c->in, 0, avow_cur_offset(c));
	return AVOW_OK;
}

/* Certification data type 6 holds what version 3 has directly, and nothing else is
 * behind it (Intel QVL, Quote.cpp). */
static enum avow_err
read_qe_container(struct avow_cursor *s, size_t at, struct avow_tdx_quote *q,
	struct avow_why *why)
{
	uint16_t type = avow_cur_le16(s);
	uint32_t n = avow_cur_le32(s);

	if (avow_cur_is_bad(s))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "sig_data_len",
			"at least 134 bytes", s->in.n, at);
	if (type != TDX_CERT_TYPE_QE_REPORT)
		return refuse(why, AVOW_E_QUOTE_CERT_TYPE, "certification_data.type",
			"6, QE report certification data", type, at + 128);
	if (n > avow_cur_left(s))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "certification_data.size",
			"no more than what follows", n, at + 130);
	if (n < avow_cur_left(s))
		return refuse(why, AVOW_E_QUOTE_TRAILING, "certification_data.size",
			"all that follows", n, at + 130);
	return avow_qe_auth_parse(s, &q->qe, why);
}

static enum avow_err
read_signature_data(
	struct avow_cursor *c, struct avow_tdx_quote *q, struct avow_why *why)
{
	size_t at = avow_cur_offset(c);
	uint32_t n = avow_cur_le32(c);
	struct avow_cursor s;

	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "sig_data_len", "four bytes",
			c->in.n, at);
	if (n > avow_cur_left(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "sig_data_len",
			"no more than what follows", n, at);
	s = avow_cur_sub(c, n);
	q->signature = avow_cur_bytes(&s, 64);
	q->attestation_key = avow_cur_bytes(&s, 64);
	return read_qe_container(&s, at + 4, q, why);
}

/* Quotes as Azure's metadata service gives them have the size of a version 5
 * quote, whatever the version: zeros fill the rest. */
static enum avow_err
read_padding(struct avow_cursor *c, struct avow_tdx_quote *q, struct avow_why *why)
{
	struct avow_span rest = avow_cur_rest(c);

	q->n_padding = rest.n;
	if (avow_span_all_zero(rest))
		return AVOW_OK;
	return refuse(why, AVOW_E_QUOTE_TRAILING, "quote",
		"nothing but zeros behind it", rest.n, avow_cur_offset(c));
}

/* Azure's guests find a TD report beside their runtime data, and it is taken for
 * the evidence: its MAC is under a key of the platform (TDX Module ABI, TDREPORT). */
static enum avow_err
refuse_hcl(struct avow_why *why)
{
	static const struct avow_at at = {"quote_format", "header", "Azure HCL report"};

	return avow_refuse(why, AVOW_E_TDX_HCL, &at,
		"a quote; its runtime data is in the HCL report", "HCLA");
}

enum avow_err
avow_tdx_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	struct avow_tdx_quote *q = avow_arena_alloc(a, sizeof(*q));
	struct avow_cursor c = avow_cur(bytes);

	*out = NULL;
	if (!q)
		return avow_arena_err(a);
	*q = (struct avow_tdx_quote){0};
	if (avow_hcl_is(bytes))
		return refuse_hcl(why);
	AVOW_TRY(read_header(&c, q, why));
	AVOW_TRY(read_body(&c, q, why));
	AVOW_TRY(read_signature_data(&c, q, why));
	AVOW_TRY(read_padding(&c, q, why));
	return avow_evidence_make(&avow_kind_tdx, bytes, q, a, out);
}
