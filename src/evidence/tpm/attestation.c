/*
 * Reads attestation objects, the AIK and keys as the contract's JSON has them. The
 * structures inside are parsed here too, so that what parse gives is whole; what
 * they mean is verify.c's.
 */
#include <string.h>

#include "base/limits.h"
#include "evidence/tpm/layout.h"
#include "trust/tpm_chain.h"

#define MAX_ATTEST 2048 /* a TPM's buffers */
#define MAX_LISTED (AVOW_LOG_BANKS * AVOW_TPM_PCRS)

/* --- logs ------------------------------------------------------------------------------ */

static enum avow_err
read_log(const struct avow_json *o, struct avow_arena *a, struct avow_log_input *out,
	struct avow_why *why)
{
	static const struct {
		const char *name;
		enum avow_log_format format;
		size_t max;
	} types[] = {
		{"TCG", AVOW_LOG_TCG, AVOW_MAX_EVENT_LOG},
		{"IMA", AVOW_LOG_IMA, AVOW_MAX_IMA_LOG},
	};
	struct avow_span type;

	if (o->type != AVOW_JSON_OBJECT)
		return tpm_bad_member(why, "logs", "objects with type and log");
	AVOW_TRY(tpm_member_text(o, "type", 16, &type, why));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!avow_span_eq_fold(type, avow_span_str(types[i].name)))
			continue;
		out->format = types[i].format;
		return tpm_member_bytes(o, "log", types[i].max, a, &out->bytes, why);
	}
	return tpm_bad_member(why, "logs.type", "TCG or IMA");
}

static enum avow_err
read_logs(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why)
{
	const struct avow_json *list = tpm_member(o, "logs");

	if (!list)
		return AVOW_OK;
	if (list->type != AVOW_JSON_ARRAY || list->count > AVOW_MAX_ATTESTED_LOGS)
		return tpm_bad_member(why, "logs", "an array of at most 8");
	for (size_t i = 0; i < list->count; i++)
		AVOW_TRY(read_log(&list->items[i], a, &out->logs[i], why));
	out->n_logs = list->count;
	return AVOW_OK;
}

/* --- PCR values ---------------------------------------------------------------------------- */

static enum avow_err
bad_pcrs(struct avow_why *why, const char *field, const char *expected, int64_t got)
{
	const struct avow_at at = {"request", field, "MAA TPM attestation protocol"};

	return avow_refuse(
		why, AVOW_E_TPM_PCR_VALUES, &at, expected, "%lld", (long long)got);
}

static enum avow_err
read_value(const struct avow_json *o, uint16_t alg, struct avow_arena *a,
	struct avow_tpm_pcr *list, size_t *n, struct avow_why *why)
{
	const struct avow_json *index = tpm_member(o, "index");
	struct avow_span digest;
	enum avow_hash h;

	if (!index || index->type != AVOW_JSON_INT || index->integer < 0 ||
		index->integer >= AVOW_TPM_PCRS)
		return bad_pcrs(why, "pcrs.values.index", "0 to 23",
			index ? index->integer : -1);
	AVOW_TRY(tpm_member_bytes(o, "digest", AVOW_KIB(1), a, &digest, why));
	if (!avow_tpm_hash(alg, &h) || digest.n != avow_hash_bytes(h))
		return bad_pcrs(why, "pcrs.values.digest",
			"a digest of the bank's size", (int64_t)digest.n);
	for (size_t i = 0; i < *n; i++)
		if (list[i].alg == alg && list[i].index == index->integer)
			return bad_pcrs(
				why, "pcrs.values.index", "each once", index->integer);
	list[(*n)++] = (struct avow_tpm_pcr){alg, (uint8_t)index->integer, digest};
	return AVOW_OK;
}

