/*
 * The command line: each setting of config/'s table is a flag, `--name value`
 * or `--name=value`, over what the file of --config says. What follows a list's
 * value without a flag of its own is one more value (--trust-anchor a.pem b.pem).
 */
#include "base/buf.h"
#include "daemon/options.h"

#include <string.h>

#include "config/config.h"

struct cursor {
	int argc, at;
	const char *const *argv;
	const struct avow_config_item *list; /* the list that a bare word adds to */
};

static enum avow_err
usage(struct avow_why *why, const char *expected, const char *got)
{
	static const struct avow_at at = {"usage", "arguments", "avowd(8)"};

	return avow_refuse(why, AVOW_E_USAGE, &at, expected, "%s", got);
}

static bool
is_action(const char *arg, enum avow_action *action)
{
	static const struct {
		const char *name;
		enum avow_action action;
	} all[] = {
		{"--check-config", AVOW_ACTION_CHECK},
		{"--print-config", AVOW_ACTION_PRINT},
		{"--version", AVOW_ACTION_VERSION},
		{"--help", AVOW_ACTION_HELP},
		{"-h", AVOW_ACTION_HELP},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(arg, all[i].name) == 0) {
			*action = all[i].action;
			return true;
		}
	return false;
}

/* "--name" or "--name=value" at the cursor; moves behind the value. */
static enum avow_err
read_flag(struct cursor *c, char name[64], const char **value, struct avow_why *why)
{
	const char *arg = c->argv[c->at++];
	const char *eq = strchr(arg, '=');
	size_t n = eq ? (size_t)(eq - arg) : strlen(arg);

	if (n < 3 || strncmp(arg, "--", 2) != 0 || n - 2 >= 64)
		return usage(why, "a flag (see --help)", arg);
	memcpy(name, arg + 2, n - 2);
	name[n - 2] = '\0';
	if (eq) {
		*value = eq + 1;
		return AVOW_OK;
	}
	if (c->at == c->argc)
		return usage(why, "a value behind the flag", arg);
	*value = c->argv[c->at++];
	return AVOW_OK;
}

static bool
is_bare(const char *arg)
{
	return strncmp(arg, "--", 2) != 0;
}

/* One flag with its value, or one more value of a list. */
static enum avow_err
apply_one(struct cursor *c, struct avow_config *config, struct avow_why *why)
{
	const struct avow_config_item *item;
	const char *value;
	char name[64];

	if (c->list && is_bare(c->argv[c->at]))
		return avow_config_set(config, c->list->name, c->argv[c->at++], why);
	AVOW_TRY(read_flag(c, name, &value, why));
	if (strcmp(name, "config") == 0)
		return AVOW_OK; /* read before the flags */
	item = avow_config_item(name);
	c->list = item && item->is_list ? item : NULL;
	return avow_config_set(config, name, value, why);
}

static enum avow_err
apply_flags(int argc, const char *const *argv, struct avow_config *config,
	struct avow_why *why)
{
	struct cursor c = {.argc = argc, .at = 1, .argv = argv};
	enum avow_action action;

	while (c.at < argc) {
		if (is_action(argv[c.at], &action)) {
			c.at++;
			continue;
		}
		AVOW_TRY(apply_one(&c, config, why));
	}
	return AVOW_OK;
}

/* First walk: what to do, and which file. */
static enum avow_err
find_file(int argc, const char *const *argv, enum avow_action *action,
	const char **path, struct avow_why *why)
{
	struct cursor c = {.argc = argc, .at = 1, .argv = argv};
	const char *value;
	char name[64];

	*action = AVOW_ACTION_SERVE;
	*path = NULL;
	while (c.at < argc) {
		if (is_action(argv[c.at], action) || is_bare(argv[c.at])) {
			c.at++;
			continue;
		}
		AVOW_TRY(read_flag(&c, name, &value, why));
		if (strcmp(name, "config") != 0)
			continue;
		if (*path)
			return usage(why, "--config once", value);
		*path = value;
	}
	return AVOW_OK;
}

enum avow_err
avow_options_read(int argc, const char *const *argv, enum avow_action *action,
	struct avow_config **config, struct avow_why *why)
{
	const char *path;
	enum avow_err err;

	*config = NULL;
	AVOW_TRY(find_file(argc, argv, action, &path, why));
	if (*action == AVOW_ACTION_VERSION || *action == AVOW_ACTION_HELP)
		return AVOW_OK;
	AVOW_TRY(avow_config_new(config));
	err = path ? avow_config_load(*config, path, why) : AVOW_OK;
	if (err == AVOW_OK)
		err = apply_flags(argc, argv, *config, why);
	if (err == AVOW_OK)
		err = avow_config_check(*config, why);
	if (err != AVOW_OK) {
		avow_config_free(*config);
		*config = NULL;
	}
	return err;
}

void
avow_options_help(struct avow_buf *out)
{
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);
	char flag[64];

	avow_buf_put_str(out,
		"usage: avowd [--config FILE] [SETTING]...\n"
		"       avowd --check-config | --print-config [SETTING]...\n"
		"       avowd --version | --help\n\n"
		"Settings, each also a key of the file:\n");
	for (size_t i = 0; i < n; i++) {
		avow_config_flag_name(&items[i], flag);
		avow_buf_printf(out, "  --%s %s%s\n      %s\n", flag, items[i].meta,
			items[i].is_list ? "..." : "", items[i].doc);
	}
	avow_buf_put_str(out,
		"\nSIGTERM stops in order, SIGHUP reads everything again. "
		"See avowd(8).\n");
}
