/*
 * What the commands that talk to a service share: where it is, who asks, one
 * request, and answers as text or as JSON.
 */
#ifndef AVOW_CLI_SERVER_H
#define AVOW_CLI_SERVER_H

#include <getopt.h>

#include "avow/avow.h"
#include "cli/cli.h"
#include "wire/json.h"

struct avow_server {
	const char *url; /* --server, or AVOW_SERVER */
	const char *provider; /* --provider; NULL: the one at the URL */
	const char *ca; /* --ca */
	const char *token_file; /* --token-file; "-": standard input */
	bool json; /* --json */
	struct avow_buf token; /* empty: none is sent */
	struct avow_arena arena; /* what answers are parsed into */
};

/* Values of getopt_long beyond any letter. */
enum avow_server_option {
	AVOW_OPT_SERVER = 256,
	AVOW_OPT_PROVIDER,
	AVOW_OPT_CA,
	AVOW_OPT_TOKEN_FILE,
	AVOW_OPT_NO_TOKEN,
	AVOW_OPT_JSON
};

/** Rows of a getopt_long table; all but --provider, which has its own. The row
 *  `token` is never taken up: without it --token would be read as a short form
 *  of --token-file, with the secret for a file name. */
#define AVOW_SERVER_OPTIONS                                                            \
	{"server", required_argument, NULL, AVOW_OPT_SERVER},                          \
		{"ca", required_argument, NULL, AVOW_OPT_CA},                          \
		{"token-file", required_argument, NULL, AVOW_OPT_TOKEN_FILE},          \
		{"token", no_argument, NULL, AVOW_OPT_NO_TOKEN},                       \
	{                                                                              \
		"json", no_argument, NULL, AVOW_OPT_JSON                               \
	}
#define AVOW_PROVIDER_OPTION                                                           \
	{                                                                              \
		"provider", required_argument, NULL, AVOW_OPT_PROVIDER                 \
	}
/** The lines of a usage text for them. */
#define AVOW_SERVER_USAGE                                                              \
	"  --server URL        the service (or AVOW_SERVER); plain http on loopback "  \
	"only\n"                                                                       \
	"  --ca PEM            the only roots that its TLS may end in\n"               \
	"  --token-file FILE   holds the access token; - is stdin. Without it the\n"   \
	"                      variable AVOW_TOKEN is read\n"                          \
	"  --json              print JSON\n"

void avow_server_init(struct avow_server *s);
/** Wipes the token. */
void avow_server_clear(struct avow_server *s);
/** Take one option up; false: it is not one of these. */
bool avow_server_set(struct avow_server *s, int option, const char *arg);
/** After the options: read the token. AVOW_EXIT_OK, or the status to end with;
 *  what is wrong has been said. */
int avow_server_ready(struct avow_server *s, const struct avow_cmd *cmd);

/** Read the token anew, in place of the one before; ready does it too. AVOW_EXIT_OK,
 *  or the status to end with. */
int avow_server_token(struct avow_server *s, const struct avow_cmd *cmd);

struct avow_request {
	const char *method; /* NULL: GET */
	const char *path; /* with its query; below the provider's URL */
	bool has_body;
	struct avow_span body;
	const char *content_type;
	const char *const *extra; /* header lines; NULL: none */
};

/** Send; a refusal is shown on stderr. @param answer initialised; may be NULL.
 *  @return the exit status. */
int avow_server_call(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, struct avow_buf *answer);
/** As call, and the answer parsed; *out stays valid until s is cleared. */
int avow_server_ask(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, const struct avow_json **out);
/** As ask for a {"token"} answer: *out is the token's payload. It came over the
 *  connection that was asked for, and is not verified further. */
int avow_server_ask_token(struct avow_server *s, const struct avow_cmd *cmd,
	const struct avow_request *rq, const struct avow_json **out);

/** An answer that is not what the contract says; AVOW_EXIT_UNDECIDED. */
int avow_server_odd(const struct avow_cmd *cmd, const char *what);
/** A member's text; empty when there is none. */
struct avow_span avow_server_text(const struct avow_json *o, const char *name);
/** Text of a service on a terminal: control characters as '?'. */
void avow_server_show(struct avow_span text);
/** The value as JSON on stdout; AVOW_EXIT_OK. */
int avow_server_print(const struct avow_json *v);

/** "sgx" or "SgxEnclave" as the contract's path has it. NULL: no such text. */
const char *avow_server_type(const char *name);

/* --- signing --------------------------------------------------------------------------- */

/** What signs: --key, --cert, --algorithm. All NULL: unsigned. */
struct avow_signing {
	const char *key, *cert, *algorithm;
};

enum avow_signing_option { AVOW_OPT_KEY = 300, AVOW_OPT_CERT, AVOW_OPT_ALGORITHM };
#define AVOW_SIGNING_OPTIONS                                                           \
	{"key", required_argument, NULL, AVOW_OPT_KEY},                                \
		{"cert", required_argument, NULL, AVOW_OPT_CERT},                      \
	{                                                                              \
		"algorithm", required_argument, NULL, AVOW_OPT_ALGORITHM               \
	}
#define AVOW_SIGNING_USAGE                                                             \
	"  --key PEM           sign with this private key\n"                           \
	"  --cert PEM          its certificate, then those that certify it\n"          \
	"  --algorithm A       RS256, RS384, PS256, PS384, ES256 or ES384; the "       \
	"default\n"                                                                    \
	"                      is RS256 or the curve's\n"

bool avow_signing_set(struct avow_signing *s, int option, const char *arg);
/** Append the compact JWS of a payload (spec 02): {"alg":"none"} or
 *  {"alg","x5c"}. @return AVOW_EXIT_OK, _USAGE (options), _REFUSED (files). */
int avow_signing_make(const struct avow_signing *s, const struct avow_cmd *cmd,
	struct avow_span payload, struct avow_buf *out);
/** Certificates of a file, PEM or one in DER; *certs lives in the arena.
 *  @return AVOW_EXIT_OK, _REFUSED. */
int avow_signing_certs(
	const char *path, struct avow_arena *a, struct avow_span **certs, size_t *n);

#endif
