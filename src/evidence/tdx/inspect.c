/* Writes an unverified quote field by field, in the order of the bytes. */
#include "evidence/tdx/layout.h"

static void
put_header(const struct avow_tdx_quote *q, struct avow_jw *w)
{
	avow_jw_name(w, "header");
	avow_jw_open(w, '{');
	avow_jw_name(w, "version");
	avow_jw_int(w, q->version);
	avow_jw_name(w, "att_key_type");
	avow_jw_int(w, q->att_key_type);
	avow_jw_name(w, "tee_type");
	avow_jw_int(w, (int64_t)q->tee_type);
	avow_jw_name(w, "reserved");
	avow_jw_hex(w, q->reserved);
	avow_jw_name(w, "qe_vendor_id");
	avow_jw_hex(w, q->qe_vendor_id);
	avow_jw_name(w, "user_data");
	avow_jw_hex(w, q->user_data);
	avow_jw_close(w);
}

void
avow_tdx_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct avow_tdx_quote *q = ev->body;

	avow_jw_open(w, '{');
	avow_jw_name(w, "kind");
	avow_jw_str(w, ev->kind->name);
	put_header(q, w);
	if (q->version == 5) {
		avow_jw_name(w, "body_type");
		avow_jw_int(w, q->body_type);
	}
	avow_jw_name(w, "td_report");
	avow_td_report_inspect(&q->report, w);
	avow_jw_name(w, "signature");
	avow_jw_hex(w, q->signature);
	avow_jw_name(w, "attestation_key");
	avow_jw_hex(w, q->attestation_key);
	avow_qe_auth_inspect(&q->qe, w);
	avow_jw_name(w, "padding_bytes");
	avow_jw_int(w, (int64_t)q->n_padding);
	avow_jw_close(w);
}
