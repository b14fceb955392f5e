/*
 * configfs-tsm: one entry a report. Writing inblob raises `generation`, so that
 * a reader knows whether somebody else wrote between the question and the
 * answer; the entry is removed whatever happens.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "collect/collect.h"

#define PATH_TEXT 512

struct entry {
	const struct avow_collect_io *io;
	char dir[PATH_TEXT - 32];
};

static enum avow_err
refuse(struct avow_why *why, enum avow_err e, const char *field, const char *expected,
	const char *got)
{
	const struct avow_at at = {"tsm", field, "Linux ABI configfs-tsm"};

	return avow_refuse(why, e, &at, expected, "%s", got);
}

static void
path_of(const struct entry *e, const char *name, char out[PATH_TEXT])
{
	snprintf(out, PATH_TEXT, "%s/%s", e->dir, name);
}

static enum avow_err
read_attribute(const struct entry *e, const char *name, struct avow_buf *out,
	struct avow_why *why)
{
	char path[PATH_TEXT];

	path_of(e, name, path);
	if (!e->io->read(e->io->ctx, path, out))
		return refuse(why, out->err ? out->err : AVOW_E_FILE_READ, name,
			"a readable attribute", path);
	return AVOW_OK;
}

/* A short text attribute without its line end. */
static enum avow_err
read_text(const struct entry *e, const char *name, char *out, size_t n,
	struct avow_why *why)
{
	struct avow_buf b;
	struct avow_span text;
	enum avow_err err;

	avow_buf_init(&b, AVOW_KIB(4));
	err = read_attribute(e, name, &b, why);
	text = avow_span_trim(avow_buf_span(&b));
	if (err == AVOW_OK)
		snprintf(out, n, "%.*s", AVOW_FMT(text));
	avow_buf_clear(&b);
	return err;
}

static enum avow_err
generation(const struct entry *e, uint64_t *out, struct avow_why *why)
{
	char text[32], *end;

	AVOW_TRY(read_text(e, "generation", text, sizeof(text), why));
	*out = strtoull(text, &end, 10);
	return end != text && *end == '\0'
		       ? AVOW_OK
		       : refuse(why, AVOW_E_FILE_READ, "generation", "a number", text);
}

static enum avow_err
check_provider(const struct entry *e, const char *provider, struct avow_why *why)
{
	char text[64];

	AVOW_TRY(read_text(e, "provider", text, sizeof(text), why));
	if (strcmp(text, provider) != 0)
		return refuse(why, AVOW_E_COLLECT_ABSENT, "provider", provider, text);
	return AVOW_OK;
}

static enum avow_err
read_certs(const struct entry *e, struct avow_buf *pem, struct avow_why *why)
{
	struct avow_buf table;
	char path[PATH_TEXT];
	enum avow_err err = AVOW_OK;

	avow_buf_init(&table, AVOW_KIB(64));
	path_of(e, "auxblob", path);
	/* Not every host gives certificates. */
	if (e->io->read(e->io->ctx, path, &table))
		err = avow_collect_cert_table(avow_buf_span(&table), pem, why);
	avow_buf_clear(&table);
	return err;
}

static enum avow_err
ask(const struct entry *e, const char *provider, const uint8_t *data,
	struct avow_collect_report *out, struct avow_why *why)
{
	uint64_t before, after;
	char path[PATH_TEXT];

	AVOW_TRY(check_provider(e, provider, why));
	AVOW_TRY(generation(e, &before, why));
	path_of(e, "inblob", path);
	if (!e->io->write(
		    e->io->ctx, path, avow_span_make(data, AVOW_COLLECT_REPORT_DATA)))
		return refuse(why, AVOW_E_COLLECT_ABSENT, "inblob",
			"a write of 64 bytes", "a refusal");
	AVOW_TRY(read_attribute(e, "outblob", &out->report, why));
	if (strcmp(provider, "sev_guest") == 0)
		AVOW_TRY(read_certs(e, &out->certs, why));
	AVOW_TRY(generation(e, &after, why));
	if (after != before + 1)
		return refuse(why, AVOW_E_COLLECT_CHANGED, "generation",
			"one more than before", "another");
	return AVOW_OK;
}

enum avow_err
avow_collect_tsm(const struct avow_collect_io *io, const char *dir,
	const char *provider, const uint8_t data[AVOW_COLLECT_REPORT_DATA],
	struct avow_collect_report *out, struct avow_why *why)
{
	struct entry e = {.io = io};
	enum avow_err err;
	int n;

	n = snprintf(e.dir, sizeof(e.dir), "%s/avow-%ld", dir, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(e.dir))
		return AVOW_E_TOO_LARGE;
	if (io->mkdir(io->ctx, e.dir) != 0)
		return refuse(
			why, AVOW_E_COLLECT_ABSENT, "report", "configfs-tsm", dir);
	err = ask(&e, provider, data, out, why);
	io->rmdir(io->ctx, e.dir);
	return err;
}
