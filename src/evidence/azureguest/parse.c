/*
 * Reads the inner JSON of a guest attestation request. Its members are base 64 in
 * either alphabet, with or without padding, because two clients of the same maker
 * differ there. Form alone is judged: TPM structures and the inner evidence are
 * parsed, nothing is believed.
 */
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "evidence/azureguest/layout.h"
#include "trust/tpm_chain.h"

#define TPM_BUFFER 2048 /* AVOW: TPM structures have at most 1 KiB of each part */

struct reader {
	const struct avow_json *o; /* the object whose members are read */
	const char *name; /* of that object */
	struct avow_arena *arena;
	struct azg_evidence *e;
	struct avow_why *why;
};

static enum avow_err
refuse(struct reader *r, const char *member, const char *expected)
{
	const struct avow_at at = {"request_form", NULL, AZG_SOURCE};

	(void)avow_refuse(r->why, AVOW_E_AZUREGUEST_REQUEST, &at, expected, NULL);
	if (r->why)
		avow_why_field(
			r->why, "%s%s%s", r->name, r->name[0] ? "." : "", member);
	return AVOW_E_AZUREGUEST_REQUEST;
}

static const struct avow_json *
member(const struct reader *r, const char *name)
{
	const struct avow_json *v = avow_json_get_fold(r->o, name);

	return v && v->type == AVOW_JSON_NULL ? NULL : v;
}

/* --- members --------------------------------------------------------------------- */

static enum avow_err
read_base64(struct reader *r, const char *name, size_t max, struct avow_span *out)
{
	const struct avow_json *v = member(r, name);
	enum avow_err e;

	*out = avow_span_make(NULL, 0);
	if (!v)
		return AVOW_OK;
	if (v->type != AVOW_JSON_STRING)
		return refuse(r, name, "base64 text");
	e = avow_b64_decode_lenient(v->string, max, r->arena, out);
	if (e == AVOW_E_BASE64)
		return refuse(r, name, "base64 text");
	return e == AVOW_OK ? AVOW_OK : avow_refuse(r->why, e, NULL, NULL, "%s", name);
}

static enum avow_err
need_base64(struct reader *r, const char *name, size_t max, struct avow_span *out)
{
	AVOW_TRY(read_base64(r, name, max, out));
	return out->n ? AVOW_OK : refuse(r, name, "base64 text that is not empty");
}

/* What a guest says of itself: text in base 64. */
static enum avow_err
read_text(struct reader *r, const char *name, struct avow_span *out)
{
	AVOW_TRY(read_base64(r, name, AVOW_MAX_NONCE, out));
	return avow_utf8_is_valid(*out) ? AVOW_OK : refuse(r, name, "UTF-8 in base64");
}

/* A number, or its digits as text; what is neither is 0, as nothing depends on it. */
static int64_t
read_version(const struct reader *r, const char *name)
{
	const struct avow_json *v = member(r, name);
	int64_t n = 0;

	if (v && v->type == AVOW_JSON_INT && v->integer >= 0)
		return v->integer;
	if (v && v->type == AVOW_JSON_REAL && v->real >= 0 && v->real < 1e9)
		return (int64_t)v->real;
	if (!v || v->type != AVOW_JSON_STRING || v->string.n > 9)
		return 0;
	for (size_t i = 0; i < v->string.n; i++) {
		if (v->string.p[i] < '0' || v->string.p[i] > '9')
			return 0;
		n = n * 10 + (v->string.p[i] - '0');
	}
	return n;
}

/* --- what the guest says ------------------------------------------------------------ */

static enum avow_err
read_payload(struct reader *r)
{
	const struct avow_json *v = member(r, "ClientPayload");

	if (!v)
		return AVOW_OK;
	if (v->type != AVOW_JSON_OBJECT || v->raw.n > AVOW_MAX_RUNTIME_JSON)
		return refuse(r, "ClientPayload", "an object of at most 64 KiB");
	for (size_t i = 0; i < v->count; i++)
		if (v->members[i].value.type != AVOW_JSON_STRING)
			return refuse(r, "ClientPayload", "strings");
	r->e->client_payload = v;
	return AVOW_OK;
}

