/*
 * A TD's event log (CCEL; the sheet tcg-eventlog, section 10): TCG's crypto-agile
 * form with SHA-384 alone, a Spec ID record of SHA-1 form, events of registers 1 to
 * 3 (RTMR0 to RTMR2), and the rest of the area all ones.
 */
#include <string.h>

#include "forge/log.h"
#include "forge/tdx_impl.h"

#define AREA 4096

static const struct {
	unsigned index; /* CC measurement register */
	uint32_t type;
	const char *data;
	size_t n;
} EVENTS[] = {
	{1, FORGE_EV_IPL, "simulated firmware configuration", 32},
	{1, FORGE_EV_SEPARATOR, "\0\0\0", 4},
	{2, FORGE_EV_IPL, "simulated boot loader", 21},
	{2, FORGE_EV_SEPARATOR, "\0\0\0", 4},
	{3, FORGE_EV_IPL, "simulated kernel", 16},
};

static const struct forge_bank BANK = {AVOW_SHA384, 0x0c};

static enum avow_err
put_event(struct avow_buf *b, size_t i, uint8_t rtmr[48])
{
	struct avow_span data = avow_span_make(EVENTS[i].data, EVENTS[i].n);
	const struct forge_log_entry e = {EVENTS[i].index, EVENTS[i].type, data, data};

	return forge_log_event(b, &BANK, &e, rtmr);
}

enum avow_err
forge_tdx_make_log(struct forge *f, struct avow_forge_tdx *t)
{
	size_t n = sizeof(EVENTS) / sizeof(EVENTS[0]), before = 0;
	struct avow_buf *b = &f->event_log;

	memset(t->rtmr, 0, 3 * sizeof(t->rtmr[0]));
	forge_log_spec_id(b, 1, &BANK);
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
