/* Private to machine/: an alert as a log line and as a signed webhook. */
#ifndef AVOW_MACHINE_ALERT_H
#define AVOW_MACHINE_ALERT_H

#include "machine/machine.h"

struct avow_alert {
	const char *event; /* machine_new, _changed, _failing, _good_again, _silent,
				_heard */
	struct avow_span provider, machine, kind, label;
	int64_t at_s;
	int64_t since_s; /* silent, heard: when it was last heard; else 0 */
	const char *code; /* failing: the error's name; else NULL */
	struct avow_span was, now; /* changed: the states */
	struct avow_arena *arena; /* changed: for the comparison */
};

struct avow_alerts;

/** As avow_machines_new. Without a webhook there is no thread. */
enum avow_err avow_alerts_new(const struct avow_machines_settings *s,
	struct avow_alerts **out, struct avow_why *why) AVOW_CHECKED;
/** NULL is fine. Stops at once: what was not delivered is logged as such. */
void avow_alerts_free(struct avow_alerts *a);
/** Log it and queue it; never blocks for the network. */
void avow_alerts_tell(struct avow_alerts *a, const struct avow_alert *alert);
void avow_alerts_count(struct avow_alerts *a, uint64_t *told, uint64_t *undelivered);

#endif
