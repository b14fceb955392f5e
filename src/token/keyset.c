/*
 * What each key may do at a given time. Decided from the file's three times
 * alone, the same way by everybody who reads them:
 *
 *   signs: of the keys whose signs_from has come, the latest; when none has
 *          (the clock went back), the earliest
 *   shown: all but those whose successor has signed for longer than the
 *          longest token lives
 *
 * Reading and writing the file is keyfile.c's and keys.c's.
 */
#include "token/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "crypto/digest.h"
#include "wire/pem.h"

static const struct {
	enum avow_sig alg;
	const char *name; /* RFC 7518, 3.1 */
	enum avow_key_type type;
} ALGS[] = {
	{AVOW_SIG_RS256, "RS256", AVOW_KEY_RSA},
	{AVOW_SIG_PS256, "PS256", AVOW_KEY_RSA},
	{AVOW_SIG_ES256_RAW, "ES256", AVOW_KEY_P256},
	{AVOW_SIG_ES384_RAW, "ES384", AVOW_KEY_P384},
};

#define N_ALGS (sizeof(ALGS) / sizeof(ALGS[0]))
#define RSA_BITS 2048 /* as the contract's keys; spec 08, signing cert */

const char *
avow_keys_alg_name(enum avow_sig alg)
{
	for (size_t i = 0; i < N_ALGS; i++)
		if (ALGS[i].alg == alg)
			return ALGS[i].name;
	return NULL;
}

bool
avow_keys_alg(struct avow_span name, enum avow_sig *out)
{
	for (size_t i = 0; i < N_ALGS; i++)
		if (avow_span_eq_str(name, ALGS[i].name)) {
			*out = ALGS[i].alg;
			return true;
		}
	return false;
}

bool
avow_keys_alg_fits(enum avow_sig alg, const struct avow_pubkey *key)
{
	for (size_t i = 0; i < N_ALGS; i++)
		if (ALGS[i].alg == alg)
			return ALGS[i].type == avow_pubkey_type(key);
	return false;
}

const char *
avow_key_state_name(enum avow_key_state s)
{
	static const char *const names[] = {"next", "current", "retired", "expired"};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : "expired";
}

enum avow_err
avow_kid(const struct avow_pubkey *key, char out[AVOW_KID_TEXT])
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf b;
	enum avow_err e;

	out[0] = '\0';
	avow_buf_init(&b, AVOW_KIB(4));
	/* vectors/README.md, fact 5: the NUL is hashed too */
	avow_pem_put(&b, "PUBLIC KEY", avow_pubkey_spki(key));
	avow_buf_put_byte(&b, 0);
	e = b.err == AVOW_OK ? avow_sha256(avow_buf_span(&b), digest) : b.err;
	avow_buf_reset(&b);
	avow_b64_put(&b, avow_span_make(digest, sizeof(digest)));
	if (e == AVOW_OK)
		e = b.err;
	if (e == AVOW_OK && b.n != AVOW_KID_TEXT - 1)
		e = AVOW_E_INTERNAL;
	if (e == AVOW_OK) {
		memcpy(out, b.p, AVOW_KID_TEXT - 1);
		out[AVOW_KID_TEXT - 1] = '\0';
	}
	avow_buf_clear(&b);
	return e;
}

/* --- life -------------------------------------------------------------------------- */

struct avow_keys *
avow_keyset_new(void)
{
	struct avow_keys *k = calloc(1, sizeof(*k));

	if (k)
		atomic_init(&k->refs, 1);
	return k;
}

struct avow_keys *
avow_keys_ref(struct avow_keys *k)
{
	atomic_fetch_add(&k->refs, 1);
	return k;
}

void
avow_keys_free(struct avow_keys *k)
{
	if (!k || atomic_fetch_sub(&k->refs, 1) != 1)
		return;
	for (size_t i = 0; i < k->n; i++)
		avow_privkey_free(k->v[i].key);
	free(k->file.path);
	free(k);
}

enum avow_err
avow_keyset_make(struct avow_keys *k, enum avow_sig alg, int64_t now_s)
{
	struct avow_key new = {
		.alg = alg,
		.created_s = now_s,
		.publish_before_s = AVOW_KEYS_AS_SERVICE,
	};
	size_t i = 0;

	while (i < N_ALGS && ALGS[i].alg != alg)
		i++;
	if (i == N_ALGS)
		return AVOW_E_KEY_TYPE;
	if (k->n == AVOW_MAX_KEYS)
		return AVOW_E_KEYS_ROTATING;
	AVOW_TRY(avow_privkey_generate(ALGS[i].type, RSA_BITS, &new.key));
	enum avow_err e = avow_kid(avow_privkey_public(new.key), new.kid);
	if (e != AVOW_OK) {
		avow_privkey_free(new.key);
		return e;
	}
	k->v[k->n++] = new;
	return AVOW_OK;
}

