/*
 * Tokens to the tree, by recursive descent with one token of look-ahead. Each
 * function is one rule of the grammar in spec 04; only the grammar is judged
 * here. Sloppy forms (docs/policy.md): `=` for `==` inside the brackets of a
 * condition and section names in any letter case are taken; everything else
 * that published samples get wrong is refused where it stands.
 */
#include "policy/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

struct parser {
	struct policy_lexer lx;
	struct policy_token t; /* the next token */
	unsigned last_line; /* of the last token taken */
	struct avow_arena *a;
	struct avow_policy_error *err;
	unsigned depth, n_rules;
};

static enum avow_err
mismatch(struct parser *p, const char *expected, const char *rule)
{
	struct policy_at at = {p->t.place, p->t.text, rule};
	char symbol[64];

	policy_printable(symbol, sizeof(symbol), p->t.text);
	return policy_refuse(p->err, AVOW_E_POLICY_SYNTAX, &at, expected,
		"mismatched input '%s' expecting %s", symbol, expected);
}

static enum avow_err
advance(struct parser *p)
{
	p->last_line = p->t.place.line;
	return policy_lexer_next(&p->lx, &p->t);
}

static enum avow_err
expect(struct parser *p, enum policy_token_kind kind, const char *rule)
{
	if (p->t.kind != kind)
		return mismatch(p, policy_token_name(kind), rule);
	return advance(p);
}

static bool
at_word(const struct parser *p, const char *word)
{
	return p->t.kind == TOKEN_IDENT && avow_span_eq_str(p->t.text, word);
}

static void *
new_node(struct parser *p, size_t n, enum avow_err *e)
{
	void *node = avow_arena_alloc(p->a, n);

	*e = node ? AVOW_OK : avow_arena_err(p->a);
	return node;
}

/* --- comments ------------------------------------------------------------------- */

/* The comment that stands on the line of the token just taken, or NULL. */
static struct policy_comment *
take_trailing(struct parser *p)
{
	struct policy_comment *c = p->lx.comments;

	if (!c || c->line != p->last_line)
		return NULL;
	p->lx.comments = c->next;
	if (!p->lx.comments)
		p->lx.last_comment = NULL;
	c->next = NULL;
	return c;
}

/* All that were read since the last take. */
static struct policy_comment *
take_comments(struct parser *p)
{
	struct policy_comment *c = p->lx.comments;

	p->lx.comments = p->lx.last_comment = NULL;
	return c;
}

/* As above, of a construct whose last token is just taken: what stands behind
 * it belongs to what follows. */
static struct policy_comment *
take_inner(struct parser *p, unsigned last_line)
{
	struct policy_comment *first = p->lx.comments, *c = first, *end = NULL;

	for (; c && c->line < last_line; c = c->next)
		end = c;
	if (!end)
		return NULL;
	p->lx.comments = end->next;
	if (!p->lx.comments)
		p->lx.last_comment = NULL;
	end->next = NULL;
	return first;
}

/* --- expressions ------------------------------------------------------------------ */

static enum avow_err parse_expr(struct parser *p, struct policy_expr **out);

static enum avow_err
parse_integer(struct parser *p, struct policy_expr *x, bool negative)
{
	struct policy_at at = {x->place, p->t.text, "policy > expression"};
	uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);

	if (p->t.kind != TOKEN_INTEGER)
		return mismatch(p, "an integer", at.rule);
	if (p->t.magnitude > max)
		return policy_refuse(p->err, AVOW_E_POLICY_SYNTAX, &at, NULL,
			"the integer does not fit 64 bits with a sign");
	x->kind = EXPR_INTEGER;
	x->integer = negative ? (int64_t)(0 - p->t.magnitude) : (int64_t)p->t.magnitude;
	return advance(p);
}

