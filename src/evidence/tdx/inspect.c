/* Writes an unverified quote field by field, in the order of the bytes. */
#include "evidence/tdx/layout.h"
#include "wire/json_member.h"

static void
put_header(const struct avow_tdx_quote *q, struct avow_jw *w)
{
	avow_jw_name(w, "header");
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "version", q->version);
	avow_jw_put_int(w, "att_key_type", q->att_key_type);
	avow_jw_put_int(w, "tee_type", (int64_t)q->tee_type);
	avow_jw_put_hex(w, "reserved", q->reserved);
	avow_jw_put_hex(w, "qe_vendor_id", q->qe_vendor_id);
	avow_jw_put_hex(w, "user_data", q->user_data);
	avow_jw_close(w);
}

void
avow_tdx_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct avow_tdx_quote *q = ev->body;

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kind", ev->kind->name);
	put_header(q, w);
	if (q->version == 5)
		avow_jw_put_int(w, "body_type", q->body_type);
	avow_jw_name(w, "td_report");
	avow_td_report_inspect(&q->report, w);
	avow_jw_put_hex(w, "signature", q->signature);
	avow_jw_put_hex(w, "attestation_key", q->attestation_key);
	avow_qe_auth_inspect(&q->qe, w);
	avow_jw_put_int(w, "padding_bytes", (int64_t)q->n_padding);
	avow_jw_close(w);
}
