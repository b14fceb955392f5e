/*
 * avow provider: the control plane from the command line. What a provider can
 * be is the service's to judge; here a command becomes a request (its body:
 * provider_body.c), and its answer lines or JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/provider_body.h"

static const char USAGE[] =
	"usage: avow provider create NAME [OPTIONS] [--location L] [--policy-cert "
	"PEM]...\n"
	"       avow provider show NAME [OPTIONS]\n"
	"       avow provider list [OPTIONS]\n"
	"       avow provider update NAME [OPTIONS]\n"
	"       avow provider delete NAME [OPTIONS]\n"
	"\n"
	"create makes a provider; with --policy-cert its trust model is Isolated, and\n"
	"only these certificates may sign its policies. update leaves what it does "
	"not\n"
	"name. list without --group shows a whole subscription.\n"
	"\n" AVOW_SERVER_USAGE "  --subscription S    default: default\n"
	"  --group G           resource group; default: default\n"
	"  --location L        default: local\n"
	"  --tag NAME=VALUE    may be repeated; update replaces all tags\n"
	"  --no-tags           update: no tags\n"
	"  --set NAME=VALUE    a setting, as text or JSON; may be repeated:\n"
	"                      acceptedTcbStatuses, allowedPlatforms,\n"
	"                      collateralGrace, collateralUpdate,\n"
	"                      publicNetworkAccess, tcbBaseline,\n"
	"                      tpmAttestationAuthentication\n"
	"  --unset NAME        update: back to the service's own\n"
	"  --defaults          list: the built-in read-only provider\n"
	"\n"
	"exit status: 0 done, 1 refused, 2 no answer, 64 usage\n";

#define VERSION "?api-version=2021-06-01"
#define ARM "/providers/Microsoft.Attestation"
#define PAGE "1000"

enum {
	OPT_SUBSCRIPTION = 400,
	OPT_GROUP,
	OPT_LOCATION,
	OPT_TAG,
	OPT_NO_TAGS,
	OPT_SET,
	OPT_UNSET,
	OPT_CERT,
	OPT_DEFAULTS
};

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	{"subscription", required_argument, NULL, OPT_SUBSCRIPTION},
	{"group", required_argument, NULL, OPT_GROUP},
	{"location", required_argument, NULL, OPT_LOCATION},
	{"tag", required_argument, NULL, OPT_TAG},
	{"no-tags", no_argument, NULL, OPT_NO_TAGS},
	{"set", required_argument, NULL, OPT_SET},
	{"unset", required_argument, NULL, OPT_UNSET},
	{"policy-cert", required_argument, NULL, OPT_CERT},
	{"defaults", no_argument, NULL, OPT_DEFAULTS},
	{NULL, 0, NULL, 0},
};

static const struct avow_cmd *const CMD = &avow_cmd_provider;

/* --- paths --------------------------------------------------------------- */

static const char *
path_of(struct avow_provider_run *r, const char *rest)
{
	avow_buf_reset(&r->path);
	avow_buf_printf(&r->path, "/subscriptions/%s", r->subscription);
	if (r->name || r->has_group)
		avow_buf_printf(&r->path, "/resourceGroups/%s", r->group);
	avow_buf_put_str(&r->path, rest);
	if (r->name)
		avow_buf_put_str(&r->path, r->name);
	avow_buf_put_str(&r->path, VERSION);
	return avow_buf_str(&r->path);
}

#define ONE ARM "/attestationProviders/"
#define MANY ARM "/attestationProviders"

/* --- answers ------------------------------------------------------------- */

static void
show_line(const char *name, struct avow_span value)
{
	printf("%-14s ", name);
	avow_server_show(value);
	putchar('\n');
}

static void
show_settings(const struct avow_json *properties)
{
	static const char *const shown[] = {
		"trustModel", "status", "attestUri", "privateEndpointConnections"};

	for (size_t i = 0; i < properties->count; i++) {
		const struct avow_json_member *m = &properties->members[i];
		bool is_shown = false;

		for (size_t k = 0; k < sizeof(shown) / sizeof(shown[0]); k++)
			is_shown = is_shown || avow_span_eq_str(m->name, shown[k]);
		if (is_shown)
			continue;
		fputs("setting        ", stdout);
		avow_server_show(m->name);
		putchar('=');
		avow_server_show(m->value.type == AVOW_JSON_STRING ? m->value.string
								   : m->value.raw);
		putchar('\n');
	}
}

