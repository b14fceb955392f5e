/*
 * What must hold of any event log: parse and replay are total; no more events than
 * bytes; their numbers rise; data lies in the input or the arena, which has a small
 * limit that a claimed length must not reach; the document is valid JSON; and a
 * quote of just the replayed registers is believed, or refused for what it hides.
 */
#ifndef AVOW_FUZZ_LOG_H
#define AVOW_FUZZ_LOG_H

#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "evidence/eventlog/attested.h"

static inline void
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

static inline void
check_events(const struct avow_eventlog *log, size_t n)
{
	must(log->count <= n && log->format != AVOW_LOG_AUTO);
	for (size_t i = 0; i < log->count; i++) {
		must(log->events[i].data.n <= n * 2);
		must(i == 0 || log->events[i].seq > log->events[i - 1].seq);
		must(log->events[i].offset < n);
	}
}

/* Each bank that every register has, all registers quoted: the comparison must
 * hold, and what it tells must be JSON. */
static inline void
check_attested(struct avow_span log, enum avow_log_format f,
	const struct avow_log_replay *r, struct avow_arena *a)
{
	const struct avow_log_input in = {log, f};
	struct avow_quoted_bank bank = {.bank = AVOW_SHA1};
	struct avow_attested at;
	struct avow_claims set;
	enum avow_err e;

	for (uint32_t p = 0; p < AVOW_LOG_REGISTERS; p++) {
		bank.value[p] = avow_span_make(r->reg[p].value[AVOW_SHA1], 20);
		if (r->reg[p].has[AVOW_SHA1])
			bank.mask |= 1u << p;
	}
	e = avow_attested_logs(&in, 1, &bank, 1, a, &at, NULL);
	must(e == AVOW_OK || e == AVOW_E_EVENTLOG_WBCL || e == AVOW_E_TOO_LARGE);
	if (e != AVOW_OK)
		return;
	avow_claims_init(&set, a);
	e = avow_attested_claims(&at, AVOW_CLAIM_TPM_EVENTS, &set);
	must(e == AVOW_OK || e == AVOW_E_TOO_LARGE);
}

static inline int
fuzz_log(const uint8_t *data, size_t n, enum avow_log_format f)
{
	struct avow_span log = avow_span_make(data, n);
	struct avow_log_replay replay;
	struct avow_eventlog parsed;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;

	if (n > AVOW_KIB(64))
		return 0;
	avow_arena_init(&a, AVOW_MIB(64));
	avow_why_init(&why);
	e = avow_eventlog_parse(log, f, &a, &parsed, &why);
	must(e == why.code && e != AVOW_E_NO_MEMORY);
	if (e == AVOW_OK) {
		check_events(&parsed, n);
		e = avow_eventlog_replay(&parsed, &replay, &why);
		must(e == why.code);
	}
	if (e == AVOW_OK) {
		check_document(&parsed, &replay, &a);
		check_attested(log, f, &replay, &a);
	}
	avow_arena_clear(&a);
	return 0;
}

#endif
