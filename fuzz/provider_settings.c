/*
 * A provider's settings, any bytes. Properties: what is judged good is read, and
 * its canonical form is good, canonical, and says the same.
 */
#include <stdlib.h>

#include "api/provider_settings.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span json = avow_span_make(data, n), once, twice;
	struct avow_provider_settings s, t;
	struct avow_arena a;
	struct avow_why why;

	avow_arena_init(&a, AVOW_MIB(16));
	avow_why_init(&why);
	if (avow_provider_settings_judge(json, &a, &once, &why) == AVOW_OK) {
		if (avow_provider_settings_read(json, &a, &s, NULL) != AVOW_OK ||
			avow_provider_settings_read(once, &a, &t, NULL) != AVOW_OK ||
			avow_provider_settings_judge(once, &a, &twice, NULL) !=
				AVOW_OK ||
			!avow_span_eq(once, twice))
			abort();
		if (s.accept_tcb != t.accept_tcb || s.grace_s != t.grace_s ||
			s.has_grace != t.has_grace || s.tpm_is_open != t.tpm_is_open)
			abort();
	}
	avow_arena_clear(&a);
	return 0;
}
