/*
 * A forged VBS attestation, from parameters to files: the default enclave, what
 * cannot be made, the deviations, and the order in which the makers run:
 *
 *   first round -> challenge -> quote (log, registers) -> report_signed
 *     -> the enclave's report over it -> JWS -> body
 */
#include "forge/vbs.h"

#include <stdlib.h>
#include <string.h>

#include "forge/vbs_impl.h"

#define EARLIEST_S INT64_C(946684800) /* 2000-01-01 */
#define LATEST_S INT64_C(252455616000) /* 9970-01-01 */
#define MODULE_MAX 127
#define DEFAULT_MODULE "ucrtbase_enclave.dll"

/* --- deviations ------------------------------------------------------------------------ */

static const struct avow_forge_deviation TABLE[] = {
#define B(id, name_, file_, code_, what_)                                              \
	{.name = name_,                                                                \
		.what = what_,                                                         \
		.evidence = file_,                                                     \
		.refused_with = AVOW_E_##code_,                                        \
		.how = VBS_##id},
#include "forge/corrupt_vbs.def"
#undef B
};

#define N (sizeof(TABLE) / sizeof(TABLE[0]))

_Static_assert(VBS_BENDS <= UINT8_MAX, "a deviation's number fits its field");

const struct avow_forge_deviation *
avow_forge_vbs_deviation_at(size_t i)
{
	return i < N ? &TABLE[i] : NULL;
}

const struct avow_forge_deviation *
avow_forge_vbs_deviation_find(const char *name)
{
	return forge_deviation_find(TABLE, N, name);
}

bool
vbs_bent(const struct vbs_forge *f, enum vbs_bend b)
{
	return f->bend && f->bend->how == b;
}

/* --- keys --------------------------------------------------------------------------------- */

enum avow_err
avow_forge_vbs_keys_new(struct avow_forge_vbs_keys **out)
{
	struct avow_forge_vbs_keys *k = calloc(1, sizeof(*k));
	enum avow_err e;

	*out = NULL;
	if (!k)
		return AVOW_E_NO_MEMORY;
	e = forge_make_keys((const struct forge_key_wish[]){
		{&k->ca, AVOW_KEY_P256, 0},
		{&k->other_ca, AVOW_KEY_P256, 0},
		{&k->ak, AVOW_KEY_P256, 0},
		{&k->idk, AVOW_KEY_RSA, 2048},
		{&k->request, AVOW_KEY_RSA, 2048},
		{.out = NULL},
	});
	if (e != AVOW_OK) {
		avow_forge_vbs_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

void
avow_forge_vbs_keys_free(struct avow_forge_vbs_keys *k)
{
	if (!k)
		return;
	avow_privkey_free(k->ca);
	avow_privkey_free(k->other_ca);
	avow_privkey_free(k->ak);
	avow_privkey_free(k->idk);
	avow_privkey_free(k->request);
	free(k);
}

/* --- parameters ----------------------------------------------------------------------------- */

static void
fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i * 7);
}

void
avow_forge_vbs_defaults(struct avow_forge_vbs *p, int64_t at_s)
{
	memset(p, 0, sizeof(*p));
	p->at_s = at_s;
	p->version = 2;
	fill(p->owner_id, sizeof(p->owner_id), 0x10);
	fill(p->unique_id, sizeof(p->unique_id), 0x32);
	fill(p->author_id, sizeof(p->author_id), 0x54);
	fill(p->family_id, sizeof(p->family_id), 0x76);
	fill(p->image_id, sizeof(p->image_id), 0x98);
	p->enclave_svn = 6;
	p->secure_kernel_svn = 7;
	p->platform_svn = 8;
	p->module = DEFAULT_MODULE;
}

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"forge_parameters", field, NULL};

	return avow_refuse(why, AVOW_E_USAGE, &at, expected, NULL);
}

