/*
 * Shows the PCK chain of a quote to people: which platform it is (FMSPC, PPID),
 * at which TCB, and which certificates say so. Nothing here is verified, and
 * nothing here decides.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "evidence/intel/pck.h"
#include "wire/pem.h"

static void
put_hex(struct avow_jw *w, const char *name, const void *p, size_t n)
{
	avow_jw_name(w, name);
	avow_jw_hex(w, avow_span_make(p, n));
}

static void
put_time(struct avow_jw *w, const char *name, int64_t at_s)
{
	char text[AVOW_TIME_TEXT];

	avow_time_format(at_s, text);
	avow_jw_name(w, name);
	avow_jw_str(w, text);
}

static void
put_extensions(struct avow_jw *w, const struct avow_pck_extensions *x)
{
	avow_jw_name(w, "sgx_extension");
	avow_jw_open(w, '{');
	put_hex(w, "ppid", x->ppid, sizeof(x->ppid));
	put_hex(w, "tcb_components", x->components, sizeof(x->components));
	avow_jw_name(w, "pcesvn");
	avow_jw_int(w, x->pcesvn);
	put_hex(w, "cpu_svn", x->cpu_svn, sizeof(x->cpu_svn));
	put_hex(w, "pce_id", x->pce_id, sizeof(x->pce_id));
	put_hex(w, "fmspc", x->fmspc, sizeof(x->fmspc));
	avow_jw_name(w, "sgx_type");
	avow_jw_int(w, x->sgx_type);
	if (x->is_platform) {
		put_hex(w, "platform_instance_id", x->platform_instance_id,
			sizeof(x->platform_instance_id));
		avow_jw_name(w, "dynamic_platform");
		avow_jw_bool(w, x->dynamic_platform);
		avow_jw_name(w, "cached_keys");
		avow_jw_bool(w, x->cached_keys);
		avow_jw_name(w, "smt_enabled");
		avow_jw_bool(w, x->smt_enabled);
	}
	avow_jw_close(w);
}

static void
put_cert(struct avow_jw *w, const struct avow_cert *c)
{
	struct avow_pck_extensions x;

	avow_jw_name(w, "subject");
	avow_jw_str(w, c->subject_cn);
	avow_jw_name(w, "issuer");
	avow_jw_str(w, c->issuer_cn);
	avow_jw_name(w, "serial");
	avow_jw_hex(w, c->serial);
	put_time(w, "not_before", c->not_before_s);
	put_time(w, "not_after", c->not_after_s);
	put_hex(w, "sha256", c->sha256, sizeof(c->sha256));
	if (avow_pck_extensions_parse(c, &x, NULL) == AVOW_OK)
		put_extensions(w, &x);
}

static void
put_error(struct avow_jw *w, enum avow_err e)
{
	avow_jw_name(w, "error");
	avow_jw_str(w, avow_err_name(e));
}

static void
put_block(struct avow_jw *w, struct avow_span der)
{
	struct avow_cert *c = NULL;
	enum avow_err e = avow_cert_parse(der, &c, NULL);

	avow_jw_open(w, '{');
	if (e == AVOW_OK)
		put_cert(w, c);
	else
		put_error(w, e);
	avow_jw_close(w);
	avow_cert_free(c);
}

void
avow_pck_inspect(struct avow_span cert_data, struct avow_jw *w)
{
	struct avow_arena a;
	struct avow_pem_block *blocks = NULL;
	size_t n = 0;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(1));
	avow_jw_open(w, '[');
	e = avow_pem_parse(cert_data, AVOW_MAX_PEM_BLOCKS, &a, &blocks, &n);
	if (e != AVOW_OK) {
		avow_jw_open(w, '{');
		put_error(w, e);
		avow_jw_close(w);
	}
	for (size_t i = 0; e == AVOW_OK && i < n; i++)
		put_block(w, blocks[i].der);
	avow_jw_close(w);
	avow_arena_clear(&a);
}