/* --- states ------------------------------------------------------------------------- */

static bool
has_come(const struct avow_key *key, int64_t now_s)
{
	return key->signs_from_s && key->signs_from_s <= now_s;
}

size_t
avow_keys_signer(const struct avow_keys *k, int64_t now_s)
{
	size_t late = k->n, early = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (has_come(&k->v[i], now_s) &&
			(late == k->n ||
				k->v[i].signs_from_s >= k->v[late].signs_from_s))
			late = i;
		if (k->v[i].signs_from_s &&
			(!k->v[early].signs_from_s ||
				k->v[i].signs_from_s < k->v[early].signs_from_s))
			early = i;
	}
	return late < k->n ? late : early;
}

/* When the key that took over from key i began to sign; 0: none has. */
static int64_t
succeeded_s(const struct avow_keys *k, size_t i, int64_t now_s)
{
	int64_t from = 0;

	for (size_t j = 0; j < k->n; j++)
		if (j != i && has_come(&k->v[j], now_s) &&
			k->v[j].signs_from_s > k->v[i].signs_from_s &&
			(!from || k->v[j].signs_from_s < from))
			from = k->v[j].signs_from_s;
	return from;
}

struct avow_key_info
avow_keys_info(const struct avow_keys *k, size_t i, int64_t now_s)
{
	const struct avow_key *key = &k->v[i];
	struct avow_key_info info = {
		.alg = key->alg,
		.created_s = key->created_s,
		.published_s = key->published_s,
		.signs_from_s = key->signs_from_s,
	};
	int64_t from;

	memcpy(info.kid, key->kid, sizeof(info.kid));
	if (i == avow_keys_signer(k, now_s)) {
		info.state = AVOW_KEY_CURRENT;
		return info;
	}
	if (!has_come(key, now_s)) {
		info.state = AVOW_KEY_NEXT;
		return info;
	}
	from = succeeded_s(k, i, now_s);
	info.unpublished_s = from + key->max_life_s + AVOW_KEY_MARGIN_S;
	info.state = now_s < info.unpublished_s ? AVOW_KEY_RETIRED : AVOW_KEY_EXPIRED;
	return info;
}

bool
avow_keys_is_published(const struct avow_keys *k, size_t i, int64_t now_s)
{
	return avow_keys_info(k, i, now_s).state != AVOW_KEY_EXPIRED;
}

size_t
avow_keys_count(const struct avow_keys *k)
{
	return k->n;
}

const struct avow_privkey *
avow_keys_private(const struct avow_keys *k, size_t i)
{
	return k->v[i].key;
}

const struct avow_pubkey *
avow_keys_public(const struct avow_keys *k, size_t i)
{
	return avow_privkey_public(k->v[i].key);
}

/* --- changes, before a set is handed out -------------------------------------------- */

bool
avow_keyset_publish(struct avow_keys *k, int64_t wait_s, int64_t now_s)
{
	int64_t last = 0;
	bool any = false;

	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].signs_from_s > last)
			last = k->v[i].signs_from_s;
	for (size_t i = 0; i < k->n; i++) {
		struct avow_key *key = &k->v[i];

		if (key->published_s)
			continue;
		key->published_s = now_s;
		key->signs_from_s =
			now_s + (key->publish_before_s == AVOW_KEYS_AS_SERVICE
						? wait_s
						: key->publish_before_s);
		/* a clock that went back must not put it behind its elders */
		if (key->signs_from_s <= last)
			key->signs_from_s = last + 1;
		last = key->signs_from_s;
		any = true;
	}
	return any;
}

bool
avow_keyset_prune(struct avow_keys *k, int64_t now_s)
{
	bool expired[AVOW_MAX_KEYS];
	size_t kept = 0, n = k->n;

	/* judge all before any goes: a successor must stay to be seen */
	for (size_t i = 0; i < n; i++)
		expired[i] = avow_keys_info(k, i, now_s).state == AVOW_KEY_EXPIRED;
	for (size_t i = 0; i < n; i++) {
		if (expired[i])
			avow_privkey_free(k->v[i].key);
		else
			k->v[kept++] = k->v[i];
	}
	k->n = kept;
	return kept != n;
}
