/*
 * Sealing of challenges, and using them up by the writer. A use has memory of its
 * own: a request whose wait has ended leaves it to the writer.
 */
#include "api/challenge.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "crypto/aead.h"

#define KEY_FACT AVOW_LIT("service_context_key")
#define AAD AVOW_LIT("avow service context 1")
#define PLAIN_BYTES (16 + AVOW_CHALLENGE_BYTES + 8 + 32 + 1 + 32 + 32)

struct avow_challenge_use {
	struct avow_writing writing; /* first */
	struct avow_store *store;
	uint8_t id[16];
	int64_t expires_s, now_s;
};

struct avow_challenges {
	struct avow_store *store;
	uint8_t key[AVOW_AEAD_KEY_BYTES];
};

/* --- the key ------------------------------------------------------------------------- */

static enum avow_err
read_key(struct avow_challenges *c, struct avow_arena *a)
{
	struct avow_span text, key;

	AVOW_TRY(avow_store_fact_get(c->store, KEY_FACT, a, &text));
	if (avow_b64url_decode(text, AVOW_AEAD_KEY_BYTES, a, &key) != AVOW_OK ||
		key.n != AVOW_AEAD_KEY_BYTES)
		return AVOW_E_STORE_CORRUPT;
	memcpy(c->key, key.p, key.n);
	return AVOW_OK;
}

/* Of two nodes that start at once, one adds its key and both read that one. */
static enum avow_err
make_key(struct avow_challenges *c, struct avow_arena *a)
{
	uint8_t key[AVOW_AEAD_KEY_BYTES];
	struct avow_buf text;
	enum avow_err e;

	avow_buf_init(&text, 64);
	e = avow_random(key, sizeof(key));
	avow_b64url_put(&text, avow_span_make(key, sizeof(key)));
	if (e == AVOW_OK)
		e = text.err;
	if (e == AVOW_OK)
		e = avow_store_fact_add(c->store, KEY_FACT, avow_buf_span(&text));
	avow_buf_wipe(&text);
	avow_wipe(key, sizeof(key));
	return e == AVOW_OK || e == AVOW_E_CONFLICT ? read_key(c, a) : e;
}

