/* What the TPM gave, as the contract's JSON (MAA TPM protocol, attReqV2). */
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "collect/tss.h"
#include "wire/json_member.h"

/* Marshalled structures: the largest is a TPMT_SIGNATURE of RSA 4096. */
#define MARSHALLED 2048
#define TRIES 8

static void
put_member(struct avow_jw *w, const char *name, struct avow_span bytes)
{
	avow_jw_name(w, name);
	avow_jw_b64url(w, bytes);
}

/* --- keys ------------------------------------------------------------------------------ */

static void
put_rsa(struct avow_jw *w, const TPMT_PUBLIC *p)
{
	uint32_t e = p->parameters.rsaDetail.exponent;
	uint8_t be[4];
	size_t skip = 0;

	if (e == 0) /* TPM 2.0 Part 2, 12.2.3.5: the default */
		e = 65537;
	for (unsigned i = 0; i < 4; i++)
		be[i] = (uint8_t)(e >> 8 * (3 - i) & 0xff);
	while (be[skip] == 0)
		skip++;
	put_member(w, "e", avow_span_make(be + skip, 4 - skip));
	avow_jw_put_str(w, "kty", "RSA");
	put_member(w, "n", avow_span_make(p->unique.rsa.buffer, p->unique.rsa.size));
}

/* RFC 7518, 6.2.1.2: a coordinate has the curve's whole length; a TPM may leave
 * leading zeros out. */
static void
put_coordinate(
	struct avow_jw *w, const char *name, const TPM2B_ECC_PARAMETER *v, size_t n)
{
	uint8_t whole[48] = {0};

	if (v->size <= n)
		memcpy(whole + n - v->size, v->buffer, v->size);
	put_member(w, name, avow_span_make(whole, n));
}

static void
put_ec(struct avow_jw *w, const TPMT_PUBLIC *p)
{
	bool is_256 = p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256;

	avow_jw_put_str(w, "crv", is_256 ? "P-256" : "P-384");
	avow_jw_put_str(w, "kty", "EC");
	put_coordinate(w, "x", &p->unique.ecc.x, is_256 ? 32 : 48);
	put_coordinate(w, "y", &p->unique.ecc.y, is_256 ? 32 : 48);
}

enum avow_err
avow_tss_put_jwk(struct avow_jw *w, const TPM2B_PUBLIC *key, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "aik_pub", "MAA TPM protocol"};
	const TPMT_PUBLIC *p = &key->publicArea;
	bool is_ec = p->type == TPM2_ALG_ECC &&
		     (p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256 ||
			     p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P384);

	if (p->type != TPM2_ALG_RSA && !is_ec)
		return avow_refuse(why, AVOW_E_KEY_TYPE, &at, "RSA, P-256 or P-384",
			"type 0x%04x", (unsigned)p->type);
	avow_jw_open(w, '{');
	if (is_ec)
		put_ec(w, p);
	else
		put_rsa(w, p);
	avow_jw_close(w);
	return AVOW_OK;
}

/* --- the parts of an attestation -------------------------------------------------------- */

static enum avow_err
put_log(struct avow_jw *w, const struct avow_collect_log *log, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "logs", "avow(1)"};
	struct avow_buf bytes;
	enum avow_err e;

	avow_buf_init(&bytes, AVOW_MIB(16));
	e = avow_file_read(log->path, &bytes);
	if (e == AVOW_OK) {
		avow_jw_open(w, '{');
		avow_jw_put_str(w, "type", log->type);
		put_member(w, "log", avow_buf_span(&bytes));
		avow_jw_close(w);
	} else {
		avow_refuse(why, e, &at, "a log of at most 16 MiB", "%s", log->path);
	}
	avow_buf_clear(&bytes);
	return e;
}

static enum avow_err
put_logs(struct avow_jw *w, const struct avow_collect_tpm *o, struct avow_why *why)
{
	enum avow_err e = AVOW_OK;

	avow_jw_open(w, '[');
	for (size_t i = 0; e == AVOW_OK && i < o->n_logs; i++)
		e = put_log(w, &o->logs[i], why);
	avow_jw_close(w);
	return e;
}