static enum avow_err
parse_args(struct parser *p, struct policy_expr *call)
{
	struct policy_expr **tail = &call->args;
	static const char rule[] = "policy > expression > functionCall";

	while (p->t.kind != TOKEN_CLOSE_PAREN) {
		if (call->n_args)
			AVOW_TRY(expect(p, TOKEN_COMMA, rule));
		AVOW_TRY(parse_expr(p, tail));
		tail = &(*tail)->next;
		call->n_args++;
	}
	return advance(p);
}

static enum avow_err
parse_call(struct parser *p, struct policy_expr *x)
{
	struct policy_at at = {x->place, x->name, "policy > expression > functionCall"};

	if (++p->depth > AVOW_MAX_POLICY_DEPTH)
		return policy_refuse(p->err, AVOW_E_POLICY_DEPTH, &at, NULL,
			"function calls are nested more than %d deep",
			AVOW_MAX_POLICY_DEPTH);
	x->kind = EXPR_CALL;
	AVOW_TRY(advance(p));
	AVOW_TRY(parse_args(p, x));
	p->depth--;
	return AVOW_OK;
}

static enum avow_err
parse_name(struct parser *p, struct policy_expr *x)
{
	static const char rule[] = "policy > expression";

	x->name = p->t.text;
	AVOW_TRY(advance(p));
	if (avow_span_eq_str(x->name, "true") || avow_span_eq_str(x->name, "false")) {
		x->kind = EXPR_BOOLEAN;
		x->boolean = x->name.n == 4;
		return AVOW_OK;
	}
	if (p->t.kind == TOKEN_OPEN_PAREN)
		return parse_call(p, x);
	if (p->t.kind != TOKEN_DOT)
		return mismatch(p, "{'.', '('}", rule);
	AVOW_TRY(advance(p));
	x->kind = EXPR_PROP;
	x->prop = p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (x->prop == PROP_COUNT)
		return mismatch(p, "{'type', 'value', 'valueType', 'issuer'}", rule);
	return advance(p);
}

static enum avow_err
parse_expr(struct parser *p, struct policy_expr **out)
{
	enum avow_err e;
	struct policy_expr *x = new_node(p, sizeof(*x), &e);

	if (!x)
		return e;
	*out = x;
	x->place = p->t.place;
	x->slot = NO_SLOT;
	switch ((int)p->t.kind) {
	case TOKEN_STRING:
		x->kind = EXPR_STRING;
		x->string = p->t.string;
		return advance(p);
	case TOKEN_INTEGER:
		return parse_integer(p, x, false);
	case TOKEN_MINUS:
		AVOW_TRY(advance(p));
		return parse_integer(p, x, true);
	case TOKEN_IDENT:
		return parse_name(p, x);
	default:
		return mismatch(p,
			"{a string, an integer, 'true', 'false', a name, a function}",
			"policy > expression");
	}
}

/* --- conditions --------------------------------------------------------------------- */

static enum avow_err
parse_op(struct parser *p, struct policy_test *test)
{
	switch ((int)p->t.kind) {
	case TOKEN_ASSIGN:
		test->single_equals = true;
		test->op = OP_EQ;
		break;
	case TOKEN_EQ:
		test->op = OP_EQ;
		break;
	case TOKEN_NE:
		test->op = OP_NE;
		break;
	case TOKEN_LT:
		test->op = OP_LT;
		break;
	case TOKEN_LE:
		test->op = OP_LE;
		break;
	case TOKEN_GT:
		test->op = OP_GT;
		break;
	case TOKEN_GE:
		test->op = OP_GE;
		break;
	default:
		return mismatch(p, "{'==', '!=', '<', '<=', '>', '>='}",
			"policy > rule > condition");
	}
	return advance(p);
}

