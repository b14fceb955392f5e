/*
 * The HCL blob of a TDX guest: a TDREPORT (Intel TDX Module ABI 348551,
 * TDREPORT_STRUCT) of the same TD as the quote, then the runtime data. Its MAC is
 * for the platform that made it; nobody else can check it, which is why a guest
 * sends a quote beside it.
 */
#include <string.h>

#include "crypto/digest.h"
#include "forge/hcl.h"
#include "forge/tdx_impl.h"

#define TEE_TCB_INFO 239
#define TDINFO 512

/* TEE_TCB_INFO; the second SVN is there whatever the report's version, as in real ones */
static void
put_tcb_info(const struct avow_forge_tdx *t, struct avow_buf *b)
{
	size_t at = b->n;

	forge_put_le(b, 0x301ff, 8); /* VALID */
	forge_put_bytes(b, t->tee_tcb_svn, 16);
	forge_put_bytes(b, t->mr_seam, 48);
	forge_put_bytes(b, t->mr_signer_seam, 48);
	forge_put_le(b, t->seam_attributes, 8);
	forge_put_bytes(b, t->tee_tcb_svn2, 16);
	forge_put_zeros(b, TEE_TCB_INFO - (b->n - at));
}

static enum avow_err
put_td_info(const struct forge *f, struct avow_buf *b)
{
	const struct avow_forge_tdx *t = f->tdx;
	size_t at = b->n;

	forge_put_le(b, t->td_attributes, 8);
	forge_put_le(b, t->xfam, 8);
	forge_put_bytes(b, t->mr_td, 48);
	AVOW_TRY(forge_tdx_put_config_id(f, b));
	forge_put_bytes(b, t->mr_owner, 48);
	forge_put_bytes(b, t->mr_owner_config, 48);
	for (unsigned i = 0; i < 4; i++)
		forge_put_bytes(b, t->rtmr[i], 48);
	if (t->report_15)
		forge_put_bytes(b, t->mr_service_td, 48);
	forge_put_zeros(b, TDINFO - (b->n - at));
	return b->err;
}

static enum avow_err
put_hash(const struct avow_buf *of, struct avow_buf *b)
{
	struct avow_span bytes = avow_buf_span(of);
	uint8_t digest[AVOW_SHA384_BYTES];

	AVOW_TRY(avow_digest(AVOW_SHA384, &bytes, 1, digest));
	forge_put_bytes(b, digest, sizeof(digest));
	return b->err;
}

/* REPORTMACSTRUCT, then what its hashes are of */
static enum avow_err
put_report(const struct forge *f, const struct avow_buf *tcb, const struct avow_buf *td,
	struct avow_buf *b)
{
	forge_put_le(b, f->tdx->report_15 ? 0x00010081 : 0x81, 4); /* REPORTTYPE */
	forge_put_zeros(b, 12);
	forge_put_bytes(b, f->p.cpu_svn, 16);
	AVOW_TRY(put_hash(tcb, b));
	AVOW_TRY(put_hash(td, b));
	AVOW_TRY(forge_tdx_put_report_data(f, b));
	forge_put_zeros(b, 32);
	for (unsigned i = 0; i < 32; i++) /* MAC: anybody's guess */
		avow_buf_put_byte(b, (uint8_t)(0xa0 + i));
	avow_buf_put(b, avow_buf_span(tcb));
	forge_put_zeros(b, 17);
	avow_buf_put(b, avow_buf_span(td));
	return b->err;
}

enum avow_err
forge_tdx_make_hcl(struct forge *f)
{
	struct avow_buf tcb, td, report;
	struct forge_hcl h;
	enum avow_err e;

	avow_buf_init(&tcb, FORGE_MAX_OUTPUT);
	avow_buf_init(&td, FORGE_MAX_OUTPUT);
	avow_buf_init(&report, FORGE_MAX_OUTPUT);
	put_tcb_info(f->tdx, &tcb);
	e = tcb.err == AVOW_OK ? put_td_info(f, &td) : tcb.err;
	if (e == AVOW_OK)
		e = put_report(f, &tcb, &td, &report);
	h = forge_hcl_defaults(
		FORGE_HCL_TDX, avow_buf_span(&report), avow_buf_span(&f->runtime));
	if (e == AVOW_OK)
		e = forge_put_hcl(&h, &f->hcl, NULL);
	avow_buf_clear(&tcb);
	avow_buf_clear(&td);
	avow_buf_clear(&report);
	return e;
}
