/*
 * avow verify TOKEN: check a token as a relying party must, and print its
 * claims. All of the work is libavow's.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "avow/avow.h"
#include "cli/cli.h"
#include "cli/inputs.h"

static const char USAGE[] =
	"usage: avow verify TOKEN --issuer URL [--ca PEM] [--nonce S] [--leeway SECONDS]\n"
	"                   [--keys FILE]\n"
	"\n"
	"Verifies a token by its issuer's discovery document and keys: key by kid, algorithm\n"
	"from the key, issuer, times. TOKEN is a file, - for stdin, or the token itself.\n"
	"Prints the claims.\n"
	"\n"
	"  --issuer URL   the service that you trust; plain http on loopback only\n"
	"  --ca PEM       the only roots that its TLS certificate may end in\n"
	"  --nonce S      the token's nonce must be this\n"
	"  --leeway N     seconds that clocks may differ (0 to 600, default 0)\n"
	"  --keys FILE    the text of the issuer's /certs, instead of asking it\n"
	"\n"
	"exit status: 0 verified, 1 refused, 2 it could not be decided, 64 usage\n";

static const struct option OPTIONS[] = {
	{"issuer", required_argument, NULL, 'i'},
	{"ca", required_argument, NULL, 'c'},
	{"nonce", required_argument, NULL, 'n'},
	{"leeway", required_argument, NULL, 'l'},
	{"keys", required_argument, NULL, 'k'},
	{NULL, 0, NULL, 0},
};

struct run {
	struct avow_verify_options options;
	const char *issuer, *keys_file;
	struct avow_buf token, keys;
};

static bool
set_option(struct run *r, int option, const char *arg)
{
	char *end;
	long leeway;

	switch (option) {
	case 'i': r->issuer = arg; return true;
	case 'c': r->options.ca_file = arg; return true;
	case 'n': r->options.nonce = arg; return true;
	case 'k': r->keys_file = arg; return true;
	case 'l':
		leeway = strtol(arg, &end, 10);
		r->options.leeway_s = (int)leeway;
		return end != arg && *end == '\0' && leeway >= 0 && leeway <= 600;
	default: return false;
	}
}

/* A file when there is one of that name; else the text itself, which has the
 * two dots of a compact JWS. */
static bool
read_token(struct run *r, const char *arg)
{
	if (strcmp(arg, "-") == 0 || access(arg, F_OK) == 0)
		return avow_cli_read(arg, &r->token);
	if (!strchr(arg, '.')) {
		fprintf(stderr, "avow: %s: there is no such file\n", arg);
		return false;
	}
	avow_buf_init(&r->token, 1024 * 1024);
	avow_buf_put_str(&r->token, arg);
	return r->token.err == AVOW_OK;
}

static int
read_arguments(struct run *r, int argc, char **argv)
{
	const struct avow_cmd *cmd = &avow_cmd_verify;
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(cmd, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (argc - optind != 1)
		return avow_cli_usage(cmd, "it takes one TOKEN");
	if (!r->issuer)
		return avow_cli_usage(cmd, "it takes --issuer URL");
	if (!read_token(r, argv[optind]))
		return AVOW_EXIT_USAGE;
	if (r->keys_file && !avow_cli_read(r->keys_file, &r->keys))
		return AVOW_EXIT_USAGE;
	return AVOW_EXIT_OK;
}

static int
verify(struct run *r)
{
	const char *token = avow_buf_str(&r->token);
	const char *keys = r->keys_file ? avow_buf_str(&r->keys) : NULL;
	struct avow_problem why;
	enum avow_verdict v = AVOW_VERDICT_UNDECIDED;
	char *claims = NULL;

	if (!token || (r->keys_file && !keys))
		return AVOW_EXIT_UNDECIDED;
	if (keys)
		v = avow_token_verify_offline(
			token, r->issuer, keys, &r->options, &claims, &why);
	else
		v = avow_token_verify(token, r->issuer, &r->options, &claims, &why);
	if (v == AVOW_VERDICT_VERIFIED)
		puts(claims);
	else
		avow_cli_problem("verify", &why);
	avow_free(claims);
	return avow_cli_verdict(v);
}

static int
run_verify(int argc, char **argv)
{
	struct run r = {.issuer = NULL};
	int status;

	avow_buf_init(&r.token, 0);
	avow_buf_init(&r.keys, 0);
	status = read_arguments(&r, argc, argv);
	if (status == AVOW_EXIT_OK)
		status = verify(&r);
	avow_buf_clear(&r.token);
	avow_buf_clear(&r.keys);
	return status;
}

const struct avow_cmd avow_cmd_verify = {
	.name = "verify",
	.summary = "verify a token as a relying party",
	.usage = USAGE,
	.run = run_verify,
};
