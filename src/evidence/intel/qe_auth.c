/*
 * Reads the quoting enclave's part of a quote, every declared length against
 * what is left and nothing left over. Which certification data type it is does
 * not matter for reading; that only a PCK chain can be judged is said here too,
 * because every quote version asks the same.
 */
#include "evidence/intel/qe_auth.h"

#include "base/limits.h"
#include "evidence/intel/pck.h"
#include "wire/json_member.h"

#define SOURCE "Intel SGX DCAP ECDSA quote library API, A.4"

static enum avow_err
refuse_length(struct avow_why *why, enum avow_err code, const char *field,
	size_t declared, const struct avow_cursor *c)
{
	const struct avow_at at = {"quote_length", field, SOURCE};

	(void)avow_refuse(why, code, &at, NULL, "%zu", declared);
	avow_why_note(why, "%zu bytes are left", avow_cur_left(c));
	avow_why_offset(why, avow_cur_offset(c));
	return code;
}

static enum avow_err
read_auth_data(struct avow_cursor *c, struct avow_qe_auth *out, struct avow_why *why)
{
	uint16_t n = avow_cur_le16(c);

	if (avow_cur_is_bad(c))
		return refuse_length(
			why, AVOW_E_QUOTE_LENGTH, "signature_data", c->in.n, c);
	if (n > avow_cur_left(c))
		return refuse_length(
			why, AVOW_E_QUOTE_AUTH_DATA, "qe_auth_data.size", n, c);
	if (n > AVOW_MAX_QE_AUTH_DATA)
		return refuse_length(why, AVOW_E_TOO_LARGE, "qe_auth_data.size", n, c);
	out->auth_data = avow_cur_bytes(c, n);
	return AVOW_OK;
}

static enum avow_err
read_cert_data(struct avow_cursor *c, struct avow_qe_auth *out, struct avow_why *why)
{
	uint32_t n;

	out->cert_type = avow_cur_le16(c);
	n = avow_cur_le32(c);
	if (avow_cur_is_bad(c))
		return refuse_length(
			why, AVOW_E_QUOTE_LENGTH, "certification_data", 6, c);
	if (n > avow_cur_left(c))
		return refuse_length(
			why, AVOW_E_QUOTE_LENGTH, "certification_data.size", n, c);
	out->cert_data = avow_cur_bytes(c, n);
	/* stricter than Intel's parser, which ignores them in version 3 */
	if (!avow_cur_is_done(c))
		return refuse_length(
			why, AVOW_E_QUOTE_TRAILING, "certification_data.size", n, c);
	return AVOW_OK;
}

enum avow_err
avow_qe_auth_parse(
	struct avow_cursor *c, struct avow_qe_auth *out, struct avow_why *why)
{
	avow_sgx_report_read(c, &out->report);
	out->signature = avow_cur_bytes(c, 64);
	AVOW_TRY(read_auth_data(c, out, why));
	return read_cert_data(c, out, why);
}

const char *
avow_cert_type_name(uint16_t type)
{
	static const char *const names[] = {
		[1] = "PPID in clear, CPUSVN, PCESVN, PCE-ID",
		[2] = "PPID encrypted with RSA-2048-OAEP",
		[3] = "PPID encrypted with RSA-3072-OAEP",
		[4] = "PCK leaf certificate",
		[5] = "PCK certificate chain",
		[6] = "QE report certification data",
		[7] = "platform manifest",
	};

	if (type >= sizeof(names) / sizeof(names[0]) || !names[type])
		return "unknown type";
	return names[type];
}

enum avow_err
avow_qe_auth_check_type(const struct avow_qe_auth *qe, struct avow_why *why)
{
	/* Intel QvE, sgx_qve_verify_quote: certification data type 5 alone */
	static const struct avow_at at = {
		"certification_data_type", "certification_data.type", SOURCE};

	if (qe->cert_type == AVOW_CERT_TYPE_PCK_CHAIN)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_QUOTE_CERT_TYPE, &at, "5, PCK certificate chain",
		"%u, %s", (unsigned)qe->cert_type, avow_cert_type_name(qe->cert_type));
}

void
avow_qe_auth_inspect(const struct avow_qe_auth *qe, struct avow_jw *w)
{
	avow_jw_name(w, "qe_report");
	avow_sgx_report_inspect(&qe->report, w);
	avow_jw_put_hex(w, "qe_report_signature", qe->signature);
	avow_jw_put_hex(w, "qe_auth_data", qe->auth_data);
	avow_jw_put_int(w, "certification_data_type", qe->cert_type);
	avow_jw_put_str(
		w, "certification_data_type_name", avow_cert_type_name(qe->cert_type));
	avow_jw_name(w, "certification_data");
	if (qe->cert_type != AVOW_CERT_TYPE_PCK_CHAIN) {
		avow_jw_hex(w, qe->cert_data);
		return;
	}
	avow_jw_string(w, qe->cert_data);
	avow_jw_name(w, "pck_chain");
	avow_pck_inspect(qe->cert_data, w);
}
