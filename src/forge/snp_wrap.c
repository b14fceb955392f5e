/*
 * The wrappers of a report: Azure's HCL blob, and the JSON that clients of the contract send in
 * the member "report" (MAA REST API, AttestSevSnpVmRequest).
 */
#include <string.h>

#include "forge/hcl.h"
#include "forge/snp_impl.h"
#include "wire/json.h"

static enum avow_err
make_hcl(struct snp_forge *f)
{
	struct forge_hcl h = forge_hcl_defaults(
		FORGE_HCL_SNP, avow_buf_span(&f->report), avow_buf_span(&f->runtime));
	size_t n;

	if (snp_bent(f, SNP_HCL_SIGNATURE))
		h.signature = "HCLB";
	if (snp_bent(f, SNP_HCL_TYPE))
		h.report_type = FORGE_HCL_TDX;
	if (snp_bent(f, SNP_HCL_VARIABLE_SIZE))
		h.variable_size = UINT32_MAX;
	h.report_size += snp_bent(f, SNP_HCL_REPORT_SIZE);
	h.data_size -= snp_bent(f, SNP_HCL_DATA_SIZE);
	h.hash_type += snp_bent(f, SNP_HCL_HASH);
	AVOW_TRY(forge_put_hcl(&h, &f->hcl, &n));
	if (snp_bent(f, SNP_HCL_RUNTIME))
		forge_flip(&f->hcl, f->hcl.n - n + 2);
	if (snp_bent(f, SNP_HCL_TAIL))
		f->hcl.p[f->hcl.n - 1] = 1;
	if (snp_bent(f, SNP_HCL_TRUNCATED))
		f->hcl.n = n - 1;
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
