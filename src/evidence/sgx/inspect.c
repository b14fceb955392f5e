/* Writes an unverified quote field by field, in the order of the bytes. */
#include "evidence/sgx/layout.h"
#include "wire/json_member.h"

static void
put_header(const struct avow_sgx_quote *q, struct avow_jw *w)
{
	avow_jw_name(w, "header");
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "version", q->version);
	avow_jw_put_int(w, "att_key_type", q->att_key_type);
	avow_jw_put_int(w, "tee_type", (int64_t)q->tee_type);
	avow_jw_put_int(w, "qe_svn", q->qe_svn);
	avow_jw_put_int(w, "pce_svn", q->pce_svn);
	avow_jw_put_hex(w, "qe_vendor_id", q->qe_vendor_id);
	avow_jw_put_hex(w, "user_data", q->user_data);
	avow_jw_close(w);
}

void
avow_sgx_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct avow_sgx_quote *q = ev->body;

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kind", ev->kind->name);
	avow_jw_put_str(w, "wrapper", q->wrapper);
	put_header(q, w);
	avow_jw_name(w, "report_body");
	avow_sgx_report_inspect(&q->report, w);
	avow_jw_put_hex(w, "signature", q->signature);
	avow_jw_put_hex(w, "attestation_key", q->attestation_key);
	avow_qe_auth_inspect(&q->qe, w);
	if (q->has_custom_claims)
		avow_jw_put_hex(w, "custom_claims", q->custom_claims);
	avow_jw_close(w);
}