static void
put_values(struct avow_jw *w, const struct avow_tss_pcrs *p, uint16_t alg)
{
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "algorithm", alg);
	avow_jw_name(w, "values");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].alg != alg)
			continue;
		avow_jw_open(w, '{');
		put_member(w, "digest",
			avow_span_make(p->v[i].value.buffer, p->v[i].value.size));
		avow_jw_put_int(w, "index", p->v[i].index);
		avow_jw_close(w);
	}
	avow_jw_close(w);
	avow_jw_close(w);
}

static void
put_pcrs(struct avow_jw *w, const struct avow_collect_tpm *o,
	const struct avow_tss_pcrs *p)
{
	avow_jw_name(w, "pcrs");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < o->n_banks; i++)
		put_values(w, p, o->banks[i].alg);
	avow_jw_close(w);
}

static enum avow_err
put_quote(struct avow_jw *w, const struct avow_tss_quote *q, struct avow_why *why)
{
	uint8_t bytes[MARSHALLED];
	size_t n = 0;

	put_member(w, "quote",
		avow_span_make(q->attest->attestationData, q->attest->size));
	AVOW_TRY(avow_tss_check(
		Tss2_MU_TPMT_SIGNATURE_Marshal(q->signature, bytes, sizeof(bytes), &n),
		"TPMT_SIGNATURE", why));
	put_member(w, "signature", avow_span_make(bytes, n));
	return AVOW_OK;
}

/* A measurement between log and quote would make a log that does not replay to
 * the quote: the log is read between two looks at the registers' counter. */
static enum avow_err
gather(struct avow_tss *t, struct avow_span nonce, struct avow_buf *logs,
	struct avow_tss_pcrs *pcrs, struct avow_tss_quote *q, struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "logs", "avow(1)"};

	for (int i = 0; i < TRIES; i++) {
		struct avow_jw w;
		uint32_t before;

		avow_buf_reset(logs);
		avow_jw_init(&w, logs);
		AVOW_TRY(avow_tss_counter(t, &before, why));
		AVOW_TRY(put_logs(&w, t->options, why));
		AVOW_TRY(avow_tss_quote(t, nonce, pcrs, q, why));
		if (pcrs->counter == before)
			return logs->err;
		avow_tss_quote_clear(q);
	}
	return avow_refuse(why, AVOW_E_COLLECT_CHANGED, &at,
		"registers that stand still for a log", "%d changes", TRIES);
}

static enum avow_err
put_all(struct avow_tss *t, struct avow_jw *w, const struct avow_buf *logs,
	const struct avow_tss_pcrs *pcrs, const struct avow_tss_quote *q,
	struct avow_why *why)
{
	avow_jw_name(w, "logs");
	avow_jw_raw(w, avow_buf_span(logs));
	if (t->ak_cert.n)
		put_member(w, "aik_cert", t->ak_cert);
	avow_jw_name(w, "aik_pub");
	AVOW_TRY(avow_tss_put_jwk(w, t->ak_public, why));
	put_pcrs(w, t->options, pcrs);
	AVOW_TRY(put_quote(w, q, why));
	return w->b->err;
}

enum avow_err
avow_tss_attest(struct avow_tss *t, struct avow_span nonce, struct avow_jw *w,
	struct avow_why *why)
{
	struct avow_tss_quote q = {NULL, NULL};
	struct avow_tss_pcrs pcrs;
	struct avow_buf logs;
	enum avow_err e;

	avow_buf_init(&logs, AVOW_MIB(64));
	e = gather(t, nonce, &logs, &pcrs, &q, why);
	if (e == AVOW_OK)
		e = put_all(t, w, &logs, &pcrs, &q, why);
	avow_tss_quote_clear(&q);
	avow_buf_clear(&logs);
	return e;
}
