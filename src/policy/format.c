/*
 * The canonical form of a policy: four spaces, one rule a line where it fits,
 * otherwise one condition a line; `==` in conditions and section names in
 * lower case. Comments stay in front of, inside or behind what they were
 * written at; one empty line between rules stays one. It prints the tree, so
 * that what it prints parses to the same tree.
 */
#include "policy/tree.h"

#include <string.h>

#define MAX_LINE 100
#define INDENT "    "

static void put_exprs(struct avow_buf *b, const struct policy_expr *x);

static void
put_string(struct avow_buf *b, struct avow_span s)
{
	avow_buf_put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			avow_buf_put_byte(b, '\\');
		avow_buf_put_byte(b, s.p[i]);
	}
	avow_buf_put_byte(b, '"');
}

static void
put_expr(struct avow_buf *b, const struct policy_expr *x)
{
	switch (x->kind) {
	case EXPR_STRING:
		put_string(b, x->string);
		break;
	case EXPR_INTEGER:
		avow_json_put_int(b, x->integer);
		break;
	case EXPR_BOOLEAN:
		avow_buf_put_str(b, x->boolean ? "true" : "false");
		break;
	case EXPR_PROP:
		avow_buf_put(b, x->name);
		avow_buf_put_byte(b, '.');
		avow_buf_put_str(b, policy_prop_name(x->prop));
		break;
	case EXPR_CALL:
		avow_buf_put(b, x->name);
		avow_buf_put_byte(b, '(');
		put_exprs(b, x->args);
		avow_buf_put_byte(b, ')');
		break;
	}
}

static void
put_exprs(struct avow_buf *b, const struct policy_expr *x)
{
	for (const struct policy_expr *first = x; x; x = x->next) {
		if (x != first)
			avow_buf_put_str(b, ", ");
		put_expr(b, x);
	}
}

static void
put_cond(struct avow_buf *b, const struct policy_cond *c)
{
	if (c->negated)
		avow_buf_put_byte(b, '!');
	if (c->ident.n) {
		avow_buf_put(b, c->ident);
		avow_buf_put_byte(b, ':');
	}
	avow_buf_put_byte(b, '[');
	for (const struct policy_test *t = c->tests; t; t = t->next) {
		const char *op = policy_op_text(t->op);
		const char *space = policy_op_orders(t->op) ? " " : "";

		if (t != c->tests)
			avow_buf_put_str(b, ", ");
		avow_buf_put_str(b, policy_prop_name(t->prop));
		avow_buf_put_str(b, space);
		avow_buf_put_str(b, op);
		avow_buf_put_str(b, space);
		put_expr(b, t->expr);
	}
	avow_buf_put_byte(b, ']');
}

static void
put_action(struct avow_buf *b, const struct policy_rule *r)
{
	avow_buf_put_str(b, policy_action_name(r->action));
	avow_buf_put_byte(b, '(');
	if (r->claim.n) {
		avow_buf_put_str(b, "claim=");
		avow_buf_put(b, r->claim);
	}
	for (const struct policy_field *f = r->fields; f; f = f->next) {
		if (f != r->fields)
			avow_buf_put_str(b, ", ");
		avow_buf_put_str(b, policy_prop_name(f->prop));
		avow_buf_put_byte(b, '=');
		put_expr(b, f->expr);
	}
	avow_buf_put_str(b, ");");
}

/* Conditions and action with `sep` before each part but the first. */
static void
put_parts(struct avow_buf *b, const struct policy_rule *r, const char *sep)
{
	for (const struct policy_cond *c = r->conds; c; c = c->next) {
		if (c != r->conds) {
			avow_buf_put_str(b, sep);
			avow_buf_put_str(b, "&& ");
		}
		put_cond(b, c);
	}
	if (r->conds)
		avow_buf_put_str(b, sep);
	avow_buf_put_str(b, "=> ");
	put_action(b, r);
}

static void
put_comments(struct avow_buf *b, const struct policy_comment *c, const char *indent)
{
	for (const struct policy_comment *first = c; c; c = c->next) {
		if (c->blank_before && c != first)
			avow_buf_put_byte(b, '\n');
		avow_buf_put_str(b, indent);
		avow_buf_put(b, c->text);
		avow_buf_put_byte(b, '\n');
	}
}

static void
put_trailing(struct avow_buf *b, const struct policy_comment *c)
{
	if (c) {
		avow_buf_put_byte(b, ' ');
		avow_buf_put(b, c->text);
	}
	avow_buf_put_byte(b, '\n');
}

static void
put_rule(struct avow_buf *b, const struct policy_rule *r, bool first)
{
	size_t start;

	if (r->blank_before && !first)
		avow_buf_put_byte(b, '\n');
	put_comments(b, r->comments, INDENT);
	start = b->n;
	avow_buf_put_str(b, INDENT);
	put_parts(b, r, " ");
	if (b->err == AVOW_OK && b->n - start > MAX_LINE && r->conds) {
		b->n = start;
		avow_buf_put_str(b, INDENT);
		put_parts(b, r, "\n" INDENT INDENT);
	}
	put_trailing(b, r->trailing);
}

static void
put_sect(struct avow_buf *b, const struct policy_sect *s)
{
	avow_buf_put_byte(b, '\n');
	put_comments(b, s->comments, "");
	avow_buf_put_str(b, policy_section_name(s->kind));
	avow_buf_put_str(b, " {\n");
	for (const struct policy_rule *r = s->rules; r; r = r->next)
		put_rule(b, r, r == s->rules);
	put_comments(b, s->tail, INDENT);
	avow_buf_put_str(b, "};");
	put_trailing(b, s->trailing);
}

static void
put_tree(struct avow_buf *b, const struct policy_tree *t)
{
	put_comments(b, t->comments, "");
	avow_buf_printf(b, "version=%u.%u;", t->version / 10, t->version % 10);
	put_trailing(b, t->trailing);
	for (const struct policy_sect *s = t->sects; s; s = s->next)
		put_sect(b, s);
	if (t->tail)
		avow_buf_put_byte(b, '\n');
	put_comments(b, t->tail, "");
}

enum avow_err
avow_policy_format(
	struct avow_span text, struct avow_buf *out, struct avow_policy_error *err)
{
	struct avow_policy_error own;
	struct avow_arena scratch;
	struct policy_tree *tree;
	enum avow_err e;

	err = err ? err : &own;
	memset(err, 0, sizeof(*err));
	avow_arena_init(&scratch, POLICY_MAX_TREE);
	e = policy_parse(text, &scratch, &tree, err);
	if (e == AVOW_OK) {
		put_tree(out, tree);
		e = out->err;
	}
	avow_arena_clear(&scratch);
	return e;
}
