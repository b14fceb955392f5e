/*
 * avow collateral export and import. Both work on what a survey has verified:
 * nothing leaves and nothing enters that does not hold up to a pinned root.
 * Import decides about the whole bundle before it writes the first file, and
 * never takes anything away: what is older is kept for the past, and a
 * selection for now takes the newest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/collateral.h"
#include "crypto/key.h"
#include "trust/bundle.h"
#include "wire/pem.h"

/* --- export ----------------------------------------------------------------------------------- */

struct export
{
	const struct collateral_options *o;
	struct avow_survey *survey;
	struct collateral_platform *platforms;
	struct avow_span *names; /* of platforms */
	struct avow_bundle_part *parts;
	size_t n_parts;
	struct avow_arena a;
};

static bool
is_exportable(const struct export *x, const struct avow_survey_item *i)
{
	if (i->is_builtin)
		return false;
	if (i->state == AVOW_SURVEY_INVALID) {
		fprintf(stderr, "avow collateral: %s is left out: %s\n", i->name,
			avow_err_text(i->err));
		return false;
	}
	return x->o->history || (!i->is_superseded && i->state != AVOW_SURVEY_EXPIRED);
}

/* The same document in two files is one part. */
static bool
has_part(const struct export *x, struct avow_span name)
{
	for (size_t i = 0; i < x->n_parts; i++)
		if (avow_span_eq(x->parts[i].name, name))
			return true;
	return false;
}

static enum avow_err
add_part(struct export *x, const struct avow_survey_item *i)
{
	char name[AVOW_SURVEY_FILE];
	struct avow_span own;

	AVOW_TRY(avow_survey_file_name(i, name));
	if (has_part(x, avow_span_str(name)))
		return AVOW_OK;
	own = avow_arena_copy(&x->a, avow_span_str(name));
	if (!own.p)
		return avow_arena_err(&x->a);
	x->parts[x->n_parts++] = (struct avow_bundle_part){own, i->bytes};
	return AVOW_OK;
}

static enum avow_err
refuse_platform(const struct collateral_platform *p, struct avow_why *why)
{
	static const struct avow_at at = {"export", "platform", "docs/air-gapped.md"};

	return avow_refuse(why, AVOW_E_BUNDLE_PLATFORM, &at,
		"current collateral that verifies", "%s", p->text);
}

static enum avow_err
gather(struct export *x, struct avow_why *why)
{
	const size_t n = x->o->n_platforms;

	x->platforms = avow_arena_array(&x->a, n + 1, sizeof(*x->platforms));
	x->names = avow_arena_array(&x->a, n + 1, sizeof(*x->names));
	x->parts = avow_arena_array(&x->a, x->survey->n + 1, sizeof(*x->parts));
	if (!x->platforms || !x->names || !x->parts)
		return avow_arena_err(&x->a);
	for (size_t k = 0; k < n; k++) {
		x->names[k] = avow_span_str(x->o->platform[k]);
		if (!collateral_read_platform(x->o->platform[k], &x->platforms[k]))
			return AVOW_E_USAGE;
		collateral_learn_product(&x->platforms[k], x->survey);
	}
	for (size_t i = 0; i < x->survey->n; i++)
		if (is_exportable(x, &x->survey->items[i]) &&
			collateral_is_wanted(x->platforms, n, &x->survey->items[i]))
			AVOW_TRY(add_part(x, &x->survey->items[i]));
	for (size_t k = 0; k < n; k++)
		if (!x->platforms[k].is_found)
			return refuse_platform(&x->platforms[k], why);
	return AVOW_OK;
}

static enum avow_err
write_bundle(const struct export *x, const struct avow_privkey *key)
{
	const struct avow_bundle b = {.made_s = avow_clock_now_s(),
		.platforms = x->names,
		.n_platforms = x->o->n_platforms,
		.parts = x->parts,
		.n_parts = x->n_parts};
	struct avow_buf out;
	enum avow_err e;

	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	e = avow_bundle_write(&b, key, &out);
	if (e == AVOW_OK)
		e = avow_file_write(x->o->out, avow_buf_span(&out), 0644);
	if (e == AVOW_OK)
		printf("%zu parts, %zu bytes: %s\n", x->n_parts, out.n, x->o->out);
	avow_buf_clear(&out);
	return e;
}

static int
read_key(const char *path, struct avow_privkey **out)
{
	struct avow_buf pem;
	enum avow_err e;

	if (!avow_cli_read(path, &pem))
		return AVOW_EXIT_USAGE;
	e = avow_privkey_from_pem(avow_buf_span(&pem), out);
	avow_buf_wipe(&pem);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	fprintf(stderr, "avow: %s: %s\n", path, avow_err_text(e));
	return AVOW_EXIT_USAGE;
}

