/* Private to daemon/: log records to standard error, off the workers' threads. */
#ifndef AVOW_DAEMON_LOGSINK_H
#define AVOW_DAEMON_LOGSINK_H

#include "base/err.h"
#include "base/log.h"

/** Start the writer's thread and send records there. Once a process. */
enum avow_err avow_logsink_start(enum avow_log_level least) AVOW_CHECKED;
/** Write what is left, and go back to dropping. */
void avow_logsink_stop(void);

#endif
