/*
 * The HCL report. Properties: what is taken apart goes together again, byte for
 * byte; the runtime data lies inside the input; the fields can be written.
 */
#include <stdlib.h>
#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "evidence/hcl/hcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
put32(uint8_t *p, size_t at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		p[at + i] = (uint8_t)(v >> 8 * i);
}

/* The 16 bytes at 16 are nobody's: a status and reserved, taken as they are. */
static void
goes_together(const struct avow_hcl *h, const uint8_t *data, size_t n)
{
	uint8_t *p = calloc(1, n);

	must(p != NULL);
	memcpy(p, "HCLA", 4);
	put32(p, 4, h->version);
	put32(p, 8, h->report_size);
	put32(p, 12, h->request_type);
	memcpy(p + 16, data + 16, 16);
	memcpy(p + 32, h->hardware.p, h->hardware.n);
	put32(p, 1216, h->data_size);
	put32(p, 1220, h->data_version);
	put32(p, 1224, h->report_type);
	put32(p, 1228, h->hash_type);
	put32(p, 1232, (uint32_t)h->runtime.n);
	if (h->runtime.n)
		memcpy(p + 1236, h->runtime.p, h->runtime.n);
	must(memcmp(p, data, n) == 0);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_why why;
	struct avow_hcl h;
	struct avow_buf b;
	struct avow_jw w;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_hcl_parse(avow_span_make(data, n), &h, &why);
	must(e == why.code);
	must(e == AVOW_OK || h.hardware.n == 0);
	if (e != AVOW_OK)
		return 0;
	goes_together(&h, data, n);
	avow_buf_init(&b, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_hcl_inspect(&h, &w);
	avow_jw_close(&w);
	must(b.err == AVOW_OK);
	avow_buf_clear(&b);
	return 0;
}
