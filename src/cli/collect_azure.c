/*
 * The inner JSON of Azure's guest attestation request, gathered on an Azure guest:
 *
 *   os-release            what the guest says of itself
 *   TPM                   log, quote, certified encryption key     (collect/)
 *   HCL report in NV      which isolation, and its hardware report
 *   IMDS, or files        what that report needs beside it: the chain of AMD's
 *                         signing key, Intel's quote of the TD report
 *
 * A machine without an HCL report is a trusted launch guest. Nothing is verified.
 */
#include <string.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "cli/collect.h"
#include "cli/inputs.h"
#include "evidence/hcl/hcl.h"
#include "net/net.h"
#include "wire/json_member.h"

#define SOURCE "Azure guest attestation client, attestation parameters"
#define TD_REPORT 1024
#define IMDS_TIMEOUT_MS 10000
#define MAX_IMDS AVOW_KIB(64)

struct guest {
	struct avow_collect_run *r;
	struct avow_tss *tss;
	struct avow_jw *w;
	struct avow_arena arena;
	struct avow_buf hcl_bytes;
	struct avow_hcl hcl;
	struct avow_why *why;
};

static void
put_base64(struct avow_jw *w, const char *name, struct avow_span bytes)
{
	avow_jw_name(w, name);
	avow_jw_b64(w, bytes);
}

/* --- the platform's metadata service ------------------------------------------------------ */

/* It answers on a link-local address of plain http, and to this header alone. */
static enum avow_err
ask_imds(struct guest *g, const char *path, struct avow_span body,
	const struct avow_json **out)
{
	static const char *const metadata[] = {"Metadata: true", NULL};
	struct avow_net_request rq = {.post = body.n > 0,
		.body = body,
		.extra = metadata,
		.timeout_ms = IMDS_TIMEOUT_MS,
		.cancel = g->r->cancel,
		.allow_http = true};
	struct avow_net_response rs;
	struct avow_buf url;
	struct avow_span text;
	enum avow_err e;

	avow_buf_init(&url, 2048);
	avow_net_response_init(&rs, MAX_IMDS, NULL, 0);
	avow_buf_printf(&url, "%s%s", g->r->imds, path);
	rq.url = avow_buf_str(&url);
	e = rq.url ? avow_net_fetch(&rq, &rs, g->why) : url.err;
	if (e == AVOW_OK)
		e = avow_net_expect(&rq, &rs, 200, g->why);
	if (e == AVOW_OK) {
		text = avow_arena_copy(&g->arena, avow_buf_span(&rs.body));
		e = text.p ? avow_json_parse(text, NULL, &g->arena, out, g->why)
			   : avow_arena_err(&g->arena);
	}
	avow_net_response_clear(&rs);
	avow_buf_clear(&url);
	return e;
}

/* --- isolation ---------------------------------------------------------------------------- */

static enum avow_err
snp_chain(struct guest *g, struct avow_buf *pem)
{
	static const char *const members[] = {"vcekCert", "certificateChain"};
	const struct avow_json *o;
	struct avow_span part;

	if (g->r->certs) {
		const struct avow_at at = {"snp", "certs", "avow(1)"};
		enum avow_err e = avow_file_read(g->r->certs, pem);

		return e == AVOW_OK
			       ? e
			       : avow_refuse(g->why, e, &at, "PEM", "%s", g->r->certs);
	}
	AVOW_TRY(ask_imds(g, "/metadata/THIM/amd/certification", AVOW_LIT(""), &o));
	for (size_t i = 0; i < 2; i++) {
		AVOW_TRY(avow_json_need_string(o, members[i], &part, g->why));
		avow_buf_put(pem, part);
		if (part.n && part.p[part.n - 1] != '\n')
			avow_buf_put_byte(pem, '\n');
	}
	return pem->err;
}

static enum avow_err
snp_proof(struct guest *g, struct avow_buf *out)
{
	struct avow_buf pem;
	enum avow_err e;

	avow_buf_init(&pem, AVOW_KIB(64));
	e = snp_chain(g, &pem);
	if (e == AVOW_OK)
		e = avow_cli_put_snp(out, g->hcl.hardware, avow_buf_span(&pem));
	avow_buf_clear(&pem);
	return e;
}

static enum avow_err
tdx_proof(struct guest *g, struct avow_buf *out)
{
	const struct avow_at at = {"imds", "quote", SOURCE};
	const struct avow_json *o;
	struct avow_buf body;
	struct avow_jw w;
	struct avow_span text;
	enum avow_err e;

	avow_buf_init(&body, AVOW_KIB(4));
	avow_jw_init(&w, &body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "report");
	avow_jw_b64url(&w, avow_span_slice(g->hcl.hardware, 0, TD_REPORT));
	avow_jw_close(&w);
	e = ask_imds(g, "/acc/tdquote", avow_buf_span(&body), &o);
	avow_buf_clear(&body);
	if (e == AVOW_OK)
		e = avow_json_need_string(o, "quote", &text, g->why);
	if (e != AVOW_OK)
		return e;
	if (avow_b64_decode_lenient(text, MAX_IMDS, &g->arena, &text) != AVOW_OK ||
		text.n == 0)
		return avow_refuse(g->why, AVOW_E_COLLECT_ANSWER, &at,
			"a quote in base64url", "another");
	avow_buf_put(out, text);
	return out->err;
}

