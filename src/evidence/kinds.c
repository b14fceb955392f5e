/* The only list of kinds. */
#include <stddef.h>

#include "evidence/evidence.h"
#include "evidence/internal.h"

static const struct avow_kind *const kinds[] = {
	&avow_kind_sgx,
	&avow_kind_oe,
	&avow_kind_snp,
	&avow_kind_tdx,
	&avow_kind_tpm,
	&avow_kind_azureguest,
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct avow_kind *
avow_kind_at(size_t i)
{
	return i < N_KINDS ? kinds[i] : NULL;
}

const struct avow_kind *
avow_kind_by_name(struct avow_span name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (avow_span_eq_str(name, kinds[i]->name))
			return kinds[i];
	return NULL;
}

const struct avow_kind *
avow_kind_by_api_name(struct avow_span name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (avow_span_eq_fold(name, avow_span_str(kinds[i]->api_name)))
			return kinds[i];
	return NULL;
}
