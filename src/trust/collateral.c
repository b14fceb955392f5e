/*
 * A collateral snapshot's life: from a folder or from files in memory, shared by
 * reference count, freed whole. What the files are is decided in
 * collateral_read.c, how parts become one snapshot in collateral_join.c, what they prove in collateral_view.c, and which of them
 * judge a platform in collateral_select.c.
 */
#include "trust/collateral.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "trust/collateral_impl.h"
#include "trust/veks.h"

enum avow_err
avow_coll_new(struct avow_collateral **out)
{
	struct avow_collateral *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	atomic_init(&c->refs, 1);
	atomic_init(&c->views, NULL);
	/* texts, and values parsed from them that are at most about as large */
	avow_arena_init_kept(&c->arena, 3 * AVOW_MAX_COLLATERAL_BYTES);
	*out = c;
	return AVOW_OK;
}

enum avow_err
avow_coll_over_limit(struct avow_why *why, const char *what)
{
	struct avow_at at = {"collateral_folder", what, "Avow limit"};

	return avow_refuse(
		why, AVOW_E_COLLATERAL_LIMIT, &at, "at most its limit", NULL);
}

/* One file, its size added to the sum that is bounded. */
static enum avow_err
add_file(struct avow_collateral *c, const struct avow_collateral_file *file,
	enum avow_collateral_use use, struct avow_why *why)
{
	if (++c->n_files > AVOW_MAX_COLLATERAL_FILES)
		return avow_coll_over_limit(why, "number of files");
	if (__builtin_add_overflow(c->n_bytes, file->bytes.n, &c->n_bytes) ||
		c->n_bytes > AVOW_MAX_COLLATERAL_BYTES)
		return avow_coll_over_limit(why, "size of all files");
	return avow_coll_read(c, file, use);
}

static enum avow_err
add_files(struct avow_collateral *c, const struct avow_collateral_file *files, size_t n,
	struct avow_why *why)
{
	if (n > AVOW_MAX_COLLATERAL_FILES)
		return avow_coll_over_limit(why, "number of files");
	for (size_t i = 0; i < n; i++)
		AVOW_TRY(add_file(c, &files[i], AVOW_COLLATERAL_FOR_ALL, why));
	return AVOW_OK;
}

enum avow_err
avow_collateral_build(const struct avow_collateral_file *files, size_t n,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral *c;
	enum avow_err e;

	*out = NULL;
	AVOW_TRY(avow_coll_new(&c));
	e = add_files(c, files, n, why);
	if (e == AVOW_OK)
		e = avow_coll_add_builtin(c);
	if (e != AVOW_OK) {
		avow_collateral_free(c);
		return e;
	}
	*out = c;
	return AVOW_OK;
}

/* --- a folder -------------------------------------------------------------------- */

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static enum avow_err
path_of(const char *dir, const char *name, struct avow_buf *path)
{
	avow_buf_reset(path);
	avow_buf_put_str(path, dir);
	avow_buf_put_byte(path, '/');
	avow_buf_put_str(path, name);
	return avow_buf_str(path) ? AVOW_OK : path->err;
}

/* A file that cannot be read is reported and passed over: it may be on its way
 * out while the folder is renewed. */
static enum avow_err
load_file(struct avow_collateral *c, const char *path, const char *name,
	struct avow_why *why)
{
	struct avow_buf b;
	struct stat st;
	enum avow_err e;

	if (stat(path, &st) != 0)
		return avow_coll_unreadable(c, name, AVOW_E_FILE_READ);
	if (!S_ISREG(st.st_mode))
		return AVOW_OK;
	avow_buf_init(&b, AVOW_MAX_CRL_TEXT);
	e = avow_file_read(path, &b);
	if (e == AVOW_OK)
		e = add_file(c, &(struct avow_collateral_file){name, avow_buf_span(&b)},
			AVOW_COLLATERAL_FOR_ALL, why);
	else if (e != AVOW_E_NO_MEMORY)
		e = avow_coll_unreadable(c, name, e);
	avow_buf_clear(&b);
	return e;
}

static enum avow_err
load_files(struct avow_collateral *c, const char *dir, struct dirent **names, size_t n,
	struct avow_why *why)
{
	struct avow_buf path;
	enum avow_err e = AVOW_OK;

	if (n > AVOW_MAX_COLLATERAL_FILES)
		return avow_coll_over_limit(why, "number of files");
	avow_buf_init(&path, 8192);
	for (size_t i = 0; i < n && e == AVOW_OK; i++) {
		e = path_of(dir, names[i]->d_name, &path);
		if (e == AVOW_OK)
			e = load_file(c, avow_buf_str(&path), names[i]->d_name, why);
	}
	avow_buf_clear(&path);
	return e;
}