enum avow_err
avow_challenges_new(struct avow_store *store, struct avow_challenges **out)
{
	struct avow_challenges *c = calloc(1, sizeof(*c));
	struct avow_arena a;
	enum avow_err e;

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	c->store = store;
	avow_arena_init(&a, AVOW_KIB(64));
	e = read_key(c, &a);
	if (e == AVOW_E_NOT_FOUND)
		e = make_key(c, &a);
	avow_arena_wipe(&a);
	if (e != AVOW_OK) {
		avow_challenges_free(c);
		return e;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_challenges_free(struct avow_challenges *c)
{
	if (!c)
		return;
	avow_wipe(c->key, sizeof(c->key));
	free(c);
}

/* --- making and sealing ------------------------------------------------------------------- */

enum avow_err
avow_challenge_make(
	struct avow_span provider, int64_t now_s, struct avow_challenge *out)
{
	memset(out, 0, sizeof(*out));
	AVOW_TRY(avow_random(out->id, sizeof(out->id)));
	AVOW_TRY(avow_random(out->bytes, sizeof(out->bytes)));
	out->expires_s = now_s + AVOW_CHALLENGE_LIFE_S;
	return avow_sha256(provider, out->provider);
}

static void
put_plain(const struct avow_challenge *ch, struct avow_buf *b)
{
	avow_buf_put(b, avow_span_make(ch->id, sizeof(ch->id)));
	avow_buf_put(b, avow_span_make(ch->bytes, sizeof(ch->bytes)));
	for (int shift = 56; shift >= 0; shift -= 8)
		avow_buf_put_byte(b, (uint8_t)((uint64_t)ch->expires_s >> shift));
	avow_buf_put(b, avow_span_make(ch->provider, sizeof(ch->provider)));
	avow_buf_put_byte(b, ch->has_credential);
	avow_buf_put(b, avow_span_make(ch->ak, sizeof(ch->ak)));
	avow_buf_put(b, avow_span_make(ch->credential, sizeof(ch->credential)));
}

/* iv | ciphertext | tag */
enum avow_err
avow_challenge_seal(const struct avow_challenges *c, const struct avow_challenge *ch,
	struct avow_buf *out)
{
	uint8_t tag[AVOW_AEAD_TAG_BYTES];
	struct avow_buf plain, sealed;
	struct avow_aead_key k;
	enum avow_err e;

	memcpy(k.key, c->key, sizeof(k.key));
	AVOW_TRY(avow_random(k.iv, sizeof(k.iv)));
	avow_buf_init(&plain, PLAIN_BYTES);
	avow_buf_init(&sealed, AVOW_KIB(1));
	put_plain(ch, &plain);
	avow_buf_put(&sealed, avow_span_make(k.iv, sizeof(k.iv)));
	e = plain.err;
	if (e == AVOW_OK)
		e = avow_aead_seal(&k, AAD, avow_buf_span(&plain), &sealed, tag);
	if (e == AVOW_OK)
		avow_buf_put(&sealed, avow_span_make(tag, sizeof(tag)));
	if (e == AVOW_OK)
		e = sealed.err;
	if (e == AVOW_OK)
		avow_b64url_put(out, avow_buf_span(&sealed));
	avow_buf_wipe(&plain);
	avow_buf_clear(&sealed);
	avow_wipe(&k, sizeof(k));
	return e == AVOW_OK ? out->err : e;
}

static void
copy(struct avow_cursor *c, uint8_t *out, size_t n)
{
	struct avow_span s = avow_cur_bytes(c, n);

	if (s.n == n)
		memcpy(out, s.p, n);
}

static bool
read_plain(struct avow_span plain, struct avow_challenge *out)
{
	struct avow_cursor c = avow_cur(plain);

	copy(&c, out->id, sizeof(out->id));
	copy(&c, out->bytes, sizeof(out->bytes));
	out->expires_s = (int64_t)avow_cur_be64(&c);
	copy(&c, out->provider, sizeof(out->provider));
	out->has_credential = avow_cur_u8(&c) != 0;
	copy(&c, out->ak, sizeof(out->ak));
	copy(&c, out->credential, sizeof(out->credential));
	return avow_cur_is_done(&c);
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *expected)
{
	static const struct avow_at at = {"service_context", "service_context",
		"MAA TPM attestation protocol, service_context"};

	return avow_refuse(why, code, &at, expected, NULL);
}

static enum avow_err
unseal(const struct avow_challenges *c, struct avow_span sealed,
	struct avow_challenge *out)
{
	size_t overhead = AVOW_AEAD_IV_BYTES + AVOW_AEAD_TAG_BYTES;
	struct avow_aead_key k;
	struct avow_buf plain;
	enum avow_err e;

	if (sealed.n != overhead + PLAIN_BYTES)
		return AVOW_E_SIGNATURE;
	memcpy(k.key, c->key, sizeof(k.key));
	memcpy(k.iv, sealed.p, sizeof(k.iv));
	avow_buf_init(&plain, PLAIN_BYTES);
	e = avow_aead_open(&k, AAD,
		avow_span_slice(sealed, AVOW_AEAD_IV_BYTES, PLAIN_BYTES),
		sealed.p + AVOW_AEAD_IV_BYTES + PLAIN_BYTES, &plain);
	if (e == AVOW_OK && !read_plain(avow_buf_span(&plain), out))
		e = AVOW_E_SIGNATURE;
	avow_buf_wipe(&plain);
	avow_wipe(&k, sizeof(k));
	return e;
}

enum avow_err
avow_challenge_open(const struct avow_challenges *c, struct avow_span context,
	struct avow_span provider, int64_t now_s, struct avow_arena *a,
	struct avow_challenge *out, struct avow_why *why)
{
	uint8_t name[AVOW_SHA256_BYTES];
	struct avow_span sealed;
	enum avow_err e = avow_b64_decode_lenient(context, AVOW_KIB(1), a, &sealed);

	memset(out, 0, sizeof(*out));
	if (e == AVOW_OK)
		e = unseal(c, sealed, out);
	if (e == AVOW_E_BASE64 || e == AVOW_E_TOO_LARGE || e == AVOW_E_SIGNATURE)
		return refuse(why, AVOW_E_TPM_CONTEXT, "one of the first round's");
	AVOW_TRY(e);
	AVOW_TRY(avow_sha256(provider, name));
	if (memcmp(name, out->provider, sizeof(name)) != 0)
		return refuse(why, AVOW_E_TPM_CONTEXT, "one of this provider's");
	if (now_s > out->expires_s)
		return refuse(why, AVOW_E_TPM_CHALLENGE_EXPIRED,
			"an answer within five minutes");
	return AVOW_OK;
}

/* --- using ----------------------------------------------------------------------------------- */

static struct avow_challenge_use *
use_of(struct avow_writing *w)
{
	return (struct avow_challenge_use *)(void *)w; /* its first member */
}

static enum avow_err
run(struct avow_writing *w)
{
	const struct avow_challenge_use *u = use_of(w);

	return avow_store_challenge_use(
		u->store, avow_span_make(u->id, sizeof(u->id)), u->expires_s, u->now_s);
}

static void
forget(struct avow_writing *w)
{
	free(use_of(w));
}

enum avow_err
avow_challenge_use(const struct avow_challenges *c, struct avow_writer *w,
	const struct avow_challenge *ch, int64_t now_s, struct avow_http_server *server,
	uint64_t token, struct avow_challenge_use **out)
{
	struct avow_challenge_use *u = calloc(1, sizeof(*u));

	*out = u;
	if (!u)
		return AVOW_E_NO_MEMORY;
	u->writing = (struct avow_writing){.run = run, .forget = forget};
	u->store = c->store;
	memcpy(u->id, ch->id, sizeof(u->id));
	u->expires_s = ch->expires_s;
	u->now_s = now_s;
	avow_writer_start(w, &u->writing, server, token);
	return AVOW_OK;
}

enum avow_err
avow_challenge_used(
	struct avow_writer *w, struct avow_challenge_use *u, struct avow_why *why)
{
	enum avow_err e = AVOW_E_STORE_BUSY;

	if (avow_writer_abandon(w, &u->writing)) {
		e = u->writing.result;
		free(u);
	}
	if (e == AVOW_E_CONFLICT)
		return refuse(why, AVOW_E_TPM_CHALLENGE_USED,
			"a challenge that was not answered before");
	return e == AVOW_OK ? AVOW_OK : avow_refuse(why, e, NULL, NULL, NULL);
}
