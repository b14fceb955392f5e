/*
 * From parameters to files: the deviation is worked into a copy of the
 * parameters, the makers run in the order in which one needs the other, and the
 * results are named as a verifier's user would want them. What is right and
 * what is wrong in each is the makers' business.
 */
#include "forge/forge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "forge/tdx_impl.h"
#include "wire/json_member.h"

/* --- keys --------------------------------------------------------------------------- */

enum avow_err
forge_make_keys(const struct forge_key_wish *w)
{
	for (; w->out; w++)
		AVOW_TRY(avow_privkey_generate(w->type, w->bits, w->out));
	return AVOW_OK;
}

enum avow_err
avow_forge_keys_new(struct avow_forge_keys **out)
{
	struct avow_forge_keys *k = calloc(1, sizeof(*k));
	enum avow_err e;

	*out = NULL;
	if (!k)
		return AVOW_E_NO_MEMORY;
	e = forge_make_keys((const struct forge_key_wish[]){
		{&k->root, AVOW_KEY_P256, 0},
		{&k->other_root, AVOW_KEY_P256, 0},
		{&k->ca, AVOW_KEY_P256, 0},
		{&k->pck, AVOW_KEY_P256, 0},
		{&k->signing, AVOW_KEY_P256, 0},
		{&k->attestation, AVOW_KEY_P256, 0},
		{&k->stranger, AVOW_KEY_P256, 0},
		{&k->p384, AVOW_KEY_P384, 0},
		{.out = NULL},
	});
	if (e != AVOW_OK) {
		avow_forge_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

void
avow_forge_keys_free(struct avow_forge_keys *k)
{
	if (!k)
		return;
	avow_privkey_free(k->root);
	avow_privkey_free(k->other_root);
	avow_privkey_free(k->ca);
	avow_privkey_free(k->pck);
	avow_privkey_free(k->signing);
	avow_privkey_free(k->attestation);
	avow_privkey_free(k->stranger);
	avow_privkey_free(k->p384);
	free(k);
}

/* --- the files ------------------------------------------------------------------------- */

void
forge_take(struct avow_forged *out, const char *name, struct avow_buf *b)
{
	out->files[out->n].name = name;
	out->files[out->n].bytes = avow_buf_span(b);
	out->owned[out->n++] = b->p;
	avow_buf_init(b, b->max);
}

void
forge_take_made(struct avow_forged *out, const char *name, struct avow_buf *b)
{
	if (b->n)
		forge_take(out, name, b);
}

void
forge_copy(struct avow_forged *out, const char *name, const struct avow_buf *b)
{
	struct avow_buf copy;

	avow_buf_init(&copy, FORGE_MAX_OUTPUT);
	avow_buf_put(&copy, avow_buf_span(b));
	if (copy.err != AVOW_OK && out->err == AVOW_OK)
		out->err = copy.err;
	forge_take(out, name, &copy);
}

enum avow_err
forge_put_about(int64_t at_s, const struct avow_forge_deviation *bend,
	const char *evidence, struct avow_buf *out)
{
	char at[AVOW_TIME_TEXT];
	struct avow_jw w;

	avow_time_format(at_s, at);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_put_bool(&w, "simulated", true);
	avow_jw_put_str(&w, "at", at);
	avow_jw_put_str(&w, "corrupt", bend ? bend->name : NULL);
	avow_jw_put_str(&w, "what", bend ? bend->what : NULL);
	avow_jw_put_str(&w, "evidence", bend ? bend->evidence : evidence);
	avow_jw_put_str(
		&w, "refused_with", bend ? avow_err_name(bend->refused_with) : NULL);
	avow_jw_close(&w);
	avow_buf_put_byte(out, '\n');
	return out->err;
}

static enum avow_err
take_all(struct forge *f, struct avow_forged **out)
{
	struct avow_forged *o = calloc(1, sizeof(*o));

	if (!o)
		return AVOW_E_NO_MEMORY;
	forge_take(o, "quote.bin", &f->quote);
	forge_take_made(o, "report.bin", &f->report);
	forge_take_made(o, "evidence.bin", &f->evidence);
	forge_take_made(o, "ccel.bin", &f->event_log);
	forge_take_made(o, "hcl.bin", &f->hcl);
	forge_take(o, "runtime.bin", &f->runtime);
	if (f->p.has_init_data)
		forge_take(o, "init.bin", &f->init);
	forge_take(o, "root.pem", &f->root_pem);
	forge_take(o, "forge.json", &f->about);
	forge_take_made(o, "collateral/tcbinfo.json", &f->tcb_info);
	forge_take_made(o, "collateral/qe_identity.json", &f->qe_identity);
	forge_take_made(o, "collateral/pck_crl.der", &f->pck_crl);
	forge_take_made(o, "collateral/root_crl.der", &f->root_crl);
	forge_take(o, "collateral/tcb_signing_chain.pem", &f->signing_chain);
	forge_take(o, "collateral/pck_ca_chain.pem", &f->ca_chain);
	*out = o;
	return AVOW_OK;
}

/* --- making -------------------------------------------------------------------------------- */

static struct avow_buf *
buffer_at(struct forge *f, size_t i)
{
	struct avow_buf *const all[] = {&f->root, &f->chain_root, &f->ca, &f->pck,
		&f->signing, &f->signing_root, &f->root_crl, &f->pck_crl, &f->tcb_info,
		&f->qe_identity, &f->event_log, &f->hcl, &f->runtime, &f->init, &f->quote,
		&f->report, &f->evidence, &f->about, &f->root_pem, &f->signing_chain,
		&f->ca_chain};

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

static enum avow_err
make_all(struct forge *f)
{
	if (f->event_log_of && f->event_log_of->with_event_log)
		AVOW_TRY(forge_tdx_make_log(f, f->event_log_of));
	AVOW_TRY(forge_make_pki(f));
	AVOW_TRY(forge_make_documents(f));
	AVOW_TRY(forge_make_quote(f));
	if (f->tdx && f->tdx->with_hcl)
		AVOW_TRY(forge_tdx_make_hcl(f));
	return forge_put_about(f->p.at_s, f->bend, "quote.bin", &f->about);
}

static enum avow_err
make(struct forge *f, struct avow_forged **out)
{
	struct avow_forge_keys *fresh = NULL;
	enum avow_err e = AVOW_OK;

	if (!f->keys) {
		AVOW_TRY(avow_forge_keys_new(&fresh));
		f->keys = fresh;
	}
	for (size_t i = 0; buffer_at(f, i); i++)
		avow_buf_init(buffer_at(f, i), FORGE_MAX_OUTPUT);
	e = make_all(f);
	if (e == AVOW_OK)
		e = take_all(f, out);
	for (size_t i = 0; buffer_at(f, i); i++)
		avow_buf_clear(buffer_at(f, i));
	avow_forge_keys_free(fresh);
	return e;
}

enum avow_err
avow_forge_sgx_make(
	const struct avow_forge_sgx *p, struct avow_forged **out, struct avow_why *why)
{
	struct forge f = {.p = *p, .keys = p->keys};

	*out = NULL;
	AVOW_TRY(forge_check_corrupt(
		p->corrupt && !avow_forge_deviation_find(p->corrupt), why));
	AVOW_TRY(forge_check_parameters(p, why));
	f.bend = p->corrupt ? avow_forge_deviation_find(p->corrupt) : NULL;
	forge_bend_parameters(&f);
	return make(&f, out);
}

enum avow_err
avow_forge_tdx_make(
	const struct avow_forge_tdx *p, struct avow_forged **out, struct avow_why *why)
{
	struct avow_forge_tdx t = *p;
	struct forge f = {.p = p->platform, .keys = p->platform.keys, .tdx = &t};

	*out = NULL;
	AVOW_TRY(forge_check_corrupt(
		f.p.corrupt && !avow_forge_tdx_deviation_find(f.p.corrupt), why));
	f.p.tcb_info_version = 3;
	AVOW_TRY(forge_check_parameters(&f.p, why));
	AVOW_TRY(forge_tdx_check(p, why));
	f.bend = f.p.corrupt ? avow_forge_tdx_deviation_find(f.p.corrupt) : NULL;
	forge_bend_parameters(&f);
	forge_tdx_bend(&f, &t);
	if (forge_bent(&f, PART_TD, HOW_LONG) && !f.p.has_init_data) {
		f.p.has_init_data = true;
		f.p.init_data = AVOW_LIT("configuration");
	}
	f.event_log_of = &t;
	return make(&f, out);
}

void
avow_forged_free(struct avow_forged *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->owned[i]);
	free(f);
}

bool
avow_forged_at(const struct avow_forged *f, size_t i, struct avow_forge_file *out)
{
	if (i >= f->n)
		return false;
	*out = f->files[i];
	return true;
}

struct avow_span
avow_forged_get(const struct avow_forged *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->files[i].name, name) == 0)
			return f->files[i].bytes;
	return (struct avow_span){NULL, 0};
}

/* --- writing --------------------------------------------------------------------------------- */

static enum avow_err
refuse(struct avow_why *why, const char *path)
{
	static const struct avow_at at = {"forge_write", NULL, NULL};
	int error = errno;

	avow_why_document(why, "%s", path);
	return avow_refuse(why, AVOW_E_FILE_WRITE, &at, NULL, "%s", strerror(error));
}

static enum avow_err
make_folder(const char *path, struct avow_why *why)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return AVOW_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return AVOW_OK;
	return refuse(why, path);
}

enum avow_err
avow_forge_write(const struct avow_forged *f, const char *dir, struct avow_why *why)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/collateral", dir);

	if (n < 0 || (size_t)n > sizeof(path) - 64) {
		errno = ENAMETOOLONG;
		return refuse(why, dir);
	}
	AVOW_TRY(make_folder(dir, why));
	AVOW_TRY(make_folder(path, why));
	for (size_t i = 0; i < f->n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, f->files[i].name);
		if (avow_file_write(path, f->files[i].bytes, 0644) != AVOW_OK)
			return refuse(why, path);
	}
	return AVOW_OK;
}
