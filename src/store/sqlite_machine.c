/*
 * Machines in SQLite. One report of a machine is one transaction: its row, and
 * when its state is not the one before, a new state; old ones go beyond a
 * number. What the report says was decided before it came here.
 */
#include "store/sqlite.h"

static void
machine_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_machine *row = out;

	*row = (struct avow_store_machine){
		.id = avow_column_text(q, 0, a),
		.kind = avow_column_text(q, 1, a),
		.label = avow_column_text(q, 2, a),
		.first_s = avow_column_int(q, 3),
		.last_s = avow_column_int(q, 4),
		.good_s = avow_column_int(q, 5),
		.attestations = avow_column_int(q, 6),
		.failures = avow_column_int(q, 7),
		.failing = avow_column_text(q, 8, a),
		.is_silent = avow_column_int(q, 9) == 1,
		.states = avow_column_int(q, 10),
		.provider = avow_column_text(q, 11, a),
	};
}

enum avow_err
avow_sqlite_machine_list(struct avow_store *store, struct avow_span provider,
	struct avow_span after, size_t max, struct avow_arena *a,
	struct avow_store_machine **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_MACHINE_LIST, &r));
	avow_bind_text(&r.q, 1, provider);
	avow_bind_text(&r.q, 2, after);
	avow_bind_int(&r.q, 3, max && max <= INT32_MAX ? (int64_t)max : -1);
	return avow_read_all(&r, machine_row, sizeof(**out), a, out, n);
}

enum avow_err
avow_sqlite_machine_get(struct avow_store *store, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a, struct avow_store_machine *out)
{
	struct avow_store_machine row;
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_MACHINE_GET, &r));
	avow_bind_text(&r.q, 1, provider);
	avow_bind_text(&r.q, 2, machine);
	AVOW_TRY(avow_read_one(&r, machine_row, a, &row));
	*out = row;
	return AVOW_OK;
}

static void
state_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_machine_state *row = out;

	*row = (struct avow_store_machine_state){avow_column_int(q, 0),
		avow_column_int(q, 1), avow_column_text(q, 2, a)};
}

enum avow_err
avow_sqlite_machine_states(struct avow_store *store, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine_state **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_MACHINE_STATES, &r));
	avow_bind_text(&r.q, 1, provider);
	avow_bind_text(&r.q, 2, machine);
	return avow_read_all(&r, state_row, sizeof(**out), a, out, n);
}

/* --- a report --------------------------------------------------------------------------- */

struct report {
	const struct avow_store_machine_seen *seen;
	struct avow_store_machine_change *change;
	struct avow_arena *arena;
};

struct known {
	int64_t id, states;
	struct avow_span last_state;
};

static enum avow_err
find(struct avow_db *db, int64_t provider, struct report *r, struct known *out)
{
	struct avow_query q = avow_query(db, AVOW_SQL_MACHINE_FIND);

	*out = (struct known){0};
	avow_bind_int(&q, 1, provider);
	avow_bind_text(&q, 2, r->seen->id);
	if (avow_step(&q)) {
		out->id = avow_column_int(&q, 0);
		r->change->was_failing = avow_column_text(&q, 1, r->arena);
		r->change->was_silent = avow_column_int(&q, 2) == 1;
		out->states = avow_column_int(&q, 3);
		out->last_state = avow_column_text(&q, 4, r->arena);
		r->change->silent_since_s = avow_column_int(&q, 5);
	}
	r->change->is_new = out->id == 0;
	return avow_query_end(&q);
}

static enum avow_err
add(struct avow_db *db, int64_t provider, const struct report *r)
{
	const struct avow_store_machine_seen *m = r->seen;
	struct avow_query q = avow_query(db, AVOW_SQL_MACHINE_ADD);

	avow_bind_int(&q, 1, provider);
	avow_bind_text(&q, 2, m->id);
	avow_bind_text(&q, 3, m->kind);
	avow_bind_text(&q, 4, m->label);
	avow_bind_int(&q, 5, m->at_s);
	avow_bind_int(&q, 6, AVOW_STORE_MACHINES);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	return avow_changed(db) == 1 ? AVOW_OK : AVOW_E_MACHINES_FULL;
}

