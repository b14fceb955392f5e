/*
 * avow policy test DIR: a team's policies under test in its own CI. Every
 * NAME.policy is run over NAME.claims.json and NAME.CASE.claims.json; the file
 * with .expected.json in place of .claims.json says what must come out. Only
 * the members that it has are compared; "decision" must be among them. The
 * result is TAP; a policy without a case fails, for nothing was tested.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/policy_cmds.h"

#define POLICY ".policy"
#define CLAIMS ".claims.json"
#define EXPECTED ".expected.json"

struct folder {
	const char *path;
	struct dirent **names;
	int n;
	int run, failed;
};

/* Print one TAP line; `wrong` is NULL when the case passes. */
static void
report(struct folder *f, struct avow_span name, const char *wrong)
{
	f->run++;
	f->failed += wrong != NULL;
	printf("%sok %d - %.*s\n", wrong ? "not " : "", f->run, AVOW_FMT(name));
	if (wrong)
		printf("# %s\n", wrong);
}

static bool
read_part(const struct folder *f, struct avow_span stem, const char *ending,
	struct avow_buf *out)
{
	char path[4096];
	int n = snprintf(
		path, sizeof(path), "%s/%.*s%s", f->path, AVOW_FMT(stem), ending);

	return n > 0 && (size_t)n < sizeof(path) && avow_cli_read(path, out);
}

/* --- one case ---------------------------------------------------------------------------- */

/* "error": null, a code, or an object with a code. */
static bool
same_error(const struct avow_json *want, const struct avow_json *got)
{
	const struct avow_json *code =
		want->type == AVOW_JSON_OBJECT ? avow_json_get(want, "code") : want;
	const struct avow_json *is = avow_json_get(got, "code");

	if (want->type == AVOW_JSON_NULL)
		return got->type == AVOW_JSON_NULL;
	return code && is && avow_json_eq(code, is);
}

/* The first member that is not as expected; NULL when all are. */
static const char *
first_difference(const struct avow_json *want, const struct avow_json *got)
{
	static const char *const members[] = {"decision", "issued", "properties"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct avow_json *w = avow_json_get(want, members[i]);

		if (w && !avow_json_eq(w, avow_json_get(got, members[i])))
			return members[i];
	}
	if (avow_json_get(want, "error") &&
		!same_error(avow_json_get(want, "error"), avow_json_get(got, "error")))
		return "error";
	return NULL;
}

static bool
is_expectation(const struct avow_json *v)
{
	static const char *const known[] = {
		"decision", "issued", "properties", "error"};
	const struct avow_json *d = avow_json_get(v, "decision");

	if (!d || d->type != AVOW_JSON_STRING)
		return false;
	for (size_t i = 0; i < v->count; i++) {
		bool ok = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			ok |= avow_span_eq_str(v->members[i].name, known[k]);
		if (!ok)
			return false;
	}
	return true;
}

/* Both sides as JSON, compared; a sentence when they differ. */
static void
compare(struct avow_policy_run *r, struct avow_span expected, char *wrong, size_t n)
{
	const struct avow_json *want, *got;
	const char *member;
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MIB(256));
	avow_jw_init(&w, &b);
	avow_policy_run_put(r, false, &w);
	if (avow_json_parse(expected, NULL, &r->arena, &want, NULL) != AVOW_OK ||
		!is_expectation(want))
		snprintf(wrong, n, "the expectation is not {\"decision\":...}");
	else if (b.err != AVOW_OK || avow_json_parse(avow_buf_span(&b), NULL, &r->arena,
					     &got, NULL) != AVOW_OK)
		snprintf(wrong, n, "the outcome cannot be shown");
	else if ((member = first_difference(want, got)))
		snprintf(wrong, n, "%s differs; the outcome is %.*s", member,
			b.n < 3000 ? (int)b.n : 3000, (const char *)b.p);
	avow_buf_clear(&b);
}

static void
run_case(struct folder *f, struct avow_span stem, struct avow_span policy)
{
	struct avow_buf claims, expected;
	struct avow_policy_run r;
	char wrong[4096] = "";

	if (!read_part(f, stem, CLAIMS, &claims)) {
		report(f, stem, "the claims cannot be read");
		return;
	}
	if (!read_part(f, stem, EXPECTED, &expected)) {
		report(f, stem, "there is no " EXPECTED " beside it");
		avow_buf_clear(&claims);
		return;
	}
	avow_policy_run(&r, policy, avow_buf_span(&claims));
	compare(&r, avow_buf_span(&expected), wrong, sizeof(wrong));
	report(f, stem, wrong[0] ? wrong : NULL);
	avow_policy_run_clear(&r);
	avow_buf_clear(&expected);
	avow_buf_clear(&claims);
}

/* --- the folder ------------------------------------------------------------------------------ */

/* Without its ending; empty when it has another. */
static struct avow_span
stem_of(const char *name, const char *ending)
{
	struct avow_span s = avow_span_str(name);
	size_t n = strlen(ending);

	if (s.n <= n || !avow_span_ends(s, avow_span_str(ending)))
		return (struct avow_span){NULL, 0};
	return avow_span_slice(s, 0, s.n - n);
}

/* "a.b" is a case of "a" unless there is a policy "a.b" too. */
static bool
belongs(const struct folder *f, struct avow_span stem, struct avow_span policy)
{
	if (!avow_span_starts(stem, policy))
		return false;
	if (stem.n > policy.n && stem.p[policy.n] != '.')
		return false;
	for (int i = 0; i < f->n; i++) {
		struct avow_span other = stem_of(f->names[i]->d_name, POLICY);

		if (other.n > policy.n && avow_span_starts(stem, other) &&
			(stem.n == other.n || stem.p[other.n] == '.'))
			return false;
	}
	return true;
}

static void
run_policy_file(struct folder *f, struct avow_span name)
{
	struct avow_buf policy;
	int before = f->run;

	if (!read_part(f, name, POLICY, &policy)) {
		report(f, name, "the policy cannot be read");
		return;
	}
	for (int i = 0; i < f->n; i++) {
		struct avow_span stem = stem_of(f->names[i]->d_name, CLAIMS);

		if (stem.n && belongs(f, stem, name))
			run_case(f, stem, avow_buf_span(&policy));
	}
	if (f->run == before)
		report(f, name, "there is no " CLAIMS " for this policy");
	avow_buf_clear(&policy);
}

int
avow_policy_cmd_test(int argc, char **argv)
{
	struct folder f = {.path = argc == 2 ? argv[1] : NULL};

	if (!f.path)
		return avow_policy_cmd_usage("test needs one folder");
	f.n = scandir(f.path, &f.names, NULL, alphasort);
	if (f.n < 0) {
		fprintf(stderr, "avow: %s: the folder cannot be read\n", f.path);
		return AVOW_EXIT_REFUSED;
	}
	for (int i = 0; i < f.n; i++) {
		struct avow_span name = stem_of(f.names[i]->d_name, POLICY);

		if (name.n)
			run_policy_file(&f, name);
	}
	if (f.run == 0)
		report(&f, avow_span_str(f.path),
			"there is no " POLICY " in the folder");
	printf("1..%d\n", f.run);
	for (int i = 0; i < f.n; i++)
		free(f.names[i]);
	free(f.names);
	return f.failed ? AVOW_EXIT_REFUSED : AVOW_EXIT_OK;
}
