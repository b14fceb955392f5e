/*
 * Private to libavow: the steps of verifying a token, apart from where the keys
 * come from; and what a refusal looks like outside.
 */
#ifndef AVOW_CLIENT_CLIENT_H
#define AVOW_CLIENT_CLIENT_H

#include <stdatomic.h>

#include "avow/avow.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/span.h"
#include "base/why.h"
#include "net/net.h"
#include "wire/json.h"

#define AVOW_MAX_METADATA AVOW_KIB(64) /* seen 1 KiB */
#define AVOW_MAX_JWKS AVOW_MIB(1) /* seen 21 KiB */
#define AVOW_MAX_JWKS_KEYS 256 /* seen 14 */

/** What is checked, whatever the keys come from. */
struct client_expect {
	struct avow_span issuer; /* without a '/' at its end */
	struct avow_span nonce; /* p is NULL: not compared */
	int64_t now_s;
	int64_t leeway_s;
};

/** The issuer without white space and one '/' at its end.
 *  @return AVOW_OK; AVOW_E_USAGE when empty, with a query, or no http(s) URL. */
enum avow_err client_issuer(
	const char *text, struct avow_span *out, struct avow_why *why) AVOW_CHECKED;

/** Options with their defaults. @return AVOW_OK or AVOW_E_USAGE. */
enum avow_err client_expectation(const struct avow_verify_options *options,
	struct avow_span issuer, struct client_expect *out,
	struct avow_why *why) AVOW_CHECKED;

/** The whole check of a token under a key set's text. *payload lives in the arena.
 *  @return AVOW_OK, AVOW_E_TOKEN_*, AVOW_E_ISSUER_METADATA, AVOW_E_NO_MEMORY... */
enum avow_err client_check(struct avow_span token, struct avow_span jwks,
	const struct client_expect *expect, struct avow_arena *a,
	struct avow_span *payload, struct avow_why *why) AVOW_CHECKED;

/** The issuer's key set: its metadata, then its jwks_uri. Appended to out. */
enum avow_err client_discover(struct avow_span issuer,
	const struct avow_verify_options *options, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

/** One request to a service. */
struct client_call {
	const char *server; /* as `issuer` of avow.h */
	const char *path; /* behind it, with its query */
	const char *method; /* NULL: POST with a body, else GET */
	bool has_body;
	struct avow_span body;
	const char *content_type; /* NULL: application/json */
	const char *const *extra; /* more header lines, ended by NULL; or NULL */
	const char *bearer, *ca_file, *proxy; /* NULL: none, the system's, none */
	int timeout_ms; /* 0: 30000 */
	const atomic_bool *cancel; /* as in struct avow_net_request; NULL: never */
};

/** Send it and read the whole answer, of whatever status. Plain http goes to a
 *  loopback address only. @return AVOW_E_USAGE (server), or as avow_net_fetch. */
enum avow_err client_send(const struct client_call *call, struct avow_net_response *rs,
	struct avow_why *why) AVOW_CHECKED;
/**
 * The same, judged: any 2xx is AVOW_VERDICT_VERIFIED with the body in *answer.
 * @param answer initialised by the caller; appended to.
 * @param status the answer's; 0: there was none.
 */
enum avow_verdict client_manage(const struct client_call *call, struct avow_buf *answer,
	long *status, struct avow_problem *problem);

/** avow_client_attest, given up within about a second when *cancel becomes true. */
enum avow_verdict client_attest(const struct avow_attest_request *request,
	const atomic_bool *cancel, char **token, struct avow_problem *problem);

/** SEV-SNP evidence, a bare report or the contract's JSON, with a UVM endorsement
 *  beside it. Appended. @return AVOW_OK; AVOW_E_USAGE for an HCL blob or a JSON that
 *  has endorsements; the parser's errors; the buffer's. */
enum avow_err client_put_snp(struct avow_span evidence, struct avow_span cose,
	struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;

/** The public form of an error; the verdict that its code means. */
enum avow_verdict client_verdict(enum avow_err err);
void client_problem(
	struct avow_problem *out, enum avow_err err, const struct avow_why *why);
/** A service's own reason, {"error":{"code","message","innererror"}}, over what
 *  is in *out; what is no such body leaves it as it is. */
void client_refusal(
	struct avow_span body, struct avow_arena *a, struct avow_problem *out);
/** AVOW_OK for a status in that range, else AVOW_E_NET_STATUS. */
enum avow_err client_expect_status(
	long status, long from, long to, struct avow_why *why) AVOW_CHECKED;
/** What a status that is no success means: refused, or not decided. */
enum avow_verdict client_status_verdict(long status);
/** Copy printable text, cut to n bytes with its NUL. */
void client_text(char *out, size_t n, struct avow_span s);
/** A heap copy with a NUL; NULL without memory. */
char *client_dup(struct avow_span s);

#endif
