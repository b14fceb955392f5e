/*
 * What an event log costs: a Windows log of about 60 KiB parsed, replayed, compared
 * with a quote and made into the document, in microseconds; an IMA list of 16 MiB
 * (100,000 entries) parsed, replayed, compared with a quote of the SHA-256 bank and made
 * into the document, as an attestation does it, in milliseconds, with a tenth of it
 * beside, so that linear growth is a quotient of ten; and the same list with the three
 * banks that `avow eventlog` shows. One JSON object on stdout.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/eventlog/attested.h"

#define REPEAT_MS 300
#define IMA_ENTRIES 100000

static void
must(bool ok)
{
	if (!ok)
		exit(1);
}

/* --- making logs ---------------------------------------------------------------- */

static void
le(struct avow_buf *b, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * i)));
}

static void
put_hash(struct avow_buf *b, enum avow_hash h, struct avow_span s)
{
	uint8_t d[AVOW_MAX_DIGEST];

	must(avow_digest(h, &s, 1, d) == AVOW_OK);
	avow_buf_put(b, avow_span_make(d, avow_hash_bytes(h)));
}

static void
put_event(struct avow_buf *b, uint32_t pcr, uint32_t type, struct avow_span data)
{
	le(b, pcr, 4);
	le(b, type, 4);
	le(b, 2, 4);
	le(b, 0x4, 2);
	put_hash(b, AVOW_SHA1, data);
	le(b, 0xb, 2);
	put_hash(b, AVOW_SHA256, data);
	le(b, data.n, 4);
	avow_buf_put(b, data);
}

/* One boundary of 60 modules, as a Windows loader writes them. */
static void
put_boundary(struct avow_buf *log, uint32_t pcr)
{
	struct avow_buf modules, tag;

	avow_buf_init(&modules, AVOW_MIB(1));
	avow_buf_init(&tag, AVOW_MIB(1));
	for (unsigned i = 0; i < 60; i++) {
		le(&modules, 0x40010003, 4);
		le(&modules, 8 + 80 + 8 + 32 + 9, 4);
		le(&modules, 0x00070001, 4);
		le(&modules, 80, 4);
		for (unsigned k = 0; k < 40; k++)
			le(&modules, 'a' + (i + k) % 26, 2);
		le(&modules, 0x00070004, 4);
		le(&modules, 32, 4);
		for (unsigned k = 0; k < 32; k++)
			le(&modules, i * k & 0xff, 1);
		le(&modules, 0x0007000a, 4);
		le(&modules, 1, 4);
		le(&modules, 1, 1);
	}
	le(&tag, 0x40010001, 4);
	le(&tag, modules.n, 4);
	avow_buf_put(&tag, avow_buf_span(&modules));
	put_event(log, pcr, 6, avow_buf_span(&tag));
	avow_buf_clear(&modules);
	avow_buf_clear(&tag);
}

static void
make_windows(struct avow_buf *b)
{
	static const uint8_t variable[3000];

	le(b, 0, 4);
	le(b, 3, 4);
	for (unsigned i = 0; i < 20; i++)
		le(b, 0, 1);
	le(b, 37, 4);
	avow_buf_put(b, AVOW_LIT("Spec ID Event03\0"));
	le(b, 0, 4);
	le(b, 0x02000200, 4);
	le(b, 2, 4);
	le(b, 0x4 | 20 << 16, 4);
	le(b, 0xb | 32 << 16, 4);
	le(b, 0, 1);
	for (uint32_t pcr = 0; pcr < 8; pcr++)
		put_event(b, pcr, 4, AVOW_LIT("\0\0\0\0"));
	for (unsigned i = 0; i < 3; i++)
		put_event(b, 1, 0x80000006, avow_span_make(variable, sizeof(variable)));
	for (uint32_t i = 0; i < 6; i++)
		put_boundary(b, 12 + i % 2);
	for (uint32_t pcr = 12; pcr < 15; pcr++)
		put_event(b, pcr, 4, AVOW_LIT("WBCL"));
	must(b->err == AVOW_OK);
}

static void
make_ima(struct avow_buf *b, unsigned entries)
{
	struct avow_buf t;
	char name[128];

	avow_buf_init(&t, AVOW_KIB(1));
	for (unsigned i = 0; i < entries; i++) {
		int n = snprintf(name, sizeof(name),
			"/usr/lib/x86_64-linux-gnu/some/where/else/in/the/tree/"
			"file-%08u.so.1.2.3",
			i);

		avow_buf_reset(&t);
		le(&t, 40, 4);
		avow_buf_put(&t, AVOW_LIT("sha256:\0"));
		put_hash(&t, AVOW_SHA256, avow_span_make(name, (size_t)n));
		le(&t, (size_t)n + 1, 4);
		avow_buf_put(&t, avow_span_make(name, (size_t)n + 1));
		le(b, 10, 4);
		put_hash(b, AVOW_SHA1, avow_buf_span(&t));
		le(b, 6, 4);
		avow_buf_put_str(b, "ima-ng");
		le(b, t.n, 4);
		avow_buf_put(b, avow_buf_span(&t));
	}
	avow_buf_clear(&t);
	must(b->err == AVOW_OK);
}

