/*
 * The key file's text, both ways: JSON, strict in what it takes, because a
 * file that is not ours must stop the service and not give it other keys.
 *
 *   {"keys":[{"alg","created","kid","max_life","pem","publish_before",
 *     "published","signs_from"}...],"version":1}
 *
 * Times are seconds since 1970, 0 while unknown. Whatever held a private key is wiped.
 */
#include <string.h>

#include "token/keyset.h"
#include "wire/json_member.h"

#define VERSION 1
#define MAX_TIME_S INT64_C(253402300799) /* the end of 9999 */
/* avow_duration_parse's most: added to a time it stays below MAX_TIME_S */
#define MAX_WAIT_S (INT64_C(100) * 366 * 86400)
#define PEM_ROOM AVOW_KIB(8)

static const struct avow_at FILE_AT = {"keys", "keys.json", "docs/keys.md"};

enum avow_err
avow_secret_buf(struct avow_buf *b, size_t room)
{
	avow_buf_init(b, room);
	if (!avow_buf_extend(b, room))
		return b->err;
	avow_buf_reset(b);
	return AVOW_OK;
}

/* --- reading ------------------------------------------------------------------------- */

static enum avow_err
read_members(const struct avow_json *o, struct avow_key *key, struct avow_span *pem,
	struct avow_span *kid, struct avow_why *why)
{
	struct avow_span alg;
	int64_t max_life_s;

	AVOW_TRY(avow_json_need_string(o, "alg", &alg, why));
	AVOW_TRY(avow_json_need_string(o, "kid", kid, why));
	AVOW_TRY(avow_json_need_string(o, "pem", pem, why));
	AVOW_TRY(avow_json_need_int(o, "publish_before", AVOW_KEYS_AS_SERVICE,
		MAX_WAIT_S, &key->publish_before_s, why));
	AVOW_TRY(avow_json_need_int(o, "created", 0, MAX_TIME_S, &key->created_s, why));
	AVOW_TRY(avow_json_need_int(
		o, "published", 0, MAX_TIME_S, &key->published_s, why));
	AVOW_TRY(avow_json_need_int(
		o, "signs_from", 0, MAX_TIME_S, &key->signs_from_s, why));
	AVOW_TRY(avow_json_need_int(o, "max_life", 0, MAX_TIME_S, &max_life_s, why));
	key->max_life_s = max_life_s;
	if (o->count != 8 || !key->published_s != !key->signs_from_s ||
		!avow_keys_alg(alg, &key->alg))
		return AVOW_E_KEYS_FORMAT;
	return AVOW_OK;
}

/* The kid is the key's own hash: a file put together from two is seen. And two
 * keys that begin at one moment would leave open which of them signs. */
static bool
is_consistent(
	const struct avow_key *key, struct avow_span kid, const struct avow_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].kid, key->kid) == 0 ||
			(key->signs_from_s &&
				k->v[i].signs_from_s == key->signs_from_s))
			return false;
	return avow_span_eq_str(kid, key->kid) &&
	       avow_keys_alg_fits(key->alg, avow_privkey_public(key->key));
}

static enum avow_err
read_key(const struct avow_json *o, struct avow_keys *k, struct avow_why *why)
{
	struct avow_key key = {0};
	struct avow_span pem, kid;
	enum avow_err e;

	AVOW_TRY(read_members(o, &key, &pem, &kid, why));
	AVOW_TRY(avow_privkey_from_pem(pem, &key.key));
	e = avow_kid(avow_privkey_public(key.key), key.kid);
	if (e == AVOW_OK && !is_consistent(&key, kid, k))
		e = AVOW_E_KEYS_FORMAT;
	if (e != AVOW_OK) {
		avow_privkey_free(key.key);
		return e;
	}
	k->v[k->n++] = key;
	return AVOW_OK;
}

static enum avow_err
read_file(const struct avow_json *o, struct avow_keys *k, struct avow_why *why)
{
	const struct avow_json *keys;
	int64_t version;
	bool can_sign = false;

	AVOW_TRY(avow_json_need_int(o, "version", VERSION, VERSION, &version, why));
	AVOW_TRY(avow_json_need(o, "keys", AVOW_JSON_ARRAY, &keys, why));
	if (o->count != 2 || keys->count > AVOW_MAX_KEYS)
		return AVOW_E_KEYS_FORMAT;
	for (size_t i = 0; i < keys->count; i++) {
		AVOW_TRY(read_key(&keys->items[i], k, why));
		can_sign = can_sign || k->v[i].signs_from_s;
	}
	return can_sign ? AVOW_OK : AVOW_E_KEYS_FORMAT;
}

/* Any fault of the text is the file's; our own faults stay what they are. */
static enum avow_err
as_format(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	if (c == AVOW_CLASS_OK || c == AVOW_CLASS_CRYPTO || c == AVOW_CLASS_INTERNAL)
		return e;
	return AVOW_E_KEYS_FORMAT;
}

enum avow_err
avow_keyfile_parse(struct avow_span text, struct avow_keys *k, struct avow_why *why)
{
	struct avow_arena a;
	const struct avow_json *o;
	struct avow_why inner;
	enum avow_err e;

	avow_why_init(&inner);
	avow_arena_init(&a, 4 * AVOW_MAX_KEYS_FILE);
	e = avow_json_parse(text, NULL, &a, &o, &inner);
	if (e == AVOW_OK)
		e = read_file(o, k, &inner);
	avow_arena_wipe(&a);
	e = as_format(e);
	/* what was got may be a secret: only the field is told */
	if (e == AVOW_E_KEYS_FORMAT)
		avow_refuse(
			why, e, &FILE_AT, inner.field[0] ? inner.field : NULL, NULL);
	return e;
}

/* --- writing -------------------------------------------------------------------------- */

static enum avow_err
put_key(struct avow_jw *w, const struct avow_key *key)
{
	struct avow_buf pem;
	enum avow_err e = avow_secret_buf(&pem, PEM_ROOM);

	if (e == AVOW_OK)
		e = avow_privkey_to_pem(key->key, &pem);
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "alg", avow_keys_alg_name(key->alg));
	avow_jw_put_int(w, "created", key->created_s);
	avow_jw_put_str(w, "kid", key->kid);
	avow_jw_put_int(w, "max_life", key->max_life_s);
	avow_jw_put_string(w, "pem", avow_buf_span(&pem));
	avow_jw_put_int(w, "publish_before", key->publish_before_s);
	avow_jw_put_int(w, "published", key->published_s);
	avow_jw_put_int(w, "signs_from", key->signs_from_s);
	avow_jw_close(w);
	avow_buf_wipe(&pem);
	return e;
}

enum avow_err
avow_keyfile_emit(const struct avow_keys *k, struct avow_buf *out)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "keys");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < k->n; i++)
		AVOW_TRY(put_key(&w, &k->v[i]));
	avow_jw_close(&w);
	avow_jw_put_int(&w, "version", VERSION);
	avow_jw_close(&w);
	avow_buf_put_byte(out, '\n');
	return out->err;
}
