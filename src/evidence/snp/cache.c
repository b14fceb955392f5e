/* Three memos made and freed together; what goes in is decided by certs.c, crl.c and
 * uvm_set.c. */
#include "evidence/snp/cache.h"

#include <stdlib.h>

#include "evidence/snp/certs.h"
#include "evidence/snp/uvm_memo.h"

static void
free_chain(void *p)
{
	avow_amd_chain_clear(p);
	free(p);
}

enum avow_err
avow_snp_cache_new(size_t max, struct avow_snp_cache **out)
{
	struct avow_snp_cache *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	if (avow_memo_new(max, free_chain, &c->chains) != AVOW_OK ||
		avow_memo_new(max, NULL, &c->crls) != AVOW_OK ||
		avow_uvm_memo_new(&c->uvms) != AVOW_OK) {
		avow_snp_cache_free(c);
		return AVOW_E_NO_MEMORY;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_snp_cache_free(struct avow_snp_cache *c)
{
	if (!c)
		return;
	avow_memo_free(c->chains);
	avow_memo_free(c->crls);
	avow_memo_free(c->uvms);
	free(c);
}
