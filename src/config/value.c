/*
 * One value: text to its type, within the item's bounds, or a refusal that
 * says what was expected. YAML's own notion of types is judged before, in
 * yaml.c; a flag has only text.
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "config/impl.h"

static enum avow_err
refuse(const struct avow_config_item *item, struct avow_why *why, const char *expected,
	struct avow_span got)
{
	const struct avow_at at = {"config", item->name, NULL};

	return avow_refuse(why, AVOW_E_CONFIG_VALUE, &at, expected, "%.*s",
		AVOW_FMT(avow_span_slice(got, 0, 120)));
}

/* No control characters: values are printed again, in a dump and in logs. */
static bool
is_plain_text(struct avow_span s)
{
	uint32_t cp;

	for (size_t n; s.n; s = avow_span_from(s, n)) {
		n = avow_utf8_decode(s, &cp);
		if (n == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 ||
			cp == 0x2029 || cp == 0xfeff || cp >= 0xfffe)
			return false;
	}
	return true;
}

static bool
parse_digits(struct avow_span text, int64_t *out)
{
	int64_t v = 0;

	if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' ||
			__builtin_mul_overflow(v, INT64_C(10), &v) ||
			__builtin_add_overflow(v, text.p[i] - '0', &v))
			return false;
	}
	*out = v;
	return true;
}

static bool
parse_size(struct avow_span text, int64_t *out)
{
	static const char *const units[] = {"KiB", "MiB", "GiB"};
	int64_t unit = 1;

	for (size_t i = 0; i < 3; i++)
		if (avow_span_ends(text, avow_span_str(units[i]))) {
			unit = INT64_C(1) << (10 * (i + 1));
			text = avow_span_slice(text, 0, text.n - 3);
			break;
		}
	return parse_digits(text, out) && !__builtin_mul_overflow(*out, unit, out);
}

static enum avow_err
read_number(const struct avow_config_item *item, struct avow_span text, int64_t *out,
	struct avow_why *why)
{
	bool ok;

	if (item->type == AVOW_CONFIG_INT)
		ok = parse_digits(text, out);
	else if (item->type == AVOW_CONFIG_SIZE)
		ok = parse_size(text, out);
	else
		ok = avow_duration_parse(text, out) == AVOW_OK;
	if (!ok)
		return refuse(item, why,
			item->type == AVOW_CONFIG_INT    ? "a whole number"
			: item->type == AVOW_CONFIG_SIZE ? "a size: 4096, 64KiB, 1MiB"
							 : "a duration: 90s, 36h, 7d",
			text);
	if (*out < item->min || *out > item->max)
		return refuse(item, why, "a value within the item's bounds", text);
	return AVOW_OK;
}

static const char *
find_choice(const struct avow_config_item *item, struct avow_span text)
{
	for (size_t i = 0; item->choices[i]; i++)
		if (avow_span_eq_str(text, item->choices[i]))
			return item->choices[i];
	return NULL;
}

static enum avow_err
read_choice(const struct avow_config_item *item, struct avow_span text,
	const char **out, struct avow_why *why)
{
	char list[192];
	size_t n = 0;

	*out = find_choice(item, text);
	if (*out)
		return AVOW_OK;
	for (size_t i = 0; item->choices[i]; i++) {
		size_t k = strlen(item->choices[i]);

		if (n + k + 3 > sizeof(list))
			break;
		if (n) {
			memcpy(list + n, ", ", 2);
			n += 2;
		}
		memcpy(list + n, item->choices[i], k);
		n += k;
	}
	list[n] = '\0';
	return refuse(item, why, list, text);
}

static enum avow_err
read_text(struct avow_config *c, const struct avow_config_item *item,
	struct avow_span text, const char **out, struct avow_why *why)
{
	struct avow_config_address address;
	const char *fault = NULL;
	struct avow_span copy;

	if (!is_plain_text(text))
		return refuse(item, why, "UTF-8 text without control characters", text);
	if (item->type == AVOW_CONFIG_URL && text.n)
		fault = avow_config_url_fault(text);
	else if (item->type == AVOW_CONFIG_ADDRESS &&
		 !avow_config_address_parse(text, &address))
		fault = "a numeric address and port: 127.0.0.1:8080, [::1]:8443";
	else if (item->is_list && text.n == 0)
		fault = "an entry that is not empty";
	if (fault)
		return refuse(item, why, fault, text);
	copy = avow_arena_copy(&c->impl->arena, text);
	if (!copy.p)
		return avow_arena_err(&c->impl->arena);
	*out = (const char *)copy.p;
	return AVOW_OK;
}

