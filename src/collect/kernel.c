/* The kernel's doors themselves. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "collect/collect.h"

static int
make_dir(void *ctx, const char *path)
{
	(void)ctx;
	return mkdir(path, 0700);
}

static int
remove_dir(void *ctx, const char *path)
{
	(void)ctx;
	return rmdir(path);
}

static bool
read_file(void *ctx, const char *path, struct avow_buf *out)
{
	(void)ctx;
	return avow_file_read(path, out) == AVOW_OK;
}

/* An attribute takes its value in one write, and is never made. */
static bool
write_file(void *ctx, const char *path, struct avow_span bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	(void)ctx;
	if (fd < 0)
		return false;
	do
		n = write(fd, bytes.p, bytes.n);
	while (n < 0 && errno == EINTR);
	return close(fd) == 0 && n == (ssize_t)bytes.n;
}

static int
ask_device(void *ctx, const char *path, unsigned long request, void *arg)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), result;

	(void)ctx;
	if (fd < 0)
		return -1;
	result = ioctl(fd, request, arg);
	close(fd);
	return result;
}

const struct avow_collect_io avow_collect_kernel = {
	.mkdir = make_dir,
	.rmdir = remove_dir,
	.read = read_file,
	.write = write_file,
	.device = ask_device,
};

bool
avow_collect_readable(const char *path)
{
	return access(path, R_OK) == 0;
}

void
avow_collect_report_init(struct avow_collect_report *r)
{
	avow_buf_init(&r->report, AVOW_KIB(64));
	avow_buf_init(&r->certs, AVOW_KIB(64));
}

void
avow_collect_report_clear(struct avow_collect_report *r)
{
	avow_buf_clear(&r->report);
	avow_buf_clear(&r->certs);
}