static enum avow_err
check_parameters(const struct avow_forge_vbs *p, struct avow_why *why)
{
	if (p->at_s < EARLIEST_S || p->at_s > LATEST_S)
		return refuse(why, "at_s", "a time from 2000 on");
	if (p->corrupt && !avow_forge_vbs_deviation_find(p->corrupt))
		return refuse(why, "corrupt", "a name of the list of deviations");
	if (p->version != 1 && p->version != 2)
		return refuse(why, "version", "1 or 2");
	if (p->module && strlen(p->module) > MODULE_MAX)
		return refuse(why, "module", "a name of at most 127 bytes");
	return AVOW_OK;
}

/* --- the files --------------------------------------------------------------------------------- */

static enum avow_err
take_all(struct vbs_forge *f, struct avow_forged **out)
{
	struct avow_forged *o = calloc(1, sizeof(*o));

	if (!o)
		return AVOW_E_NO_MEMORY;
	forge_take(o, "request.json", &f->request);
	forge_take(o, "request.jws", &f->jws);
	forge_take(o, "report_signed.json", &f->report_signed);
	forge_take(o, "report.bin", &f->report);
	forge_take(o, "log.bin", &f->log);
	forge_take(o, "quote.bin", &f->quote);
	forge_take(o, "root.pem", &f->root_pem);
	forge_take(o, "forge.json", &f->about);
	if (o->err != AVOW_OK) {
		enum avow_err e = o->err;

		avow_forged_free(o);
		return e;
	}
	*out = o;
	return AVOW_OK;
}

static struct avow_buf *
buffer_at(struct vbs_forge *f, size_t i)
{
	struct avow_buf *const all[] = {&f->context, &f->root, &f->ak_cert,
		&f->root_pem, &f->jwk, &f->log, &f->quote, &f->quote_signature,
		&f->report_signed, &f->report, &f->payload, &f->jws, &f->request,
		&f->about};

	return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

/* What cannot deviate where it is not must be there. */
static void
bend_parameters(struct vbs_forge *f)
{
	if (!f->p.module &&
		(vbs_bent(f, VBS_MODULE_SHORT) || vbs_bent(f, VBS_MODULE_LONG) ||
			vbs_bent(f, VBS_MODULE_TYPE) || vbs_bent(f, VBS_REPORT_SIZE)))
		f->p.module = DEFAULT_MODULE;
}

static enum avow_err
make_all(struct vbs_forge *f, struct avow_why *why)
{
	if (f->p.ca_key.n && avow_privkey_from_pem(f->p.ca_key, &f->ca) != AVOW_OK)
		return refuse(why, "ca_key", "a private key in PEM");
	AVOW_TRY(vbs_read_first(f, why));
	AVOW_TRY(vbs_make_pki(f, why));
	AVOW_TRY(vbs_make_jwk(f));
	AVOW_TRY(vbs_make_quote(f));
	AVOW_TRY(vbs_make_signed(f));
	AVOW_TRY(vbs_make_report(f));
	AVOW_TRY(vbs_make_request(f));
	return forge_put_about(f->p.at_s, f->bend, "request.json", &f->about);
}

enum avow_err
avow_forge_vbs_make(
	const struct avow_forge_vbs *p, struct avow_forged **out, struct avow_why *why)
{
	struct avow_forge_vbs_keys *fresh = NULL;
	struct vbs_forge f = {.p = *p, .keys = p->keys};
	enum avow_err e;

	*out = NULL;
	AVOW_TRY(check_parameters(p, why));
	if (!p->keys) {
		AVOW_TRY(avow_forge_vbs_keys_new(&fresh));
		f.keys = fresh;
	}
	f.bend = p->corrupt ? avow_forge_vbs_deviation_find(p->corrupt) : NULL;
	bend_parameters(&f);
	for (size_t i = 0; buffer_at(&f, i); i++)
		avow_buf_init(buffer_at(&f, i), FORGE_MAX_OUTPUT);
	e = make_all(&f, why);
	if (e == AVOW_OK)
		e = take_all(&f, out);
	for (size_t i = 0; buffer_at(&f, i); i++)
		avow_buf_clear(buffer_at(&f, i));
	avow_privkey_free(f.ca);
	avow_forge_vbs_keys_free(fresh);
	return e;
}
