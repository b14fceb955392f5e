/*
 * What avow forge knows of a kind: the flags that are nothing but a value
 * of the parameters, and the calls that fill in, list and make. One table each; the help is forge.c's.
 */
#ifndef AVOW_CLI_FORGE_KINDS_H
#define AVOW_CLI_FORGE_KINDS_H

#include <stddef.h>

#include "base/buf.h"
#include "forge/forge.h"
#include "forge/snp.h"
#include "forge/tdx.h"
#include "forge/vbs.h"

#define FORGE_MAX_ADVISORIES 32
#define FORGE_MAX_FILES_READ 4

/* One run: the parameters, and what they borrow. */
struct forge_run {
	union {
		struct avow_forge_sgx sgx;
		struct avow_forge_snp snp;
		struct avow_forge_tdx tdx;
		struct avow_forge_vbs vbs;
	} p;
	const char *out;
	bool list;
	struct avow_buf files[FORGE_MAX_FILES_READ];
	size_t n_files;
	const char *advisories[FORGE_MAX_ADVISORIES + 1];
	size_t n_advisories;
};

enum forge_row_type {
	ROW_HEX, /* exactly its bytes */
	ROW_NUMBER, /* of 1, 2, 4 or 8 bytes */
	ROW_FLAG,
	ROW_TEXT,
	ROW_TIME,
	ROW_FILE, /* a struct avow_span: the file's bytes */
	ROW_OTHER /* the kind's own: other() */
};

struct forge_row {
	const char *name;
	enum forge_row_type type;
	size_t offset, size; /* in the parameters */
	size_t flag; /* offset of the bool that says it was given; 0: none */
};

#define FORGE_ROW(kind, name, type, field)                                             \
	{                                                                              \
		name, type, offsetof(struct avow_forge_##kind, field),                 \
			sizeof(((struct avow_forge_##kind *)NULL)->field), 0           \
	}
#define FORGE_ROW_HAS(kind, name, type, field, has)                                    \
	{                                                                              \
		name, type, offsetof(struct avow_forge_##kind, field),                 \
			sizeof(((struct avow_forge_##kind *)NULL)->field),             \
			offsetof(struct avow_forge_##kind, has)                        \
	}
#define FORGE_OTHER(name)                                                              \
	{                                                                              \
		name, ROW_OTHER, 0, 0, 0                                               \
	}

struct forge_kind {
	const char *name;
	const struct forge_row *rows;
	size_t n_rows;
	void (*defaults)(struct forge_run *r, int64_t at_s);
	/* a row of type ROW_OTHER; false: a wrong value. NULL: it has none */
	bool (*other)(struct forge_run *r, const char *name, const char *text);
	const struct avow_forge_deviation *(*deviation_at)(size_t i);
	enum avow_err (*make)(const struct forge_run *r, struct avow_forged **out,
		struct avow_why *why);
};

extern const struct forge_kind forge_kind_sgx, forge_kind_snp, forge_kind_tdx,
	forge_kind_vbs;

#endif
