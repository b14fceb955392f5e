/*
 * An answer of AMD's KDS or a mirror, whatever its body: it is read without a
 * crash, and nothing is taken that no pinned key has signed.
 */
#include <stdint.h>

#include "response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct avow_fetch_key keys[] = {
		{.kind = AVOW_FETCH_VCEK, .chip_id = {1}},
		{.kind = AVOW_FETCH_VCEK,
			.product = AVOW_AMD_TURIN,
			.chip_id = {1, 2, 3, 4, 5, 6, 7, 8}},
		{.kind = AVOW_FETCH_AMD_CHAIN},
		{.kind = AVOW_FETCH_AMD_CHAIN,
			.product = AVOW_AMD_GENOA,
			.vek = AVOW_AMD_VLEK},
		{.kind = AVOW_FETCH_AMD_CRL},
	};

	return one_response(keys, sizeof(keys) / sizeof(keys[0]), data, n);
}