static enum avow_err
read_string(struct avow_config *c, const struct avow_config_item *item,
	struct avow_span text, const char **out, struct avow_why *why)
{
	if (item->type == AVOW_CONFIG_CHOICE)
		return read_choice(item, text, out, why);
	return read_text(c, item, text, out, why);
}

static bool
has_entry(const char *const *v, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], s) == 0)
			return true;
	return false;
}

static enum avow_err
store_list(struct avow_config *c, const struct avow_config_item *item,
	const struct avow_span *values, size_t n, bool add, struct avow_why *why)
{
	struct avow_config_list *list = avow_config_at(c, item);
	size_t old = add ? list->n : 0;
	const char **v;

	if (n > (size_t)item->max || old + n > (size_t)item->max)
		return refuse(item, why, "fewer entries", AVOW_LIT("too many"));
	if (old + n < (size_t)item->min)
		return refuse(item, why, "at least one entry", AVOW_LIT("none"));
	v = avow_arena_array(&c->impl->arena, old + n + 1, sizeof(*v));
	if (!v)
		return avow_arena_err(&c->impl->arena);
	for (size_t i = 0; i < old; i++)
		v[i] = list->v[i];
	for (size_t i = 0; i < n; i++) {
		AVOW_TRY(read_string(c, item, values[i], &v[old + i], why));
		if (has_entry(v, old + i, v[old + i]))
			return refuse(item, why, "each entry once", values[i]);
	}
	*list = (struct avow_config_list){old + n, v};
	return AVOW_OK;
}

static enum avow_err
store_bool(struct avow_config *c, const struct avow_config_item *item,
	struct avow_span text, struct avow_why *why)
{
	bool *out = avow_config_at(c, item);
	bool yes = avow_span_eq_str(text, "true");

	if (!yes && !avow_span_eq_str(text, "false"))
		return refuse(item, why, "true or false", text);
	*out = yes;
	return AVOW_OK;
}

enum avow_err
avow_config_store(struct avow_config *c, const struct avow_config_item *item,
	const struct avow_span *values, size_t n, bool add, struct avow_why *why)
{
	const char **text;
	int64_t *number, v;

	if (item->is_list)
		return store_list(c, item, values, n, add, why);
	if (n != 1)
		return refuse(item, why, "one value", AVOW_LIT("a list"));
	switch (item->type) {
	case AVOW_CONFIG_BOOL:
		return store_bool(c, item, values[0], why);
	case AVOW_CONFIG_INT:
	case AVOW_CONFIG_DURATION:
	case AVOW_CONFIG_SIZE:
		number = avow_config_at(c, item);
		AVOW_TRY(read_number(item, values[0], &v, why));
		*number = v;
		return AVOW_OK;
	case AVOW_CONFIG_STRING:
	case AVOW_CONFIG_CHOICE:
	case AVOW_CONFIG_PATH:
	case AVOW_CONFIG_URL:
	case AVOW_CONFIG_ADDRESS:
		break;
	}
	text = avow_config_at(c, item);
	return read_string(c, item, values[0], text, why);
}

enum avow_err
avow_config_store_text(struct avow_config *c, const struct avow_config_item *item,
	struct avow_span text, bool add, struct avow_why *why)
{
	struct avow_span values[AVOW_CONFIG_MAX_ENTRIES];
	size_t n = 0;

	if (!item->is_list || (item->type == AVOW_CONFIG_PATH && text.n))
		return avow_config_store(c, item, &text, 1, add, why);
	while (text.n) {
		size_t comma = avow_span_find_byte(text, ',');

		if (n == AVOW_CONFIG_MAX_ENTRIES)
			return refuse(item, why, "fewer entries", AVOW_LIT("too many"));
		values[n++] = avow_span_trim(avow_span_slice(text, 0, comma));
		if (comma + 1 == text.n)
			return refuse(item, why, "no comma at the end", text);
		text = avow_span_from(text, comma + 1);
	}
	return avow_config_store(c, item, values, n, add, why);
}
