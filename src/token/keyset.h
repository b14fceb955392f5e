/*
 * The inside of a key set, shared by the files of token/ that load, change and
 * write it. Outside, a set is immutable: whoever changes one does so before
 * anybody else has it.
 */
#ifndef AVOW_TOKEN_KEYSET_H
#define AVOW_TOKEN_KEYSET_H

#include <stdatomic.h>
#include <sys/types.h>
#include <time.h>

#include "base/limits.h"
#include "token/keys.h"

struct avow_key {
	char kid[AVOW_KID_TEXT];
	enum avow_sig alg;
	struct avow_privkey *key;
	int64_t created_s, published_s, signs_from_s;
	_Atomic int64_t max_life_s; /* longest token that it may have signed; it
		alone changes in a set that is handed out, see avow_keys_promise */
	int64_t publish_before_s; /* before it signs; see AVOW_KEYS_AS_SERVICE */
};

/* Which file was loaded, to see that it was replaced. */
struct avow_key_file {
	char *path; /* NULL: a set in memory */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct avow_keys {
	atomic_uint refs;
	struct avow_key_file file;
	size_t n;
	struct avow_key v[AVOW_MAX_KEYS]; /* in the order they were made */
};

/** JOSE name, or NULL for what tokens are never signed with. */
const char *avow_keys_alg_name(enum avow_sig alg);
/** By JOSE name; false for another. */
bool avow_keys_alg(struct avow_span name, enum avow_sig *out);

/** True when the algorithm is one of ours and of this key's type. */
bool avow_keys_alg_fits(enum avow_sig alg, const struct avow_pubkey *key);

/** An empty set with one reference; NULL without memory. */
struct avow_keys *avow_keyset_new(void);
/** Add a new key made at now_s, not yet published.
 *  AVOW_E_KEY_TYPE, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY. */
enum avow_err avow_keyset_make(
	struct avow_keys *k, enum avow_sig alg, int64_t now_s) AVOW_CHECKED;
/** Mark what is unpublished as published now, fixing when it signs. True when
 *  there was any. */
bool avow_keyset_publish(struct avow_keys *k, int64_t wait_s, int64_t now_s);
/** Drop what is EXPIRED. True when there was any. */
bool avow_keyset_prune(struct avow_keys *k, int64_t now_s);

/** Parse a file's text. AVOW_E_KEYS_FORMAT, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_keyfile_parse(
	struct avow_span text, struct avow_keys *k, struct avow_why *why) AVOW_CHECKED;
/** Append the file's text. `out` holds secrets. */
enum avow_err avow_keyfile_emit(
	const struct avow_keys *k, struct avow_buf *out) AVOW_CHECKED;
/** A buffer that never moves its bytes while they fit `room`, so that no copy
 *  of a secret stays behind. */
enum avow_err avow_secret_buf(struct avow_buf *b, size_t room) AVOW_CHECKED;

#endif
