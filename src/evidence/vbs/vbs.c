/*
 * Reads and verifies VBS enclave reports: header | signed statement | signature,
 * little-endian, packed (ntenclv.h, VBS_ENCLAVE_REPORT_PKG_HEADER and
 * VBS_ENCLAVE_REPORT). The chain of trust is
 *
 *   AK -> quote -> PCRs -> log -> VSM_IDKS_INFO -> report -> EnclaveData
 *      = SHA-512(report_signed) -> the request's key
 */
#include "evidence/vbs/vbs.h"

#include <string.h>

#include "base/cursor.h"
#include "crypto/key.h"

#define HEADERS "ntenclv.h, VBS_ENCLAVE_REPORT"
#define FIXED_BYTES 224
#define SCHEME_SHA256_RSA_PSS_SHA256 1u
#define TYPE_VBS 0x10u /* ENCLAVE_TYPE_VBS */
#define BLOCK_INVALID 0u
#define BLOCK_MODULE 1u
#define MODULE_MIN 110u /* fixed part and an empty name's NUL */

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, uint32_t got)
{
	const struct avow_at at = {"vbs_report", field, HEADERS};

	return avow_refuse(why, code, &at, expected, "0x%x", (unsigned)got);
}

static enum avow_err
read_header(struct avow_cursor *c, struct avow_cursor *statement,
	struct avow_vbs_report *r, struct avow_why *why)
{
	struct avow_span package = c->in;
	uint32_t size = avow_cur_le32(c), version = avow_cur_le32(c);
	uint32_t scheme = avow_cur_le32(c), signed_n = avow_cur_le32(c);
	uint32_t signature_n = avow_cur_le32(c);

	(void)avow_cur_le32(c); /* Reserved: not judged */
	if (avow_cur_is_bad(c) || size != package.n)
		return refuse(why, AVOW_E_VBS_FORMAT, "PackageSize",
			"the length of the input", size);
	if (version != 1)
		return refuse(why, AVOW_E_VBS_VERSION, "Version", "1", version);
	if (scheme != SCHEME_SHA256_RSA_PSS_SHA256)
		return refuse(why, AVOW_E_VBS_VERSION, "SignatureScheme",
			"1, SHA256_RSA_PSS_SHA256", scheme);
	r->statement = avow_span_slice(package, avow_cur_offset(c), signed_n);
	*statement = avow_cur_sub(c, signed_n);
	r->signature = avow_cur_bytes(c, signature_n);
	if (!avow_cur_is_done(c) || signed_n < FIXED_BYTES)
		return refuse(why, AVOW_E_VBS_FORMAT, "SignedStatementSize",
			"sizes whose sum is the package's", signed_n);
	return AVOW_OK;
}

static enum avow_err
read_identity(struct avow_cursor *c, struct avow_vbs_report *r, struct avow_why *why)
{
	uint32_t size = avow_cur_le32(c), version = avow_cur_le32(c);

	if (size != r->statement.n)
		return refuse(why, AVOW_E_VBS_FORMAT, "ReportSize",
			"SignedStatementSize", size);
	if (version != 1)
		return refuse(why, AVOW_E_VBS_VERSION, "ReportVersion", "1", version);
	r->enclave_data = avow_cur_bytes(c, 64);
	r->owner_id = avow_cur_bytes(c, 32);
	r->unique_id = avow_cur_bytes(c, 32);
	r->author_id = avow_cur_bytes(c, 32);
	r->family_id = avow_cur_bytes(c, 16);
	r->image_id = avow_cur_bytes(c, 16);
	r->enclave_svn = avow_cur_le32(c);
	r->secure_kernel_svn = avow_cur_le32(c);
	r->platform_svn = avow_cur_le32(c);
	r->flags = avow_cur_le32(c);
	r->signing_level = avow_cur_le32(c);
	r->enclave_type = avow_cur_le32(c);
	if (r->enclave_type != TYPE_VBS)
		return refuse(why, AVOW_E_VBS_TYPE, "EnclaveType",
			"0x10, ENCLAVE_TYPE_VBS", r->enclave_type);
	return AVOW_OK;
}

