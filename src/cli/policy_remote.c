/*
 * avow policy get, set, reset, history and sign: policies of a service. What a
 * policy JWT is made of is the contract's (spec 02); who may set one, and whether
 * its text is good, is the service's to judge. An old version is set again as
 * the JWT that it was, so that everything about it is judged anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "cli/policy_cmds.h"
#include "cli/server.h"
#include "crypto/digest.h"
#include "crypto/jose.h"
#include "token/policy_hash.h"
#include "wire/json_member.h"

#define VERSION "?api-version=2022-08-01"

enum { OPT_VERSION = 400, OPT_JWT, OPT_RESET, OPT_MAX };

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	AVOW_PROVIDER_OPTION,
	AVOW_SIGNING_OPTIONS,
	{"version", required_argument, NULL, OPT_VERSION},
	{"jwt", no_argument, NULL, OPT_JWT},
	{"reset", no_argument, NULL, OPT_RESET},
	{"max", required_argument, NULL, OPT_MAX},
	{NULL, 0, NULL, 0},
};

static const struct avow_cmd *const CMD = &avow_cmd_policy;

struct run {
	struct avow_server server;
	struct avow_signing signing;
	const char *type, *file;
	int64_t version, max; /* 0: not given */
	bool wants_jwt, is_reset;
	struct avow_buf path, jwt;
};

static const char *
path_of(struct run *r, const char *rest)
{
	avow_buf_reset(&r->path);
	avow_buf_printf(&r->path, "/policies/%s%s" VERSION, r->type, rest);
	return avow_buf_str(&r->path);
}

/* --- policy JWTs ------------------------------------------------------------------------- */

static bool
is_jwt(struct avow_span text)
{
	size_t dots = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ')
			return false;
		dots += text.p[i] == '.';
	}
	return dots == 2 && avow_span_starts(text, AVOW_LIT("eyJ"));
}

/* The payload of a text; the empty payload of a reset. */
static int
make_jwt(struct run *r, struct avow_span text)
{
	struct avow_buf payload;
	struct avow_jw w;
	int status;

	avow_buf_init(&payload, AVOW_MIB(2));
	if (!r->is_reset) {
		avow_jw_init(&w, &payload);
		avow_jw_open(&w, '{');
		avow_jw_name(&w, "AttestationPolicy");
		avow_jw_b64url(&w, text);
		avow_jw_close(&w);
	}
	status = avow_signing_make(&r->signing, CMD, avow_buf_span(&payload), &r->jwt);
	avow_buf_clear(&payload);
	return status;
}

/* A file is policy text, or a JWT that was made before and is sent as it is. */
static int
jwt_of_file(struct run *r)
{
	struct avow_buf file;
	struct avow_span word;
	int status = AVOW_EXIT_OK;

	if (!avow_cli_read(r->file, &file))
		return AVOW_EXIT_REFUSED;
	word = avow_span_trim(avow_buf_span(&file));
	if (!is_jwt(word))
		status = make_jwt(r, avow_buf_span(&file));
	else if (r->signing.key || r->signing.cert)
		status = avow_policy_cmd_usage("the file is a JWT already");
	else
		avow_buf_put(&r->jwt, word);
	avow_buf_clear(&file);
	return status;
}

/* base64url of the text, or from old clients the text itself (spec 02). */
static bool
text_of_jwt(struct avow_span jwt, struct avow_arena *a, struct avow_span *text)
{
	const struct avow_json *payload;
	struct avow_jws jws;

	*text = AVOW_LIT("");
	if (avow_jws_parse(jwt, a, &jws, NULL) != AVOW_OK)
		return false;
	if (avow_span_is_empty(jws.payload))
		return true;
	if (avow_json_parse(jws.payload, NULL, a, &payload, NULL) != AVOW_OK)
		return false;
	*text = avow_server_text(payload, "AttestationPolicy");
	if (text->n &&
		avow_b64url_decode(*text, AVOW_MAX_BODY_POLICY, a, text) != AVOW_OK)
		*text = avow_server_text(payload, "AttestationPolicy");
	return text->n > 0;
}

/* --- get -------------------------------------------------------------------------------------- */

/* The JWT in force, or that of --version. */
static int
fetch(struct run *r, struct avow_span *jwt)
{
	struct avow_request rq = {.method = NULL};
	const struct avow_json *answer;
	char rest[48] = "";
	int status;

	if (r->version)
		snprintf(rest, sizeof(rest), "/versions/%lld", (long long)r->version);
	rq.path = path_of(r, rest);
	status = r->version ? avow_server_ask(&r->server, CMD, &rq, &answer)
			    : avow_server_ask_token(&r->server, CMD, &rq, &answer);
	if (status != AVOW_EXIT_OK)
		return status;
	*jwt = avow_server_text(answer, r->version ? "policy" : "x-ms-policy");
	return jwt->n ? AVOW_EXIT_OK : avow_server_odd(CMD, "no policy");
}

