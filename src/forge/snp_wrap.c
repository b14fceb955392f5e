/*
 * The wrappers of a report: Azure's HCL blob as its vTPM gives it (the sheet
 * azure-containers, section 4), and the JSON that clients of the contract send in
 * the member "report" (MAA REST API, AttestSevSnpVmRequest).
 */
#include <string.h>

#include "forge/snp_impl.h"
#include "wire/json.h"

#define NV_SIZE 2600
#define HCL_HEADER 32
#define HCL_DATA_HEADER 20

static void
put_hcl_header(const struct snp_forge *f, struct avow_buf *b, uint32_t data_size)
{
	avow_buf_put_str(b, snp_bent(f, SNP_HCL_SIGNATURE) ? "HCLB" : "HCLA");
	forge_put_le(b, 2, 4); /* version */
	forge_put_le(b,
		HCL_HEADER + SNP_REPORT_SIZE + data_size +
			snp_bent(f, SNP_HCL_REPORT_SIZE),
		4);
	forge_put_le(b, 2, 4); /* request type */
	forge_put_zeros(b, 16);
}

static void
put_hcl_data(const struct snp_forge *f, struct avow_buf *b, uint32_t n)
{
	forge_put_le(b, HCL_DATA_HEADER + n - snp_bent(f, SNP_HCL_DATA_SIZE), 4);
	forge_put_le(b, 1, 4);
	forge_put_le(b, snp_bent(f, SNP_HCL_TYPE) ? 4 : 2, 4);
	forge_put_le(b, snp_bent(f, SNP_HCL_HASH) ? 2 : 1, 4);
	forge_put_le(b, snp_bent(f, SNP_HCL_VARIABLE_SIZE) ? UINT32_MAX : n, 4);
	avow_buf_put(b, avow_buf_span(&f->runtime));
	if (snp_bent(f, SNP_HCL_RUNTIME))
		forge_flip(b, 2);
}

static enum avow_err
make_hcl(struct snp_forge *f)
{
	struct avow_buf *b = &f->hcl;
	uint32_t n = (uint32_t)f->runtime.n;

	put_hcl_header(f, b, HCL_DATA_HEADER + n);
	avow_buf_put(b, avow_buf_span(&f->report));
	put_hcl_data(f, b, n);
	if (b->err == AVOW_OK && b->n < NV_SIZE)
		forge_put_zeros(b, NV_SIZE - b->n);
	if (b->err != AVOW_OK)
		return b->err;
	if (snp_bent(f, SNP_HCL_TAIL))
		b->p[b->n - 1] = 1;
	if (snp_bent(f, SNP_HCL_TRUNCATED))
		b->n = HCL_HEADER + SNP_REPORT_SIZE + HCL_DATA_HEADER + n - 1;
	return AVOW_OK;
}

/* base64url of {"Uvm": [base64url of the endorsement]} */
static enum avow_err
put_endorsements(const struct snp_forge *f, struct avow_jw *w)
{
	struct avow_buf inner;
	struct avow_jw iw;
	enum avow_err e;

	if (!f->uvm.n)
		return AVOW_OK;
	avow_buf_init(&inner, FORGE_MAX_OUTPUT);
	avow_jw_init(&iw, &inner);
	avow_jw_open(&iw, '{');
	avow_jw_name(&iw, "Uvm");
	avow_jw_open(&iw, '[');
	avow_jw_b64url(&iw, avow_buf_span(&f->uvm));
	avow_jw_close(&iw);
	avow_jw_close(&iw);
	avow_jw_name(w, "Endorsements");
	avow_jw_b64url(w, avow_buf_span(&inner));
	e = inner.err;
	avow_buf_clear(&inner);
	return e;
}

static enum avow_err
make_request(struct snp_forge *f)
{
	struct avow_jw w;

	avow_jw_init(&w, &f->request);
	avow_jw_open(&w, '{');
	if (!snp_bent(f, SNP_REQUEST_NO_REPORT)) {
		avow_jw_name(&w, "SnpReport");
		if (snp_bent(f, SNP_REQUEST_NOT_TEXT))
			avow_jw_int(&w, 1);
		else
			avow_jw_b64url(&w, avow_buf_span(&f->report));
	}
	if (f->vek_pem.n) {
		struct avow_buf all;

		avow_buf_init(&all, FORGE_MAX_OUTPUT);
		avow_buf_put(&all, avow_buf_span(&f->vek_pem));
		avow_buf_put(&all, avow_buf_span(&f->chain_pem));
		avow_jw_name(&w, "VcekCertChain");
		if (snp_bent(f, SNP_REQUEST_NOT_B64))
			avow_jw_string(&w, avow_buf_span(&all));
		else
			avow_jw_b64url(&w, avow_buf_span(&all));
		if (all.err != AVOW_OK && f->request.err == AVOW_OK)
			f->request.err = all.err;
		avow_buf_clear(&all);
	}
	AVOW_TRY(put_endorsements(f, &w));
	avow_jw_close(&w);
	if (snp_bent(f, SNP_REQUEST_NOT_JSON) && f->request.n)
		f->request.n--;
	return f->request.err;
}

enum avow_err
snp_make_wrappers(struct snp_forge *f)
{
	/* Azure's vTPM hands out reports of VCEKs, and binds its own JSON */
	if (!f->p.vlek && !f->p.has_report_data && f->report.n == SNP_REPORT_SIZE)
		AVOW_TRY(make_hcl(f));
	return make_request(f);
}
