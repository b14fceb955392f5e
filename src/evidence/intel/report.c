/*
 * Reads a report body field by field. It judges one thing, that what the
 * hardware leaves zero is zero; what the fields mean is the verifier's.
 *
 * Offsets (Intel SGX DCAP quote format; all integers little-endian):
 *     0 cpu_svn 16       16 misc_select 4    20 reserved1 12   32 isv_ext_prod_id 16
 *    48 flags 8 xfrm 8   64 mr_enclave 32    96 reserved2 32  128 mr_signer 32
 *   160 reserved3 32    192 config_id 64    256 isv_prod_id 2 258 isv_svn 2
 *   260 config_svn 2    262 reserved4 42    304 isv_family_id 16
 *   320 report_data 64
 */
#include "evidence/intel/report.h"
#include "wire/json_member.h"

void
avow_sgx_report_read(struct avow_cursor *c, struct avow_sgx_report *out)
{
	struct avow_cursor r = avow_cur_sub(c, AVOW_SGX_REPORT_BYTES);
	struct avow_cursor a;

	out->raw = r.in;
	out->cpu_svn = avow_cur_bytes(&r, 16);
	out->misc_select = avow_cur_bytes(&r, 4);
	out->reserved[0] = avow_cur_bytes(&r, 12);
	out->isv_ext_prod_id = avow_cur_bytes(&r, 16);
	out->attributes = avow_cur_bytes(&r, 16);
	out->mr_enclave = avow_cur_bytes(&r, 32);
	out->reserved[1] = avow_cur_bytes(&r, 32);
	out->mr_signer = avow_cur_bytes(&r, 32);
	out->reserved[2] = avow_cur_bytes(&r, 32);
	out->config_id = avow_cur_bytes(&r, 64);
	out->isv_prod_id = avow_cur_le16(&r);
	out->isv_svn = avow_cur_le16(&r);
	out->config_svn = avow_cur_le16(&r);
	out->reserved[3] = avow_cur_bytes(&r, 42);
	out->isv_family_id = avow_cur_bytes(&r, 16);
	out->report_data = avow_cur_bytes(&r, 64);
	a = avow_cur(out->attributes);
	out->flags = avow_cur_le64(&a);
	out->xfrm = avow_cur_le64(&a);
}

enum avow_err
avow_sgx_report_check_reserved(
	const struct avow_sgx_report *r, const char *whose, struct avow_why *why)
{
	/* Intel SDM vol. 3D, 38.15: reserved fields of a REPORT are zero */
	static const struct avow_at at = {
		"quote_reserved", NULL, "Intel SDM vol. 3D, 38.15"};

	for (unsigned i = 0; i < 4; i++) {
		if (avow_span_all_zero(r->reserved[i]))
			continue;
		avow_why_field(why, "%s.reserved%u", whose, i + 1);
		return avow_refuse(
			why, AVOW_E_QUOTE_RESERVED, &at, "zero", "a byte that is not");
	}
	return AVOW_OK;
}

void
avow_sgx_report_inspect(const struct avow_sgx_report *r, struct avow_jw *w)
{
	const struct {
		const char *name;
		struct avow_span bytes;
	} fields[] = {{"cpu_svn", r->cpu_svn}, {"misc_select", r->misc_select},
		{"isv_ext_prod_id", r->isv_ext_prod_id}, {"attributes", r->attributes},
		{"mr_enclave", r->mr_enclave}, {"mr_signer", r->mr_signer},
		{"config_id", r->config_id}, {"isv_family_id", r->isv_family_id},
		{"report_data", r->report_data}};

	avow_jw_open(w, '{');
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		avow_jw_put_hex(w, fields[i].name, fields[i].bytes);
	avow_jw_put_bool(w, "debug", (r->flags & AVOW_SGX_FLAG_DEBUG) != 0);
	avow_jw_put_bool(w, "kss", (r->flags & AVOW_SGX_FLAG_KSS) != 0);
	avow_jw_put_int(w, "isv_prod_id", r->isv_prod_id);
	avow_jw_put_int(w, "isv_svn", r->isv_svn);
	avow_jw_put_int(w, "config_svn", r->config_svn);
	avow_jw_close(w);
}
