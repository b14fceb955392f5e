/*
 * An answer of Intel's PCS or a PCCS, whatever its header and body: it is read
 * without a crash, and nothing is taken that no pinned key has signed.
 */
#include <stdint.h>

#include "response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct avow_fetch_key keys[] = {
		{.kind = AVOW_FETCH_TCB_INFO, .fmspc = {0x00, 0x60, 0x6a}},
		{.kind = AVOW_FETCH_TCB_INFO, .tee = AVOW_TEE_TDX},
		{.kind = AVOW_FETCH_QE_IDENTITY},
		{.kind = AVOW_FETCH_NUMBERS},
		{.kind = AVOW_FETCH_PCK_CRL, .ca = AVOW_PCK_CA_PLATFORM},
		{.kind = AVOW_FETCH_ROOT_CRL},
	};

	return one_response(keys, sizeof(keys) / sizeof(keys[0]), data, n);
}