static enum avow_err
parse_test(struct parser *p, struct policy_test **out)
{
	enum avow_err e;
	struct policy_test *test = new_node(p, sizeof(*test), &e);

	if (!test)
		return e;
	*out = test;
	test->place = p->t.place;
	test->prop =
		p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (test->prop == PROP_COUNT)
		return mismatch(p, "{'type', 'value', 'valueType', 'issuer'}",
			"policy > rule > condition");
	AVOW_TRY(advance(p));
	AVOW_TRY(parse_op(p, test));
	return parse_expr(p, &test->expr);
}

static enum avow_err
parse_tests(struct parser *p, struct policy_cond *cond)
{
	struct policy_test **tail = &cond->tests;
	static const char rule[] = "policy > rule > condition";

	AVOW_TRY(expect(p, TOKEN_OPEN_BRACKET, rule));
	for (;;) {
		AVOW_TRY(parse_test(p, tail));
		tail = &(*tail)->next;
		cond->n_tests++;
		if (p->t.kind == TOKEN_CLOSE_BRACKET)
			return advance(p);
		if (p->t.kind != TOKEN_COMMA)
			return mismatch(p, "{',', ']'}", rule);
		AVOW_TRY(advance(p));
	}
}

static enum avow_err
parse_cond(struct parser *p, struct policy_cond **out)
{
	static const char rule[] = "policy > rule > condition";
	enum avow_err e;
	struct policy_cond *cond = new_node(p, sizeof(*cond), &e);

	if (!cond)
		return e;
	*out = cond;
	cond->place = p->t.place;
	cond->slot = NO_SLOT;
	if (p->t.kind == TOKEN_NOT) {
		cond->negated = true;
		AVOW_TRY(advance(p));
	}
	if (p->t.kind == TOKEN_IDENT) {
		cond->ident = p->t.text;
		cond->ident_place = p->t.place;
		AVOW_TRY(advance(p));
		AVOW_TRY(expect(p, TOKEN_COLON, rule));
	}
	return parse_tests(p, cond);
}

static enum avow_err
parse_conds(struct parser *p, struct policy_rule *r)
{
	struct policy_cond **tail = &r->conds;

	for (;;) {
		AVOW_TRY(parse_cond(p, tail));
		tail = &(*tail)->next;
		r->n_conds++;
		if (p->t.kind == TOKEN_ARROW)
			return AVOW_OK;
		if (p->t.kind != TOKEN_AND)
			return mismatch(p, "{'&&', '=>'}", "policy > rule");
		AVOW_TRY(advance(p));
	}
}

/* --- actions ------------------------------------------------------------------------- */

static enum avow_err
parse_field(struct parser *p, struct policy_field **out)
{
	static const char rule[] = "policy > rule > action > claim";
	enum avow_err e;
	struct policy_field *f = new_node(p, sizeof(*f), &e);

	if (!f)
		return e;
	*out = f;
	f->place = p->t.place;
	f->prop = p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (f->prop == PROP_COUNT)
		return mismatch(
			p, "{'claim', 'type', 'value', 'valueType', 'issuer'}", rule);
	AVOW_TRY(advance(p));
	AVOW_TRY(expect(p, TOKEN_ASSIGN, rule));
	return parse_expr(p, &f->expr);
}

static enum avow_err
parse_claim(struct parser *p, struct policy_rule *r)
{
	static const char rule[] = "policy > rule > action > claim";
	struct policy_field **tail = &r->fields;

	if (at_word(p, "claim")) {
		AVOW_TRY(advance(p));
		AVOW_TRY(expect(p, TOKEN_ASSIGN, rule));
		r->claim = p->t.text;
		r->claim_place = p->t.place;
		return expect(p, TOKEN_IDENT, rule);
	}
	for (;;) {
		AVOW_TRY(parse_field(p, tail));
		tail = &(*tail)->next;
		if (p->t.kind == TOKEN_CLOSE_PAREN)
			return AVOW_OK;
		if (p->t.kind != TOKEN_COMMA)
			return mismatch(p, "{',', ')'}", rule);
		AVOW_TRY(advance(p));
	}
}

