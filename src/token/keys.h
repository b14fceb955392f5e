/*
 * The signing keys: which sign, which are only published, and when each
 * changes.
 *
 * They live in one file, DATA/keys/keys.json (mode 0600, folder 0700), so that
 * every change is one atomic rename and a crash leaves the old set or the new
 * one. What a key may do follows from the file and the clock, so no step has
 * to be taken at a certain moment:
 *
 *   made     by rotate (or at first start); published as soon as a service
 *            has loaded it, which the service writes down (published_s)
 *   NEXT     published, signs from signs_from_s = published_s + a day
 *   CURRENT  the key with the latest signs_from_s that has come
 *   RETIRED  published until the last token it has signed has expired
 *   EXPIRED  neither; dropped from the file at the next change
 *
 * A set is immutable and reference counted: one request uses one set, so that
 * what signs is always among what /certs shows.
 */
#ifndef AVOW_TOKEN_KEYS_H
#define AVOW_TOKEN_KEYS_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/key.h"

#define AVOW_KID_TEXT 45 /* padded base 64 of 32 bytes and a NUL */
/** Beyond a retired key's last token: another process may be slow to reload. */
#define AVOW_KEY_MARGIN_S 600

enum avow_key_state {
	AVOW_KEY_NEXT,
	AVOW_KEY_CURRENT,
	AVOW_KEY_RETIRED,
	AVOW_KEY_EXPIRED
};

struct avow_key_info {
	char kid[AVOW_KID_TEXT];
	enum avow_sig alg; /* RS256, PS256, ES256_RAW or ES384_RAW */
	int64_t created_s;
	int64_t published_s; /* 0: no service has loaded it yet */
	int64_t signs_from_s; /* 0: not yet known (unpublished) */
	int64_t unpublished_s; /* RETIRED, EXPIRED: /certs drops it then; else 0 */
	enum avow_key_state state;
};

struct avow_keys;

#define AVOW_KEYS_AS_SERVICE (-1)

struct avow_keys_options {
	enum avow_sig alg; /* for keys that are made; others keep theirs */
	/* How long a key is published before it signs. In rotate, for this key;
	 * AVOW_KEYS_AS_SERVICE: what the service that loads it has here. */
	int64_t publish_before_s;
	int64_t max_life_s; /* what every key lives on at least: AVOW_TOKEN_LIFE_S */
};

/** "next", "current", "retired", "expired". Static. */
const char *avow_key_state_name(enum avow_key_state s);

/**
 * Load the set for a service that publishes it: makes the folder and the first
 * key when there is none, and writes down that what was unpublished is
 * published now (one rename; nothing is written when nothing changes).
 * @return AVOW_OK; AVOW_E_KEYS_FORMAT; AVOW_E_KEYS_MODE (others can read the
 * file); AVOW_E_KEY_TYPE (opts->alg); AVOW_E_KEYS_READ, AVOW_E_FILE_WRITE;
 * AVOW_E_CRYPTO, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_keys_open(const char *data_dir, const struct avow_keys_options *opts,
	int64_t now_s, struct avow_keys **out, struct avow_why *why) AVOW_CHECKED;
/** Load for reading alone (`avow keys list`); writes nothing.
 *  AVOW_E_KEYS_ABSENT when there is no set; else as open. */
enum avow_err avow_keys_read(const char *data_dir, struct avow_keys **out,
	struct avow_why *why) AVOW_CHECKED;
/**
 * Start a rotation: a new key becomes the next one. With at_once it signs as
 * soon as a service has loaded it (a key that leaked); a next key that is
 * already there is then used instead of a new one.
 * @param info the key that will sign; may be NULL.
 * @return as open; AVOW_E_KEYS_ABSENT; AVOW_E_KEYS_ROTATING when a next key is
 * there already and at_once is false.
 */
enum avow_err avow_keys_rotate(const char *data_dir,
	const struct avow_keys_options *opts, int64_t now_s, bool at_once,
	struct avow_key_info *info, struct avow_why *why) AVOW_CHECKED;
/** A set of one key that signs now, kept in memory alone (tests, bench). */
enum avow_err avow_keys_new(
	enum avow_sig alg, int64_t now_s, struct avow_keys **out) AVOW_CHECKED;

/** True when the file is no longer the one that was loaded: open it again.
 *  A stat, no more. */
bool avow_keys_changed(const struct avow_keys *k);

struct avow_keys *avow_keys_ref(struct avow_keys *k);
void avow_keys_free(struct avow_keys *k);

/** All keys of the file, oldest first. */
size_t avow_keys_count(const struct avow_keys *k);
struct avow_key_info avow_keys_info(const struct avow_keys *k, size_t i, int64_t now_s);
/** Index of the key that signs at now_s; there is always one. */
size_t avow_keys_signer(const struct avow_keys *k, int64_t now_s);
/** True when /certs shows key i at now_s: every state but EXPIRED. */
bool avow_keys_is_published(const struct avow_keys *k, size_t i, int64_t now_s);
/**
 * Before key i signs a token of that life: see that the file says so, in whole days,
 * so that the key stays published for as long even when this process does not. Costs
 * one comparison, but for the first token of a longer life than any before. A set in
 * memory alone keeps it there. Any thread.
 * @return AVOW_OK; AVOW_E_KEYS_LIFE, with what stood in the way: then the token must
 * not be signed. AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_keys_promise(struct avow_keys *k, size_t i, int64_t life_s,
	struct avow_why *why) AVOW_CHECKED;
/** Key i; borrowed. */
const struct avow_privkey *avow_keys_private(const struct avow_keys *k, size_t i);
const struct avow_pubkey *avow_keys_public(const struct avow_keys *k, size_t i);

/** The TEE formula: standard padded base 64 of SHA256(SPKI PEM || NUL).
 *  @return AVOW_OK or AVOW_E_CRYPTO. */
enum avow_err avow_kid(
	const struct avow_pubkey *key, char out[AVOW_KID_TEXT]) AVOW_CHECKED;

#endif
