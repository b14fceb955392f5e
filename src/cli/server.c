/*
 * One request of a management command. The token never stands on the command
 * line, where every user of the machine could read it: it comes from a file,
 * from standard input, or from the environment.
 */
#include "cli/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "cli/inputs.h"
#include "client/client.h"
#include "crypto/jose.h"
#include "evidence/evidence.h"

#define MAX_ANSWER AVOW_MIB(64) /* a list of 100,000 providers */
#define MAX_TOKEN_FILE AVOW_KIB(16)

void
avow_server_init(struct avow_server *s)
{
	*s = (struct avow_server){.url = getenv("AVOW_SERVER")};
	avow_buf_init(&s->token, MAX_TOKEN_FILE);
	avow_arena_init(&s->arena, AVOW_MIB(512));
}

void
avow_server_clear(struct avow_server *s)
{
	avow_buf_wipe(&s->token);
	avow_arena_clear(&s->arena);
}

bool
avow_server_set(struct avow_server *s, int option, const char *arg)
{
	switch (option) {
	case AVOW_OPT_SERVER:
		s->url = arg;
		return true;
	case AVOW_OPT_PROVIDER:
		s->provider = arg;
		return true;
	case AVOW_OPT_CA:
		s->ca = arg;
		return true;
	case AVOW_OPT_TOKEN_FILE:
		s->token_file = arg;
		return true;
	case AVOW_OPT_JSON:
		s->json = true;
		return true;
	default:
		return false;
	}
}

/* The one word of a file or a variable. */
static int
keep_token(struct avow_server *s, const struct avow_cmd *cmd, struct avow_span text)
{
	struct avow_span word = avow_span_trim(text);

	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] <= 0x20 || word.p[i] >= 0x7f) {
			fprintf(stderr, "avow %s: the access token is not one word\n",
				cmd->name);
			return AVOW_EXIT_USAGE;
		}
	avow_buf_put(&s->token, word);
	return s->token.err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_USAGE;
}

int
avow_server_token(struct avow_server *s, const struct avow_cmd *cmd)
{
	const char *value = getenv("AVOW_TOKEN");
	struct avow_buf file;
	int status;

	avow_buf_wipe(&s->token);
	if (!s->token_file)
		return value ? keep_token(s, cmd, avow_span_str(value)) : AVOW_EXIT_OK;
	if (!avow_cli_read(s->token_file, &file))
		return AVOW_EXIT_USAGE;
	status = keep_token(s, cmd, avow_buf_span(&file));
	avow_buf_wipe(&file);
	return status;
}

static bool
is_provider_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789-");

	return name[n] == '\0' && n >= 3 && n <= 24;
}

int
avow_server_ready(struct avow_server *s, const struct avow_cmd *cmd)
{
	if (!s->url || !s->url[0])
		return avow_cli_usage(cmd, "it takes --server URL, or AVOW_SERVER");
	if (s->provider && !is_provider_name(s->provider))
		return avow_cli_usage(cmd, "no name of a provider: %s", s->provider);
	return avow_server_token(s, cmd);
}

int
avow_server_call(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, struct avow_buf *answer)
{
	struct client_call call = {.server = s->url,
		.method = rq->method,
		.has_body = rq->has_body,
		.body = rq->body,
		.content_type = rq->content_type,
		.extra = rq->extra,
		.bearer = s->token.n ? avow_buf_str(&s->token) : NULL,
		.ca_file = s->ca};
	struct avow_problem why;
	struct avow_buf path, unread;
	enum avow_verdict v;
	long status;

	memset(&why, 0, sizeof(why));
	avow_buf_init(&unread, MAX_ANSWER);
	avow_buf_init(&path, 8192);
	if (s->provider)
		avow_buf_printf(&path, "/providers/%s", s->provider);
	avow_buf_put_str(&path, rq->path);
	call.path = avow_buf_str(&path);
	if (!call.path)
		call.path = "/";
	v = client_manage(&call, answer ? answer : &unread, &status, &why);
	if (v != AVOW_VERDICT_VERIFIED)
		avow_cli_problem(cmd->name, &why);
	avow_buf_clear(&path);
	avow_buf_clear(&unread);
	return avow_cli_verdict(v);
}

int
avow_server_odd(const struct avow_cmd *cmd, const char *what)
{
	fprintf(stderr, "avow %s: the service's answer is not understood: %s\n",
		cmd->name, what);
	return AVOW_EXIT_UNDECIDED;
}

int
avow_server_ask(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, const struct avow_json **out)
{
	const struct avow_json_rules rules = {.max_nodes = 8 << 20};
	struct avow_buf answer;
	struct avow_span text;
	int status;

	*out = NULL;
	avow_buf_init(&answer, MAX_ANSWER);
	status = avow_server_call(s, cmd, rq, &answer);
	if (status == AVOW_EXIT_OK) {
		text = avow_arena_copy(&s->arena, avow_buf_span(&answer));
		if (!text.p ||
			avow_json_parse(text, &rules, &s->arena, out, NULL) != AVOW_OK)
			status = avow_server_odd(cmd, "no JSON");
	}
	avow_buf_clear(&answer);
	return status;
}

int
avow_server_ask_token(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, const struct avow_json **out)
{
	const struct avow_json *answer;
	struct avow_span token;
	struct avow_jws jws;
	int status = avow_server_ask(s, cmd, rq, &answer);

	*out = NULL;
	if (status != AVOW_EXIT_OK)
		return status;
	token = avow_server_text(answer, "token");
	if (avow_jws_parse(token, &s->arena, &jws, NULL) != AVOW_OK ||
		avow_json_parse(jws.payload, NULL, &s->arena, out, NULL) != AVOW_OK ||
		(*out)->type != AVOW_JSON_OBJECT)
		return avow_server_odd(cmd, "no token");
	return AVOW_EXIT_OK;
}

struct avow_span
avow_server_text(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_STRING ? v->string : AVOW_LIT("");
}

void
avow_server_show(struct avow_span text)
{
	for (size_t i = 0; i < text.n; i++)
		putchar(text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
}

int
avow_server_print(const struct avow_json *v)
{
	struct avow_buf b;
	int status;

	avow_buf_init(&b, MAX_ANSWER * 2);
	avow_json_put(&b, v, AVOW_JSON_AS_IS);
	status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

const char *
avow_server_type(const char *name)
{
	const struct avow_kind *kind = avow_kind_by_name(avow_span_str(name));
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (kind)
		return kind->api_name;
	return n > 0 && n <= 64 && name[n] == '\0' ? name : NULL;
}