static enum avow_err
parse_action(struct parser *p, struct policy_rule *r)
{
	static const char rule[] = "policy > rule > action";

	r->action_place = p->t.place;
	if (p->t.kind != TOKEN_IDENT || !policy_action_lookup(p->t.text, &r->action))
		return mismatch(
			p, "{'permit', 'deny', 'add', 'issue', 'issueproperty'}", rule);
	AVOW_TRY(advance(p));
	AVOW_TRY(expect(p, TOKEN_OPEN_PAREN, rule));
	if (r->action != AVOW_POLICY_PERMIT && r->action != AVOW_POLICY_DENY)
		AVOW_TRY(parse_claim(p, r));
	return expect(p, TOKEN_CLOSE_PAREN, rule);
}

/* --- rules and sections ----------------------------------------------------------------- */

static enum avow_err
count_rule(struct parser *p)
{
	struct policy_at at = {p->t.place, p->t.text, "policy > section"};

	if (++p->n_rules <= AVOW_MAX_POLICY_RULES)
		return AVOW_OK;
	return policy_refuse(p->err, AVOW_E_POLICY_RULES, &at, NULL,
		"a policy has at most %d rules", AVOW_MAX_POLICY_RULES);
}

static enum avow_err
parse_rule(struct parser *p, struct policy_rule **out)
{
	enum avow_err e;
	struct policy_rule *r = new_node(p, sizeof(*r), &e);
	struct policy_comment *before;

	if (!r)
		return e;
	*out = r;
	r->claim_slot = NO_SLOT;
	AVOW_TRY(count_rule(p));
	before = p->lx.comments;
	r->blank_before = before ? before->blank_before : p->t.blank_before;
	r->place = p->t.place;
	if (p->t.kind != TOKEN_ARROW)
		AVOW_TRY(parse_conds(p, r));
	AVOW_TRY(expect(p, TOKEN_ARROW, "policy > rule"));
	AVOW_TRY(parse_action(p, r));
	AVOW_TRY(expect(p, TOKEN_SEMICOLON, "policy > rule"));
	r->comments = take_inner(p, p->last_line);
	r->trailing = take_trailing(p);
	return AVOW_OK;
}

static bool
starts_rule(const struct parser *p)
{
	return p->t.kind == TOKEN_ARROW || p->t.kind == TOKEN_NOT ||
	       p->t.kind == TOKEN_OPEN_BRACKET || p->t.kind == TOKEN_IDENT;
}

static enum avow_err
parse_sect(struct parser *p, struct policy_sect **out)
{
	static const char rule[] = "policy > section";
	enum avow_err e;
	struct policy_sect *s = new_node(p, sizeof(*s), &e);
	struct policy_rule **tail;

	if (!s)
		return e;
	*out = s;
	s->place = p->t.place;
	s->written = p->t.text;
	tail = &s->rules;
	if (p->t.kind != TOKEN_IDENT || !policy_section_lookup(p->t.text, &s->kind))
		return mismatch(p,
			"{'configurationrules', 'authorizationrules', 'issuancerules'}",
			rule);
	AVOW_TRY(advance(p));
	s->comments = take_comments(p);
	AVOW_TRY(expect(p, TOKEN_OPEN_BRACE, rule));
	while (starts_rule(p)) {
		AVOW_TRY(parse_rule(p, tail));
		tail = &(*tail)->next;
	}
	if (p->t.kind != TOKEN_CLOSE_BRACE)
		return mismatch(p, "{'=>', '[', '!', a name, '}'}", rule);
	AVOW_TRY(advance(p));
	s->tail = take_comments(p);
	AVOW_TRY(expect(p, TOKEN_SEMICOLON, rule));
	s->trailing = take_trailing(p);
	return AVOW_OK;
}

