/*
 * What the subcommands of `avow collateral` share: where collateral is, by what
 * roots and at what time it is judged, and how it is shown.
 */
#ifndef AVOW_CLI_COLLATERAL_H
#define AVOW_CLI_COLLATERAL_H

#include "base/arena.h"
#include "cli/cli.h"
#include "trust/anchors.h"
#include "trust/survey.h"

/* Exit statuses beside enum avow_exit's. */
#define COLLATERAL_EXPIRED 3 /* or not yet valid */
#define COLLATERAL_SOON 4

#define COLLATERAL_MAX_NAMED 256 /* platforms, signers */

struct collateral_options {
	const char *verb;
	const char *dir; /* --collateral */
	const char *data; /* --data */
	const char *out; /* -o */
	const char *key; /* --key */
	const char *source[8]; /* --source */
	size_t n_sources;
	const char *platform[COLLATERAL_MAX_NAMED];
	size_t n_platforms;
	const char *signer[COLLATERAL_MAX_NAMED];
	size_t n_signers;
	int64_t at_s, within_s;
	bool json, history, dry_run;
	struct avow_anchors *anchors;
	const char *file; /* the argument behind the options */
};

/** The folder that the options name (DATA/collateral), into b as a C string. */
const char *collateral_folder(const struct collateral_options *o, struct avow_buf *b);
/** The survey of that folder. AVOW_EXIT_OK, or complains. */
int collateral_survey(const struct collateral_options *o, struct avow_survey **out);
/** An error with its details on stderr; the exit status that it means. */
int collateral_failed(enum avow_err e, const struct avow_why *why);

/* --- collateral_show.c ----------------------------------------------------------- */

/** Print all of it, or, for show, what `only` names. */
int collateral_print(const struct collateral_options *o, const struct avow_survey *s,
	const char *only);
/** What the worst of it means as an exit status. */
int collateral_status(const struct avow_survey *s);

/* --- collateral_bundle.c ----------------------------------------------------------- */

int collateral_export(const struct collateral_options *o);
int collateral_import(const struct collateral_options *o);

#endif
