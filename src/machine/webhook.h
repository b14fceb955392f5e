/* Private to machine/: the queue behind the webhook. */
#ifndef AVOW_MACHINE_WEBHOOK_H
#define AVOW_MACHINE_WEBHOOK_H

#include "machine/alert.h"

/** Queue a body for delivery (when there is a webhook) and count it. Takes the
 *  bytes over. */
void avow_webhook_put(struct avow_alerts *a, struct avow_buf *body);

#endif
