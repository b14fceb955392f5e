/* The per-worker cache: one room a maker. */
#include <stdlib.h>

#include "evidence/evidence.h"
#include "evidence/intel/cache.h"
#include "evidence/internal.h"
#include "evidence/snp/cache.h"
#include "evidence/tpm/ak.h"

#define DEFAULT_ENTRIES 4096

enum avow_err
avow_evidence_cache_new(size_t max_entries, struct avow_evidence_cache **out)
{
	struct avow_evidence_cache *c = calloc(1, sizeof(*c));
	size_t max = max_entries ? max_entries : DEFAULT_ENTRIES;

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	if (avow_intel_cache_new(max, &c->intel) != AVOW_OK ||
		avow_snp_cache_new(max, &c->snp) != AVOW_OK ||
		avow_tpm_cache_new(max, &c->tpm) != AVOW_OK) {
		avow_evidence_cache_free(c);
		return AVOW_E_NO_MEMORY;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_evidence_cache_free(struct avow_evidence_cache *c)
{
	if (!c)
		return;
	avow_intel_cache_free(c->intel);
	avow_snp_cache_free(c->snp);
	avow_tpm_cache_free(c->tpm);
	free(c);
}