static enum avow_err
read_guest(struct reader *r)
{
	const struct avow_json *v = member(r, "AttestationProtocolVersion");

	if (!v || v->type != AVOW_JSON_STRING || v->string.n > 16)
		return refuse(r, "AttestationProtocolVersion", "a version");
	r->e->protocol_version = v->string;
	AVOW_TRY(read_text(r, "OSType", &r->e->os_type));
	AVOW_TRY(read_text(r, "OSDistro", &r->e->os_distro));
	AVOW_TRY(read_text(r, "OSBuild", &r->e->os_build));
	r->e->os_major = read_version(r, "OSVersionMajor");
	r->e->os_minor = read_version(r, "OSVersionMinor");
	AVOW_TRY(read_base64(r, "TcgLogs", AVOW_MAX_EVENT_LOG, &r->e->tcg_log));
	return read_payload(r);
}

/* --- the TPM ------------------------------------------------------------------------- */

/* One client sends what TPM2_ReadPublic answers: names stand behind the area. */
static struct avow_span
first_sized(struct avow_span s)
{
	size_t n = s.n >= 2 ? (size_t)s.p[0] << 8 | s.p[1] : 0;

	return n + 2 <= s.n ? avow_span_slice(s, 0, n + 2) : s;
}

static enum avow_err
read_ak(struct reader *r)
{
	struct avow_span bytes;

	AVOW_TRY(need_base64(r, "AikPub", TPM_BUFFER, &bytes));
	AVOW_TRY(avow_tpm_public_parse(first_sized(bytes), &r->e->ak, r->why));
	AVOW_TRY(read_base64(r, "AikCert", AVOW_MAX_CERT, &bytes));
	/* NV is filled with zeros: an index without a certificate is all zeros */
	r->e->ak_cert = avow_span_all_zero(bytes) ? avow_span_make(NULL, 0)
						  : avow_tpm_cert_cut(bytes);
	return AVOW_OK;
}

static bool
read_index(const struct avow_json *v, uint32_t *out)
{
	if (!v || v->type != AVOW_JSON_INT || v->integer < 0 ||
		v->integer >= AVOW_TPM_PCRS)
		return false;
	*out = (uint32_t)v->integer;
	return true;
}

static enum avow_err
read_pcr_set(struct reader *r)
{
	const struct avow_json *v = member(r, "PcrSet");
	uint32_t index;

	if (!v || v->type != AVOW_JSON_ARRAY)
		return refuse(r, "PcrSet", "an array of numbers");
	for (size_t i = 0; i < v->count; i++) {
		if (!read_index(&v->items[i], &index) || r->e->pcr_set & 1u << index)
			return refuse(r, "PcrSet", "numbers from 0 to 23, each once");
		r->e->pcr_set |= 1u << index;
	}
	return AVOW_OK;
}

static enum avow_err
read_pcrs(struct reader *r)
{
	const struct avow_json *list = member(r, "PCRs");
	struct avow_tpm_pcr *pcrs;
	uint32_t seen = 0, index;

	if (!list || list->type != AVOW_JSON_ARRAY || list->count > AVOW_TPM_PCRS)
		return refuse(r, "PCRs", "an array of at most 24");
	pcrs = avow_arena_array(r->arena, AVOW_TPM_PCRS, sizeof(*pcrs));
	if (!pcrs)
		return avow_refuse(r->why, avow_arena_err(r->arena), NULL, NULL, NULL);
	for (size_t i = 0; i < list->count; i++) {
		struct reader one = *r;

		one.o = &list->items[i];
		one.name = "TpmInfo.PCRs";
		if (!read_index(member(&one, "Index"), &index) || seen & 1u << index)
			return refuse(&one, "Index", "0 to 23, each once");
		seen |= 1u << index;
		AVOW_TRY(need_base64(&one, "Digest", AVOW_MAX_DIGEST, &pcrs[i].digest));
		if (pcrs[i].digest.n != AVOW_SHA256_BYTES)
			return refuse(&one, "Digest", "32 bytes");
		pcrs[i].alg = AVOW_TPM_ALG_SHA256;
		pcrs[i].index = (uint8_t)index;
	}
	r->e->quote.pcrs = pcrs;
	r->e->quote.n_pcrs = list->count;
	return AVOW_OK;
}

/* The clients send the bare PKCS #1 value, and fix the scheme by their key. */
static enum avow_err
read_signature(struct reader *r, const char *name, struct avow_span *out)
{
	return need_base64(r, name, 512, out); /* limits: RSA-4096 */
}

static enum avow_err
read_quote(struct reader *r)
{
	struct avow_span bytes;

	AVOW_TRY(need_base64(r, "PcrQuote", TPM_BUFFER, &bytes));
	AVOW_TRY(avow_tpm_attest_parse(
		bytes, AVOW_TPM_ST_QUOTE, &r->e->quote.attest, r->why));
	r->e->quote.signature.alg = AVOW_TPM_ALG_RSASSA;
	r->e->quote.signature.hash = AVOW_TPM_ALG_SHA256;
	AVOW_TRY(read_signature(r, "PcrSignature", &r->e->quote.signature.rsa));
	AVOW_TRY(read_pcr_set(r));
	return read_pcrs(r);
}

