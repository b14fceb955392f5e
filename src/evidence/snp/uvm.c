/*
 * Reads and judges UVM endorsements. Two forms of header exist; which one a document
 * has is told by the CWT claims (RFC 9597), and the members of the other are not
 * looked at. Only what the signature covers is used: the unprotected header, where
 * real ones keep an RFC 3161 time stamp, is never read.
 */
#include "evidence/snp/uvm.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "trust/did_x509.h"
#include "trust/recode.h"
#include "wire/json.h"

#define SOURCE "UVM reference information (CCF, AMD SEV-SNP)"

/* COSE header parameters and CWT claims (RFC 9360, 8392, 9054; draft hash envelope) */
#define LABEL_X5T 34
#define LABEL_PREIMAGE_TYPE 259
#define COSE_SHA256 (-16)
#define CWT_ISS 1
#define CWT_SUB 2
#define CWT_IAT 6
#define TAG_EPOCH 1

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"uvm_form", field, SOURCE};

	return avow_refuse(why, AVOW_E_UVM_FORMAT, &at, expected, NULL);
}

/* --- header ------------------------------------------------------------------------ */

static enum avow_err
read_text(const struct avow_cbor *v, const char *field, struct avow_span *out,
	struct avow_why *why)
{
	if (!v || v->type != AVOW_CBOR_TEXT || v->bytes.n == 0 ||
		v->bytes.n > AVOW_MAX_DID)
		return refuse(why, field, "text of at most 1024 bytes");
	*out = v->bytes;
	return AVOW_OK;
}

/* Seconds, tagged as an epoch time or plain; absent is fine. */
static enum avow_err
read_time(const struct avow_cbor *v, const char *field, struct avow_uvm *out,
	struct avow_why *why)
{
	if (!v)
		return AVOW_OK;
	if (v->type == AVOW_CBOR_TAG && v->number == TAG_EPOCH)
		v = v->items;
	if (!avow_cbor_is_int(v, &out->signed_s) || out->signed_s < 0)
		return refuse(why, field, "seconds since 1970");
	out->has_time = true;
	return AVOW_OK;
}

static enum avow_err
check_json_type(const struct avow_cbor *v, struct avow_why *why)
{
	if (v && v->type == AVOW_CBOR_TEXT &&
		avow_span_eq_str(v->bytes, "application/json"))
		return AVOW_OK;
	return refuse(why, "content type", "application/json");
}

static enum avow_err
read_cwt(const struct avow_cbor *header, const struct avow_cbor *cwt,
	struct avow_uvm *out, struct avow_why *why)
{
	const struct avow_cbor *svn = avow_cbor_get_text(cwt, "svn");

	if (cwt->type != AVOW_CBOR_MAP)
		return refuse(why, "CWT claims", "a map");
	AVOW_TRY(check_json_type(avow_cbor_get(header, LABEL_PREIMAGE_TYPE), why));
	AVOW_TRY(read_text(avow_cbor_get(cwt, CWT_ISS), "iss", &out->issuer, why));
	AVOW_TRY(read_text(avow_cbor_get(cwt, CWT_SUB), "sub", &out->feed, why));
	AVOW_TRY(read_time(avow_cbor_get(cwt, CWT_IAT), "iat", out, why));
	if (!svn || svn->type != AVOW_CBOR_UINT || svn->number > INT64_MAX)
		return refuse(why, "svn", "an unsigned integer");
	out->svn = svn->number;
	return AVOW_OK;
}

static enum avow_err
read_legacy(const struct avow_cbor *header, struct avow_uvm *out, struct avow_why *why)
{
	AVOW_TRY(check_json_type(avow_cbor_get(header, AVOW_COSE_CONTENT_TYPE), why));
	AVOW_TRY(
		read_text(avow_cbor_get_text(header, "iss"), "iss", &out->issuer, why));
	AVOW_TRY(
		read_text(avow_cbor_get_text(header, "feed"), "feed", &out->feed, why));
	return read_time(
		avow_cbor_get_text(header, "signingtime"), "signingtime", out, why);
}

/* --- x5chain (RFC 9360) --------------------------------------------------------------- */

static enum avow_err
refuse_chain(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"uvm_chain", field, "RFC 9360, section 2"};

	return avow_refuse(why, AVOW_E_UVM_CHAIN, &at, expected, NULL);
}