/* Variable blocks: a size that includes its own header. */
static enum avow_err
read_blocks(struct avow_cursor *c, struct avow_vbs_report *r, struct avow_why *why)
{
	while (avow_cur_left(c) > 0) {
		uint32_t type = avow_cur_le32(c), size = avow_cur_le32(c);

		if (avow_cur_is_bad(c) || size < 8 || size - 8 > avow_cur_left(c))
			return refuse(why, AVOW_E_VBS_FORMAT, "VarData.Size",
				"at least 8, inside the statement", size);
		if (type == BLOCK_INVALID)
			return refuse(why, AVOW_E_VBS_FORMAT, "VarData.DataType",
				"not 0, VBS_ENCLAVE_VARDATA_INVALID", type);
		if (type == BLOCK_MODULE && size < MODULE_MIN)
			return refuse(why, AVOW_E_VBS_FORMAT, "VarData.Size",
				"110 or more for a module", size);
		r->n_modules += type == BLOCK_MODULE;
		avow_cur_skip(c, size - 8);
	}
	return AVOW_OK;
}

enum avow_err
avow_vbs_parse(
	struct avow_span package, struct avow_vbs_report *out, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(package), statement;
	struct avow_vbs_report r = {.n_modules = 0};

	memset(out, 0, sizeof(*out));
	AVOW_TRY(read_header(&c, &statement, &r, why));
	AVOW_TRY(read_identity(&statement, &r, why));
	AVOW_TRY(read_blocks(&statement, &r, why));
	*out = r;
	return AVOW_OK;
}

/* --- verification ------------------------------------------------------------------------ */

static enum avow_err
check_signature(const struct avow_vbs_report *r, const struct avow_boot_facts *f,
	struct avow_why *why)
{
	struct avow_pubkey *key = NULL;
	enum avow_err e;

	if (!f->has_vbs_key || f->vbs_keys_differ)
		return refuse(why, AVOW_E_VBS_KEY_ABSENT, "VSM_IDKS_INFO",
			"one RSA key in a proven event of PCR 12, 13, 19 or 20",
			f->vbs_keys_differ);
	e = avow_pubkey_from_rsa(f->vbs_modulus, f->vbs_exponent, &key);
	if (e == AVOW_OK)
		e = avow_verify_scheme(
			key, AVOW_SCHEME_PSS, AVOW_SHA256, r->statement, r->signature);
	else if (e != AVOW_E_NO_MEMORY && e != AVOW_E_CRYPTO)
		return refuse(why, AVOW_E_VBS_KEY_ABSENT, "VSM_IDKS_INFO",
			"an RSA key of 2048 bits or more", 0);
	avow_pubkey_free(key);
	if (e == AVOW_E_SIGNATURE || e == AVOW_E_SIGNATURE_FORMAT)
		return refuse(why, AVOW_E_VBS_SIGNATURE, "signature",
			"one by the identity signing key of the log",
			(uint32_t)r->signature.n);
	return e;
}

enum avow_err
avow_vbs_verify(const struct avow_vbs_report *r, const struct avow_boot_facts *facts,
	struct avow_span report_signed, struct avow_why *why)
{
	static const struct avow_at at = {"vbs_report", "EnclaveData",
		"MAA VBS attestation protocol, report_signed"};
	uint8_t digest[AVOW_SHA512_BYTES];

	AVOW_TRY(check_signature(r, facts, why));
	AVOW_TRY(avow_digest(AVOW_SHA512, &report_signed, 1, digest));
	if (avow_span_eq(r->enclave_data, avow_span_make(digest, sizeof(digest))))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_VBS_DATA, &at,
		avow_span_make(digest, sizeof(digest)), r->enclave_data);
}
