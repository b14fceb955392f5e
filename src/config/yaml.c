/*
 * The file: libyaml's events under our own rules. YAML lets a document mean
 * more than it shows (aliases, tags, `yes` as a boolean, keys given twice); a
 * security setting must not, so all of that is refused, with line and column.
 *
 *   stream -> document -> mapping -> { key scalar, scalar | sequence of scalars }*
 */
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "config/impl.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct avow_config *config;
	const char *name;
	struct avow_why *why;
	bool seen[AVOW_CONFIG_MAX_ITEMS];
};

static const struct avow_at SYNTAX = {
	"config", NULL, "YAML 1.2, docs/configuration.md"};

static void
place(struct reader *r, yaml_mark_t at)
{
	avow_why_document(r->why, "%s:%zu:%zu", r->name, at.line + 1, at.column + 1);
}

static enum avow_err
refuse(struct reader *r, enum avow_err code, const char *expected, const char *got)
{
	enum avow_err e = avow_refuse(r->why, code, &SYNTAX, expected, "%s", got);

	place(r, r->event.start_mark);
	return e;
}

static enum avow_err
reader_fault(struct reader *r)
{
	yaml_mark_t at = r->parser.problem_mark;

	if (r->parser.error == YAML_MEMORY_ERROR)
		return AVOW_E_NO_MEMORY;
	avow_refuse(r->why, AVOW_E_CONFIG_SYNTAX, &SYNTAX, "valid YAML", "%s",
		r->parser.problem ? r->parser.problem : "");
	if (r->parser.error == YAML_READER_ERROR)
		avow_why_offset(r->why, r->parser.problem_offset);
	place(r, at);
	return AVOW_E_CONFIG_SYNTAX;
}

static enum avow_err
next(struct reader *r)
{
	yaml_event_delete(&r->event);
	memset(&r->event, 0, sizeof(r->event));
	return yaml_parser_parse(&r->parser, &r->event) ? AVOW_OK : reader_fault(r);
}

static const char *
event_name(yaml_event_type_t t)
{
	switch (t) {
	case YAML_SCALAR_EVENT:
		return "a scalar";
	case YAML_ALIAS_EVENT:
		return "an alias";
	case YAML_SEQUENCE_START_EVENT:
		return "a sequence";
	case YAML_MAPPING_START_EVENT:
		return "a mapping";
	case YAML_DOCUMENT_START_EVENT:
		return "another document";
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		break;
	}
	return "the end";
}

static enum avow_err
refuse_event(struct reader *r, const char *expected)
{
	return refuse(r, AVOW_E_CONFIG_SYNTAX, expected, event_name(r->event.type));
}

/* --- scalars --------------------------------------------------------------------- */

static struct avow_span
scalar(const struct reader *r)
{
	return avow_span_make(r->event.data.scalar.value, r->event.data.scalar.length);
}

static bool
is_one_of(struct avow_span s, const char *const *words)
{
	for (; *words; words++)
		if (avow_span_eq_str(s, *words))
			return true;
	return false;
}

/* YAML 1.2.2, 10.3.2: numbers of the core schema start so; addresses and sizes
 * have other characters too. */
static bool
is_number(struct avow_span s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (!strchr("+-.eE", s.p[i]))
			return false;
	}
	return digits > 0;
}

/* What the core schema would take a plain scalar for, against what is wanted. */
static const char *
type_fault(const struct avow_config_item *item, struct avow_span s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {
		"true", "True", "TRUE", "false", "False", "FALSE", NULL};

	if (is_one_of(s, nulls))
		return "a value; \"\" unsets";
	if (item->type == AVOW_CONFIG_BOOL)
		return is_one_of(s, bools) ? NULL : "true or false";
	if (is_one_of(s, bools))
		return "no boolean";
	if (item->type == AVOW_CONFIG_INT)
		return is_number(s) ? NULL : "a whole number";
	if (item->type == AVOW_CONFIG_DURATION || item->type == AVOW_CONFIG_SIZE)
		return NULL;
	return is_number(s) ? "a string (put it in quotes)" : NULL;
}

static enum avow_err
check_scalar(struct reader *r, const struct avow_config_item *item)
{
	bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	const struct avow_at at = {"config", item->name, NULL};
	const char *fault = NULL;

	if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
		return refuse(r, AVOW_E_CONFIG_SYNTAX, "no anchor and no tag", "one");
	if (plain)
		fault = type_fault(item, scalar(r));
	else if (item->type == AVOW_CONFIG_BOOL || item->type == AVOW_CONFIG_INT)
		fault = "a value without quotes";
	if (!fault)
		return AVOW_OK;
	avow_refuse(r->why, AVOW_E_CONFIG_VALUE, &at, fault, "%.*s",
		AVOW_FMT(avow_span_slice(scalar(r), 0, 120)));
	place(r, r->event.start_mark);
	return AVOW_E_CONFIG_VALUE;
}

/* --- items ------------------------------------------------------------------------ */

