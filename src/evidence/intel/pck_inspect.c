/*
 * Shows the PCK chain of a quote to people: which platform it is (FMSPC, PPID),
 * at which TCB, and which certificates say so. Nothing here is verified, and
 * nothing here decides.
 */
#include "base/limits.h"
#include "evidence/intel/pck.h"
#include "wire/json_member.h"
#include "wire/pem.h"

static void
put_hex(struct avow_jw *w, const char *name, const void *p, size_t n)
{
	avow_jw_put_hex(w, name, avow_span_make(p, n));
}

static void
put_extensions(struct avow_jw *w, const struct avow_pck_extensions *x)
{
	avow_jw_name(w, "sgx_extension");
	avow_jw_open(w, '{');
	put_hex(w, "ppid", x->ppid, sizeof(x->ppid));
	put_hex(w, "tcb_components", x->components, sizeof(x->components));
	avow_jw_put_int(w, "pcesvn", x->pcesvn);
	put_hex(w, "cpu_svn", x->cpu_svn, sizeof(x->cpu_svn));
	put_hex(w, "pce_id", x->pce_id, sizeof(x->pce_id));
	put_hex(w, "fmspc", x->fmspc, sizeof(x->fmspc));
	avow_jw_put_int(w, "sgx_type", x->sgx_type);
	if (x->is_platform) {
		put_hex(w, "platform_instance_id", x->platform_instance_id,
			sizeof(x->platform_instance_id));
		avow_jw_put_bool(w, "dynamic_platform", x->dynamic_platform);
		avow_jw_put_bool(w, "cached_keys", x->cached_keys);
		avow_jw_put_bool(w, "smt_enabled", x->smt_enabled);
	}
	avow_jw_close(w);
}

static void
put_cert(struct avow_jw *w, const struct avow_cert *c)
{
	struct avow_pck_extensions x;

	avow_jw_put_str(w, "subject", c->subject_cn);
	avow_jw_put_str(w, "issuer", c->issuer_cn);
	avow_jw_put_hex(w, "serial", c->serial);
	avow_jw_put_time(w, "not_before", c->not_before_s);
	avow_jw_put_time(w, "not_after", c->not_after_s);
	put_hex(w, "sha256", c->sha256, sizeof(c->sha256));
	if (avow_pck_extensions_parse(c, &x, NULL) == AVOW_OK)
		put_extensions(w, &x);
}

static void
put_error(struct avow_jw *w, enum avow_err e)
{
	avow_jw_put_str(w, "error", avow_err_name(e));
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
