/* Migrations as the build embeds them: numbered from 1, a zero row ends. */
#ifndef AVOW_STORE_MIGRATE_H
#define AVOW_STORE_MIGRATE_H

#include <stddef.h>

struct avow_migration {
	int version;
	const char *name;
	const char *sql;
};

extern const struct avow_migration AVOW_SQLITE_MIGRATIONS[];

#endif
