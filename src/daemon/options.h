/* Private to daemon/: the command line of avowd. */
#ifndef AVOW_DAEMON_OPTIONS_H
#define AVOW_DAEMON_OPTIONS_H

#include "base/err.h"
#include "base/why.h"

struct avow_config;

enum avow_action {
	AVOW_ACTION_SERVE,
	AVOW_ACTION_CHECK, /* --check-config */
	AVOW_ACTION_PRINT, /* --print-config */
	AVOW_ACTION_VERSION,
	AVOW_ACTION_HELP
};

/**
 * Read the arguments and the configuration file that they name. Pure but for
 * that file, so that SIGHUP can do it again. *config is NULL on error, and for
 * VERSION and HELP.
 * @return AVOW_OK; AVOW_E_USAGE (an argument that is no flag, a flag without
 * its value); what config/ gives; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_options_read(int argc, const char *const *argv,
	enum avow_action *action, struct avow_config **config,
	struct avow_why *why) AVOW_CHECKED;

/** Append the text of --help. */
void avow_options_help(struct avow_buf *out);

#endif
