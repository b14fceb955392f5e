/*
 * The service's configuration. One table of items (schema.c) says name, type,
 * bounds, default and meaning; the YAML reader, the flags, the checks, the
 * dump and docs/configuration.md all come from it.
 *
 * Every item has one name. In a file it is a top-level key (`tls_cert: a.pem`),
 * on the command line a flag with dashes (`--tls-cert a.pem`). A flag overrides
 * the file, the file overrides the default.
 */
#ifndef AVOW_CONFIG_CONFIG_H
#define AVOW_CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/span.h"
#include "base/why.h"

enum avow_config_type {
	AVOW_CONFIG_STRING,
	AVOW_CONFIG_BOOL, /* true or false, nothing else */
	AVOW_CONFIG_INT, /* decimal, within [min, max] */
	AVOW_CONFIG_DURATION, /* "36h"; seconds within [min, max] */
	AVOW_CONFIG_SIZE, /* bytes: "4096", "64KiB", "1MiB", "2GiB" */
	AVOW_CONFIG_CHOICE, /* one of choices */
	AVOW_CONFIG_PATH, /* not opened by config/ */
	AVOW_CONFIG_URL, /* an instance URL: see avow_config_check */
	AVOW_CONFIG_ADDRESS /* numeric address and port: "127.0.0.1:0", "[::1]:8443" */
};

struct avow_config_item {
	const char *name; /* lower case, digits and underscores */
	enum avow_config_type type;
	bool is_list; /* a YAML sequence; a flag may be given again */
	const char *def; /* as in a flag; "" is unset or the empty list */
	int64_t min, max; /* INT, DURATION, SIZE: value; lists: entries */
	const char *const *choices; /* CHOICE: NULL-terminated */
	const char *meta; /* for --help: "FILE", "ADDR:PORT" */
	const char *doc; /* one or two sentences, Markdown */
	size_t offset; /* of the value in struct avow_config */
};

/** A list's values in order; text for every type. */
struct avow_config_list {
	size_t n;
	const char *const *v;
};

/**
 * The values. Strings are owned by the configuration and live as long as it;
 * an unset one is "". Integers, durations (s) and sizes (bytes) are int64_t.
 */
struct avow_config {
	const char *data; /* data directory; obligatory for avowd */
	struct avow_config_list listen;
	const char *url; /* "" until avow_config_derive_url */
	const char *base_domain; /* of the providers' hosts; "": by path */
	const char *tls; /* "auto", "always", "never" */
	const char *tls_cert, *tls_key;
	int64_t workers; /* 0: one a core */

	const char *collateral; /* folder; "": DATA/collateral */
	int64_t collateral_grace, collateral_warn;
	const char *intel_pcs, *intel_root_crl, *amd_kds; /* "": not fetched */
	const char *intel_update; /* "standard", "early" */
	const char *fetch_ca, *fetch_proxy;
	int64_t fetch_timeout, fetch_wait, fetch_refresh;
	int64_t amd_fetch_rate;
	struct avow_config_list accept_tcb; /* Intel's spelling */
	struct avow_config_list trust_anchor; /* PEM files */
	struct avow_config_list uvm_reference; /* "ISSUER FEED MIN_SVN" */
	struct avow_config_list id_key_digest; /* 96 hexadecimal digits */
	int64_t tcb_baseline; /* 0: the newest */
	struct avow_config_list allow_platform; /* hexadecimal ids */

	const char *access; /* the access file; "": the management token alone */

	const char *signing_algorithm; /* "RS256", "PS256", "ES256", "ES384" */
	int64_t key_publish_before;

	int64_t machine_silent_after; /* 0: not told */
	const char *machine_webhook; /* "": none */
	const char *machine_webhook_secret, *machine_webhook_ca; /* files */

	int64_t max_connections, max_connections_per_address;
	int64_t max_body_in_flight;
	struct avow_config_list trusted_proxy; /* addresses and networks */
	const char *proxy_header; /* "X-Forwarded-For", "Forwarded" */
	int64_t rate_per_address, rate_per_provider; /* a second; 0: no limit */
	int64_t rate_burst;
	int64_t requests_per_address, requests_per_provider; /* 0: no limit */
	int64_t head_deadline, body_deadline, idle_deadline, send_deadline;
	int64_t drain_deadline;

	const char *log_level; /* "debug", "info", "warn", "error" */

	struct avow_config_impl *impl;
};

/** Every default. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_config_new(struct avow_config **out) AVOW_CHECKED;
/** NULL is fine. */
void avow_config_free(struct avow_config *c);

/**
 * Read a YAML text over what is there: one document, one mapping, scalars and
 * sequences of scalars. Aliases, anchors, tags, directives, null, unknown and
 * repeated keys and wrong types are refused with line and column.
 * @param name what to call the text in `why` (its file name).
 * @return AVOW_OK; AVOW_E_CONFIG_SYNTAX; AVOW_E_CONFIG_KEY (unknown or
 * repeated); AVOW_E_CONFIG_VALUE; AVOW_E_TOO_LARGE (AVOW_MAX_CONFIG);
 * AVOW_E_NO_MEMORY. After an error only avow_config_free is left.
 */
enum avow_err avow_config_parse(struct avow_config *c, struct avow_span yaml,
	const char *name, struct avow_why *why) AVOW_CHECKED;
/** As parse, from a file; AVOW_E_FILE_READ too. */
enum avow_err avow_config_load(
	struct avow_config *c, const char *path, struct avow_why *why) AVOW_CHECKED;
/**
 * Set one item from a flag's text. Lists: entries divided by commas (paths
 * are not divided); the first set replaces what the file said, later ones add.
 * @param name the item's name or its flag ("tls-cert", "tls_cert").
 * @return AVOW_OK; AVOW_E_CONFIG_KEY; AVOW_E_CONFIG_VALUE; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_config_set(struct avow_config *c, const char *name, const char *text,
	struct avow_why *why) AVOW_CHECKED;
/**
 * The rules between items, and derive the URL when it is unset and the first
 * listen port is not 0. The URL is http or https, lower case, host and optional
 * port, without user, path, final slash, query, fragment, or default port.
 * @return AVOW_OK or AVOW_E_CONFIG_VALUE, with the item's name as why->field.
 */
enum avow_err avow_config_check(
	struct avow_config *c, struct avow_why *why) AVOW_CHECKED;
/** Fill an unset URL from the first listen address and the port that was
 *  really bound; does nothing when it is set. AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_config_derive_url(struct avow_config *c, unsigned port) AVOW_CHECKED;

/** True when the service shall speak TLS (tls, and the URL's scheme). */
bool avow_config_wants_tls(const struct avow_config *c);
enum avow_log_level avow_config_log_level(const struct avow_config *c);

/** Append the whole configuration as YAML that parses to the same. */
enum avow_err avow_config_dump(
	const struct avow_config *c, struct avow_buf *out) AVOW_CHECKED;
/** Append the Markdown table of docs/configuration.md. */
enum avow_err avow_config_doc(struct avow_buf *out) AVOW_CHECKED;

/** The table; static. */
const struct avow_config_item *avow_config_items(size_t *n);
/** By name or flag without its dashes; NULL when there is none. */
const struct avow_config_item *avow_config_item(const char *name);
/** "tls_cert" -> "tls-cert". out has room for 64. */
void avow_config_flag_name(const struct avow_config_item *item, char out[64]);

#endif