static void
log_unread(const struct avow_collateral *c)
{
	for (size_t i = 0; i < c->n_entries; i++) {
		const struct avow_collateral_entry *e = &c->entries[i];
		enum avow_log_level level = AVOW_LOG_DEBUG;

		if (e->kind != AVOW_COLLATERAL_IGNORED && e->err == AVOW_OK)
			continue;
		if (e->err != AVOW_OK)
			level = AVOW_LOG_WARN;
		AVOW_LOG(level, "collateral.not_used", AVOW_LOGS("file", e->name),
			AVOW_LOGS("why", avow_err_name(e->err)));
	}
}

static enum avow_err
folder_part(const char *dir, struct dirent **names, size_t n,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral *c;
	enum avow_err e;

	AVOW_TRY(avow_coll_new(&c));
	e = load_files(c, dir, names, n, why);
	if (e != AVOW_OK) {
		avow_collateral_free(c);
		return e;
	}
	log_unread(c);
	*out = c;
	return AVOW_OK;
}

enum avow_err
avow_collateral_folder(
	const char *dir, struct avow_collateral **out, struct avow_why *why)
{
	static const struct avow_at at = {"collateral_folder", "path", "Avow"};
	struct dirent **names = NULL;
	enum avow_err e;
	int n = scandir(dir, &names, is_visible, alphasort);

	*out = NULL;
	if (n < 0)
		return avow_refuse(why, AVOW_E_COLLATERAL_FOLDER, &at,
			"a folder that can be read", "%s", dir);
	e = folder_part(dir, names, (size_t)n, out, why);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return e;
}

enum avow_err
avow_collateral_part(const struct avow_collateral_more *v, size_t n,
	struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral *c;
	enum avow_err e;

	*out = NULL;
	e = avow_coll_new(&c);
	for (size_t i = 0; e == AVOW_OK && i < n; i++)
		e = add_file(c, &v[i].file, v[i].use, why);
	if (e != AVOW_OK) {
		avow_collateral_free(c);
		return e;
	}
	log_unread(c);
	*out = c;
	return AVOW_OK;
}

enum avow_err
avow_collateral_load_with(const char *dir, const struct avow_collateral_more *v,
	size_t n_more, struct avow_collateral **out, struct avow_why *why)
{
	struct avow_collateral *folder = NULL, *more = NULL;
	enum avow_err e = AVOW_OK;

	*out = NULL;
	if (dir)
		e = avow_collateral_folder(dir, &folder, why);
	if (e == AVOW_OK)
		e = avow_collateral_part(v, n_more, &more, why);
	if (e == AVOW_OK)
		e = avow_collateral_join(folder, &more, 1, out, why);
	avow_collateral_free(folder);
	avow_collateral_free(more);
	return e;
}

enum avow_err
avow_collateral_load(
	const char *dir, struct avow_collateral **out, struct avow_why *why)
{
	return avow_collateral_load_with(dir, NULL, 0, out, why);
}

/* --- life -------------------------------------------------------------------------- */

struct avow_collateral *
avow_collateral_ref(struct avow_collateral *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void
avow_collateral_set_veks(struct avow_collateral *c, struct avow_veks *veks)
{
	avow_veks_free(c->more_veks);
	c->more_veks = veks ? avow_veks_ref(veks) : NULL;
}

static void
free_views(struct avow_collateral *c)
{
	struct avow_coll_view *v = atomic_load(&c->views), *next;

	for (; v; v = next) {
		next = v->next;
		avow_coll_view_free(v);
	}
}

void
avow_collateral_free(struct avow_collateral *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	free_views(c);
	for (size_t i = 0; i < c->n_certs; i++)
		avow_cert_free(c->certs[i].cert);
	for (size_t i = 0; i < c->n_crls; i++)
		avow_crl_free(c->crls[i].crl);
	avow_veks_free(c->more_veks);
	free(c->certs);
	free(c->cert_slots);
	free(c->veks);
	free(c->crls);
	free(c->docs);
	free(c->bad);
	free(c->entries);
	avow_arena_clear(&c->arena);
	for (size_t i = 0; i < c->n_parts; i++)
		avow_collateral_free(c->parts[i]);
	free(c->parts);
	avow_collateral_free(c->folder);
	free(c);
}

bool
avow_collateral_entry(
	const struct avow_collateral *c, size_t i, struct avow_collateral_entry *out)
{
	if (i >= c->n_entries)
		return false;
	*out = c->entries[i];
	return true;
}
