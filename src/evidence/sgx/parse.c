/*
 * Reads a quote and judges only its form: version, key type and TEE type decide
 * the layout, every length must fit what is there, and nothing is left over.
 * Whether any of it is true is verify.c's.
 */
#include "base/limits.h"
#include "evidence/sgx/layout.h"

#define SOURCE "Intel SGX DCAP ECDSA quote library API, A.4"

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
read_header(struct avow_cursor *c, struct avow_sgx_quote *q, struct avow_why *why)
{
	struct avow_cursor h = avow_cur_sub(c, SGX_HEADER_BYTES);

	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "header", "at least 436 bytes",
			c->in.n, 0);
	q->version = avow_cur_le16(&h);
	q->att_key_type = avow_cur_le16(&h);
	q->tee_type = avow_cur_le32(&h);
	q->qe_svn = avow_cur_le16(&h);
	q->pce_svn = avow_cur_le16(&h);
	q->qe_vendor_id = avow_cur_bytes(&h, 16);
	q->user_data = avow_cur_bytes(&h, 20);
	if (q->version != SGX_QUOTE_VERSION)
		return refuse(why, AVOW_E_QUOTE_VERSION, "header.version", "3",
			q->version, 0);
	if (q->att_key_type != SGX_KEY_TYPE_ECDSA_P256)
		return refuse(why, AVOW_E_QUOTE_KEY_TYPE, "header.att_key_type",
			"2, ECDSA with P-256", q->att_key_type, 2);
	if (q->tee_type != SGX_TEE_TYPE)
		return refuse(why, AVOW_E_QUOTE_TEE_TYPE, "header.tee_type", "0, SGX",
			q->tee_type, 4);
	return AVOW_OK;
}

static enum avow_err
read_signature_data(
	struct avow_cursor *c, struct avow_sgx_quote *q, struct avow_why *why)
{
	uint32_t n = avow_cur_le32(c);
	struct avow_cursor s;

	if (avow_cur_is_bad(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "report_body",
			"at least 436 bytes", c->in.n, 0);
	if (n > avow_cur_left(c))
		return refuse(why, AVOW_E_QUOTE_LENGTH, "sig_data_len",
			"no more than what follows", n, SGX_SIGNED_BYTES);
	if (n > AVOW_MAX_QUOTE)
		return refuse(why, AVOW_E_TOO_LARGE, "sig_data_len", "at most 16384", n,
			SGX_SIGNED_BYTES);
	s = avow_cur_sub(c, n);
	q->signature = avow_cur_bytes(&s, 64);
	q->attestation_key = avow_cur_bytes(&s, 64);
	return avow_qe_auth_parse(&s, &q->qe, why);
}

enum avow_err
avow_sgx_quote_read(struct avow_span bytes, struct avow_sgx_quote *out,
	struct avow_span *rest, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);

	*out = (struct avow_sgx_quote){.wrapper = "none"};
	out->signed_part = avow_span_slice(bytes, 0, SGX_SIGNED_BYTES);
	AVOW_TRY(read_header(&c, out, why));
	avow_sgx_report_read(&c, &out->report);
	AVOW_TRY(read_signature_data(&c, out, why));
	if (rest)
		*rest = avow_cur_rest(&c);
	else if (!avow_cur_is_done(&c))
		return refuse(why, AVOW_E_QUOTE_TRAILING, "quote", "nothing behind it",
			avow_cur_left(&c), avow_cur_offset(&c));
	return AVOW_OK;
}

enum avow_err
avow_sgx_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	struct avow_sgx_quote *q = avow_arena_alloc(a, sizeof(*q));

	*out = NULL;
	if (!q)
		return avow_arena_err(a);
	AVOW_TRY(avow_sgx_quote_read(bytes, q, NULL, why));
	return avow_evidence_make(&avow_kind_sgx, bytes, q, a, out);
}
