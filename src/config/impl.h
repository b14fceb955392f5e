/*
 * What config/'s files share: the owned memory, where a value came from, and
 * one value's reader.
 */
#ifndef AVOW_CONFIG_IMPL_H
#define AVOW_CONFIG_IMPL_H

#include "base/arena.h"
#include "config/config.h"

enum avow_config_source {
	AVOW_CONFIG_FROM_DEFAULT,
	AVOW_CONFIG_FROM_FILE,
	AVOW_CONFIG_FROM_FLAG
};

#define AVOW_CONFIG_MAX_ITEMS 128
#define AVOW_CONFIG_MAX_ENTRIES 64 /* of one list */

struct avow_config_impl {
	struct avow_arena arena; /* every string and list */
	enum avow_config_source source[AVOW_CONFIG_MAX_ITEMS];
};

/** A numeric address and port; both parts are checked. */
struct avow_config_address {
	char host[48]; /* canonical text, without brackets */
	unsigned port;
	bool is_v6, is_loopback, is_wildcard;
};

/** False when the text is not "1.2.3.4:80" or "[::1]:80". */
bool avow_config_address_parse(struct avow_span text, struct avow_config_address *out);
/** NULL, or what is wrong with an instance URL, in words. */
const char *avow_config_url_fault(struct avow_span url);

size_t avow_config_index(const struct avow_config_item *item);
void *avow_config_at(struct avow_config *c, const struct avow_config_item *item);
const void *avow_config_at_const(
	const struct avow_config *c, const struct avow_config_item *item);

/**
 * Set an item to the given values (exactly one unless it is a list), replacing
 * what is there, or adding to a list's end when `add`.
 * @return AVOW_OK, AVOW_E_CONFIG_VALUE, AVOW_E_NO_MEMORY; AVOW_E_TOO_LARGE when
 * the configuration's memory ends.
 */
enum avow_err avow_config_store(struct avow_config *c,
	const struct avow_config_item *item, const struct avow_span *values, size_t n,
	bool add, struct avow_why *why) AVOW_CHECKED;
/** Like store, of a flag's text: a list is divided at commas. */
enum avow_err avow_config_store_text(struct avow_config *c,
	const struct avow_config_item *item, struct avow_span text, bool add,
	struct avow_why *why) AVOW_CHECKED;

#endif