static enum avow_err
put_isolation(struct guest *g)
{
	bool is_tdx = g->hcl.report_type == AVOW_HCL_TDX;
	struct avow_buf proof;
	enum avow_err e = AVOW_OK;

	avow_jw_name(g->w, "IsolationInfo");
	avow_jw_open(g->w, '{');
	avow_jw_name(g->w, "Type");
	if (g->hcl_bytes.n == 0) {
		avow_jw_str(g->w, "TrustedLaunch");
		avow_jw_close(g->w);
		return AVOW_OK;
	}
	avow_jw_str(g->w, is_tdx ? "Tdx" : "SevSnp");
	avow_buf_init(&proof, AVOW_MIB(1));
	e = is_tdx ? tdx_proof(g, &proof) : snp_proof(g, &proof);
	avow_jw_name(g->w, "Evidence");
	avow_jw_open(g->w, '{');
	put_base64(g->w, "Proof", avow_buf_span(&proof));
	put_base64(g->w, "RunTimeData", g->hcl.runtime);
	avow_jw_close(g->w);
	avow_jw_close(g->w);
	avow_buf_clear(&proof);
	return e;
}

/* The client decides by whether the index is there; so do we. */
static enum avow_err
read_hcl(struct guest *g)
{
	const struct avow_at at = {"hcl", "report_type", SOURCE};
	struct avow_why absent;
	enum avow_err e;

	if (g->r->no_hcl)
		return AVOW_OK;
	avow_why_init(&absent);
	e = avow_tss_nv(g->tss, AVOW_COLLECT_AZURE_HCL, &g->hcl_bytes, &absent);
	if (e != AVOW_OK) {
		avow_buf_reset(&g->hcl_bytes);
		return e == AVOW_E_COLLECT_TPM ? AVOW_OK : e;
	}
	AVOW_TRY(avow_hcl_parse(avow_buf_span(&g->hcl_bytes), &g->hcl, g->why));
	if (g->hcl.report_type == AVOW_HCL_SNP || g->hcl.report_type == AVOW_HCL_TDX)
		return AVOW_OK;
	return avow_refuse(g->why, AVOW_E_COLLECT_ABSENT, &at, "2 (SNP) or 4 (TDX)",
		"%u", g->hcl.report_type);
}

/* --- the guest ----------------------------------------------------------------------------- */

static void
put_os(struct avow_jw *w)
{
	struct avow_collect_os os;
	struct avow_buf text;

	avow_buf_init(&text, AVOW_KIB(64));
	if (avow_file_read("/etc/os-release", &text) != AVOW_OK)
		avow_buf_reset(&text);
	avow_collect_os(avow_buf_span(&text), &os);
	put_base64(w, "OSType", AVOW_LIT("Linux"));
	put_base64(w, "OSDistro", os.distro);
	put_base64(w, "OSBuild", AVOW_LIT("NotApplication")); /* the client's word */
	avow_jw_put_int(w, "OSVersionMajor", os.major);
	avow_jw_put_int(w, "OSVersionMinor", os.minor);
	avow_buf_clear(&text);
}

static void
put_payload(struct avow_jw *w, const char *nonce)
{
	avow_jw_name(w, "ClientPayload");
	if (!nonce) {
		avow_jw_null(w);
		return;
	}
	avow_jw_open(w, '{');
	put_base64(w, "nonce", avow_span_str(nonce));
	avow_jw_close(w);
}

static enum avow_err
put_all(struct guest *g)
{
	avow_jw_open(g->w, '{');
	avow_jw_put_str(g->w, "AttestationProtocolVersion", "2.0");
	put_os(g->w);
	put_payload(g->w, g->r->nonce);
	AVOW_TRY(read_hcl(g));
	AVOW_TRY(put_isolation(g));
	AVOW_TRY(avow_tss_guest(g->tss, g->w, g->why));
	avow_jw_close(g->w);
	return g->w->b->err;
}

enum avow_err
avow_collect_guest(struct avow_collect_run *r, struct avow_tss *tss,
	struct avow_buf *out, struct avow_why *why)
{
	struct avow_jw w;
	struct guest g = {.r = r, .tss = tss, .w = &w, .why = why};
	enum avow_err e;

	avow_jw_init(&w, out);
	avow_arena_init(&g.arena, AVOW_MIB(4));
	avow_buf_init(&g.hcl_bytes, AVOW_MAX_HCL);
	e = put_all(&g);
	avow_buf_clear(&g.hcl_bytes);
	avow_arena_clear(&g.arena);
	return e;
}
