/* Linux IMA lists, binary and text; fuzz/log.h says what must hold. */
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	return fuzz_log(data, n, AVOW_LOG_IMA);
}
