/*
 * Logs in TCG's crypto-agile form with one bank (the sheet tcg-eventlog, 2): the
 * Spec ID record of SHA-1 form, then events that extend the register given.
 */
#include "forge/log.h"

#include <string.h>

#include "forge/internal.h"

/* TCG_EfiSpecIdEvent inside a TCG_PCR_EVENT */
void
forge_log_spec_id(struct avow_buf *b, unsigned index, const struct forge_bank *bank)
{
	forge_put_le(b, index, 4);
	forge_put_le(b, FORGE_EV_NO_ACTION, 4);
	forge_put_zeros(b, 20);
	forge_put_le(b, 16 + 4 + 4 + 4 + 4 + 1, 4);
	avow_buf_put_str(b, "Spec ID Event03");
	avow_buf_put_byte(b, 0);
	forge_put_le(b, 0, 4); /* platform class: client */
	avow_buf_put_byte(b, 0);
	avow_buf_put_byte(b, 2); /* 2.0 errata 0, UINTN of 64 bits */
	avow_buf_put_byte(b, 0);
	avow_buf_put_byte(b, 2);
	forge_put_le(b, 1, 4);
	forge_put_le(b, bank->tpm_alg, 2);
	forge_put_le(b, avow_hash_bytes(bank->hash), 2);
	avow_buf_put_byte(b, 0);
}

enum avow_err
forge_log_event(struct avow_buf *b, const struct forge_bank *bank,
	const struct forge_log_entry *e, uint8_t *value)
{
	size_t n = avow_hash_bytes(bank->hash);
	uint8_t digest[AVOW_MAX_DIGEST], next[AVOW_MAX_DIGEST];
	struct avow_span both[2] = {avow_span_make(value, n)};

	AVOW_TRY(avow_digest(bank->hash, &e->measured, 1, digest));
	both[1] = avow_span_make(digest, n);
	AVOW_TRY(avow_digest(bank->hash, both, 2, next));
	memcpy(value, next, n);
	forge_put_le(b, e->index, 4);
	forge_put_le(b, e->type, 4);
	forge_put_le(b, 1, 4);
	forge_put_le(b, bank->tpm_alg, 2);
	forge_put_bytes(b, digest, n);
	forge_put_le(b, e->data.n, 4);
	avow_buf_put(b, e->data);
	return b->err;
}
