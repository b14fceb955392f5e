/*
 * What a quote brings to certify its QE (the sheet sgx-quote, section 3): the PCK
 * chain as PEM in the order asked for, or one of the older types, which name the PCK
 * by PPID and TCB alone.
 */
#include "forge/internal.h"
#include "wire/pem.h"

static void
put_ca_pem(const struct forge *f, struct avow_buf *out)
{
	struct avow_buf longer;

	if (forge_bent(f, PART_CHAIN, HOW_LABEL)) {
		avow_pem_put(out, "X509 CRL", avow_buf_span(&f->ca));
		return;
	}
	if (!forge_bent(f, PART_CHAIN, HOW_NOT_CERT)) {
		avow_pem_put(out, "CERTIFICATE", avow_buf_span(&f->ca));
		return;
	}
	avow_buf_init(&longer, FORGE_MAX_OUTPUT);
	avow_buf_put(&longer, avow_buf_span(&f->ca));
	avow_buf_put_byte(&longer, 0);
	avow_pem_put(out, "CERTIFICATE", avow_buf_span(&longer));
	if (longer.err != AVOW_OK && out->err == AVOW_OK)
		out->err = longer.err;
	avow_buf_clear(&longer);
}

static void
put_root_pem(const struct forge *f, struct avow_buf *out)
{
	if (forge_bent(f, PART_CHAIN, HOW_SHORT))
		return;
	if (forge_bent(f, PART_CHAIN, HOW_ORDER)) {
		put_ca_pem(f, out);
		return;
	}
	avow_pem_put(out, "CERTIFICATE", avow_buf_span(&f->chain_root));
	if (forge_bent(f, PART_CHAIN, HOW_LONG))
		avow_pem_put(out, "CERTIFICATE", avow_buf_span(&f->chain_root));
}

static void
put_chain(const struct forge *f, struct avow_buf *out)
{
	if (forge_bent(f, PART_CHAIN, HOW_NOT_PEM)) {
		avow_buf_put(out, avow_buf_span(&f->pck));
		return;
	}
	if (f->p.order == AVOW_FORGE_ROOT_CA_LEAF) {
		put_root_pem(f, out);
		put_ca_pem(f, out);
	}
	avow_pem_put(out, "CERTIFICATE", avow_buf_span(&f->pck));
	if (forge_bent(f, PART_CHAIN, HOW_TEXT))
		avow_buf_put_str(out, "issued by nobody\n");
	if (f->p.order == AVOW_FORGE_LEAF_CA_ROOT)
		put_ca_pem(f, out);
	if (f->p.order != AVOW_FORGE_ROOT_CA_LEAF)
		put_root_pem(f, out);
	if (f->p.order == AVOW_FORGE_LEAF_ROOT_CA)
		put_ca_pem(f, out);
	if (f->p.chain_nul)
		avow_buf_put_byte(out, 0);
}

/* Types 1 to 3: PPID, clear or as long as its RSA block, then what names the PCK */
static void
put_ppid(const struct forge *f, size_t block_bytes, struct avow_buf *out)
{
	if (block_bytes == 0)
		forge_put_bytes(out, f->p.ppid, sizeof(f->p.ppid));
	for (size_t i = 0; i < block_bytes; i++)
		avow_buf_put_byte(out, (uint8_t)(i * 13 + 5));
	forge_put_bytes(out, f->p.components, sizeof(f->p.components));
	forge_put_le(out, f->p.pcesvn, 2);
	forge_put_bytes(out, f->p.pce_id, sizeof(f->p.pce_id));
}

void
forge_put_certification(const struct forge *f, struct avow_buf *out)
{
	switch (f->p.certification_type) {
	case 1:
		put_ppid(f, 0, out);
		return;
	case 2:
		put_ppid(f, 256, out);
		return;
	case 3:
		put_ppid(f, 384, out);
		return;
	case 4:
		avow_pem_put(out, "CERTIFICATE", avow_buf_span(&f->pck));
		return;
	case 5:
		put_chain(f, out);
		return;
	default: /* 6 and 7 have no form in a version 3 quote */
		avow_buf_put_str(out, "of another kind of quote");
	}
}
