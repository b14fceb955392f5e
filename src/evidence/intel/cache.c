/* Three memos made and freed together; what goes in is decided by pck.c and qe.c. */
#include "evidence/intel/cache.h"

#include <stdlib.h>

#include "crypto/key.h"
#include "evidence/intel/pck.h"

static void
free_pck(void *p)
{
	avow_pck_free(p);
}

static void
free_key(void *k)
{
	avow_pubkey_free(k);
}

enum avow_err
avow_intel_cache_new(size_t max, struct avow_intel_cache **out)
{
	struct avow_intel_cache *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	if (avow_memo_new(max, free_pck, &c->chains) != AVOW_OK ||
		avow_memo_new(max, NULL, &c->qe_reports) != AVOW_OK ||
		avow_memo_new(max, free_key, &c->keys) != AVOW_OK) {
		avow_intel_cache_free(c);
		return AVOW_E_NO_MEMORY;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_intel_cache_free(struct avow_intel_cache *c)
{
	if (!c)
		return;
	avow_memo_free(c->chains);
	avow_memo_free(c->qe_reports);
	avow_memo_free(c->keys);
	free(c);
}
