/*
 * Tokens to the tree, by recursive descent with one token of look-ahead. Each
 * function is one rule of the grammar in spec 04; only the grammar is judged
 * here. Sloppy forms (docs/policy.md): `=` for `==` inside the brackets of a
 * condition and section names in any letter case are taken; everything else
 * that published samples get wrong is refused where it stands.
 */
#include "policy/parser.h"

#include "base/limits.h"
#include "base/utf8.h"

static bool
at_word(const struct parser *p, const char *word)
{
	return p->t.kind == TOKEN_IDENT && avow_span_eq_str(p->t.text, word);
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
		return policy_mismatch(p, "{'==', '!=', '<', '<=', '>', '>='}",
			"policy > rule > condition");
	}
	return policy_advance(p);
}

static enum avow_err
parse_test(struct parser *p, struct policy_test **out)
{
	enum avow_err e;
	struct policy_test *test = policy_node(p, sizeof(*test), &e);

	if (!test)
		return e;
	*out = test;
	test->place = p->t.place;
	test->prop =
		p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (test->prop == PROP_COUNT)
		return policy_mismatch(p, "{'type', 'value', 'valueType', 'issuer'}",
			"policy > rule > condition");
	AVOW_TRY(policy_advance(p));
	AVOW_TRY(parse_op(p, test));
	return policy_parse_expr(p, &test->expr);
}

static enum avow_err
parse_tests(struct parser *p, struct policy_cond *cond)
{
	struct policy_test **tail = &cond->tests;
	static const char rule[] = "policy > rule > condition";

	AVOW_TRY(policy_expect(p, TOKEN_OPEN_BRACKET, rule));
	for (;;) {
		AVOW_TRY(parse_test(p, tail));
		tail = &(*tail)->next;
		cond->n_tests++;
		if (p->t.kind == TOKEN_CLOSE_BRACKET)
			return policy_advance(p);
		if (p->t.kind != TOKEN_COMMA)
			return policy_mismatch(p, "{',', ']'}", rule);
		AVOW_TRY(policy_advance(p));
	}
}

static enum avow_err
parse_cond(struct parser *p, struct policy_cond **out)
{
	static const char rule[] = "policy > rule > condition";
	enum avow_err e;
	struct policy_cond *cond = policy_node(p, sizeof(*cond), &e);

	if (!cond)
		return e;
	*out = cond;
	cond->place = p->t.place;
	cond->slot = NO_SLOT;
	if (p->t.kind == TOKEN_NOT) {
		cond->negated = true;
		AVOW_TRY(policy_advance(p));
	}
	if (p->t.kind == TOKEN_IDENT) {
		cond->ident = p->t.text;
		cond->ident_place = p->t.place;
		AVOW_TRY(policy_advance(p));
		AVOW_TRY(policy_expect(p, TOKEN_COLON, rule));
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
			return policy_mismatch(p, "{'&&', '=>'}", "policy > rule");
		AVOW_TRY(policy_advance(p));
	}
}

/* --- actions ------------------------------------------------------------------------- */

static enum avow_err
parse_field(struct parser *p, struct policy_field **out)
{
	static const char rule[] = "policy > rule > action > claim";
	enum avow_err e;
	struct policy_field *f = policy_node(p, sizeof(*f), &e);

	if (!f)
		return e;
	*out = f;
	f->place = p->t.place;
	f->prop = p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (f->prop == PROP_COUNT)
		return policy_mismatch(
			p, "{'claim', 'type', 'value', 'valueType', 'issuer'}", rule);
	AVOW_TRY(policy_advance(p));
	AVOW_TRY(policy_expect(p, TOKEN_ASSIGN, rule));
	return policy_parse_expr(p, &f->expr);
}

static enum avow_err
parse_claim(struct parser *p, struct policy_rule *r)
{
	static const char rule[] = "policy > rule > action > claim";
	struct policy_field **tail = &r->fields;

	if (at_word(p, "claim")) {
		AVOW_TRY(policy_advance(p));
		AVOW_TRY(policy_expect(p, TOKEN_ASSIGN, rule));
		r->claim = p->t.text;
		r->claim_place = p->t.place;
		return policy_expect(p, TOKEN_IDENT, rule);
	}
	for (;;) {
		AVOW_TRY(parse_field(p, tail));
		tail = &(*tail)->next;
		if (p->t.kind == TOKEN_CLOSE_PAREN)
			return AVOW_OK;
		if (p->t.kind != TOKEN_COMMA)
			return policy_mismatch(p, "{',', ')'}", rule);
		AVOW_TRY(policy_advance(p));
	}
}

