/*
 * The list of deviations (corrupt.def) as a table, and the question that the
 * makers ask of it: is it this that deviates?
 */
#include <string.h>

#include "forge/internal.h"

static const struct avow_forge_deviation TABLE[] = {
#define D(part_, how_, name_, file_, code_, what_)                                     \
	{.name = name_,                                                                \
		.what = what_,                                                         \
		.evidence = file_,                                                     \
		.refused_with = AVOW_E_##code_,                                        \
		.part = PART_##part_,                                                  \
		.how = HOW_##how_},
#include "forge/corrupt.def"
#undef D
};

#define N (sizeof(TABLE) / sizeof(TABLE[0]))

const struct avow_forge_deviation *
avow_forge_deviation_at(size_t i)
{
	return i < N ? &TABLE[i] : NULL;
}

const struct avow_forge_deviation *
forge_deviation_find(
	const struct avow_forge_deviation *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const struct avow_forge_deviation *
avow_forge_deviation_find(const char *name)
{
	return forge_deviation_find(TABLE, N, name);
}

bool
forge_bent(const struct forge *f, enum forge_part part, enum forge_how how)
{
	return f->bend && f->bend->part == part && f->bend->how == how;
}
