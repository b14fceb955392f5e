/*
 * The records of intel-qvl-oracle: which quote, which collateral, which time, and
 * what Intel's own library said. SGX and TDX tests share it. QVL knows nothing of
 * our debug and migration rules, so whoever compares lets both in.
 */
#ifndef AVOW_TESTS_ORACLE_H
#define AVOW_TESTS_ORACLE_H

#include "real.h"

/* One pair of a quote and its collateral. */
struct record {
	const struct avow_json *o;
	char quote[256], files[6][256], time[256];
	const char *names[6];
};

static inline void
load_record(struct record *r, const struct avow_json *o)
{
	static const char *const members[] = {"tcbinfo_file", "qeidentity_file",
		"pck_crl_file", "root_crl_file", "trusted_root", "tcb_signing_cert"};
	char hash[256];

	r->o = o;
	snprintf(r->quote, sizeof(r->quote), "intel-qvl-oracle/quotes/%.12s.bin",
		real_text(o, "quote_sha256", hash));
	for (size_t i = 0; i < 6; i++) {
		const struct avow_json *v = avow_json_get(o, members[i]);

		r->names[i] = NULL;
		if (v && v->type == AVOW_JSON_STRING)
			r->names[i] = real_text(o, members[i], r->files[i]);
	}
	real_text(o, "check_time", r->time);
}

static inline void
load_collateral(struct real *a, const struct record *r)
{
	const char *names[6];
	size_t n = 0;

	for (size_t i = 0; i < 6; i++)
		if (r->names[i])
			names[n++] = r->names[i];
	real_collateral(a, names, n);
}

static inline bool
member_is(const struct avow_json *o, const char *name, const char *value)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_STRING && avow_span_eq_str(v->string, value);
}

static inline bool
member_true(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_BOOL && v->boolean;
}

/* Status, advisories (merged, as of QVL 1.27) and number. */
static inline bool
agrees(const struct real *a, const struct avow_json *o)
{
	const struct avow_json *number = avow_json_get(o, "tcb_eval");
	const struct avow_json *qe_number = avow_json_get(o, "qe_eval");
	int64_t least = number->integer < qe_number->integer ? number->integer
							     : qe_number->integer;

	return a->f.tcb.known && member_is(o, "tcb_status", a->f.tcb.status) &&
	       real_same_advisories(
		       &a->f.tcb, avow_json_get(o, "advisories_all_v127")) &&
	       (int64_t)a->f.tcb.evaluation_number == least;
}

/* The latest "not yet valid (from T)" of a record, or its check time. */
static inline int64_t
when_all_is_issued(const struct record *r)
{
	const struct avow_json *list = avow_json_get(r->o, "out_of_window");
	int64_t at = real_time(avow_span_str(r->time));

	for (size_t i = 0; i < list->count; i++) {
		struct avow_span s = list->items[i].string;
		size_t from = avow_span_find(s, AVOW_LIT("(from "));
		int64_t t;

		if (from == s.n)
			continue;
		t = real_time(avow_span_slice(s, from + 6, 20));
		at = t > at ? t : at;
	}
	return at;
}

typedef bool judge_record(
	struct real *a, const struct record *r, struct avow_span quote);

static inline size_t
each_record(const char *tee, judge_record *judge, size_t *n_right)
{
	struct avow_arena docs;
	const struct avow_json *list;
	size_t n = 0;

	avow_arena_init(&docs, 256u << 20);
	list = real_json("intel-qvl-oracle/oracle.json", &docs);
	*n_right = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct record r;
		struct real a;
		struct avow_buf quote;

		if (!member_is(&list->items[i], "tee", tee))
			continue;
		load_record(&r, &list->items[i]);
		real_init(&a);
		load_collateral(&a, &r);
		a.in.at_s = real_time(avow_span_str(r.time));
		real_read(r.quote, &quote);
		n++;
		if (judge(&a, &r, avow_buf_span(&quote)))
			(*n_right)++;
		else
			print_message("# record %zu %s at %s: %s (%s), status %s\n", i,
				r.quote, r.time, avow_err_name(a.why.code), a.why.field,
				a.f.tcb.status ? a.f.tcb.status : "none");
		avow_buf_clear(&quote);
		real_clear(&a);
	}
	avow_arena_clear(&docs);
	return n;
}

/* Every record of that kind; count 0: however many there are. */
static inline void
all_records_are_right(const char *tee, judge_record *judge, size_t count)
{
	size_t n, right;

	if (!real_is_there())
		skip();
	n = each_record(tee, judge, &right);
	if (count)
		assert_int_equal(n, count);
	assert_int_equal(right, n);
}

/* --- ready folders --------------------------------------------------------------- */

static inline bool
folder_is_right(
	const char *tee, const struct avow_json *o, const char *top, bool accepts)
{
	char name[600], hash[256], time[256], quote[600];
	struct real a;
	struct avow_buf b;
	enum avow_err e;

	real_text(o, "quote_sha256", hash);
	snprintf(name, sizeof(name), "intel-qvl-oracle/%s/%.12s", top, hash);
	snprintf(quote, sizeof(quote), "intel-qvl-oracle/quotes/%.12s.bin", hash);
	real_init(&a);
	real_folder(&a, name);
	real_read(quote, &b);
	a.in.allow_debug = a.in.allow_migration = true;
	a.in.at_s = real_time(avow_span_str(real_text(o, "check_time", time)));
	e = real_appraise(
		&a, strcmp(tee, "TDX") == 0 ? "tdx" : "sgx", avow_buf_span(&b));
	accepts = accepts ? e == AVOW_OK && member_is(o, "tcb_status", a.f.tcb.status)
			  : e != AVOW_OK && avow_err_class(e) != AVOW_CLASS_COLLATERAL;
	if (!accepts)
		print_message("# %s: %s (%s)\n", name, avow_err_name(e), a.why.field);
	avow_buf_clear(&b);
	real_clear(&a);
	return accepts;
}

static inline void
each_folder(const char *tee, const char *top, bool accepts, size_t at_least)
{
	struct avow_arena docs;
	const struct avow_json *list;
	char name[256];
	size_t n = 0, right = 0;

	if (!real_is_there())
		skip();
	avow_arena_init(&docs, 64u << 20);
	snprintf(name, sizeof(name), "intel-qvl-oracle/%s/INDEX.json", top);
	list = real_json(name, &docs);
	for (size_t i = 0; i < list->count; i++) {
		if (!member_is(&list->items[i], "tee", tee))
			continue;
		n++;
		right += folder_is_right(tee, &list->items[i], top, accepts);
	}
	assert_true(n >= at_least);
	assert_int_equal(right, n);
	avow_arena_clear(&docs);
}

/* --- mutations --------------------------------------------------------------------- */

static inline void
mutate(struct avow_buf *quote, const struct avow_json *m)
{
	const struct avow_json *cut = avow_json_get(m, "truncate_to");
	const struct avow_json *offset = avow_json_get(m, "offset");
	const struct avow_json *flip = avow_json_get(m, "xor");
	uint8_t mask;

	if (cut) {
		quote->n = (size_t)cut->integer;
		return;
	}
	assert_ok(avow_hex_decode(avow_span_from(flip->string, 2), &mask, 1));
	quote->p[offset->integer] ^= mask;
}

#endif
