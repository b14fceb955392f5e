/*
 * configfs-tsm for tests, preloaded: a folder made under $FAKE_TSM/report is born with
 * the attributes of $FAKE_TSM/template, `generation` counts the writes to `inblob`,
 * and rmdir moves the folder to $FAKE_TSM/removed, where a test looks at it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT 1024

static int writes;

static bool
is_ours(const char *path)
{
	const char *dir = getenv("FAKE_TSM");
	char report[TEXT];

	snprintf(report, sizeof(report), "%s/report/", dir ? dir : "");
	return dir && strncmp(path, report, strlen(report)) == 0;
}

static bool
ends_with(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash + 1, name) == 0;
}

static int
real_open(const char *path, int flags, mode_t mode)
{
	int (*open_)(const char *, int, ...) =
		(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");

	return open_(path, flags, mode);
}

static void
put(const char *dir, const char *name, const void *p, size_t n)
{
	char path[TEXT * 2];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = real_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

static void
put_template(const char *dir, const char *name)
{
	static char bytes[1 << 16];
	char path[TEXT];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/template/%s", getenv("FAKE_TSM"), name);
	fd = real_open(path, O_RDONLY, 0);
	if (fd < 0)
		return;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	put(dir, name, bytes, n > 0 ? (size_t)n : 0);
}

int
mkdir(const char *path, mode_t mode)
{
	static const char *const names[] = {"provider", "outblob", "auxblob"};
	int (*mkdir_)(const char *, mode_t) =
		(int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
	int result = mkdir_(path, mode);

	if (result != 0 || !is_ours(path))
		return result;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put_template(path, names[i]);
	put(path, "inblob", "", 0);
	put(path, "generation", "0\n", 2);
	return 0;
}

int
rmdir(const char *path)
{
	int (*rmdir_)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "rmdir");
	char to[TEXT];

	if (!is_ours(path))
		return rmdir_(path);
	snprintf(to, sizeof(to), "%s/removed", getenv("FAKE_TSM"));
	return rename(path, to);
}

static int
open_any(const char *path, int flags, mode_t mode)
{
	char dir[TEXT], text[16];

	if (is_ours(path) && ends_with(path, "inblob") &&
		(flags & O_ACCMODE) == O_WRONLY) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path),
			path);
		snprintf(text, sizeof(text), "%d\n", ++writes);
		put(dir, "generation", text, strlen(text));
	}
	return real_open(path, flags, mode);
}

/* With 64-bit offsets, as all of this is built, its symbol is open64. */
int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_any(path, flags, mode);
}
