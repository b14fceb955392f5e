/* What every test of event logs sets up: a log in the making, what reading it
 * gave, and its document. */
#ifndef AVOW_TESTS_LOG_WORLD_H
#define AVOW_TESTS_LOG_WORLD_H

#include "base/limits.h"
#include "log_maker.h"

struct world {
	struct avow_arena a;
	struct avow_buf b, doc;
	struct avow_eventlog log;
	struct avow_log_replay r;
	struct avow_why why;
};

static inline int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	avow_arena_init(&w->a, AVOW_MIB(16));
	avow_buf_init(&w->b, AVOW_MIB(4));
	avow_buf_init(&w->doc, AVOW_MIB(4));
	avow_why_init(&w->why);
	*state = w;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *w = *state;

	avow_buf_clear(&w->b);
	avow_buf_clear(&w->doc);
	avow_arena_clear(&w->a);
	free(w);
	return 0;
}

static inline enum avow_err
parse(struct world *w)
{
	return avow_eventlog_parse(
		avow_buf_span(&w->b), AVOW_LOG_AUTO, &w->a, &w->log, &w->why);
}

static inline enum avow_err
replay(struct world *w)
{
	assert_ok(parse(w));
	return avow_eventlog_replay(&w->log, &w->r, &w->why);
}

/* [events, pcrs] */
static inline const char *
document(struct world *w)
{
	struct avow_jw jw;

	assert_ok(replay(w));
	avow_buf_reset(&w->doc);
	avow_jw_init(&jw, &w->doc);
	avow_jw_open(&jw, '[');
	avow_eventlog_put_events(&w->log, &jw);
	avow_eventlog_put_pcrs(&w->r, &jw);
	avow_jw_close(&jw);
	return avow_buf_str(&w->doc);
}

static inline const char *
events(struct world *w)
{
	struct avow_jw jw;

	assert_ok(parse(w));
	avow_buf_reset(&w->doc);
	avow_jw_init(&jw, &w->doc);
	avow_eventlog_put_events(&w->log, &jw);
	return avow_buf_str(&w->doc);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
