/* Reading the accepted TCB statuses; the default is the service's. */
#include "cli/inputs.h"

#include "base/span.h"
#include "trust/tcb.h"

bool
avow_cli_accept_tcb(const char *text, unsigned *bits)
{
	struct avow_span left = avow_span_str(text);
	enum avow_tcb_status status;

	*bits = 0;
	do {
		size_t comma = avow_span_find_byte(left, ',');
		struct avow_span one = avow_span_trim(avow_span_slice(left, 0, comma));

		if (!avow_tcb_status_parse(one, &status) || status == AVOW_TCB_REVOKED)
			return false;
		*bits |= 1u << status;
		if (comma == left.n)
			return true;
		left = avow_span_from(left, comma + 1);
	} while (true);
}

unsigned
avow_cli_accept_tcb_default(void)
{
	return 1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_SW_HARDENING_NEEDED |
		1u << AVOW_TCB_CONFIGURATION_NEEDED |
		1u << AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}
