/* How long `avow attest --watch` waits: apart from the clock, so that it is tested. */
#include "cli/watch.h"

#define FIRST_RETRY_MS 5000

int64_t
avow_watch_delay_ms(int64_t every_ms, unsigned failures, uint32_t random)
{
	int64_t delay = FIRST_RETRY_MS;

	if (failures == 0)
		return every_ms - random % (every_ms / 10 + 1);
	while (--failures > 0 && delay < every_ms)
		delay *= 2;
	if (delay > every_ms)
		delay = every_ms;
	return delay - random % (delay / 4 + 1);
}