static enum avow_err
read_bank(const struct avow_json *o, struct avow_arena *a, struct avow_tpm_pcr *list,
	size_t *n, struct avow_why *why)
{
	const struct avow_json *alg = tpm_member(o, "algorithm");
	const struct avow_json *values = tpm_member(o, "values");
	enum avow_hash h;

	if (!alg || alg->type != AVOW_JSON_INT || alg->integer < 0 ||
		alg->integer > UINT16_MAX || !avow_tpm_hash((uint16_t)alg->integer, &h))
		return bad_pcrs(why, "pcrs.algorithm", "4, 11, 12 or 13, a TPM_ALG_ID",
			alg ? alg->integer : -1);
	if (!values || values->type != AVOW_JSON_ARRAY || values->count > AVOW_TPM_PCRS)
		return bad_pcrs(why, "pcrs.values", "an array of at most 24",
			values ? (int64_t)values->count : -1);
	for (size_t i = 0; i < values->count; i++)
		AVOW_TRY(read_value(
			&values->items[i], (uint16_t)alg->integer, a, list, n, why));
	return AVOW_OK;
}

static enum avow_err
read_pcrs(const struct avow_json *o, struct avow_arena *a, struct avow_tpm_quote *q,
	struct avow_why *why)
{
	const struct avow_json *banks = tpm_member(o, "pcrs");
	struct avow_tpm_pcr *list;

	if (!banks || banks->type != AVOW_JSON_ARRAY || banks->count > AVOW_LOG_BANKS)
		return bad_pcrs(why, "pcrs", "an array of at most 4 banks",
			banks ? (int64_t)banks->count : -1);
	list = avow_arena_array(a, MAX_LISTED, sizeof(*list));
	if (!list)
		return avow_arena_err(a);
	for (size_t i = 0; i < banks->count; i++)
		AVOW_TRY(read_bank(&banks->items[i], a, list, &q->n_pcrs, why));
	q->pcrs = list;
	return AVOW_OK;
}

/* --- the AIK -------------------------------------------------------------------------------- */

static enum avow_err
read_aik(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why)
{
	struct avow_span cert;

	AVOW_TRY(tpm_member_bytes(o, "aik_cert", AVOW_MAX_CERT, a, &cert, why));
	if (cert.n > 0)
		out->aik_cert = avow_tpm_cert_cut(cert);
	AVOW_TRY(tpm_member_object(o, "aik_pub", &out->aik_pub, why));
	if (out->aik_cert.n > 0 || out->aik_pub)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TPM_AK_ABSENT,
		&(struct avow_at){
			"request", "aik_cert", "MAA TPM attestation protocol"},
		"aik_cert or aik_pub", "neither");
}

/* --- an attestation object ------------------------------------------------------------------- */

enum avow_err
tpm_read_attestation(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why)
{
	struct avow_span quote, signature;

	memset(out, 0, sizeof(*out));
	AVOW_TRY(tpm_member_bytes(o, "quote", MAX_ATTEST, a, &quote, why));
	AVOW_TRY(tpm_member_bytes(o, "signature", MAX_ATTEST, a, &signature, why));
	if (quote.n == 0)
		return tpm_bad_member(why, "quote", "a TPMS_ATTEST");
	if (signature.n == 0)
		return tpm_bad_member(why, "signature", "a TPMT_SIGNATURE");
	AVOW_TRY(avow_tpm_attest_parse(
		quote, AVOW_TPM_ST_QUOTE, &out->quote.attest, why));
	AVOW_TRY(avow_tpm_signature_parse(signature, &out->quote.signature, why));
	AVOW_TRY(read_aik(o, a, out, why));
	AVOW_TRY(read_pcrs(o, a, &out->quote, why));
	AVOW_TRY(read_logs(o, a, out, why));
	out->present = true;
	return AVOW_OK;
}

/* --- version 1 -------------------------------------------------------------------------------- */

static enum avow_err
add_log(const struct avow_json *o, const char *name, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why)
{
	struct avow_span bytes;

	AVOW_TRY(tpm_member_bytes(o, name, AVOW_MAX_EVENT_LOG, a, &bytes, why));
	if (bytes.n > 0)
		out->logs[out->n_logs++] = (struct avow_log_input){bytes, AVOW_LOG_TCG};
	return AVOW_OK;
}

/* After hibernation the resume logs are those of the running boot, and the boot
 * logs those of the one before. */
static enum avow_err
add_latest(const struct avow_json *o, const char *resume, const char *boot,
	struct avow_arena *a, struct avow_tpm_attestation *out, struct avow_why *why)
{
	size_t n = out->n_logs;

	AVOW_TRY(add_log(o, resume, a, out, why));
	return out->n_logs > n ? AVOW_OK : add_log(o, boot, a, out, why);
}

