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
	const char *intel, *amd; /* bases of PCS or PCCS, and of KDS */
	const char *ca, *proxy;
	bool early;
	uint32_t number[16]; /* --number: evaluation data numbers */
	size_t n_numbers;
	const char *platform[COLLATERAL_MAX_NAMED];
	size_t n_platforms;
	const char *signer[COLLATERAL_MAX_NAMED];
	size_t n_signers;
	int64_t at_s, within_s;
	int64_t retry_for_s; /* fetch: what all pauses together may take */
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

/* --- collateral_store.c ---------------------------------------------------------- */

/** Whether that data directory has a store yet: avowd makes it. */
bool collateral_has_store(const char *data);
/** All that its store holds, every version, as files of a snapshot; in the arena. */
enum avow_err collateral_read_store(const char *data, struct avow_arena *a,
	struct avow_collateral_more **out, size_t *n,
	struct avow_why *why) AVOW_CHECKED;
/** Add what a survey verified and the store does not hold. */
enum avow_err collateral_put_store(const struct collateral_options *o,
	const struct avow_survey *s, struct avow_why *why) AVOW_CHECKED;

/* --- collateral_show.c ----------------------------------------------------------- */

/** Print all of it, or, for show, what `only` names. */
int collateral_print(const struct collateral_options *o, const struct avow_survey *s,
	const char *only);
/** What the worst of it means as an exit status. */
int collateral_status(const struct avow_survey *s);

/* --- collateral_platform.c ---------------------------------------------------------- */

struct collateral_platform {
	const char *text;
	bool is_intel, has_tee;
	enum avow_tee tee;
	uint8_t fmspc[6];
	bool has_product;
	enum avow_amd_product product;
	uint8_t chip_id[AVOW_AMD_CHIP_ID_BYTES];
	size_t n_chip_id;
	const char *tcb; /* chip=, to fetch: FMC-BL-TEE-SNP-UCODE; NULL: none */
	bool is_found; /* there is what only this platform needs */
};

/** Read "name=value,...". False when it is no platform. */
bool collateral_read_platform(const char *text, struct collateral_platform *p);
/** A chip's product is that of its certificates, where it is not named. */
void collateral_learn_product(
	struct collateral_platform *p, const struct avow_survey *s);
/** Whether one of n platforms needs the thing (none: everything is wanted); marks
 *  those that are found. */
bool collateral_is_wanted(
	struct collateral_platform *p, size_t n, const struct avow_survey_item *i);

/* --- collateral_fetch.c -------------------------------------------------------------- */

int collateral_fetch(const struct collateral_options *o);

/* --- collateral_wait.c --------------------------------------------------------------- */

/** Pauses of one call. */
struct collateral_wait {
	int64_t left_ms, next_ms;
};

void collateral_wait_init(struct collateral_wait *w, int64_t allowed_s);
/** A busy source has refused `name`: wait, and say so. @param asked_s its Retry-After,
 *  or 0. @return false when what is left does not allow it; nothing was waited. */
bool collateral_wait(struct collateral_wait *w, const char *name, int asked_s);

/* --- collateral_bundle.c ----------------------------------------------------------- */

int collateral_export(const struct collateral_options *o);
/** Sign and write a bundle of what a survey verified. */
int collateral_export_survey(const struct collateral_options *o, struct avow_survey *s);
/** Write everything of a survey but what is built in to where the options say: the
 *  store of --data where there is one, else the folder. */
enum avow_err collateral_write(const struct collateral_options *o,
	const struct avow_survey *s, struct avow_why *why) AVOW_CHECKED;
int collateral_import(const struct collateral_options *o);

#endif
