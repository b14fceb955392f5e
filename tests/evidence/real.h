/*
 * Real evidence and collateral, read from the folder of vectors: files, the JSON
 * about them, collateral snapshots from named files, and one whole appraisal.
 */
#ifndef AVOW_TESTS_REAL_H
#define AVOW_TESTS_REAL_H

#include "support.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hex.h"
#include "evidence/evidence.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "wire/json.h"

#define ALL_BUT_REVOKED                                                                \
	(((1u << AVOW_TCB_STATUS_COUNT) - 1u) & ~(1u << AVOW_TCB_REVOKED))
#define DEFAULT_ACCEPTED                                                               \
	(1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_SW_HARDENING_NEEDED |              \
		1u << AVOW_TCB_CONFIGURATION_NEEDED |                                  \
		1u << AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
#define ANY_AGE ((int64_t)50 * 366 * 86400)

/* One appraisal and everything it needs. */
struct real {
	struct avow_arena arena;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_verify_in in;
	const struct avow_evidence *ev;
	const struct avow_verified *verified;
	struct avow_findings f;
	struct avow_why why;
};

static inline bool
real_is_there(void)
{
	return vector_path("README.md") != NULL;
}

/* A file of the vectors, whole; the caller clears it. */
static inline void
real_read(const char *name, struct avow_buf *out)
{
	const char *path = vector_path(name);

	avow_buf_init(out, 64u << 20);
	if (!path)
		fail_msg("no vector %s", name);
	assert_ok(avow_file_read(path, out));
}

static inline const struct avow_json *
real_json(const char *name, struct avow_arena *a)
{
	const struct avow_json *doc;
	struct avow_buf b;
	struct avow_span copy;

	real_read(name, &b);
	copy = avow_arena_copy(a, avow_buf_span(&b));
	assert_non_null(copy.p);
	assert_ok(avow_json_parse(copy, NULL, a, &doc, NULL));
	avow_buf_clear(&b);
	return doc;
}

static inline const char *
real_text(const struct avow_json *o, const char *name, char out[256])
{
	const struct avow_json *v = avow_json_get(o, name);

	assert_non_null(v);
	assert_int_equal(v->type, AVOW_JSON_STRING);
	snprintf(out, 256, "%.*s", AVOW_FMT(v->string));
	return out;
}

static inline int64_t
real_time(struct avow_span text)
{
	int64_t t;

	assert_ok(avow_time_parse(text, &t));
	return t;
}

static inline void
real_init(struct real *r)
{
	memset(r, 0, sizeof(*r));
	avow_arena_init(&r->arena, 64u << 20);
	assert_ok(avow_anchors_new(true, &r->anchors));
	r->in.anchors = r->anchors;
	r->in.accept_tcb = ALL_BUT_REVOKED;
}

static inline void
real_clear(struct real *r)
{
	avow_collateral_free(r->collateral);
	avow_anchors_free(r->anchors);
	avow_arena_clear(&r->arena);
}

/* Collateral of exactly these files, names relative to the vectors. */
static inline void
real_collateral(struct real *r, const char *const *names, size_t n)
{
	struct avow_collateral_file files[16];
	struct avow_buf bytes[16];

	assert_true(n <= 16);
	avow_collateral_free(r->collateral);
	r->collateral = NULL;
	for (size_t i = 0; i < n; i++) {
		real_read(names[i], &bytes[i]);
		files[i] = (struct avow_collateral_file){
			names[i], avow_buf_span(&bytes[i])};
	}
	assert_ok(avow_collateral_build(files, n, &r->collateral, NULL));
	for (size_t i = 0; i < n; i++)
		avow_buf_clear(&bytes[i]);
	r->in.collateral = r->collateral;
}

/* A whole folder of the vectors. */
static inline void
real_folder(struct real *r, const char *name)
{
	char path[4200];

	avow_collateral_free(r->collateral);
	r->collateral = NULL;
	snprintf(path, sizeof(path), "%s/%s", getenv("AVOW_VECTORS"), name);
	assert_ok(avow_collateral_load(path, &r->collateral, NULL));
	r->in.collateral = r->collateral;
}

/* Parse and verify; bytes must outlive r->verified. */
static inline enum avow_err
real_appraise(struct real *r, const char *kind, struct avow_span bytes)
{
	enum avow_err e;

	avow_why_init(&r->why);
	memset(&r->f, 0, sizeof(r->f));
	r->verified = NULL;
	r->in.at_s = r->in.at_s ? r->in.at_s : 1;
	e = avow_evidence_parse(avow_kind_by_name(avow_span_str(kind)), bytes,
		&r->arena, &r->ev, &r->why);
	if (e != AVOW_OK)
		return e;
	e = avow_evidence_verify(
		r->ev, &r->in, &r->arena, &r->f, &r->verified, &r->why);
	if (e == AVOW_OK)
		assert_non_null(r->verified);
	else
		assert_err(e, r->why.code);
	return e;
}

static inline bool
real_has_advisory(const struct avow_tcb_result *t, struct avow_span id)
{
	for (size_t i = 0; i < t->n_advisories; i++)
		if (avow_span_eq(t->advisories[i], id))
			return true;
	return false;
}

/* The same set, whatever the order. */
static inline bool
real_same_advisories(const struct avow_tcb_result *t, const struct avow_json *list)
{
	if (!list || list->count != t->n_advisories)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (!real_has_advisory(t, list->items[i].string))
			return false;
	return true;
}

#endif
