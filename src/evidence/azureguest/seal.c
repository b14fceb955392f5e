/*
 * Seals the answer: {"EncryptedInnerKey", "EncryptionParams", "AuthenticationData",
 * "Jwt"} as Microsoft's client opens it. The client takes the ciphertext's length
 * for the token's, so there is no padding in spite of the name that it asks for.
 */
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "crypto/aead.h"
#include "evidence/azureguest/layout.h"
#include "wire/json_member.h"

static void
put_base64(struct avow_jw *w, const char *name, struct avow_span s)
{
	avow_jw_name(w, name);
	avow_jw_b64(w, s);
}

static void
put_params(struct avow_jw *w, struct avow_span iv)
{
	avow_jw_name(w, "EncryptionParams");
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "BlockMode", "ChainingModeGCM");
	avow_jw_put_str(w, "BlockPadding", "PKCS7");
	avow_jw_put_str(w, "Cipher", "AES");
	put_base64(w, "Iv", iv);
	avow_jw_put_int(w, "KeySizeInBits", AVOW_AEAD_KEY_BYTES * 8);
	avow_jw_close(w);
}

static enum avow_err
put_sealed(const struct avow_pubkey *tpm, const struct avow_aead_key *k,
	struct avow_span token, struct avow_buf *cipher, struct avow_buf *json)
{
	uint8_t tag[AVOW_AEAD_TAG_BYTES];
	struct avow_buf wrapped;
	struct avow_jw w;
	enum avow_err e;

	AVOW_TRY(avow_aead_seal(k, AVOW_LIT("Transport Key"), token, cipher, tag));
	avow_buf_init(&wrapped, 512); /* RSA-4096 */
	e = avow_rsaes_encrypt(tpm, avow_span_make(k->key, sizeof(k->key)), &wrapped);
	if (e == AVOW_OK) {
		avow_jw_init(&w, json);
		avow_jw_open(&w, '{');
		put_base64(&w, "AuthenticationData", avow_span_make(tag, sizeof(tag)));
		put_base64(&w, "EncryptedInnerKey", avow_buf_span(&wrapped));
		put_params(&w, avow_span_make(k->iv, sizeof(k->iv)));
		put_base64(&w, "Jwt", avow_buf_span(cipher));
		avow_jw_close(&w);
		e = json->err;
	}
	avow_buf_clear(&wrapped);
	return e;
}

enum avow_err
azg_seal(const struct avow_verified *v, struct avow_span token, struct avow_buf *out)
{
	const struct azg_verified *g = v->body;
	struct avow_pubkey *tpm = NULL;
	struct avow_buf cipher, json;
	struct avow_aead_key k;
	enum avow_err e;

	AVOW_TRY(avow_tpm_public_key(&g->enc_key, &tpm, NULL));
	avow_buf_init(&cipher, AVOW_MAX_TOKEN);
	avow_buf_init(&json, AVOW_MAX_TOKEN * 2);
	e = avow_random(k.key, sizeof(k.key));
	if (e == AVOW_OK)
		e = avow_random(k.iv, sizeof(k.iv));
	if (e == AVOW_OK)
		e = put_sealed(tpm, &k, token, &cipher, &json);
	if (e == AVOW_OK) {
		avow_b64url_put(out, avow_buf_span(&json));
		e = out->err;
	}
	explicit_bzero(&k, sizeof(k));
	avow_buf_clear(&cipher);
	avow_buf_clear(&json);
	avow_pubkey_free(tpm);
	return e;
}
