/*
 * How the cost of a JMESPath filter grows with its document: 1x, 10x and 100x
 * of an event document of about 60 KiB, in microseconds a search and in
 * nanoseconds an event, so that linear growth is a constant last column. One
 * JSON object on stdout.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "jmespath/jmespath.h"

/* 380 events are about 60 KiB */
#define EVENTS 380
#define REPEAT_MS 300

static const char FILTER[] =
	"Events[? EventTypeString == 'EV_EVENT_TAG' && (PcrIndex == `12` || PcrIndex "
	"== "
	"`13` || PcrIndex == `19`)].ProcessedData.EVENT_TRUSTBOUNDARY";

static void
put_document(struct avow_buf *b, size_t events)
{
	static const char *const types[] = {"EV_SEPARATOR", "EV_EVENT_TAG",
		"EV_EFI_VARIABLE_DRIVER_CONFIG", "EV_EVENT_TAG"};

	avow_buf_put_str(b, "{\"Events\":[");
	for (size_t i = 0; i < events; i++)
		avow_buf_printf(b,
			"%s{\"EventSeq\":%zu,\"EventType\":6,\"EventTypeString\":\"%"
			"s\","
			"\"PcrIndex\":%zu,\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{"
			"\"EVENT_CODEINTEGRITY\":true,\"EVENT_SAFEMODE\":false}}}",
			i ? "," : "", i, types[i % 4], i % 24);
	avow_buf_put_str(b, "]}");
}

static double
measure(const struct avow_jmespath *e, const struct avow_json *doc)
{
	struct avow_arena a;
	const struct avow_json *v;
	double start = bench_us(CLOCK_MONOTONIC), end = start;
	size_t n = 0;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	while (end - start < REPEAT_MS * 1e3) {
		avow_arena_reset(&a);
		if (avow_jmespath_search(e, doc, &a, NULL, &v, NULL) !=
				AVOW_JMESPATH_OK ||
			v->count == 0)
			exit(1);
		n++;
		end = bench_us(CLOCK_MONOTONIC);
	}
	avow_arena_clear(&a);
	return (end - start) / (double)n;
}

static void
report(const struct avow_jmespath *e, size_t factor, const char *after)
{
	struct avow_arena a;
	const struct avow_json *doc;
	struct avow_buf text;
	double us;

	avow_arena_init(&a, AVOW_MIB(512));
	avow_buf_init(&text, AVOW_MIB(64));
	put_document(&text, EVENTS * factor);
	if (avow_json_parse(avow_buf_span(&text), NULL, &a, &doc, NULL) != AVOW_OK)
		exit(1);
	us = measure(e, doc);
	printf("{\"factor\":%zu,\"bytes\":%zu,\"us\":%.1f,\"ns_per_event\":%.1f}%s",
		factor, text.n, us, us * 1e3 / (double)(EVENTS * factor), after);
	avow_buf_clear(&text);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct avow_jmespath *e;
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(1));
	if (avow_jmespath_compile(avow_span_str(FILTER), &a, &e, NULL) !=
		AVOW_JMESPATH_OK)
		return 1;
	printf("{\"bench\":\"jmespath_filter\",\"runs\":[");
	report(e, 1, ",");
	report(e, 10, ",");
	report(e, 100, "]}\n");
	avow_arena_clear(&a);
	return 0;
}