static enum avow_err
update(struct avow_db *db, int64_t id, const struct report *r, bool has_new_state)
{
	const struct avow_store_machine_seen *m = r->seen;
	struct avow_query q = avow_query(db, AVOW_SQL_MACHINE_SEEN);

	avow_bind_int(&q, 1, id);
	avow_bind_int(&q, 2, m->at_s);
	avow_bind_text(&q, 3, m->failing);
	avow_bind_text(&q, 4, m->label);
	avow_bind_int(&q, 5, has_new_state);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
add_state(struct avow_db *db, int64_t id, int64_t seq, const struct report *r)
{
	struct avow_query q = avow_query(db, AVOW_SQL_MACHINE_STATE_ADD);

	avow_bind_int(&q, 1, id);
	avow_bind_int(&q, 2, seq);
	avow_bind_int(&q, 3, r->seen->at_s);
	avow_bind_text(&q, 4, r->seen->state);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	q = avow_query(db, AVOW_SQL_MACHINE_STATE_PRUNE);
	avow_bind_int(&q, 1, id);
	avow_bind_int(&q, 2, seq - AVOW_STORE_MACHINE_STATES);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
report(struct avow_db *db, void *ctx)
{
	struct report *r = ctx;
	struct avow_provider_row provider;
	struct known known;
	bool differs;

	AVOW_TRY(avow_db_provider(db, r->seen->provider, 0, &provider));
	AVOW_TRY(find(db, provider.id, r, &known));
	if (known.id == 0) {
		AVOW_TRY(add(db, provider.id, r));
		known.id = sqlite3_last_insert_rowid(db->handle);
	}
	differs = r->seen->state.n && !avow_span_eq(known.last_state, r->seen->state);
	r->change->has_new_state = differs;
	r->change->state_seq = known.states + differs;
	r->change->old_state = known.last_state;
	AVOW_TRY(update(db, known.id, r, differs));
	return differs ? add_state(db, known.id, known.states + 1, r) : AVOW_OK;
}

enum avow_err
avow_sqlite_machine_seen(struct avow_store *store,
	const struct avow_store_machine_seen *seen, struct avow_arena *a,
	struct avow_store_machine_change *change)
{
	struct report r = {seen, change, a};

	return avow_write((struct avow_sqlite *)store, report, &r);
}

/* --- silence ----------------------------------------------------------------------------- */

struct silence {
	int64_t before_s;
	struct avow_arena *arena;
	struct avow_store_machine *machines;
	size_t n;
};

/* Found and marked in one transaction: of two nodes one tells. */
static enum avow_err
silence(struct avow_db *db, void *ctx)
{
	struct silence *s = ctx;
	struct avow_query q = avow_query(db, AVOW_SQL_MACHINE_UNHEARD);

	avow_bind_int(&q, 1, s->before_s);
	AVOW_TRY(avow_query_all(
		&q, machine_row, sizeof(*s->machines), s->arena, &s->machines, &s->n));
	if (s->n == 0)
		return AVOW_OK;
	q = avow_query(db, AVOW_SQL_MACHINE_SILENCE);
	avow_bind_int(&q, 1, s->before_s);
	avow_step(&q);
	return avow_query_end(&q);
}

enum avow_err
avow_sqlite_machine_silence(struct avow_store *store, int64_t before_s,
	struct avow_arena *a, struct avow_store_machine **out, size_t *n)
{
	struct silence s = {.before_s = before_s, .arena = a};

	AVOW_TRY(avow_write((struct avow_sqlite *)store, silence, &s));
	*out = s.machines;
	*n = s.n;
	return AVOW_OK;
}
