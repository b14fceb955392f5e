/*
 * The key set on disk. Every change is: lock, load, change, write to a
 * temporary name, one rename; so a crash anywhere leaves the old set or the
 * new one, and two processes cannot lose each other's change.
 *
 *   DATA/keys/keys.json   the set, mode 0600
 *   DATA/keys/lock        held while a change is made
 *
 * A crash can leave a temporary file with keys in it; the next change removes
 * it. What a key may do is keyset.c's to say.
 */
#include "token/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "token/keyset.h"

#define FOLDER "keys"
#define NAME "keys.json"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *expected, const char *path)
{
	static const struct avow_at at = {"keys", NAME, "docs/keys.md"};

	avow_refuse(why, code, &at, expected, NULL);
	avow_why_document(why, "%s", path);
	return code;
}

/* DIR/keys, DIR/keys/NAME...; the caller frees. */
static char *
path_of(const char *data_dir, const char *name)
{
	size_t n = strlen(data_dir) + sizeof("/" FOLDER "/") + strlen(name);
	char *path = malloc(n);

	if (path)
		snprintf(path, n, "%s/" FOLDER "%s%s", data_dir, name[0] ? "/" : "",
			name);
	return path;
}

/* --- folder and lock ------------------------------------------------------------------- */

static bool
make_folder(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Temporary names of avow_file_write, left by a crash. Under the lock nobody
 * else has one. */
static void
remove_leftovers(int folder)
{
	int fd = dup(folder);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	rewinddir(d);
	while ((e = readdir(d)))
		if (strncmp(e->d_name, NAME ".", sizeof(NAME)) == 0)
			unlinkat(folder, e->d_name, 0);
	closedir(d);
}

static int
lock_in(int folder)
{
	int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	return fd;
}

/* The folder, made when `make`, and its lock; the lock goes with the fd. */
static enum avow_err
lock_folder(const char *data_dir, bool make, int *lock, struct avow_why *why)
{
	char *path = path_of(data_dir, "");
	enum avow_err e = AVOW_OK;
	int folder = -1;

	*lock = -1;
	if (!path)
		return AVOW_E_NO_MEMORY;
	if (make && (!make_folder(data_dir) || !make_folder(path)))
		e = refuse(why, AVOW_E_FILE_WRITE, "a folder that can be made", path);
	if (e == AVOW_OK) {
		folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*lock = folder >= 0 ? lock_in(folder) : -1;
		if (folder < 0 && errno == ENOENT)
			e = refuse(why, AVOW_E_KEYS_ABSENT, "a key set", path);
		else if (*lock < 0)
			e = refuse(why, AVOW_E_FILE_WRITE, "a lock", path);
	}
	if (e == AVOW_OK)
		remove_leftovers(folder);
	if (folder >= 0)
		close(folder);
	free(path);
	return e;
}

/* --- file ------------------------------------------------------------------------------- */

static enum avow_err
look(struct avow_key_file *f, struct avow_why *why)
{
	struct stat st;

	if (stat(f->path, &st) != 0)
		return errno == ENOENT
			       ? refuse(why, AVOW_E_KEYS_ABSENT, "a key set", f->path)
			       : refuse(why, AVOW_E_KEYS_READ, "a readable file",
					 f->path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return refuse(why, AVOW_E_KEYS_MODE, "mode 0600", f->path);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->size = st.st_size;
	f->mtime = st.st_mtim;
	return AVOW_OK;
}

/* Load into an empty set; the path is kept also when there is no file. */
static enum avow_err
load(const char *data_dir, struct avow_keys *k, struct avow_why *why)
{
	struct avow_buf text;
	enum avow_err e;

	k->file.path = path_of(data_dir, NAME);
	if (!k->file.path)
		return AVOW_E_NO_MEMORY;
	AVOW_TRY(look(&k->file, why));
	e = avow_secret_buf(&text, AVOW_MAX_KEYS_FILE);
	if (e == AVOW_OK)
		e = avow_file_read(k->file.path, &text);
	if (e == AVOW_E_FILE_READ || e == AVOW_E_TOO_LARGE)
		e = refuse(why, AVOW_E_KEYS_READ, "a readable file", k->file.path);
	if (e == AVOW_OK)
		e = avow_keyfile_parse(avow_buf_span(&text), k, why);
	avow_buf_wipe(&text);
	return e;
}

static enum avow_err
save(struct avow_keys *k, struct avow_why *why)
{
	struct avow_buf text;
	enum avow_err e = avow_secret_buf(&text, AVOW_MAX_KEYS_FILE);

	if (e == AVOW_OK)
		e = avow_keyfile_emit(k, &text);
	if (e == AVOW_OK)
		e = avow_file_write(k->file.path, avow_buf_span(&text), 0600);
	avow_buf_wipe(&text);
	if (e == AVOW_E_FILE_WRITE)
		return refuse(why, e, "a file that can be written", k->file.path);
	return e == AVOW_OK ? look(&k->file, why) : e;
}

/* --- a longer life ----------------------------------------------------------------------- */

#define DAY_S 86400

/* A caller's times are bounded by the policy language and the configuration. */
static int64_t
whole_days(int64_t life_s)
{
	return (life_s + DAY_S - 1) / DAY_S * DAY_S;
}

/* The same key in the file as it is now, which may be another process's. */
static enum avow_err
promise_locked(
	const char *data_dir, const char *kid, int64_t life_s, struct avow_keys *now)
{
	size_t i = 0;

	AVOW_TRY(load(data_dir, now, NULL));
	while (i < now->n && strcmp(now->v[i].kid, kid) != 0)
		i++;
	if (i == now->n)
		return AVOW_E_KEYS_ABSENT;
	if (now->v[i].max_life_s >= life_s)
		return AVOW_OK;
	now->v[i].max_life_s = life_s;
	return save(now, NULL);
}

static enum avow_err
promise_in(const char *data_dir, const char *kid, int64_t life_s)
{
	struct avow_keys *now;
	enum avow_err e;
	int lock;

	AVOW_TRY(lock_folder(data_dir, false, &lock, NULL));
	now = avow_keyset_new();
	e = now ? promise_locked(data_dir, kid, life_s, now) : AVOW_E_NO_MEMORY;
	close(lock);
	avow_keys_free(now);
	return e;
}

/* The code is one of its own, because it is a token that is not made and not a set
 * that is not loaded; which it was goes into the message, without paths. */
static enum avow_err
cannot_promise(enum avow_err e, struct avow_why *why)
{
	static const struct avow_at at = {"keys", "max_life", "docs/keys.md"};

	if (avow_err_class(e) != AVOW_CLASS_STORE)
		return e;
	(void)avow_refuse(why, AVOW_E_KEYS_LIFE, &at, NULL, NULL);
	if (why)
		avow_why_note(why, "%s", avow_err_text(e));
	return AVOW_E_KEYS_LIFE;
}

enum avow_err
avow_keys_promise(struct avow_keys *k, size_t i, int64_t life_s, struct avow_why *why)
{
	struct avow_key *key = &k->v[i];
	enum avow_err e = AVOW_OK;
	char *data_dir;

	if (life_s <= key->max_life_s)
		return AVOW_OK;
	life_s = whole_days(life_s);
	if (k->file.path) {
		data_dir = strndup(k->file.path,
			strlen(k->file.path) - strlen("/" FOLDER "/" NAME));
		if (!data_dir)
			return AVOW_E_NO_MEMORY;
		e = promise_in(data_dir, key->kid, life_s);
		free(data_dir);
	}
	if (e != AVOW_OK)
		return cannot_promise(e, why);
	key->max_life_s = life_s;
	return AVOW_OK;
}

/* --- the calls --------------------------------------------------------------------------- */

/* Keys that may still sign must live as long as the longest token does now. */
static bool
lengthen(struct avow_keys *k, int64_t max_life_s, int64_t now_s)
{
	bool any = false;

	for (size_t i = 0; i < k->n; i++) {
		enum avow_key_state s = avow_keys_info(k, i, now_s).state;

		if ((s == AVOW_KEY_CURRENT || s == AVOW_KEY_NEXT) &&
			k->v[i].max_life_s < max_life_s) {
			k->v[i].max_life_s = max_life_s;
			any = true;
		}
	}
	return any;
}

static enum avow_err
open_locked(const char *data_dir, const struct avow_keys_options *opts, int64_t now_s,
	struct avow_keys *k, struct avow_why *why)
{
	struct avow_why absent;
	enum avow_err e;
	bool changed;

	avow_why_init(&absent);
	e = load(data_dir, k, &absent);
	if (e == AVOW_E_KEYS_ABSENT) {
		AVOW_TRY(avow_keyset_make(k, opts->alg, now_s));
		k->v[0].publish_before_s = 0;
	} else if (e != AVOW_OK) {
		if (why && why->code == AVOW_OK)
			*why = absent;
		return e;
	}
	changed = avow_keyset_publish(k, opts->publish_before_s, now_s);
	changed = lengthen(k, opts->max_life_s, now_s) || changed;
	changed = avow_keyset_prune(k, now_s) || changed;
	return changed ? save(k, why) : AVOW_OK;
}

enum avow_err
avow_keys_open(const char *data_dir, const struct avow_keys_options *opts,
	int64_t now_s, struct avow_keys **out, struct avow_why *why)
{
	struct avow_keys *k;
	enum avow_err e;
	int lock;

	*out = NULL;
	AVOW_TRY(lock_folder(data_dir, true, &lock, why));
	k = avow_keyset_new();
	e = k ? open_locked(data_dir, opts, now_s, k, why) : AVOW_E_NO_MEMORY;
	close(lock);
	if (e != AVOW_OK) {
		avow_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

enum avow_err
avow_keys_read(const char *data_dir, struct avow_keys **out, struct avow_why *why)
{
	struct avow_keys *k = avow_keyset_new();
	enum avow_err e = k ? load(data_dir, k, why) : AVOW_E_NO_MEMORY;

	*out = NULL;
	if (e != AVOW_OK) {
		avow_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

/* The index of the key that will sign next, k->n when there is none. */
static size_t
find_next(const struct avow_keys *k, int64_t now_s)
{
	for (size_t i = k->n; i-- > 0;)
		if (avow_keys_info(k, i, now_s).state == AVOW_KEY_NEXT)
			return i;
	return k->n;
}

static void
sign_at_once(struct avow_keys *k, size_t i, int64_t now_s)
{
	size_t signer = avow_keys_signer(k, now_s);

	k->v[i].publish_before_s = 0;
	if (!k->v[i].published_s)
		return; /* as soon as a service has loaded it */
	k->v[i].signs_from_s = now_s;
	if (now_s <= k->v[signer].signs_from_s)
		k->v[i].signs_from_s = k->v[signer].signs_from_s + 1;
}

static enum avow_err
rotate_locked(const char *data_dir, const struct avow_keys_options *opts, int64_t now_s,
	bool at_once, struct avow_keys *k, struct avow_key_info *info,
	struct avow_why *why)
{
	size_t next;

	AVOW_TRY(load(data_dir, k, why));
	avow_keyset_prune(k, now_s);
	next = find_next(k, now_s);
	if (next < k->n && !at_once)
		return refuse(why, AVOW_E_KEYS_ROTATING, "no key that waits to sign",
			k->file.path);
	if (next == k->n) {
		AVOW_TRY(avow_keyset_make(k, opts->alg, now_s));
		k->v[next].max_life_s = opts->max_life_s;
		k->v[next].publish_before_s = opts->publish_before_s;
	}
	if (at_once)
		sign_at_once(k, next, now_s);
	AVOW_TRY(save(k, why));
	if (info)
		*info = avow_keys_info(k, next, now_s);
	return AVOW_OK;
}

enum avow_err
avow_keys_rotate(const char *data_dir, const struct avow_keys_options *opts,
	int64_t now_s, bool at_once, struct avow_key_info *info, struct avow_why *why)
{
	struct avow_keys *k;
	enum avow_err e;
	int lock;

	AVOW_TRY(lock_folder(data_dir, false, &lock, why));
	k = avow_keyset_new();
	e = k ? rotate_locked(data_dir, opts, now_s, at_once, k, info, why)
	      : AVOW_E_NO_MEMORY;
	close(lock);
	avow_keys_free(k);
	return e;
}

enum avow_err
avow_keys_new(enum avow_sig alg, int64_t now_s, struct avow_keys **out)
{
	struct avow_keys *k = avow_keyset_new();
	enum avow_err e = k ? avow_keyset_make(k, alg, now_s) : AVOW_E_NO_MEMORY;

	*out = NULL;
	if (e != AVOW_OK) {
		avow_keys_free(k);
		return e;
	}
	avow_keyset_publish(k, 0, now_s);
	*out = k;
	return AVOW_OK;
}

bool
avow_keys_changed(const struct avow_keys *k)
{
	struct stat st;

	if (!k->file.path || stat(k->file.path, &st) != 0)
		return false;
	return st.st_dev != k->file.dev || st.st_ino != k->file.ino ||
	       st.st_size != k->file.size ||
	       st.st_mtim.tv_sec != k->file.mtime.tv_sec ||
	       st.st_mtim.tv_nsec != k->file.mtime.tv_nsec;
}
