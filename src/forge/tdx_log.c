/*
 * A TD's event log (CCEL; the sheet tcg-eventlog, section 10): TCG's crypto-agile
 * form with SHA-384 alone, a Spec ID record of SHA-1 form, events of registers 1 to
 * 3 (RTMR0 to RTMR2), and the rest of the area all ones.
 */
#include <string.h>

#include "crypto/digest.h"
#include "forge/tdx_impl.h"

#define AREA 4096
#define EV_NO_ACTION 3u
#define EV_SEPARATOR 4u
#define EV_IPL 13u
#define TPM_ALG_SHA384 0x0c

static const struct {
	unsigned index; /* CC measurement register */
	uint32_t type;
	const char *data;
	size_t n;
} EVENTS[] = {
	{1, EV_IPL, "simulated firmware configuration", 32},
	{1, EV_SEPARATOR, "\0\0\0", 4},
	{2, EV_IPL, "simulated boot loader", 21},
	{2, EV_SEPARATOR, "\0\0\0", 4},
	{3, EV_IPL, "simulated kernel", 16},
};

/* TCG_EfiSpecIdEvent inside a TCG_PCR_EVENT */
static void
put_spec_id(struct avow_buf *b)
{
	forge_put_le(b, 1, 4);
	forge_put_le(b, EV_NO_ACTION, 4);
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
	forge_put_le(b, TPM_ALG_SHA384, 2);
	forge_put_le(b, 48, 2);
	avow_buf_put_byte(b, 0);
}

static enum avow_err
put_event(struct avow_buf *b, size_t i, uint8_t rtmr[48])
{
	struct avow_span data = avow_span_make(EVENTS[i].data, EVENTS[i].n), both[2];
	uint8_t digest[AVOW_SHA384_BYTES], next[AVOW_SHA384_BYTES];

	AVOW_TRY(avow_digest(AVOW_SHA384, &data, 1, digest));
	both[0] = avow_span_make(rtmr, 48);
	both[1] = avow_span_make(digest, sizeof(digest));
	AVOW_TRY(avow_digest(AVOW_SHA384, both, 2, next));
	memcpy(rtmr, next, sizeof(next));
	forge_put_le(b, EVENTS[i].index, 4);
	forge_put_le(b, EVENTS[i].type, 4);
	forge_put_le(b, 1, 4);
	forge_put_le(b, TPM_ALG_SHA384, 2);
	forge_put_bytes(b, digest, sizeof(digest));
	forge_put_le(b, data.n, 4);
	avow_buf_put(b, data);
	return b->err;
}

enum avow_err
forge_tdx_make_log(struct forge *f, struct avow_forge_tdx *t)
{
	size_t n = sizeof(EVENTS) / sizeof(EVENTS[0]), before = 0;
	struct avow_buf *b = &f->event_log;

	memset(t->rtmr, 0, 3 * sizeof(t->rtmr[0]));
	put_spec_id(b);
	for (size_t i = 0; i < n; i++) {
		before = b->n;
		AVOW_TRY(put_event(b, i, t->rtmr[EVENTS[i].index - 1]));
	}
	if (b->err != AVOW_OK)
		return b->err;
	if (forge_bent(f, PART_LOG, HOW_BODY))
		b->p[before + 20] ^= 1;
	if (forge_bent(f, PART_LOG, HOW_SHORT))
		b->n = before;
	if (forge_bent(f, PART_LOG, HOW_TRUNCATED)) {
		b->n--;
		return AVOW_OK;
	}
	while (b->err == AVOW_OK && b->n < AREA)
		avow_buf_put_byte(b, 0xff);
	return b->err;
}