static int
print_policy(const struct run *r, struct avow_span jwt, struct avow_span text)
{
	char hash[AVOW_POLICY_HASH_TEXT] = "";
	struct avow_buf b;
	struct avow_jw w;
	int status;

	if (text.n && avow_policy_hash(text, hash) != AVOW_OK)
		return AVOW_EXIT_UNDECIDED;
	avow_buf_init(&b, AVOW_MIB(8));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "attestationType", r->type);
	avow_jw_put_string(&w, "jwt", jwt);
	avow_jw_name(&w, "policy");
	if (text.n)
		avow_jw_string(&w, text);
	else
		avow_jw_null(&w);
	avow_jw_put_str(&w, "policyHash", text.n ? hash : NULL);
	avow_jw_close(&w);
	status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

static int
get(struct run *r)
{
	struct avow_span jwt, text;
	int status = fetch(r, &jwt);

	if (status != AVOW_EXIT_OK)
		return status;
	if (!text_of_jwt(jwt, &r->server.arena, &text))
		return avow_server_odd(CMD, "no policy JWT");
	if (r->server.json)
		return print_policy(r, jwt, text);
	if (!r->wants_jwt && text.n == 0) {
		fprintf(stderr, "avow policy: %s has no policy\n", r->type);
		return AVOW_EXIT_REFUSED;
	}
	if (r->wants_jwt)
		text = jwt;
	fwrite(text.p, 1, text.n, stdout);
	if (text.p[text.n - 1] != '\n')
		putchar('\n');
	return fflush(stdout) == 0 ? AVOW_EXIT_OK : AVOW_EXIT_UNDECIDED;
}

/* --- set and reset ------------------------------------------------------------------------------ */

/* What the service says it took must be what was sent: spec 02, x-ms-policy-token-hash. */
static bool
took_this(const struct run *r, const struct avow_json *claims)
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf text;
	bool same;

	if (avow_sha256(avow_buf_span(&r->jwt), digest) != AVOW_OK)
		return false;
	avow_buf_init(&text, 64);
	avow_b64url_put(&text, avow_span_make(digest, sizeof(digest)));
	same = avow_span_eq(avow_buf_span(&text),
		avow_server_text(claims, "x-ms-policy-token-hash"));
	avow_buf_clear(&text);
	return same;
}

static int
send_jwt(struct run *r, bool is_reset)
{
	const struct avow_request rq = {.method = is_reset ? "POST" : "PUT",
		.path = path_of(r, is_reset ? ":reset" : ""),
		.has_body = true,
		.body = avow_buf_span(&r->jwt),
		.content_type = "text/plain"};
	const char *want = is_reset ? "Removed" : "Updated";
	const struct avow_json *claims;
	int status = avow_server_ask_token(&r->server, CMD, &rq, &claims);

	if (status != AVOW_EXIT_OK)
		return status;
	if (!avow_span_eq_str(avow_server_text(claims, "x-ms-policy-result"), want))
		return avow_server_odd(CMD, "it does not say that it was done");
	if (!is_reset && !took_this(r, claims))
		return avow_server_odd(CMD, "it names another policy JWT");
	if (r->server.json)
		return avow_server_print(claims);
	printf("%s: %s\n", r->type, is_reset ? "reset" : "set");
	return AVOW_EXIT_OK;
}

static bool
is_empty_jwt(struct avow_span jwt)
{
	size_t dot = avow_span_find_byte(jwt, '.');

	return dot + 1 < jwt.n && jwt.p[dot + 1] == '.';
}

/* An old version: its JWT again. A version that was a reset is one again. */
static int
set_version(struct run *r)
{
	struct avow_span jwt;
	int status = fetch(r, &jwt);

	if (status != AVOW_EXIT_OK)
		return status;
	if (is_empty_jwt(jwt)) {
		r->is_reset = true;
		status = make_jwt(r, AVOW_LIT(""));
		return status == AVOW_EXIT_OK ? send_jwt(r, true) : status;
	}
	if (r->signing.key || r->signing.cert)
		return avow_policy_cmd_usage("a version keeps its own signature");
	avow_buf_put(&r->jwt, jwt);
	return send_jwt(r, false);
}

static int
set(struct run *r)
{
	int status;

	if ((r->file == NULL) == (r->version == 0))
		return avow_policy_cmd_usage(
			"set takes a TYPE, and a FILE or --version");
	if (r->version)
		return set_version(r);
	if (strcmp(r->file, "-") == 0 && r->server.token_file &&
		strcmp(r->server.token_file, "-") == 0)
		return avow_policy_cmd_usage("two inputs cannot both be stdin");
	status = jwt_of_file(r);
	return status == AVOW_EXIT_OK ? send_jwt(r, false) : status;
}

