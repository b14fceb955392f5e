/*
 * Open Enclave's headers before a quote that is made (the sheet sgx-quote, section
 * 4): report.bin and evidence.bin.
 */
#include "forge/internal.h"

void
forge_put_oe_report(const struct forge *f, struct avow_buf *out)
{
	forge_put_le(out, forge_bent(f, PART_OE, HOW_VERSION) ? 2 : 1, 4);
	forge_put_le(out, forge_bent(f, PART_OE, HOW_TYPE) ? 1 : 2, 4);
	forge_put_le(out,
		f->quote.n + (forge_bent(f, PART_OE, HOW_LENGTH_LONG) ? 1u : 0u), 8);
	avow_buf_put(out, avow_buf_span(&f->quote));
}

/* The format "SGX ECDSA": the quote, then the custom claims that it binds. */
void
forge_put_oe_evidence(const struct forge *f, struct avow_buf *out)
{
	static const uint8_t uuid[16] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
		0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
	size_t n = f->quote.n + f->p.runtime_data.n;

	forge_put_le(out, forge_bent(f, PART_OE, HOW_EVIDENCE_VERSION) ? 2 : 1, 4);
	forge_put_bytes(out, uuid, sizeof(uuid));
	if (forge_bent(f, PART_OE, HOW_ID))
		forge_flip(out, 1);
	forge_put_le(
		out, n - (forge_bent(f, PART_OE, HOW_EVIDENCE_LENGTH) ? 1u : 0u), 8);
	avow_buf_put(out, avow_buf_span(&f->quote));
	avow_buf_put(out, f->p.runtime_data);
	if (forge_bent(f, PART_OE, HOW_BODY))
		forge_flip(out, 1);
}