static enum avow_err
parse_action(struct parser *p, struct policy_rule *r)
{
	static const char rule[] = "policy > rule > action";

	r->action_place = p->t.place;
	if (p->t.kind != TOKEN_IDENT || !policy_action_lookup(p->t.text, &r->action))
		return policy_mismatch(
			p, "{'permit', 'deny', 'add', 'issue', 'issueproperty'}", rule);
	AVOW_TRY(policy_advance(p));
	AVOW_TRY(policy_expect(p, TOKEN_OPEN_PAREN, rule));
	if (r->action != AVOW_POLICY_PERMIT && r->action != AVOW_POLICY_DENY)
		AVOW_TRY(parse_claim(p, r));
	return policy_expect(p, TOKEN_CLOSE_PAREN, rule);
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
	struct policy_rule *r = policy_node(p, sizeof(*r), &e);
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
	AVOW_TRY(policy_expect(p, TOKEN_ARROW, "policy > rule"));
	AVOW_TRY(parse_action(p, r));
	AVOW_TRY(policy_expect(p, TOKEN_SEMICOLON, "policy > rule"));
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
	struct policy_sect *s = policy_node(p, sizeof(*s), &e);
	struct policy_rule **tail;

	if (!s)
		return e;
	*out = s;
	s->place = p->t.place;
	s->written = p->t.text;
	tail = &s->rules;
	if (p->t.kind != TOKEN_IDENT || !policy_section_lookup(p->t.text, &s->kind))
		return policy_mismatch(p,
			"{'configurationrules', 'authorizationrules', 'issuancerules'}",
			rule);
	AVOW_TRY(policy_advance(p));
	s->comments = take_comments(p);
	AVOW_TRY(policy_expect(p, TOKEN_OPEN_BRACE, rule));
	while (starts_rule(p)) {
		AVOW_TRY(parse_rule(p, tail));
		tail = &(*tail)->next;
	}
	if (p->t.kind != TOKEN_CLOSE_BRACE)
		return policy_mismatch(p, "{'=>', '[', '!', a name, '}'}", rule);
	AVOW_TRY(policy_advance(p));
	s->tail = take_comments(p);
	AVOW_TRY(policy_expect(p, TOKEN_SEMICOLON, rule));
	s->trailing = take_trailing(p);
	return AVOW_OK;
}

static enum avow_err
parse_number(struct parser *p, unsigned *out)
{
	bool plain = p->t.text.n == 1;

	*out = plain && p->t.magnitude < 10 ? (unsigned)p->t.magnitude : 10;
	return policy_expect(p, TOKEN_INTEGER, "policy > versionInfo");
}

static enum avow_err
parse_version(struct parser *p, struct policy_tree *tree)
{
	struct policy_at at = {{0, 0}, {NULL, 0}, "policy > versionInfo"};
	unsigned major, minor;

	if (!at_word(p, "version"))
		return policy_mismatch(p, "'version'", at.rule);
	AVOW_TRY(policy_advance(p));
	AVOW_TRY(policy_expect(p, TOKEN_ASSIGN, at.rule));
	at.place = tree->version_place = p->t.place;
	at.symbol = p->t.text;
	AVOW_TRY(parse_number(p, &major));
	AVOW_TRY(policy_expect(p, TOKEN_DOT, at.rule));
	AVOW_TRY(parse_number(p, &minor));
	if (major != 1 || minor > 2)
		return policy_refuse(p->err, AVOW_E_POLICY_VERSION, &at,
			"{1.0, 1.1, 1.2}", "there are versions 1.0, 1.1 and 1.2");
	tree->version = major * 10 + minor;
	AVOW_TRY(policy_expect(p, TOKEN_SEMICOLON, at.rule));
	tree->comments = take_inner(p, p->last_line);
	tree->trailing = take_trailing(p);
	return AVOW_OK;
}

static enum avow_err
parse_policy(struct parser *p, struct policy_tree *tree)
{
	struct policy_sect **tail = &tree->sects;

	AVOW_TRY(policy_advance(p));
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