static int
reset(struct run *r)
{
	int status;

	r->is_reset = true;
	status = make_jwt(r, AVOW_LIT(""));
	return status == AVOW_EXIT_OK ? send_jwt(r, true) : status;
}

/* --- history --------------------------------------------------------------------------------------- */

static void
show_version(const struct avow_json *v)
{
	const struct avow_json *number = avow_json_get(v, "version");
	struct avow_span hash = avow_server_text(v, "policyHash");

	printf("%lld  ", number ? (long long)number->integer : 0);
	avow_server_show(avow_server_text(v, "setAt"));
	fputs("  ", stdout);
	avow_server_show(hash.n ? hash : avow_server_text(v, "event"));
	fputs(avow_json_get(v, "policySigner") ? "  signed" : "", stdout);
	fputs("  by ", stdout);
	avow_server_show(avow_server_text(v, "setBy"));
	putchar('\n');
}

static int
history(struct run *r)
{
	struct avow_request rq = {.path = path_of(r, "/versions")};
	const struct avow_json *answer, *value;
	int status;

	if (r->max)
		avow_buf_printf(&r->path, "&$top=%lld", (long long)r->max);
	rq.path = avow_buf_str(&r->path);
	status = avow_server_ask(&r->server, CMD, &rq, &answer);
	if (status != AVOW_EXIT_OK)
		return status;
	value = avow_json_get(answer, "value");
	if (!value || value->type != AVOW_JSON_ARRAY)
		return avow_server_odd(CMD, "no list");
	if (r->server.json)
		return avow_server_print(value);
	for (size_t i = 0; i < value->count; i++)
		show_version(&value->items[i]);
	return AVOW_EXIT_OK;
}

/* --- sign ------------------------------------------------------------------------------------------- */

static int
sign(struct run *r)
{
	int status;

	if ((r->file == NULL) == !r->is_reset)
		return avow_policy_cmd_usage("sign takes a FILE, or --reset");
	status = r->is_reset ? make_jwt(r, AVOW_LIT("")) : jwt_of_file(r);
	return status == AVOW_EXIT_OK ? avow_cli_print(&r->jwt, AVOW_EXIT_OK) : status;
}

/* --- the command line ---------------------------------------------------------------------------------- */

static bool
read_number(const char *text, int64_t max, int64_t *out)
{
	char *end;
	long long v = strtoll(text, &end, 10);

	*out = v;
	return text[0] >= '1' && text[0] <= '9' && *end == '\0' && v <= max;
}

static bool
set_option(struct run *r, int c, const char *arg)
{
	switch (c) {
	case OPT_VERSION:
		return read_number(arg, INT32_MAX, &r->version);
	case OPT_MAX:
		return read_number(arg, 1000, &r->max);
	case OPT_JWT:
		return r->wants_jwt = true;
	case OPT_RESET:
		return r->is_reset = true;
	default:
		return avow_server_set(&r->server, c, arg) ||
		       avow_signing_set(&r->signing, c, arg);
	}
}

static int
read_arguments(struct run *r, int argc, char **argv, bool is_local)
{
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(CMD, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (!is_local && optind < argc) {
		r->type = avow_server_type(argv[optind++]);
		if (!r->type)
			return avow_policy_cmd_usage("no attestation type");
	}
	if (optind < argc)
		r->file = argv[optind++];
	if (optind != argc || (!is_local && !r->type))
		return avow_policy_cmd_usage("an attestation TYPE is needed");
	return is_local ? AVOW_EXIT_OK : avow_server_ready(&r->server, CMD);
}

int
avow_policy_cmd_remote(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(struct run *r);
		bool takes_file;
	} actions[] = {
		{"get", get, false},
		{"set", set, true},
		{"reset", reset, false},
		{"history", history, false},
		{"sign", sign, true},
	};
	struct run r = {.type = NULL};
	size_t i = 0;
	int status;

	while (strcmp(argv[0], actions[i].name) != 0)
		i++;
	avow_server_init(&r.server);
	avow_buf_init(&r.path, 1024);
	avow_buf_init(&r.jwt, AVOW_MIB(4));
	status = read_arguments(&r, argc, argv, actions[i].run == sign);
	if (status == AVOW_EXIT_OK && r.file && !actions[i].takes_file)
		status = avow_policy_cmd_usage("it takes a TYPE and no file");
	if (status == AVOW_EXIT_OK)
		status = actions[i].run(&r);
	avow_buf_clear(&r.path);
	avow_buf_clear(&r.jwt);
	avow_server_clear(&r.server);
	return status;
}
