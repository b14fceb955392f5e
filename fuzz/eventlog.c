/*
 * Event logs of every form. The first byte chooses the format, the rest is the
 * log. Properties: parse and replay are total; no more events than bytes; their
 * numbers rise; data lies in the input or the arena, which has a small limit that
 * a claimed length must not reach; a bank has a value only where every event of
 * its register had its digest; and the document is valid JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/eventlog/eventlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
check_document(const struct avow_eventlog *log, const struct avow_log_replay *r,
	struct avow_arena *a)
{
	const struct avow_json *root;
	struct avow_buf out;
	struct avow_jw w;

	avow_buf_init(&out, AVOW_MIB(64));
	avow_jw_init(&w, &out);
	avow_jw_open(&w, '[');
	avow_eventlog_put_events(log, &w);
	avow_eventlog_put_pcrs(r, &w);
	avow_jw_close(&w);
	must(out.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&out), NULL, a, &root, NULL) == AVOW_OK);
	must(root->count == 2 && root->items[0].count == log->count);
	avow_buf_clear(&out);
}

static void
check_events(const struct avow_eventlog *log, size_t n)
{
	must(log->count <= n && log->format != AVOW_LOG_AUTO);
	for (size_t i = 0; i < log->count; i++) {
		must(log->events[i].data.n <= n * 2);
		must(i == 0 || log->events[i].seq > log->events[i - 1].seq);
		must(log->events[i].offset < n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_log_replay replay;
	struct avow_eventlog log;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;

	if (n == 0 || n > AVOW_KIB(64))
		return 0;
	avow_arena_init(&a, AVOW_MIB(32));
	avow_why_init(&why);
	e = avow_eventlog_parse(avow_span_make(data + 1, n - 1),
		(enum avow_log_format)(data[0] % 6), &a, &log, &why);
	must(e == why.code && e != AVOW_E_NO_MEMORY);
	if (e == AVOW_OK) {
		check_events(&log, n);
		e = avow_eventlog_replay(&log, &replay, &why);
		must(e == why.code);
		if (e == AVOW_OK)
			check_document(&log, &replay, &a);
	}
	avow_arena_clear(&a);
	return 0;
}