/* --- measuring -------------------------------------------------------------------- */

static void
read_log(struct avow_span bytes, struct avow_arena *a, struct avow_buf *out)
{
	struct avow_log_replay replay;
	struct avow_eventlog log;
	struct avow_jw w;

	must(avow_eventlog_parse(bytes, AVOW_LOG_AUTO, a, &log, NULL) == AVOW_OK);
	must(avow_eventlog_replay(&log, &replay, NULL) == AVOW_OK);
	avow_buf_reset(out);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '[');
	avow_eventlog_put_events(&log, &w);
	avow_eventlog_put_pcrs(&replay, &w);
	avow_jw_close(&w);
	must(out->err == AVOW_OK);
}

/* As an attestation does it, when the SHA-256 bank was quoted. */
static void
read_quoted(struct avow_span bytes, const struct avow_quoted_bank *bank,
	struct avow_arena *a, struct avow_buf *out)
{
	const struct avow_log_input in = {bytes, AVOW_LOG_AUTO};
	struct avow_attested at;
	struct avow_jw w;

	must(avow_attested_logs(&in, 1, bank, 1, a, &at, NULL) == AVOW_OK);
	avow_buf_reset(out);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '[');
	avow_attested_put_events(&at, &w);
	avow_attested_put_pcrs(&at, &w);
	avow_jw_close(&w);
	must(out->err == AVOW_OK);
}

static void
quote_of(struct avow_span bytes, struct avow_log_replay *r, struct avow_quoted_bank *q)
{
	struct avow_eventlog log;
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(256));
	must(avow_eventlog_parse(bytes, AVOW_LOG_AUTO, &a, &log, NULL) == AVOW_OK);
	must(avow_eventlog_replay(&log, r, NULL) == AVOW_OK);
	*q = (struct avow_quoted_bank){.bank = AVOW_SHA256, .mask = 1u << 10};
	q->value[10] = avow_span_make(
		r->reg[10].value[AVOW_SHA256], avow_hash_bytes(AVOW_SHA256));
	avow_arena_clear(&a);
}

static void
read_one(struct avow_span bytes, const struct avow_quoted_bank *bank,
	struct avow_arena *a, struct avow_buf *out)
{
	if (bank)
		read_quoted(bytes, bank, a, out);
	else
		read_log(bytes, a, out);
}

/* Mean of as many rounds as fit, at least three. @param bank NULL: no quote. */
static double
measure(struct avow_span bytes, const struct avow_quoted_bank *bank)
{
	double start = bench_us(CLOCK_PROCESS_CPUTIME_ID), end = start;
	struct avow_arena a;
	struct avow_buf out;
	size_t n = 0;

	avow_arena_init(&a, AVOW_MIB(256));
	avow_buf_init(&out, AVOW_MIB(512));
	read_one(bytes, bank, &a, &out); /* memory is there from here on */
	start = bench_us(CLOCK_PROCESS_CPUTIME_ID);
	while (n < 3 || end - start < REPEAT_MS * 1e3) {
		avow_arena_reset(&a);
		read_one(bytes, bank, &a, &out);
		n++;
		end = bench_us(CLOCK_PROCESS_CPUTIME_ID);
	}
	avow_buf_clear(&out);
	avow_arena_clear(&a);
	return (end - start) / (double)n;
}

int
main(void)
{
	struct avow_buf windows, tenth, ima;
	struct avow_log_replay r[2];
	struct avow_quoted_bank q[2];
	double us, part, whole, all;

	avow_buf_init(&windows, AVOW_MIB(1));
	avow_buf_init(&tenth, AVOW_MIB(4));
	avow_buf_init(&ima, AVOW_MIB(20));
	make_windows(&windows);
	make_ima(&tenth, IMA_ENTRIES / 10);
	make_ima(&ima, IMA_ENTRIES);
	quote_of(avow_buf_span(&tenth), &r[0], &q[0]);
	quote_of(avow_buf_span(&ima), &r[1], &q[1]);
	us = measure(avow_buf_span(&windows), NULL);
	part = measure(avow_buf_span(&tenth), &q[0]) / 1e3;
	whole = measure(avow_buf_span(&ima), &q[1]) / 1e3;
	all = measure(avow_buf_span(&ima), NULL) / 1e3;
	printf("{\"windows_kib\":%.1f,\"windows_us\":%.1f,\"ima_mib\":%.1f,"
	       "\"ima_ms\":%.1f,\"ima_tenth_ms\":%.2f,\"ima_growth\":%.2f,"
	       "\"ima_all_banks_ms\":%.1f}\n",
		(double)windows.n / 1024, us, (double)ima.n / 1048576, whole, part,
		whole / part, all);
	avow_buf_clear(&windows);
	avow_buf_clear(&tenth);
	avow_buf_clear(&ima);
	return 0;
}
