/*
 * avow policy eval: a dry run of a policy over claims that its author wrote
 * down. The trace and the outcome are the evaluator's own. It is not the token
 * stage: what is issued is shown even under a reserved name.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/policy_cmds.h"
#include "wire/json_member.h"

static void
fail(struct avow_policy_run *r, enum avow_err code, const char *message)
{
	r->code = code;
	snprintf(r->message, sizeof(r->message), "%s", message);
}

static bool
compile(struct avow_policy_run *r, struct avow_span text)
{
	struct avow_policy_error err;

	if (avow_policy_compile(text, &r->policy, &err) == AVOW_OK)
		return true;
	fail(r, err.code, err.failure);
	r->line = err.line;
	r->column = err.column;
	return false;
}

static bool
read_claims(struct avow_policy_run *r, struct avow_span json)
{
	char message[640];
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_policy_read_claims(json, &r->arena, &r->claims, &why);
	if (e == AVOW_OK)
		return true;
	snprintf(message, sizeof(message), "claims: %s%s%s%s%s", avow_err_text(e),
		why.field[0] ? ": " : "", why.field, why.expected[0] ? ": wanted " : "",
		why.expected);
	fail(r, e, message);
	return false;
}

static void
evaluate(struct avow_policy_run *r)
{
	struct avow_policy_options o = {.trace = &r->trace};
	struct avow_properties properties;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_policy_configure(r->policy, &o, &r->arena, &properties, &why);
	if (e != AVOW_OK) {
		r->outcome.properties = properties;
		fail(r, e, why.message[0] ? why.message : avow_err_text(e));
		if (r->trace.last) {
			r->line = r->trace.last->failure.line;
			r->column = r->trace.last->failure.column;
		}
		return;
	}
	e = avow_policy_decide(
		r->policy, &r->claims, &properties, &o, &r->arena, &r->outcome, NULL);
	if (e == AVOW_OK || r->outcome.decision == AVOW_POLICY_IS_DENY)
		return;
	fail(r, e, r->outcome.message);
	r->line = r->outcome.line;
	r->column = r->outcome.column;
}

void
avow_policy_run(
	struct avow_policy_run *r, struct avow_span policy, struct avow_span claims)
{
	memset(r, 0, sizeof(*r));
	avow_arena_init(&r->arena, AVOW_MAX_REQUEST_ARENA * 4);
	avow_claims_init(&r->claims, &r->arena);
	avow_properties_init(&r->outcome.properties, &r->arena);
	avow_claims_init(&r->outcome.issued, &r->arena);
	if (compile(r, policy) && read_claims(r, claims))
		evaluate(r);
}

void
avow_policy_run_clear(struct avow_policy_run *r)
{
	avow_policy_free(r->policy);
	avow_arena_clear(&r->arena);
}

/* --- as JSON ------------------------------------------------------------------------------ */

/* A later value of the same property is the one in force. */
static bool
set_again(const struct avow_claims *set, size_t i)
{
	for (size_t k = i + 1; k < set->n; k++)
		if (avow_span_eq(set->v[i].name, set->v[k].name))
			return true;
	return false;
}

static void
put_properties(struct avow_jw *w, const struct avow_claims *set)
{
	avow_jw_open(w, '{');
	for (size_t i = 0; i < set->n; i++) {
		if (set_again(set, i))
			continue;
		avow_jw_name_span(w, set->v[i].name);
		avow_policy_put_value(w, &set->v[i]);
	}
	avow_jw_close(w);
}

static void
put_issued(struct avow_jw *w, const struct avow_claims *issued)
{
	struct avow_buf b;

	avow_buf_init(&b, AVOW_MIB(256));
	if (avow_claims_put_json(&b, issued, NULL) == AVOW_OK)
		avow_jw_raw(w, avow_buf_span(&b));
	else
		w->b->err = b.err;
	avow_buf_clear(&b);
}

static void
put_place(struct avow_jw *w, const char *name, unsigned n)
{
	avow_jw_name(w, name);
	if (n)
		avow_jw_int(w, n);
	else
		avow_jw_null(w);
}

static void
put_error(struct avow_jw *w, const struct avow_policy_run *r)
{
	if (r->code == AVOW_OK) {
		avow_jw_null(w);
		return;
	}
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "code", avow_err_name(r->code));
	put_place(w, "line", r->line);
	put_place(w, "column", r->column);
	avow_jw_put_str(w, "message", r->message);
	avow_jw_close(w);
}

void
avow_policy_run_put(struct avow_policy_run *r, bool trace, struct avow_jw *w)
{
	static const struct avow_policy_trace none = {NULL, NULL};

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "decision", avow_policy_decision_name(r->outcome.decision));
	avow_jw_name(w, "issued");
	put_issued(w, &r->outcome.issued);
	avow_jw_name(w, "properties");
	put_properties(w, &r->outcome.properties.set);
	avow_jw_name(w, "error");
	put_error(w, r);
	avow_jw_name(w, "trace");
	avow_policy_put_trace(trace ? &r->trace : &none, w);
	avow_jw_close(w);
}

/* --- the command ------------------------------------------------------------------------------ */

struct eval_args {
	const char *policy, *claims;
	unsigned kinds;
	bool trace;
};

static const int exits[] = {
	[AVOW_POLICY_IS_ERROR] = AVOW_EXIT_UNDECIDED,
	[AVOW_POLICY_IS_DENY] = AVOW_EXIT_REFUSED,
	[AVOW_POLICY_IS_PERMIT] = AVOW_EXIT_OK,
};

static int
eval_texts(
	const struct eval_args *args, struct avow_span policy, struct avow_span claims)
{
	struct avow_policy_run r;
	struct avow_buf b;
	struct avow_jw w;
	int status;

	if (args->kinds)
		avow_policy_cmd_warn(args->policy, policy, args->kinds);
	avow_policy_run(&r, policy, claims);
	avow_buf_init(&b, AVOW_MIB(1024));
	avow_jw_init(&w, &b);
	avow_policy_run_put(&r, args->trace, &w);
	status = avow_cli_print(&b, exits[r.outcome.decision]);
	avow_buf_clear(&b);
	avow_policy_run_clear(&r);
	return status;
}

static int
eval_files(const struct eval_args *args)
{
	struct avow_buf policy, claims;
	int status = AVOW_EXIT_UNDECIDED;

	if (!avow_cli_read(args->policy, &policy))
		return status;
	if (avow_cli_read(args->claims, &claims)) {
		status = eval_texts(
			args, avow_buf_span(&policy), avow_buf_span(&claims));
		avow_buf_clear(&claims);
	}
	avow_buf_clear(&policy);
	return status;
}

int
avow_policy_cmd_eval(int argc, char **argv)
{
	struct eval_args args = {NULL, NULL, 0, false};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0) {
			args.trace = true;
		} else if (strcmp(argv[i], "--claims") == 0) {
			args.claims = avow_policy_cmd_value(argc, argv, &i);
		} else if (strcmp(argv[i], "--type") == 0) {
			args.kinds = avow_policy_kind(
				avow_span_str(avow_policy_cmd_value(argc, argv, &i)));
			if (args.kinds == 0)
				return avow_policy_cmd_usage("--type is not known");
		} else if (args.policy || (argv[i][0] == '-' && argv[i][1])) {
			return avow_policy_cmd_usage("eval takes one file");
		} else {
			args.policy = argv[i];
		}
	}
	if (!args.policy || !args.claims)
		return avow_policy_cmd_usage("eval needs a file and --claims FILE");
	return eval_files(&args);
}
