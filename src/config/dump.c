/*
 * The table written out: the values as YAML that reads back to the same, and
 * the documentation. Strings are JSON strings, which YAML takes as they are.
 */
#include <inttypes.h>

#include "config/impl.h"
#include "wire/json.h"

static void
put_duration(struct avow_buf *b, int64_t s)
{
	static const struct {
		int64_t unit;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

	if (s == 0) {
		avow_buf_put_str(b, "0");
		return;
	}
	for (size_t i = 0; i < 4; i++)
		if (s % units[i].unit == 0) {
			avow_buf_printf(
				b, "%" PRId64 "%c", s / units[i].unit, units[i].name);
			return;
		}
}

static void
put_size(struct avow_buf *b, int64_t bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB"};
	size_t i = 0;

	for (; i < 3 && bytes && bytes % 1024 == 0; i++)
		bytes /= 1024;
	avow_buf_printf(b, "%" PRId64 "%s", bytes, units[i]);
}

static void
put_list(struct avow_buf *b, const struct avow_config_list *list)
{
	avow_buf_put_byte(b, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			avow_buf_put_str(b, ", ");
		avow_json_put_string(b, avow_span_str(list->v[i]));
	}
	avow_buf_put_byte(b, ']');
}

static void
put_value(struct avow_buf *b, const struct avow_config *c,
	const struct avow_config_item *item)
{
	const void *at = avow_config_at_const(c, item);

	if (item->is_list) {
		put_list(b, at);
		return;
	}
	switch (item->type) {
	case AVOW_CONFIG_BOOL:
		avow_buf_put_str(b, *(const bool *)at ? "true" : "false");
		return;
	case AVOW_CONFIG_INT:
		avow_buf_printf(b, "%" PRId64, *(const int64_t *)at);
		return;
	case AVOW_CONFIG_DURATION:
		put_duration(b, *(const int64_t *)at);
		return;
	case AVOW_CONFIG_SIZE:
		put_size(b, *(const int64_t *)at);
		return;
	case AVOW_CONFIG_STRING:
	case AVOW_CONFIG_CHOICE:
	case AVOW_CONFIG_PATH:
	case AVOW_CONFIG_URL:
	case AVOW_CONFIG_ADDRESS:
		avow_json_put_string(b, avow_span_str(*(const char *const *)at));
		return;
	}
}

enum avow_err
avow_config_dump(const struct avow_config *c, struct avow_buf *out)
{
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);

	for (size_t i = 0; i < n; i++) {
		avow_buf_printf(out, "%s: ", items[i].name);
		put_value(out, c, &items[i]);
		avow_buf_put_byte(out, '\n');
	}
	return out->err;
}

/* --- documentation ------------------------------------------------------------------ */

static void
put_bounds(struct avow_buf *b, const struct avow_config_item *item)
{
	avow_buf_put_str(b, " From ");
	for (int i = 0; i < 2; i++) {
		int64_t v = i ? item->max : item->min;

		if (i)
			avow_buf_put_str(b, " to ");
		if (item->type == AVOW_CONFIG_DURATION)
			put_duration(b, v);
		else if (item->type == AVOW_CONFIG_SIZE)
			put_size(b, v);
		else
			avow_buf_printf(b, "%" PRId64, v);
	}
	avow_buf_put_byte(b, '.');
}

static void
put_choices(struct avow_buf *b, const struct avow_config_item *item)
{
	avow_buf_put_str(b, item->is_list ? " Any of " : " One of ");
	for (size_t i = 0; item->choices[i]; i++)
		avow_buf_printf(b, "%s`%s`", i ? ", " : "", item->choices[i]);
	avow_buf_put_byte(b, '.');
}

static const char *
type_name(enum avow_config_type t)
{
	static const char *const names[] = {
		[AVOW_CONFIG_STRING] = "text",
		[AVOW_CONFIG_BOOL] = "boolean",
		[AVOW_CONFIG_INT] = "whole number",
		[AVOW_CONFIG_DURATION] = "duration",
		[AVOW_CONFIG_SIZE] = "size",
		[AVOW_CONFIG_CHOICE] = "choice",
		[AVOW_CONFIG_PATH] = "path",
		[AVOW_CONFIG_URL] = "URL",
		[AVOW_CONFIG_ADDRESS] = "address:port",
	};

	return names[t];
}

static void
put_row(struct avow_buf *b, const struct avow_config_item *item)
{
	char flag[64];

	avow_config_flag_name(item, flag);
	avow_buf_printf(b, "| `%s` | `--%s %s` | %s%s | ", item->name, flag, item->meta,
		item->is_list ? "list of " : "", type_name(item->type));
	if (item->def[0])
		avow_buf_printf(b, "`%s`", item->def);
	avow_buf_printf(b, " | %s", item->doc);
	if (item->choices)
		put_choices(b, item);
	else if (!item->is_list && item->max)
		put_bounds(b, item);
	avow_buf_put_str(b, " |\n");
}

enum avow_err
avow_config_doc(struct avow_buf *out)
{
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);

	avow_buf_put_str(out, "| key | flag | type | default | meaning |\n"
			      "|---|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		put_row(out, &items[i]);
	return out->err;
}
