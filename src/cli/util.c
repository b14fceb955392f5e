/*
 * What several subcommands share: reading input in any of the forms that
 * people keep evidence in, and saying what went wrong in one way.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "wire/json_member.h"

int
avow_cli_usage(const struct avow_cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "avow %s: ", cmd->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%s", cmd->usage);
	return AVOW_EXIT_USAGE;
}

bool
avow_cli_wants_help(const struct avow_cmd *cmd, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return false;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(cmd->usage, stdout);
			return true;
		}
	}
	return false;
}

bool
avow_cli_read(const char *path, struct avow_buf *buf)
{
	enum avow_err e;

	avow_buf_init(buf, AVOW_MAX_INPUT_FILE);
	e = avow_file_read(path, buf);
	if (e == AVOW_OK)
		return true;
	fprintf(stderr, "avow: %s: %s\n", path, avow_err_text(e));
	avow_buf_clear(buf);
	return false;
}

/* Text without its white space, or the empty span when a byte is no text. */
static struct avow_span
squeeze(struct avow_span in, struct avow_arena *a)
{
	uint8_t *out = in.n ? avow_arena_alloc(a, in.n) : NULL;
	size_t n = 0;

	if (!out)
		return (struct avow_span){NULL, 0};
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c < 0x21 || c > 0x7e)
			return (struct avow_span){NULL, 0};
		out[n++] = c;
	}
	return avow_span_make(out, n);
}

struct avow_span
avow_cli_decode(struct avow_span file, struct avow_arena *a)
{
	struct avow_span text = squeeze(file, a), out;

	if (avow_span_is_empty(text))
		return file;
	if (avow_span_starts(text, AVOW_LIT("0x")) ||
		avow_span_starts(text, AVOW_LIT("0X")))
		text = avow_span_from(text, 2);
	if (avow_hex_is(text)) {
		uint8_t *p = avow_arena_alloc(a, text.n / 2);

		if (p && avow_hex_decode(text, p, text.n / 2) == AVOW_OK)
			return avow_span_make(p, text.n / 2);
	}
	if (avow_b64_decode_lenient(text, AVOW_MAX_INPUT_FILE, a, &out) == AVOW_OK)
		return out;
	return file;
}

int
avow_cli_print(struct avow_buf *b, int status)
{
	if (b->err != AVOW_OK) {
		fprintf(stderr, "avow: %s\n", avow_err_text(b->err));
		return AVOW_EXIT_UNDECIDED;
	}
	fwrite(b->p, 1, b->n, stdout);
	putchar('\n');
	if (fflush(stdout) != 0) {
		fputs("avow: standard output cannot be written\n", stderr);
		return AVOW_EXIT_UNDECIDED;
	}
	return status;
}

void
avow_cli_complain(enum avow_err e, const struct avow_why *why)
{
	fprintf(stderr, "avow: %s", avow_err_text(e));
	if (why && why->document[0])
		fprintf(stderr, " (%s)", why->document);
	if (why && why->field[0])
		fprintf(stderr, ": %s", why->field);
	if (why && why->expected[0])
		fprintf(stderr, ": expected %s", why->expected);
	if (why && why->got[0])
		fprintf(stderr, ", got %s", why->got);
	if (why && why->message[0])
		fprintf(stderr, ": %s", why->message);
	fputc('\n', stderr);
}

static void
put_text(struct avow_jw *w, const char *name, const char *text)
{
	avow_jw_put_str(w, name, text && text[0] ? text : NULL);
}

void
avow_cli_put_why(struct avow_jw *w, const struct avow_why *why)
{
	if (!why || why->code == AVOW_OK) {
		avow_jw_null(w);
		return;
	}
	avow_jw_open(w, '{');
	put_text(w, "code", avow_err_name(why->code));
	put_text(w, "check", why->check);
	put_text(w, "field", why->field);
	put_text(w, "expected", why->expected);
	put_text(w, "got", why->got);
	put_text(w, "source", why->source);
	put_text(w, "document", why->document);
	put_text(w, "message",
		why->message[0] ? why->message : avow_err_text(why->code));
	avow_jw_close(w);
}

bool
avow_cli_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && no[0]);
}
