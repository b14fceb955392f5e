/* Event logs of every form: the first byte chooses the format, the rest is the log.
 * fuzz/log.h says what must hold. */
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	return fuzz_log(data + 1, n - 1, (enum avow_log_format)(data[0] % 6));
}