static enum avow_err
read_claim(const struct avow_json *o, const char *name, struct avow_arena *a,
	struct avow_tpm_attestation *out, struct avow_why *why)
{
	struct avow_span blob;

	AVOW_TRY(tpm_member_bytes(o, name, AVOW_KIB(16), a, &blob, why));
	if (blob.n == 0)
		return AVOW_OK;
	out->present = true;
	return avow_tpm_claim_blob(blob, a, &out->quote, why);
}

enum avow_err
tpm_read_v1(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	AVOW_TRY(read_claim(o, "current_claim", a, &e->current, why));
	if (!e->current.present)
		return tpm_bad_member(why, "current_claim", "a platform claim");
	AVOW_TRY(read_aik(o, a, &e->current, why));
	AVOW_TRY(
		add_latest(o, "srtm_resume_log", "srtm_boot_log", a, &e->current, why));
	AVOW_TRY(
		add_latest(o, "drtm_resume_log", "drtm_boot_log", a, &e->current, why));
	AVOW_TRY(read_claim(o, "boot_claim", a, &e->boot, why));
	if (!e->boot.present)
		return AVOW_OK;
	e->boot.aik_cert = e->current.aik_cert;
	e->boot.aik_pub = e->current.aik_pub;
	AVOW_TRY(add_log(o, "srtm_boot_log", a, &e->boot, why));
	return add_log(o, "drtm_boot_log", a, &e->boot, why);
}

/* --- keys --------------------------------------------------------------------------------------- */

static enum avow_err
read_quote_info(const struct avow_json *o, struct avow_tpm_key *k, struct avow_why *why)
{
	static const struct {
		const char *name;
		enum avow_hash hash;
	} hashes[] = {
		{"sha-256", AVOW_SHA256},
		{"sha-384", AVOW_SHA384},
		{"sha-512", AVOW_SHA512},
	};
	struct avow_span name;

	AVOW_TRY(tpm_member_text(o, "hash_alg", 16, &name, why));
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (!avow_span_eq_fold(name, avow_span_str(hashes[i].name)))
			continue;
		k->hash = hashes[i].hash;
		k->hash_name = hashes[i].name;
		k->binding = AVOW_TPM_BOUND_BY_QUOTE;
		return AVOW_OK;
	}
	return tpm_bad_member(why, "hash_alg", "sha-256, sha-384 or sha-512");
}

static enum avow_err
read_certify_info(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_key *k, struct avow_why *why)
{
	struct avow_span area, certify, signature;

	AVOW_TRY(tpm_member_bytes(o, "public", MAX_ATTEST, a, &area, why));
	AVOW_TRY(tpm_member_bytes(o, "certification", MAX_ATTEST, a, &certify, why));
	AVOW_TRY(tpm_member_bytes(o, "signature", MAX_ATTEST, a, &signature, why));
	AVOW_TRY(avow_tpm_public_parse(area, &k->public_area, why));
	AVOW_TRY(avow_tpm_attest_parse(certify, AVOW_TPM_ST_CERTIFY, &k->certify, why));
	AVOW_TRY(avow_tpm_signature_parse(signature, &k->signature, why));
	k->binding = AVOW_TPM_BOUND_BY_CERTIFY;
	return AVOW_OK;
}

enum avow_err
tpm_read_key(const struct avow_json *o, struct avow_arena *a, struct avow_tpm_key *out,
	struct avow_why *why)
{
	const struct avow_json *info, *quote, *certify;

	memset(out, 0, sizeof(*out));
	AVOW_TRY(tpm_member_object(o, "jwk", &out->jwk, why));
	if (!out->jwk)
		return tpm_bad_member(why, "jwk", "a JWK");
	out->jwk_text = out->jwk->raw;
	AVOW_TRY(tpm_member_object(o, "info", &info, why));
	if (!info || info->count == 0)
		return AVOW_OK;
	AVOW_TRY(tpm_member_object(info, "tpm_quote", &quote, why));
	AVOW_TRY(tpm_member_object(info, "tpm_certify", &certify, why));
	if (!quote == !certify)
		return tpm_bad_member(why, "info", "tpm_quote or tpm_certify");
	return quote ? read_quote_info(quote, out, why)
		     : read_certify_info(certify, a, out, why);
}
