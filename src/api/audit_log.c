/*
 * From the store to the log, in the order of the records' numbers and each once.
 * Whoever adds a record need not know of it: other processes' records are here
 * too. A line that could not be written before a crash is missing in the log;
 * the head that is logged at each start says where the chain stood.
 */
#include "api/audit_log.h"

#include "base/hex.h"
#include "base/limits.h"
#include "base/log.h"

#define PAGE 200

static enum avow_err
is_there(struct avow_store *store, int64_t seq, struct avow_arena *a,
	struct avow_audit **out, bool *there)
{
	size_t n;

	avow_arena_reset(a);
	AVOW_TRY(avow_store_audit_list(store, seq, 1, a, out, &n));
	*there = n > 0;
	return AVOW_OK;
}

/* Numbers have no holes: doubling finds one behind the last, halving the last. */
static enum avow_err
find_end(struct avow_store *store, struct avow_arena *a, int64_t *next)
{
	struct avow_audit *v;
	int64_t low = 1, high = 1;
	bool there = true;

	while (there) {
		low = high;
		high = high < INT64_MAX / 4 ? high * 2 : INT64_MAX / 2;
		AVOW_TRY(is_there(store, low, a, &v, &there));
		if (there && low >= INT64_MAX / 4)
			return AVOW_E_STORE_CORRUPT;
	}
	/* low is not there; low / 2 is, or low is 1 */
	high = low;
	low = low / 2;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		AVOW_TRY(is_there(store, middle, a, &v, &there));
		if (there)
			low = middle;
		else
			high = middle;
	}
	*next = high;
	return AVOW_OK;
}

enum avow_err
avow_audit_log_start(struct avow_audit_log *l, struct avow_store *store)
{
	struct avow_audit *v = NULL;
	struct avow_arena a;
	char hash[65] = "";
	bool there = false;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(1));
	e = find_end(store, &a, &l->next);
	if (e == AVOW_OK && l->next > 1)
		e = is_there(store, l->next - 1, &a, &v, &there);
	if (there)
		avow_hex_encode(avow_span_make(v->hash, sizeof(v->hash)), hash);
	if (e == AVOW_OK)
		AVOW_LOG(AVOW_LOG_INFO, "audit_head", AVOW_LOGI("seq", l->next - 1),
			AVOW_LOGS("hash", there ? hash : NULL));
	avow_arena_clear(&a);
	return e;
}

/* Texts of the store end in a NUL. */
static const char *
text(struct avow_span s)
{
	return s.n ? (const char *)s.p : NULL;
}

static void
log_record(const struct avow_audit *r)
{
	char hash[65];

	avow_hex_encode(avow_span_make(r->hash, sizeof(r->hash)), hash);
	AVOW_LOG(AVOW_LOG_INFO, "audit", AVOW_LOGI("seq", r->seq),
		AVOW_LOGI("at", r->at_s), AVOW_LOGS("action", text(r->action)),
		AVOW_LOGS("provider", text(r->provider)),
		AVOW_LOGS("target", text(r->target)),
		AVOW_LOGS("outcome", text(r->outcome)),
		AVOW_LOGS("actor", text(r->actor)),
		AVOW_LOGS("source", text(r->source)),
		AVOW_LOGS("request", text(r->request)),
		AVOW_LOGS("before", text(r->before)),
		AVOW_LOGS("after", text(r->after)), AVOW_LOGS("hash", hash));
}

enum avow_err
avow_audit_log_catch_up(struct avow_audit_log *l, struct avow_store *store)
{
	struct avow_audit *v;
	struct avow_arena a;
	size_t n = PAGE;
	enum avow_err e = AVOW_OK;

	avow_arena_init(&a, AVOW_MIB(16));
	while (e == AVOW_OK && n == PAGE) {
		avow_arena_reset(&a);
		e = avow_store_audit_list(store, l->next, PAGE, &a, &v, &n);
		for (size_t i = 0; e == AVOW_OK && i < n; i++) {
			log_record(&v[i]);
			l->next = v[i].seq + 1;
		}
	}
	avow_arena_clear(&a);
	return e;
}
