/*
 * Reading stops one byte past the limit, so that a huge file costs no more
 * than its limit. Writing follows the rename rule: a reader, or a crash, sees
 * the old file or the new one and never a part.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 8192

static enum avow_err
read_all(int fd, struct avow_buf *out)
{
	for (;;) {
		size_t room = out->max - out->n;
		size_t ask = room < CHUNK ? room + 1 : CHUNK;
		uint8_t chunk[CHUNK];
		ssize_t n = read(fd, chunk, ask > CHUNK ? CHUNK : ask);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return AVOW_E_FILE_READ;
		if (n == 0)
			return out->err;
		avow_buf_put(out, avow_span_make(chunk, (size_t)n));
		if (out->err != AVOW_OK)
			return out->err;
	}
}

enum avow_err
avow_file_read(const char *path, struct avow_buf *out)
{
	enum avow_err e;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return AVOW_E_FILE_READ;
	e = read_all(fd, out);
	close(fd);
	return e;
}

static bool
write_all(int fd, struct avow_span s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = avow_span_from(s, (size_t)n);
	}
	return true;
}

static bool
sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(copy);
	return ok;
}

enum avow_err
avow_file_write(const char *path, struct avow_span bytes, unsigned mode)
{
	size_t n = strlen(path) + sizeof(".XXXXXX");
	char *tmp = malloc(n);
	bool ok;
	int fd;

	if (!tmp)
		return AVOW_E_FILE_WRITE;
	snprintf(tmp, n, "%s.XXXXXX", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		free(tmp);
		return AVOW_E_FILE_WRITE;
	}
	ok = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
	ok = close(fd) == 0 && ok;
	ok = ok && rename(tmp, path) == 0 && sync_folder(path);
	if (!ok)
		unlink(tmp);
	free(tmp);
	return ok ? AVOW_OK : AVOW_E_FILE_WRITE;
}