static enum avow_err
parse_number(struct parser *p, unsigned *out)
{
	bool plain = p->t.text.n == 1;

	*out = plain && p->t.magnitude < 10 ? (unsigned)p->t.magnitude : 10;
	return expect(p, TOKEN_INTEGER, "policy > versionInfo");
}

static enum avow_err
parse_version(struct parser *p, struct policy_tree *tree)
{
	struct policy_at at = {{0, 0}, {NULL, 0}, "policy > versionInfo"};
	unsigned major, minor;

	if (!at_word(p, "version"))
		return mismatch(p, "'version'", at.rule);
	AVOW_TRY(advance(p));
	AVOW_TRY(expect(p, TOKEN_ASSIGN, at.rule));
	at.place = tree->version_place = p->t.place;
	at.symbol = p->t.text;
	AVOW_TRY(parse_number(p, &major));
	AVOW_TRY(expect(p, TOKEN_DOT, at.rule));
	AVOW_TRY(parse_number(p, &minor));
	if (major != 1 || minor > 2)
		return policy_refuse(p->err, AVOW_E_POLICY_VERSION, &at,
			"{1.0, 1.1, 1.2}", "there are versions 1.0, 1.1 and 1.2");
	tree->version = major * 10 + minor;
	AVOW_TRY(expect(p, TOKEN_SEMICOLON, at.rule));
	tree->comments = take_inner(p, p->last_line);
	tree->trailing = take_trailing(p);
	return AVOW_OK;
}

static enum avow_err
parse_policy(struct parser *p, struct policy_tree *tree)
{
	struct policy_sect **tail = &tree->sects;

	AVOW_TRY(advance(p));
	AVOW_TRY(parse_version(p, tree));
	while (p->t.kind != TOKEN_END) {
		AVOW_TRY(parse_sect(p, tail));
		tail = &(*tail)->next;
	}
	tree->tail = take_comments(p);
	tree->n_rules = p->n_rules;
	tree->end = p->t.place;
	return AVOW_OK;
}

/* --- the text as a whole ------------------------------------------------------------------ */

/* Where in the text an offset lies. */
static struct policy_place
place_of(struct avow_span text, size_t offset)
{
	struct policy_place at = {1, 1};

	for (size_t i = 0; i < offset; i++) {
		at.column++;
		if (text.p[i] == '\n')
			at = (struct policy_place){at.line + 1, 1};
	}
	return at;
}

static enum avow_err
check_utf8(struct avow_span text, struct avow_policy_error *err)
{
	struct avow_span rest = text;
	struct policy_at at = {{1, 1}, AVOW_LIT("?"), "policy > text"};
	uint32_t cp;

	if (avow_utf8_is_valid(text))
		return AVOW_OK;
	while (rest.n) {
		size_t n = avow_utf8_decode(rest, &cp);

		if (n == 0)
			break;
		rest = avow_span_from(rest, n);
	}
	at.place = place_of(text, text.n - rest.n);
	return policy_refuse(
		err, AVOW_E_UTF8, &at, NULL, "the text is not valid UTF-8 here");
}

enum avow_err
policy_parse(struct avow_span text, struct avow_arena *a, struct policy_tree **out,
	struct avow_policy_error *err)
{
	struct policy_at start = {{1, 1}, AVOW_LIT(""), "policy > text"};
	struct parser p = {.a = a, .err = err};
	struct policy_tree *tree = avow_arena_alloc(a, sizeof(*tree));

	*out = NULL;
	if (!tree)
		return avow_arena_err(a);
	if (text.n > AVOW_MAX_POLICY_TEXT)
		return policy_refuse(err, AVOW_E_POLICY_TEXT_SIZE, &start, NULL,
			"a policy has at most %zu bytes", AVOW_MAX_POLICY_TEXT);
	AVOW_TRY(check_utf8(text, err));
	policy_lexer_init(&p.lx, text, a, err);
	AVOW_TRY(parse_policy(&p, tree));
	*out = tree;
	return AVOW_OK;
}
