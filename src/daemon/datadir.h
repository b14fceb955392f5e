/* Private to daemon/: the data directory, used by one avowd at a time. */
#ifndef AVOW_DAEMON_DATADIR_H
#define AVOW_DAEMON_DATADIR_H

#include "base/err.h"
#include "base/why.h"

/**
 * Make the folder (0700, with its parents) when it is not there, and lock it
 * for this process's life. *lock is a descriptor, closed at exit.
 * @return AVOW_OK; AVOW_E_FILE_WRITE (cannot be made or used);
 * AVOW_E_DATA_IN_USE (another avowd has it).
 */
enum avow_err avow_datadir_open(
	const char *dir, int *lock, struct avow_why *why) AVOW_CHECKED;

/**
 * The collateral folder, when it is the data directory's own: made empty at
 * first start, so that avowd starts before there is any collateral. A folder
 * that the operator named elsewhere is not made: its name may be wrong.
 * @return AVOW_OK or AVOW_E_FILE_WRITE.
 */
enum avow_err avow_datadir_make_collateral(
	const char *dir, const char *collateral, struct avow_why *why) AVOW_CHECKED;

/** mkdir -p, 0700. @return AVOW_OK or AVOW_E_FILE_WRITE. */
enum avow_err avow_datadir_make(const char *dir, struct avow_why *why) AVOW_CHECKED;

#endif