int
collateral_export_survey(const struct collateral_options *o, struct avow_survey *s)
{
	struct export x = {.o = o, .survey = s};
	struct avow_privkey *key = NULL;
	int status = read_key(o->key, &key);
	struct avow_why why;
	enum avow_err e;

	if (status != AVOW_EXIT_OK)
		return status;
	avow_arena_init(&x.a, AVOW_MIB(256));
	avow_why_init(&why);
	e = gather(&x, &why);
	if (e == AVOW_OK)
		e = write_bundle(&x, key);
	if (e == AVOW_E_USAGE)
		status = avow_cli_usage(
			&avow_cmd_collateral, "--platform: not a platform");
	else if (e != AVOW_OK)
		status = collateral_failed(e, &why);
	avow_arena_clear(&x.a);
	avow_privkey_free(key);
	return status;
}

int
collateral_export(const struct collateral_options *o)
{
	struct avow_survey *s;
	int status;

	if (!o->out || !o->key)
		return avow_cli_usage(
			&avow_cmd_collateral, "export takes -o BUNDLE and --key PEM");
	status = collateral_survey(o, &s);
	if (status == AVOW_EXIT_OK)
		status = collateral_export_survey(o, s);
	avow_survey_free(s);
	return status;
}

/* --- import: what the bundle proves -------------------------------------------------------------- */

struct import {
	const struct collateral_options *o;
	struct avow_pubkey *signers[COLLATERAL_MAX_NAMED];
	size_t n_signers;
	struct avow_bundle bundle;
	struct avow_collateral *parts;
	struct avow_survey *survey; /* of the parts alone */
	struct avow_arena a;
};

/* PUBLIC KEY, or the key of a CERTIFICATE. */
static enum avow_err
key_of(struct avow_span pem, struct avow_arena *a, struct avow_pubkey **out)
{
	struct avow_pem_block *b;
	struct avow_cert *cert;
	size_t n;

	AVOW_TRY(avow_pem_parse(pem, 1, a, &b, &n));
	if (avow_span_eq_str(b->label, "PUBLIC KEY"))
		return avow_pubkey_from_spki(b->der, out);
	if (!avow_span_eq_str(b->label, "CERTIFICATE"))
		return AVOW_E_KEY_FORMAT;
	AVOW_TRY(avow_cert_parse(b->der, &cert, NULL));
	*out = avow_pubkey_ref(cert->key);
	avow_cert_free(cert);
	return AVOW_OK;
}

static int
read_signers(struct import *m)
{
	struct avow_buf pem;
	enum avow_err e;

	for (size_t i = 0; i < m->o->n_signers; i++) {
		if (!avow_cli_read(m->o->signer[i], &pem))
			return AVOW_EXIT_USAGE;
		e = key_of(avow_buf_span(&pem), &m->a, &m->signers[m->n_signers]);
		avow_buf_clear(&pem);
		if (e != AVOW_OK) {
			fprintf(stderr, "avow: %s: %s\n", m->o->signer[i],
				avow_err_text(e));
			return AVOW_EXIT_USAGE;
		}
		m->n_signers++;
	}
	return AVOW_EXIT_OK;
}

static enum avow_err
refuse_part(const char *name, enum avow_err e, struct avow_why *why)
{
	static const struct avow_at at = {"import", "part", "docs/air-gapped.md"};

	(void)avow_refuse(why, e, &at, "collateral that verifies", NULL);
	avow_why_document(why, "%s", name);
	return e;
}

/* Each part is of a kind that is known, and all that is in it verifies. */
static enum avow_err
check_parts(const struct import *m, struct avow_why *why)
{
	struct avow_collateral_entry entry;

	for (size_t i = 0; avow_collateral_entry(m->parts, i, &entry); i++)
		if (entry.kind == AVOW_COLLATERAL_IGNORED)
			return refuse_part(entry.name, AVOW_E_BUNDLE_PART, why);
	for (size_t i = 0; i < m->survey->n; i++) {
		const struct avow_survey_item *item = &m->survey->items[i];

		if (!item->is_builtin && item->err != AVOW_OK)
			return refuse_part(item->name, item->err, why);
	}
	return AVOW_OK;
}

static enum avow_err
survey_parts(struct import *m, struct avow_why *why)
{
	const struct avow_bundle *b = &m->bundle;
	struct avow_collateral_file *files =
		avow_arena_array(&m->a, b->n_parts + 1, sizeof(*files));

	if (!files)
		return avow_arena_err(&m->a);
	for (size_t i = 0; i < b->n_parts; i++) {
		struct avow_span name = avow_arena_copy(&m->a, b->parts[i].name);

		if (!name.p)
			return avow_arena_err(&m->a);
		files[i] = (struct avow_collateral_file){
			(const char *)name.p, b->parts[i].bytes};
	}
	AVOW_TRY(avow_collateral_build(files, b->n_parts, &m->parts, why));
	AVOW_TRY(avow_survey_new(
		m->parts, m->o->anchors, m->o->at_s, m->o->within_s, &m->survey));
	return check_parts(m, why);
}

