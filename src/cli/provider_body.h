/* What avow provider was asked for. */
#ifndef AVOW_CLI_PROVIDER_BODY_H
#define AVOW_CLI_PROVIDER_BODY_H

#include "cli/server.h"

#define AVOW_PROVIDER_MAX_PAIRS 64

/* "NAME=VALUE" as it was given. */
struct avow_provider_pairs {
	const char *items[AVOW_PROVIDER_MAX_PAIRS];
	size_t n;
};

struct avow_provider_run {
	struct avow_server server;
	const char *name; /* NULL: list */
	const char *subscription, *group, *location;
	bool has_group, no_tags, defaults;
	struct avow_provider_pairs tags, set, unset, certs;
	struct avow_buf path;
};

/** Append the body of create or update. @return AVOW_EXIT_OK, or the exit status of
 *  what is wrong with a file, which has been said. */
int avow_provider_put_body(
	struct avow_provider_run *r, bool is_create, struct avow_buf *out);

#endif