static enum avow_err
store(struct reader *r, const struct avow_config_item *item,
	const struct avow_span *values, size_t n, yaml_mark_t at)
{
	struct avow_config_impl *impl = r->config->impl;
	size_t i = avow_config_index(item);
	enum avow_err e;

	/* a flag has spoken already: the file's value is judged, not kept */
	if (impl->source[i] == AVOW_CONFIG_FROM_FLAG) {
		struct avow_config scratch = *r->config;

		e = avow_config_store(&scratch, item, values, n, false, r->why);
	} else {
		e = avow_config_store(r->config, item, values, n, false, r->why);
	}
	if (e != AVOW_OK)
		place(r, at);
	else if (impl->source[i] != AVOW_CONFIG_FROM_FLAG)
		impl->source[i] = AVOW_CONFIG_FROM_FILE;
	return e;
}

static enum avow_err
read_sequence(struct reader *r, const struct avow_config_item *item)
{
	yaml_mark_t at = r->event.start_mark;
	struct avow_span values[AVOW_CONFIG_MAX_ENTRIES];
	size_t n = 0;

	if (!item->is_list)
		return refuse(r, AVOW_E_CONFIG_VALUE, "one value", "a sequence");
	if (r->event.data.sequence_start.anchor || r->event.data.sequence_start.tag)
		return refuse(r, AVOW_E_CONFIG_SYNTAX, "no anchor and no tag", "one");
	for (;;) {
		struct avow_span copy;

		AVOW_TRY(next(r));
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return store(r, item, values, n, at);
		if (r->event.type != YAML_SCALAR_EVENT)
			return refuse_event(r, "a scalar in the sequence");
		AVOW_TRY(check_scalar(r, item));
		if (n == AVOW_CONFIG_MAX_ENTRIES)
			return refuse(
				r, AVOW_E_CONFIG_VALUE, "fewer entries", "too many");
		copy = avow_arena_copy(&r->config->impl->arena, scalar(r));
		if (!copy.p)
			return avow_arena_err(&r->config->impl->arena);
		values[n++] = copy;
	}
}

static enum avow_err
read_item(struct reader *r)
{
	const struct avow_config_item *item;
	struct avow_span key = scalar(r);
	struct avow_span value;
	char name[64] = "";

	if (r->event.data.scalar.anchor || r->event.data.scalar.tag)
		return refuse(r, AVOW_E_CONFIG_SYNTAX, "no anchor and no tag", "one");
	if (key.n < sizeof(name) && avow_span_find_byte(key, 0) == key.n)
		memcpy(name, key.p, key.n);
	item = avow_config_item(name);
	avow_why_field(r->why, "%.*s", AVOW_FMT(avow_span_slice(key, 0, 64)));
	if (!item || !avow_span_eq_str(key, item->name))
		return refuse(r, AVOW_E_CONFIG_KEY, "a key of docs/configuration.md",
			"an unknown one");
	if (r->seen[avow_config_index(item)])
		return refuse(r, AVOW_E_CONFIG_KEY, "each key once", "a second one");
	r->seen[avow_config_index(item)] = true;
	AVOW_TRY(next(r));
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		return read_sequence(r, item);
	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse_event(r, "a scalar or a sequence");
	AVOW_TRY(check_scalar(r, item));
	value = scalar(r);
	/* "" unsets, so for a list it is the empty one */
	return store(r, item, &value, item->is_list && value.n == 0 ? 0 : 1,
		r->event.start_mark);
}

static enum avow_err
read_mapping(struct reader *r)
{
	if (r->event.type != YAML_MAPPING_START_EVENT)
		return refuse_event(r, "a mapping of settings");
	if (r->event.data.mapping_start.anchor || r->event.data.mapping_start.tag)
		return refuse(r, AVOW_E_CONFIG_SYNTAX, "no anchor and no tag", "one");
	for (;;) {
		AVOW_TRY(next(r));
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return AVOW_OK;
		if (r->event.type != YAML_SCALAR_EVENT)
			return refuse_event(r, "a key");
		AVOW_TRY(read_item(r));
		avow_why_field(r->why, "%s", "");
	}
}

static enum avow_err
read_stream(struct reader *r)
{
	AVOW_TRY(next(r)); /* stream start */
	AVOW_TRY(next(r));
	if (r->event.type == YAML_STREAM_END_EVENT)
		return AVOW_OK; /* comments alone: every default */
	if (r->event.data.document_start.version_directive ||
		r->event.data.document_start.tag_directives.start !=
			r->event.data.document_start.tag_directives.end)
		return refuse(r, AVOW_E_CONFIG_SYNTAX, "no directives", "one");
	AVOW_TRY(next(r));
	AVOW_TRY(read_mapping(r));
	AVOW_TRY(next(r)); /* document end */
	AVOW_TRY(next(r));
	if (r->event.type != YAML_STREAM_END_EVENT)
		return refuse_event(r, "one document");
	return AVOW_OK;
}

enum avow_err
avow_config_parse(struct avow_config *c, struct avow_span yaml, const char *name,
	struct avow_why *why)
{
	struct reader r = {.config = c, .name = name, .why = why};
	enum avow_err e;

	if (yaml.n > AVOW_MAX_CONFIG)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &SYNTAX, NULL, NULL);
	if (!yaml_parser_initialize(&r.parser))
		return AVOW_E_NO_MEMORY;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, yaml.p, yaml.n);
	e = read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return e;
}
