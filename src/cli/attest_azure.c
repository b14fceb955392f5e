/*
 * POST /attest/AzureGuest from the guest's side. The answer is sealed to a key that
 * this TPM alone has, and opens only while the quoted registers hold (Azure guest
 * attestation client): {"EncryptedInnerKey", "EncryptionParams",
 * "AuthenticationData", "Jwt"}, AES-256-GCM under a key in RSAES.
 */
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "cli/attest.h"
#include "client/client.h"
#include "crypto/aead.h"

#define CLIENT "Azure guest attestation client, sealed answer"

struct sealed {
	struct avow_span wrapped, iv, tag, cipher;
};

static enum avow_err
odd(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"sealed_answer", field, CLIENT};

	return avow_refuse(why, AVOW_E_COLLECT_ANSWER, &at, expected, "another");
}

/* --- reading ---------------------------------------------------------------------------- */

static enum avow_err
need(const struct avow_json *o, const char *name, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why)
{
	struct avow_span text = avow_server_text(o, name);

	if (avow_b64_decode_lenient(text, AVOW_MIB(1), a, out) != AVOW_OK || !out->n)
		return odd(why, name, "base64 text");
	return AVOW_OK;
}

static enum avow_err
read_params(const struct avow_json *root, struct avow_arena *a, struct sealed *s,
	struct avow_why *why)
{
	static const char *const names[][2] = {{"BlockMode", "ChainingModeGCM"},
		{"BlockPadding", "PKCS7"}, {"Cipher", "AES"}};
	const struct avow_json *p = avow_json_get(root, "EncryptionParams");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!avow_span_eq_str(avow_server_text(p, names[i][0]), names[i][1]))
			return odd(why, names[i][0], names[i][1]);
	AVOW_TRY(need(p, "Iv", a, &s->iv, why));
	return s->iv.n == AVOW_AEAD_IV_BYTES ? AVOW_OK : odd(why, "Iv", "12 bytes");
}

static enum avow_err
read_sealed(struct avow_span token, struct avow_arena *a, struct sealed *s,
	struct avow_why *why)
{
	const struct avow_json *root = NULL;
	struct avow_span text;

	if (avow_b64_decode_lenient(token, AVOW_MIB(1), a, &text) != AVOW_OK ||
		avow_json_parse(text, NULL, a, &root, NULL) != AVOW_OK)
		return odd(why, "token", "base64url of JSON");
	AVOW_TRY(read_params(root, a, s, why));
	AVOW_TRY(need(root, "EncryptedInnerKey", a, &s->wrapped, why));
	AVOW_TRY(need(root, "AuthenticationData", a, &s->tag, why));
	AVOW_TRY(need(root, "Jwt", a, &s->cipher, why));
	return s->tag.n == AVOW_AEAD_TAG_BYTES
		       ? AVOW_OK
		       : odd(why, "AuthenticationData", "16 bytes");
}

/* --- opening ------------------------------------------------------------------------------ */

static enum avow_err
open_sealed(struct avow_tss *tss, const struct sealed *s, struct avow_buf *token,
	struct avow_why *why)
{
	struct avow_aead_key k;
	struct avow_buf key;
	enum avow_err e;

	avow_buf_init(&key, 512);
	e = avow_tss_unseal(tss, s->wrapped, &key, why);
	if (e == AVOW_OK && key.n != sizeof(k.key))
		e = odd(why, "EncryptedInnerKey", "a key of 32 bytes");
	if (e == AVOW_OK) {
		memcpy(k.key, key.p, sizeof(k.key));
		memcpy(k.iv, s->iv.p, sizeof(k.iv));
		e = avow_aead_open(
			&k, AVOW_LIT("Transport Key"), s->cipher, s->tag.p, token);
		explicit_bzero(&k, sizeof(k));
		if (e == AVOW_E_SIGNATURE)
			e = odd(why, "Jwt", "what AuthenticationData was made of");
	}
	avow_buf_wipe(&key);
	return e;
}

static enum avow_err
open_answer(struct avow_tss *tss, const struct avow_buf *answer, struct avow_buf *token,
	struct avow_why *why)
{
	struct avow_arena arena;
	struct sealed s;
	enum avow_err e;

	avow_arena_init(&arena, AVOW_MIB(8));
	e = read_sealed(avow_buf_span(answer), &arena, &s, why);
	if (e == AVOW_OK)
		e = open_sealed(tss, &s, token, why);
	avow_arena_clear(&arena);
	return e;
}

/* --- attesting ------------------------------------------------------------------------------ */

/* A file's request is opened too: the key is the same until the TPM is reset or a
 * register changes. */
static enum avow_verdict
exchange(struct avow_attest_run *r, struct avow_tss *tss, struct avow_buf *token,
	struct avow_problem *problem, struct avow_why *why)
{
	struct avow_attest_request rq = r->rq;
	enum avow_verdict v = AVOW_VERDICT_UNDECIDED;
	struct avow_buf evidence, answer;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&evidence, AVOW_MIB(32));
	avow_buf_init(&answer, AVOW_MIB(1));
	rq.nonce = NULL;
	if (!r->file) {
		r->collect.nonce = r->rq.nonce;
		e = avow_collect_guest(&r->collect, tss, &evidence, why);
		rq.evidence = evidence.p;
		rq.evidence_len = evidence.n;
	}
	if (e == AVOW_OK)
		v = avow_attest_send(r, &rq, &answer, problem);
	if (v == AVOW_VERDICT_VERIFIED)
		e = open_answer(tss, &answer, token, why);
	if (e != AVOW_OK) {
		client_problem(problem, e, why);
		v = AVOW_VERDICT_UNDECIDED;
	}
	avow_buf_clear(&answer);
	avow_buf_clear(&evidence);
	return v;
}

enum avow_verdict
avow_attest_guest(
	struct avow_attest_run *r, struct avow_buf *token, struct avow_problem *problem)
{
	enum avow_verdict v;
	struct avow_tss *tss;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	avow_collect_ready(&r->collect);
	e = avow_tss_open(&r->collect.tpm, &tss, &why);
	if (e != AVOW_OK) {
		client_problem(problem, e, &why);
		return AVOW_VERDICT_UNDECIDED;
	}
	v = exchange(r, tss, token, problem, &why);
	avow_tss_close(tss);
	return v;
}
