/*
 * The data directory: made at first start, closed to others, and locked, so
 * that two services never write one store and one key set in turns. The lock
 * is the kernel's (flock): it ends with the process however that ends.
 */
#include "daemon/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *dir, const char *what)
{
	static const struct avow_at at = {"data_dir", "data", "docs/operate.md"};

	avow_refuse(why, code, &at, NULL, "%s", what);
	avow_why_document(why, "%s", dir);
	return code;
}

enum avow_err
avow_datadir_make(const char *dir, struct avow_why *why)
{
	char path[PATH_MAX];
	size_t n = strlen(dir);

	if (n == 0 || n >= sizeof(path))
		return refuse(why, AVOW_E_FILE_WRITE, dir, "no usable path");
	memcpy(path, dir, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return refuse(why, AVOW_E_FILE_WRITE, path, strerror(errno));
		path[i] = i < n ? '/' : '\0';
	}
	return AVOW_OK;
}

enum avow_err
avow_datadir_make_collateral(
	const char *dir, const char *collateral, struct avow_why *why)
{
	struct avow_span own = avow_span_str(dir), named = avow_span_str(collateral);

	if (!avow_span_starts(named, own) ||
		!avow_span_eq_str(avow_span_from(named, own.n), "/collateral"))
		return AVOW_OK;
	return avow_datadir_make(collateral, why);
}

/* Readable by others: keys in it have mode 0600 all the same, so say it and go
 * on rather than change what the operator has set. */
static void
check_mode(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) == 0 && (st.st_mode & 077))
		AVOW_LOG(AVOW_LOG_WARN, "data_dir_open_to_others",
			AVOW_LOGI("mode", (int64_t)(st.st_mode & 0777)));
}

enum avow_err
avow_datadir_open(const char *dir, int *lock, struct avow_why *why)
{
	char path[PATH_MAX];
	int n;

	*lock = -1;
	AVOW_TRY(avow_datadir_make(dir, why));
	check_mode(dir);
	n = snprintf(path, sizeof(path), "%s/lock", dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return refuse(why, AVOW_E_FILE_WRITE, dir, "too long a path");
	*lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*lock < 0)
		return refuse(why, AVOW_E_FILE_WRITE, path, strerror(errno));
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
		return AVOW_OK;
	n = errno;
	close(*lock);
	*lock = -1;
	return refuse(why, n == EWOULDBLOCK ? AVOW_E_DATA_IN_USE : AVOW_E_FILE_WRITE,
		dir, strerror(n));
}