static enum avow_err
read_tpm(struct reader *r)
{
	const struct avow_json *v = member(r, "TpmInfo");
	struct reader tpm = *r;
	struct avow_span area;

	if (!v || v->type != AVOW_JSON_OBJECT)
		return refuse(r, "TpmInfo", "an object");
	tpm.o = v;
	tpm.name = "TpmInfo";
	AVOW_TRY(read_ak(&tpm));
	AVOW_TRY(read_quote(&tpm));
	AVOW_TRY(need_base64(&tpm, "EncKeyPub", TPM_BUFFER, &area));
	r->e->enc_key_area = first_sized(area);
	AVOW_TRY(need_base64(
		&tpm, "EncKeyCertifyInfo", TPM_BUFFER, &r->e->enc_key_certify));
	return read_signature(
		&tpm, "EncKeyCertifyInfoSignature", &r->e->enc_key_signature);
}

/* --- isolation ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const struct avow_kind *kind;
} ISOLATION[] = {
	[AZG_TRUSTED_LAUNCH] = {"TrustedLaunch", NULL},
	[AZG_SEV_SNP] = {"SevSnp", &avow_kind_snp},
	[AZG_TDX] = {"Tdx", &avow_kind_tdx},
};

const char *
azg_isolation_name(enum azg_isolation i)
{
	return ISOLATION[i].name;
}

static enum avow_err
read_evidence(struct reader *r, const struct avow_kind *kind)
{
	struct avow_span text;

	AVOW_TRY(need_base64(r, "Proof", AVOW_MAX_SNP_EVIDENCE, &r->e->proof));
	AVOW_TRY(need_base64(
		r, "RunTimeData", AVOW_MAX_RUNTIME_JSON, &r->e->runtime_data));
	AVOW_TRY(
		avow_evidence_parse(kind, r->e->proof, r->arena, &r->e->inner, r->why));
	text = r->e->runtime_data; /* some clients hash and send NULs at its end */
	while (text.n > 0 && text.p[text.n - 1] == 0)
		text.n--;
	if (avow_json_parse(text, NULL, r->arena, &r->e->runtime, NULL) != AVOW_OK ||
		r->e->runtime->type != AVOW_JSON_OBJECT)
		return refuse(r, "RunTimeData", "a JSON object");
	return AVOW_OK;
}

static enum avow_err
read_isolation(struct reader *r)
{
	static const struct avow_at at = {
		"isolation", "IsolationInfo.Type", AZG_SOURCE};
	const struct avow_json *v = member(r, "IsolationInfo"), *type;
	struct reader in = *r;

	if (!v || v->type != AVOW_JSON_OBJECT)
		return refuse(r, "IsolationInfo", "an object");
	type = avow_json_get_fold(v, "Type");
	for (size_t i = 0; type && i < sizeof(ISOLATION) / sizeof(ISOLATION[0]); i++) {
		if (type->type != AVOW_JSON_STRING ||
			!avow_span_eq_str(type->string, ISOLATION[i].name))
			continue;
		r->e->isolation = (enum azg_isolation)i;
		if (!ISOLATION[i].kind)
			return AVOW_OK;
		in.o = avow_json_get_fold(v, "Evidence");
		in.name = "IsolationInfo.Evidence";
		if (!in.o || in.o->type != AVOW_JSON_OBJECT)
			return refuse(&in, "", "an object");
		return read_evidence(&in, ISOLATION[i].kind);
	}
	return avow_refuse(r->why, AVOW_E_AZUREGUEST_ISOLATION, &at,
		"TrustedLaunch, SevSnp or Tdx", NULL);
}

enum avow_err
azg_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	struct azg_evidence *e = avow_arena_alloc(a, sizeof(*e));
	struct reader r = {.name = "", .arena = a, .e = e, .why = why};

	*out = NULL;
	if (!e)
		return avow_arena_err(a);
	AVOW_TRY(avow_json_parse(bytes, &rules, a, &r.o, why));
	if (r.o->type != AVOW_JSON_OBJECT)
		return refuse(&r, "AttestationInfo", "an object");
	AVOW_TRY(read_guest(&r));
	AVOW_TRY(read_tpm(&r));
	AVOW_TRY(read_isolation(&r));
	return avow_evidence_make(&avow_kind_azureguest, bytes, e, a, out);
}