static int
show_provider(const struct avow_provider_run *r, const struct avow_json *p)
{
	const struct avow_json *properties = avow_json_get(p, "properties");
	const struct avow_json *tags = avow_json_get(p, "tags");

	if (!properties || properties->type != AVOW_JSON_OBJECT)
		return avow_server_odd(CMD, "no provider");
	if (r->server.json)
		return avow_server_print(p);
	show_line("name", avow_server_text(p, "name"));
	show_line("url", avow_server_text(properties, "attestUri"));
	show_line("trust model", avow_server_text(properties, "trustModel"));
	show_line("status", avow_server_text(properties, "status"));
	show_line("location", avow_server_text(p, "location"));
	show_line("id", avow_server_text(p, "id"));
	show_settings(properties);
	for (size_t i = 0; tags && i < tags->count; i++) {
		fputs("tag            ", stdout);
		avow_server_show(tags->members[i].name);
		putchar('=');
		avow_server_show(tags->members[i].value.string);
		putchar('\n');
	}
	return AVOW_EXIT_OK;
}

static int
change(struct avow_provider_run *r, const char *method, bool is_create)
{
	/* create never changes a provider that is there */
	static const char *const only_new[] = {"If-None-Match: *", NULL};
	struct avow_request rq = {.method = method,
		.path = path_of(r, ONE),
		.has_body = true,
		.extra = is_create ? only_new : NULL};
	const struct avow_json *answer;
	struct avow_buf body;
	int status;

	avow_buf_init(&body, AVOW_MIB(1));
	status = avow_provider_put_body(r, is_create, &body);
	rq.body = avow_buf_span(&body);
	if (status == AVOW_EXIT_OK)
		status = avow_server_ask(&r->server, CMD, &rq, &answer);
	avow_buf_clear(&body);
	return status == AVOW_EXIT_OK ? show_provider(r, answer) : status;
}

/* --- actions ------------------------------------------------------------- */

static int
create(struct avow_provider_run *r)
{
	return change(r, "PUT", true);
}

static int
update(struct avow_provider_run *r)
{
	return change(r, "PATCH", false);
}

static int
show(struct avow_provider_run *r)
{
	const struct avow_request rq = {.path = path_of(r, ONE)};
	const struct avow_json *answer;
	int status = avow_server_ask(&r->server, CMD, &rq, &answer);

	return status == AVOW_EXIT_OK ? show_provider(r, answer) : status;
}

static int delete (struct avow_provider_run *r)
{
	const struct avow_request get = {.path = path_of(r, ONE)};
	struct avow_request rq = {.method = "DELETE"};
	int status;

	/* the contract answers 204 for what is not there; a person wants to know */
	status = avow_server_call(&r->server, CMD, &get, NULL);
	if (status != AVOW_EXIT_OK)
		return status;
	rq.path = path_of(r, ONE);
	return avow_server_call(&r->server, CMD, &rq, NULL);
}

static void
list_line(const struct avow_json *p)
{
	const struct avow_json *properties = avow_json_get(p, "properties");

	printf("%-24.*s  %-8.*s  ", AVOW_FMT(avow_server_text(p, "name")),
		AVOW_FMT(avow_server_text(properties, "trustModel")));
	avow_server_show(avow_server_text(properties, "attestUri"));
	putchar('\n');
}

static void
list_page(const struct avow_provider_run *r, const struct avow_json *page,
	struct avow_jw *w)
{
	for (size_t i = 0; i < page->count; i++)
		if (r->server.json)
			avow_jw_value(w, &page->items[i], AVOW_JSON_AS_IS);
		else
			list_line(&page->items[i]);
}

/* One page after the other; `after` is the last name of the one before. */
static int
list_pages(struct avow_provider_run *r, struct avow_jw *w)
{
	struct avow_span after = {NULL, 0};
	const struct avow_json *answer, *page;
	bool more = true;

	while (more) {
		struct avow_request rq = {.path = path_of(r, MANY)};
		int status;

		avow_buf_put_str(&r->path, "&$top=" PAGE);
		if (after.n)
			avow_buf_printf(&r->path, "&$skipToken=%.*s", AVOW_FMT(after));
		rq.path = avow_buf_str(&r->path);
		status = avow_server_ask(&r->server, CMD, &rq, &answer);
		if (status != AVOW_EXIT_OK)
			return status;
		page = avow_json_get(answer, "value");
		if (!page || page->type != AVOW_JSON_ARRAY)
			return avow_server_odd(CMD, "no list");
		list_page(r, page, w);
		more = avow_json_get(answer, "nextLink") && page->count > 0;
		if (more)
			after = avow_server_text(&page->items[page->count - 1], "name");
		/* a page that names no way on would be asked for again and again */
		more = more && after.n > 0 && after.n <= 24;
	}
	return AVOW_EXIT_OK;
}

