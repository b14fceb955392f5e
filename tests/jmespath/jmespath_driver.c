/*
 * For the differential test: reads lines {"expr": text, "doc": any}, writes
 * one line each, {"result": any} or {"error": kind, "offset": n}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "jmespath/jmespath.h"

static void
put_error(struct avow_buf *b, const char *kind, size_t offset)
{
	avow_buf_printf(b, "{\"error\":\"%s\",\"offset\":%zu}", kind, offset);
}

static void
answer(struct avow_buf *b, struct avow_arena *a, struct avow_span line)
{
	const struct avow_json *in, *expr, *doc, *v;
	const struct avow_jmespath *e;
	struct avow_jmespath_error err;

	if (avow_json_parse(line, NULL, a, &in, NULL) != AVOW_OK ||
		!(expr = avow_json_get(in, "expr")) || expr->type != AVOW_JSON_STRING ||
		!(doc = avow_json_get(in, "doc"))) {
		put_error(b, "line", 0);
		return;
	}
	if (avow_jmespath_compile(expr->string, a, &e, &err) != AVOW_JMESPATH_OK ||
		avow_jmespath_search(e, doc, a, NULL, &v, &err) != AVOW_JMESPATH_OK) {
		put_error(b, avow_jmespath_kind_name(err.kind), err.offset);
		return;
	}
	avow_buf_put_str(b, "{\"result\":");
	avow_json_put(b, v, AVOW_JSON_AS_IS);
	avow_buf_put_byte(b, '}');
}

int
main(void)
{
	struct avow_arena arena;
	struct avow_buf b;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	avow_arena_init(&arena, AVOW_MAX_REQUEST_ARENA);
	avow_buf_init(&b, AVOW_MAX_INPUT_FILE);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		avow_arena_reset(&arena);
		avow_buf_reset(&b);
		answer(&b, &arena, avow_span_trim(avow_span_make(line, (size_t)n)));
		if (b.err != AVOW_OK)
			return 1;
		fwrite(b.p, 1, b.n, stdout);
		fputc('\n', stdout);
	}
	free(line);
	avow_buf_clear(&b);
	avow_arena_clear(&arena);
	return 0;
}