/* --- import: into the folder ------------------------------------------------------------------------ */

static enum avow_err
write_item(const struct avow_survey_item *item, const char *dir)
{
	char name[AVOW_SURVEY_FILE];
	enum avow_err e = avow_survey_file_name(item, name);
	struct avow_buf path;

	if (e != AVOW_OK)
		return e;
	avow_buf_init(&path, 8192);
	avow_buf_printf(&path, "%s/%s", dir, name);
	/* the name tells the content: a file of that name is this one */
	e = avow_buf_str(&path)
		    ? avow_file_write(avow_buf_str(&path), item->bytes, 0644)
		    : path.err;
	avow_buf_clear(&path);
	return e;
}

enum avow_err
collateral_write(const struct collateral_options *o, const struct avow_survey *s,
	struct avow_why *why)
{
	enum avow_err e = AVOW_E_NO_MEMORY;
	struct avow_buf path;
	const char *dir;

	if (o->data && collateral_has_store(o->data))
		return collateral_put_store(o, s, why);
	dir = collateral_folder(o, &path);
	if (dir)
		e = AVOW_OK;
	for (size_t i = 0; i < s->n && e == AVOW_OK; i++)
		if (!s->items[i].is_builtin)
			e = write_item(&s->items[i], dir);
	avow_buf_clear(&path);
	return e;
}

static int
import_bytes(struct import *m, struct avow_span bytes)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_bundle_read(bytes, m->signers, m->n_signers, &m->a, &m->bundle, &why);
	if (e == AVOW_OK)
		e = survey_parts(m, &why);
	if (e == AVOW_OK && !m->o->dry_run)
		e = collateral_write(m->o, m->survey, &why);
	return e == AVOW_OK ? AVOW_EXIT_OK : collateral_failed(e, &why);
}

/* The same thing in the survey of what the folder holds now; NULL: none. */
static const struct avow_survey_item *
held_as(const struct avow_survey *all, const struct avow_survey_item *item)
{
	for (size_t i = 0; i < all->n; i++)
		if (!all->items[i].is_builtin &&
			avow_span_eq(all->items[i].bytes, item->bytes))
			return &all->items[i];
	return NULL;
}

static void
tell_held(const struct avow_survey *s, const struct avow_survey *all)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct avow_survey_item *item = &s->items[i], *held;

		held = item->is_builtin ? NULL : held_as(all, item);
		if (held && held->is_superseded && !item->is_superseded)
			printf("older than what is held, kept for the past: %s, %s\n",
				item->title, item->subject);
	}
	printf("with what was there: %zu good, %zu end soon, %zu expired, "
	       "%zu invalid\n",
		all->count[AVOW_SURVEY_GOOD], all->count[AVOW_SURVEY_SOON],
		all->count[AVOW_SURVEY_EXPIRED], all->count[AVOW_SURVEY_INVALID]);
}

/* What the bundle held and how long it lasts; then, by a survey of all that is
 * there now, what of it is older than what was there already. */
static int
tell(const struct import *m)
{
	struct avow_survey *all = NULL;
	int status = collateral_print(m->o, m->survey, NULL);

	if (status == AVOW_EXIT_OK && !m->o->dry_run && !m->o->json) {
		status = collateral_survey(m->o, &all);
		if (all)
			tell_held(m->survey, all);
		avow_survey_free(all);
	}
	return status == AVOW_EXIT_OK ? collateral_status(m->survey) : status;
}

int
collateral_import(const struct collateral_options *o)
{
	struct import m = {.o = o};
	struct avow_buf file;
	int status;

	if (o->n_signers == 0)
		return avow_cli_usage(
			&avow_cmd_collateral, "import takes --signer PEM");
	avow_arena_init(&m.a, AVOW_MIB(512));
	status = read_signers(&m);
	if (status == AVOW_EXIT_OK && !avow_cli_read(o->file, &file))
		status = AVOW_EXIT_USAGE;
	else if (status == AVOW_EXIT_OK) {
		status = import_bytes(&m, avow_buf_span(&file));
		if (status == AVOW_EXIT_OK)
			status = tell(&m);
		avow_buf_clear(&file);
	}
	for (size_t i = 0; i < m.n_signers; i++)
		avow_pubkey_free(m.signers[i]);
	avow_survey_free(m.survey);
	avow_collateral_free(m.parts);
	avow_arena_clear(&m.a);
	return status;
}