static int
list_defaults(struct avow_provider_run *r, struct avow_jw *w)
{
	const struct avow_request rq = {.path = path_of(r, ARM "/defaultProviders")};
	const struct avow_json *answer, *page;
	int status = avow_server_ask(&r->server, CMD, &rq, &answer);

	if (status != AVOW_EXIT_OK)
		return status;
	page = avow_json_get(answer, "value");
	if (!page || page->type != AVOW_JSON_ARRAY)
		return avow_server_odd(CMD, "no list");
	list_page(r, page, w);
	return AVOW_EXIT_OK;
}

static int
list(struct avow_provider_run *r)
{
	struct avow_buf b;
	struct avow_jw w;
	int status;

	if (r->defaults)
		r->has_group = false;
	avow_buf_init(&b, AVOW_MIB(256));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	status = r->defaults ? list_defaults(r, &w) : list_pages(r, &w);
	avow_jw_close(&w);
	if (status == AVOW_EXIT_OK && r->server.json)
		status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

/* --- the command line ---------------------------------------------------- */

static bool
add_pair(struct avow_provider_pairs *p, const char *item, bool needs_value)
{
	const char *eq = strchr(item, '=');

	if (p->n == AVOW_PROVIDER_MAX_PAIRS || (needs_value && (!eq || eq == item)))
		return false;
	p->items[p->n++] = item;
	return true;
}

static bool
set_option(struct avow_provider_run *r, int c, const char *arg)
{
	switch (c) {
	case OPT_SUBSCRIPTION:
		r->subscription = arg;
		return true;
	case OPT_GROUP:
		r->group = arg;
		return r->has_group = true;
	case OPT_LOCATION:
		r->location = arg;
		return true;
	case OPT_TAG:
		return add_pair(&r->tags, arg, true);
	case OPT_NO_TAGS:
		return r->no_tags = true;
	case OPT_SET:
		return add_pair(&r->set, arg, true);
	case OPT_UNSET:
		return add_pair(&r->unset, arg, false);
	case OPT_CERT:
		return add_pair(&r->certs, arg, false);
	case OPT_DEFAULTS:
		return r->defaults = true;
	default:
		return avow_server_set(&r->server, c, arg);
	}
}

/* What goes into a path must not make another path of it. */
static bool
is_segment(const char *s)
{
	return s[0] &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-_.()")] == '\0';
}

static int
read_arguments(struct avow_provider_run *r, int argc, char **argv, bool wants_name)
{
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(CMD, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (argc - optind != wants_name)
		return avow_cli_usage(
			CMD, wants_name ? "it takes a NAME" : "list takes no name");
	if (wants_name)
		r->name = argv[optind];
	if (!is_segment(r->subscription) || !is_segment(r->group) ||
		(r->name && !is_segment(r->name)))
		return avow_cli_usage(CMD, "no name of a %s",
			r->name && !is_segment(r->name) ? "provider"
							: "subscription or group");
	return avow_server_ready(&r->server, CMD);
}

static int
run_provider(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct avow_provider_run *r);
		bool wants_name;
	} actions[] = {
		{"create", create, true},
		{"show", show, true},
		{"list", list, false},
		{"update", update, true},
		{"delete", delete, true},
	};
	struct avow_provider_run r = {
		.subscription = "default", .group = "default", .location = "local"};
	size_t i = 0, n = sizeof(actions) / sizeof(actions[0]);
	int status;

	while (argc > 1 && i < n && strcmp(argv[1], actions[i].name) != 0)
		i++;
	if (argc < 2 || i == n)
		return avow_cli_usage(
			CMD, "it takes create, show, list, update or delete");
	avow_server_init(&r.server);
	avow_buf_init(&r.path, 4096);
	status = read_arguments(&r, argc - 1, argv + 1, actions[i].wants_name);
	if (status == AVOW_EXIT_OK)
		status = actions[i].run(&r);
	avow_buf_clear(&r.path);
	avow_server_clear(&r.server);
	return status;
}

const struct avow_cmd avow_cmd_provider = {
	.name = "provider",
	.summary = "make, show, change and delete providers of a service",
	.usage = USAGE,
	.run = run_provider,
};