static enum avow_err
add_cert(const struct avow_cbor *v, struct avow_uvm *out, struct avow_why *why)
{
	enum avow_err e;

	if (v->type != AVOW_CBOR_BYTES)
		return refuse_chain(why, "x5chain", "byte strings");
	e = avow_cert_parse(v->bytes, &out->chain[out->n_chain], NULL);
	if (e == AVOW_OK) {
		out->n_chain++;
		return AVOW_OK;
	}
	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	return refuse_chain(why, "x5chain", "certificates in DER");
}

static enum avow_err
read_chain(const struct avow_cbor *v, struct avow_uvm *out, struct avow_why *why)
{
	if (v && v->type == AVOW_CBOR_BYTES)
		return add_cert(v, out, why);
	if (!v || v->type != AVOW_CBOR_ARRAY || v->count == 0 ||
		v->count > AVOW_MAX_UVM_CERTS)
		return refuse_chain(why, "x5chain", "one to eight certificates");
	for (size_t i = 0; i < v->count; i++)
		AVOW_TRY(add_cert(&v->items[i], out, why));
	return AVOW_OK;
}

/* x5t, where it is there, is the leaf's. */
static enum avow_err
check_thumbprint(
	const struct avow_cbor *v, const struct avow_uvm *u, struct avow_why *why)
{
	int64_t alg;

	if (!v)
		return AVOW_OK;
	if (v->type == AVOW_CBOR_ARRAY && v->count == 2 &&
		avow_cbor_is_int(&v->items[0], &alg) && alg == COSE_SHA256 &&
		v->items[1].type == AVOW_CBOR_BYTES &&
		avow_span_eq(v->items[1].bytes,
			avow_span_make(u->chain[0]->sha256, AVOW_SHA256_BYTES)))
		return AVOW_OK;
	return refuse_chain(why, "x5t", "the SHA-256 of the leaf");
}

/* --- payload ------------------------------------------------------------------------------ */

/* CCF takes both: a decimal string, as all that were seen have, and a number. */
static enum avow_err
read_svn(const struct avow_json *v, uint64_t *out, struct avow_why *why)
{
	static const char name[] = "x-ms-sevsnpvm-guestsvn";
	uint64_t n = 0;

	if (v && v->type == AVOW_JSON_INT && v->integer >= 0) {
		*out = (uint64_t)v->integer;
		return AVOW_OK;
	}
	if (!v || v->type != AVOW_JSON_STRING || v->string.n == 0 || v->string.n > 18)
		return refuse(why, name, "a number, or its decimal text");
	for (size_t i = 0; i < v->string.n; i++) {
		if (v->string.p[i] < '0' || v->string.p[i] > '9')
			return refuse(why, name, "a number, or its decimal text");
		n = n * 10 + (uint64_t)(v->string.p[i] - '0');
	}
	*out = n;
	return AVOW_OK;
}

static enum avow_err
read_json(struct avow_span text, struct avow_arena *a, struct avow_uvm *out,
	struct avow_why *why)
{
	static const char name[] = "x-ms-sevsnpvm-launchmeasurement";
	const struct avow_json *o;
	enum avow_err e = avow_json_parse(text, NULL, a, &o, NULL);

	if (avow_err_class(e) == AVOW_CLASS_INTERNAL)
		return e;
	if (e != AVOW_OK || o->type != AVOW_JSON_OBJECT)
		return refuse(why, "payload", "a JSON object");
	AVOW_TRY(read_svn(avow_json_get(o, "x-ms-sevsnpvm-guestsvn"), &out->svn, why));
	if (avow_json_need_hex(o, name, out->measurement, sizeof(out->measurement),
		    NULL) != AVOW_OK)
		return refuse(why, name, "96 hexadecimal digits");
	return AVOW_OK;
}

static enum avow_err
read_raw(struct avow_span payload, struct avow_uvm *out, struct avow_why *why)
{
	if (payload.n != sizeof(out->measurement))
		return refuse(why, "payload", "a launch measurement of 48 bytes");
	memcpy(out->measurement, payload.p, payload.n);
	return AVOW_OK;
}

enum avow_err
avow_uvm_read(struct avow_span bytes, struct avow_arena *a, struct avow_uvm *out,
	struct avow_why *why)
{
	const struct avow_cbor *header, *cwt;

