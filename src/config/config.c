/*
 * A configuration's life: defaults, then the file, then flags. Each later
 * source wins, in whatever order they are given. What the values mean for the
 * service is the daemon's; what they must be together is check.c's.
 */
#include "config/config.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "config/impl.h"

/* the file's text is copied once, and every flag */
#define MAX_MEMORY (4 * AVOW_MAX_CONFIG)

static enum avow_err
set_defaults(struct avow_config *c)
{
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);

	for (size_t i = 0; i < n; i++)
		AVOW_TRY(avow_config_store_text(
			c, &items[i], avow_span_str(items[i].def), false, NULL));
	return AVOW_OK;
}

enum avow_err
avow_config_new(struct avow_config **out)
{
	struct avow_config *c = calloc(1, sizeof(*c));
	enum avow_err e = AVOW_E_NO_MEMORY;

	*out = NULL;
	if (!c)
		return e;
	c->impl = calloc(1, sizeof(*c->impl));
	if (c->impl) {
		avow_arena_init(&c->impl->arena, MAX_MEMORY);
		e = set_defaults(c);
	}
	if (e != AVOW_OK) {
		avow_config_free(c);
		return e;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_config_free(struct avow_config *c)
{
	if (!c)
		return;
	if (c->impl)
		avow_arena_clear(&c->impl->arena);
	free(c->impl);
	free(c);
}

enum avow_err
avow_config_load(struct avow_config *c, const char *path, struct avow_why *why)
{
	static const struct avow_at at = {"config", "config", NULL};
	struct avow_buf text;
	enum avow_err e;

	avow_buf_init(&text, AVOW_MAX_CONFIG);
	e = avow_file_read(path, &text);
	if (e == AVOW_OK) {
		e = avow_config_parse(c, avow_buf_span(&text), path, why);
	} else {
		avow_refuse(why, e, &at, "a readable file of at most 256 KiB", NULL);
		avow_why_document(why, "%s", path);
	}
	avow_buf_clear(&text);
	return e;
}

enum avow_err
avow_config_set(
	struct avow_config *c, const char *name, const char *text, struct avow_why *why)
{
	static const struct avow_at at = {"config", NULL, NULL};
	const struct avow_config_item *item = avow_config_item(name);
	enum avow_config_source *source;

	if (!item) {
		avow_why_field(why, "%s", name);
		return avow_refuse(why, AVOW_E_CONFIG_KEY, &at,
			"a setting of docs/configuration.md", NULL);
	}
	source = &c->impl->source[avow_config_index(item)];
	AVOW_TRY(avow_config_store_text(
		c, item, avow_span_str(text), *source == AVOW_CONFIG_FROM_FLAG, why));
	*source = AVOW_CONFIG_FROM_FLAG;
	return AVOW_OK;
}

enum avow_log_level
avow_config_log_level(const struct avow_config *c)
{
	struct avow_span s = avow_span_str(c->log_level);

	if (avow_span_eq_str(s, "debug"))
		return AVOW_LOG_DEBUG;
	if (avow_span_eq_str(s, "warn"))
		return AVOW_LOG_WARN;
	return avow_span_eq_str(s, "error") ? AVOW_LOG_ERROR : AVOW_LOG_INFO;
}
