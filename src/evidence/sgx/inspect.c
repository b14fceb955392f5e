/* Writes an unverified quote field by field, in the order of the bytes. */
#include "evidence/sgx/layout.h"

static void
put_header(const struct avow_sgx_quote *q, struct avow_jw *w)
{
	avow_jw_name(w, "header");
	avow_jw_open(w, '{');
	avow_jw_name(w, "version");
	avow_jw_int(w, q->version);
	avow_jw_name(w, "att_key_type");
	avow_jw_int(w, q->att_key_type);
	avow_jw_name(w, "tee_type");
	avow_jw_int(w, (int64_t)q->tee_type);
	avow_jw_name(w, "qe_svn");
	avow_jw_int(w, q->qe_svn);
	avow_jw_name(w, "pce_svn");
	avow_jw_int(w, q->pce_svn);
	avow_jw_name(w, "qe_vendor_id");
	avow_jw_hex(w, q->qe_vendor_id);
	avow_jw_name(w, "user_data");
	avow_jw_hex(w, q->user_data);
	avow_jw_close(w);
}

void
avow_sgx_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct avow_sgx_quote *q = ev->body;

	avow_jw_open(w, '{');
	avow_jw_name(w, "kind");
	avow_jw_str(w, ev->kind->name);
	avow_jw_name(w, "wrapper");
	avow_jw_str(w, q->wrapper);
	put_header(q, w);
	avow_jw_name(w, "report_body");
	avow_sgx_report_inspect(&q->report, w);
	avow_jw_name(w, "signature");
	avow_jw_hex(w, q->signature);
	avow_jw_name(w, "attestation_key");
	avow_jw_hex(w, q->attestation_key);
	avow_qe_auth_inspect(&q->qe, w);
	if (q->has_custom_claims) {
		avow_jw_name(w, "custom_claims");
		avow_jw_hex(w, q->custom_claims);
	}
	avow_jw_close(w);
}