	memset(out, 0, sizeof(*out));
	if (bytes.n > AVOW_MAX_UVM)
		return refuse(why, "size", "at most 64 KiB");
	AVOW_TRY(avow_cose_parse(bytes, a, &out->cose, why));
	header = out->cose.header;
	if (out->cose.payload.n > AVOW_MAX_UVM_PAYLOAD)
		return refuse(why, "payload", "at most 4 KiB");
	cwt = avow_cbor_get(header, AVOW_COSE_CWT_CLAIMS);
	AVOW_TRY(cwt ? read_cwt(header, cwt, out, why) : read_legacy(header, out, why));
	AVOW_TRY(cwt ? read_raw(out->cose.payload, out, why)
		     : read_json(out->cose.payload, a, out, why));
	AVOW_TRY(read_chain(avow_cbor_get(header, AVOW_COSE_X5CHAIN), out, why));
	return check_thumbprint(avow_cbor_get(header, LABEL_X5T), out, why);
}

void
avow_uvm_clear(struct avow_uvm *u)
{
	for (size_t i = 0; i < u->n_chain; i++)
		avow_cert_free(u->chain[i]);
	u->n_chain = 0;
}

/* --- judging ---------------------------------------------------------------------------------- */

static const struct avow_recode codes[] = {
	{AVOW_E_CHAIN_ISSUER, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_NOT_CA, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_PATH_LENGTH, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_KEY_USAGE, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_EXTENSION, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_ALGORITHM, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_SIGNATURE, AVOW_E_UVM_CHAIN},
	{AVOW_E_CHAIN_EXPIRED, AVOW_E_UVM_TIME},
	{AVOW_E_CHAIN_NOT_YET_VALID, AVOW_E_UVM_TIME},
	{AVOW_OK, AVOW_OK},
};
static const struct avow_recode_table chain_table = {"uvm_chain", codes};
static const struct avow_recode_table time_table = {"uvm_time", codes};

/* verifier bug 32: names, constraints, key usage and signature of each link */
enum avow_err
avow_uvm_check_chain(const struct avow_uvm *u, struct avow_why *why)
{
	size_t below = 0; /* CA certificates under the issuer: RFC 5280, 4.2.1.9 */

	for (size_t i = 0; i + 1 < u->n_chain; i++) {
		AVOW_TRY(avow_recode_link(
			&chain_table, u->chain[i], u->chain[i + 1], below, why));
		below++;
	}
	return AVOW_OK;
}

enum avow_err
avow_uvm_check_time(const struct avow_uvm *u, int64_t at_s, struct avow_why *why)
{
	static const struct avow_at at = {"uvm_time", "signingtime", SOURCE};
	char signed_at[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	if (u->has_time && u->signed_s > at_s) {
		avow_time_format(u->signed_s, signed_at);
		avow_time_format(at_s, now);
		return avow_refuse(why, AVOW_E_UVM_TIME, &at, "no later than now", "%s",
			signed_at);
	}
	for (size_t i = 0; i < u->n_chain; i++)
		AVOW_TRY(avow_recode_valid_at(&time_table, u->chain[i],
			u->has_time ? u->signed_s : at_s, why));
	return AVOW_OK;
}

enum avow_err
avow_uvm_check_issuer(const struct avow_uvm *u, struct avow_why *why)
{
	return avow_did_x509_check(u->issuer, u->chain, u->n_chain, why);
}

enum avow_err
avow_uvm_check_measurement(
	const struct avow_uvm *u, struct avow_span measurement, struct avow_why *why)
{
	static const struct avow_at at = {"uvm_measurement", "MEASUREMENT", SOURCE};
	struct avow_span endorsed =
		avow_span_make(u->measurement, sizeof(u->measurement));

	if (avow_span_eq(endorsed, measurement))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_UVM_MEASUREMENT, &at, endorsed, measurement);
}

enum avow_err
avow_uvm_check_reference(const struct avow_uvm *u,
	const struct avow_snp_references *refs, struct avow_why *why)
{
	static const struct avow_at at = {"uvm_reference", "issuer, feed", SOURCE};
	static const struct avow_at svn = {"uvm_reference", "svn", SOURCE};
	bool known = false;

	for (size_t i = 0; i < refs->n_uvm; i++) {
		const struct avow_uvm_reference *ref = &refs->uvm[i];

		if (!avow_span_eq(ref->issuer, u->issuer) ||
			!avow_span_eq(ref->feed, u->feed))
			continue;
		known = true;
		if (u->svn >= ref->min_svn)
			return AVOW_OK;
	}
	if (known)
		return avow_refuse(why, AVOW_E_UVM_SVN, &svn,
			"no less than the operator's", "%" PRIu64, u->svn);
	return avow_refuse(why, AVOW_E_UVM_UNKNOWN, &at,
		"one of the operator's reference values", "%.*s",
		AVOW_FMT(avow_span_slice(u->feed, 0, 120)));
}
