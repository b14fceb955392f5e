/*
 * Who may do what. A request proves who asks in one of three ways: a bearer
 * token of an OpenID Connect issuer that the access file names, the management
 * token that is made at first start, or a client certificate of TLS. What they
 * may do is a list of grants: rights, at one provider or at all of them.
 *
 * Nothing here blocks on the network: issuers' keys are fetched by a thread of
 * its own, and a check that needs keys which are not there says so at once.
 */
#ifndef AVOW_AUTH_AUTH_H
#define AVOW_AUTH_AUTH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/* The contract's actions, as bits. Of a provider's policies and certificates
 * (Microsoft.Attestation/attestationProviders/attestation/...): */
#define AVOW_RIGHT_READ 0x01u
#define AVOW_RIGHT_WRITE 0x02u
#define AVOW_RIGHT_DELETE 0x04u /* reset a policy, remove a certificate */
/* POST /attest/Tpm, and the attest calls of 2018-09-01-preview. */
#define AVOW_RIGHT_ATTEST 0x08u
/* Of providers themselves (Microsoft.Attestation/attestationProviders/...). */
#define AVOW_RIGHT_PROVIDERS_READ 0x10u
#define AVOW_RIGHT_PROVIDERS_WRITE 0x20u
#define AVOW_RIGHT_PROVIDERS_DELETE 0x40u
#define AVOW_RIGHTS_ALL 0x7fu

/** Rights at a provider. */
struct avow_grant {
	unsigned rights; /* AVOW_RIGHT_* */
	struct avow_span provider; /* its name in lower case; empty: every one */
};

/** Who asked, once proved. All of it lives in the arena of the check. */
struct avow_who {
	struct avow_span name; /* for records, "sub@issuer"; never a token */
	const struct avow_grant *grants;
	size_t n_grants;
};

/** What a request brings to prove who asks. */
struct avow_credentials {
	/* The value of the one Authorization header; empty when there is none.
	 * When there is one, it alone decides. */
	struct avow_span authorization;
	/* The client's certificate and what it sent with it, DER, leaf first; TLS
	 * has proved that the client has the leaf's key, and nothing else. */
	const struct avow_span *certs;
	size_t n_certs;
	/* avow_auth_await and another check will follow: where a fetch of keys
	 * could help, say AVOW_E_ISSUER_PENDING. Else that is said while one is
	 * under way, and nothing is fetched for this check. */
	bool may_wait;
};

#define AVOW_AUTH_TOKEN_TEXT 44 /* base64url of 32 bytes and a NUL */

struct avow_auth;

/** One document of an issuer to be fetched. */
struct avow_auth_get {
	const char *url;
	const char *ca_file; /* NULL: the system's roots */
	const char *proxy; /* NULL: none */
	int timeout_ms;
	bool allow_http; /* the issuer itself is on loopback, in plain HTTP */
	const atomic_bool *cancel; /* when it becomes true, give up soon */
};

/** How documents are fetched: auth/ opens no sockets of its own. */
struct avow_auth_net {
	/** Blocks. Append the body of a 200 to `out`, whose max is the limit. */
	enum avow_err (*get)(const struct avow_auth_get *what, struct avow_buf *out,
		struct avow_why *why);
};

/** Who waits for an issuer's keys. */
struct avow_auth_waiter {
	void (*wake)(void *arg, uint64_t token); /* any thread; must not block */
	void *arg;
	uint64_t token;
};

/**
 * Take up the management token of a data directory, or make one.
 * @param tell is given a token just made, before it is valid, so that none is
 * kept that nobody saw; false refuses to go on. NULL: nobody to tell, so no
 * token is made and nobody may do anything.
 * @return AVOW_OK; AVOW_E_STORE_CORRUPT (the file is no SHA-256 in hex);
 * AVOW_E_FILE_READ, AVOW_E_FILE_WRITE (also when tell failed), AVOW_E_CRYPTO,
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_auth_open(const char *data_dir, bool (*tell)(const char *token),
	struct avow_auth **out, struct avow_why *why) AVOW_CHECKED;
/** NULL is fine. Ends the fetching threads; may wait for a fetch under way. */
void avow_auth_free(struct avow_auth *a);
/**
 * Take the rules of an access file (docs/authorize.md) in place of those before,
 * and begin to fetch the keys of its issuers. Keys of an issuer that is as it was
 * are kept. On error everything stays as it was.
 * @param path "" or NULL: no issuers, no client certificates.
 * @param net how to fetch; lives as long as `a`.
 * @return AVOW_OK; AVOW_E_FILE_READ; AVOW_E_TOO_LARGE; AVOW_E_CONFIG_SYNTAX, _KEY,
 * _VALUE; AVOW_E_INTERNAL (no thread); AVOW_E_NO_MEMORY.
 */
enum avow_err avow_auth_configure(struct avow_auth *a, const char *path,
	const struct avow_auth_net *net, struct avow_why *why) AVOW_CHECKED;
/** Whether avow_auth_configure would take that file; opens no connection. */
enum avow_err avow_auth_check_file(const char *path, struct avow_why *why) AVOW_CHECKED;
/** Whether client certificates can prove anything now. */
bool avow_auth_wants_certs(struct avow_auth *a);
/** Wake everybody who waits, and let nobody wait from now on: before who is
 *  woken goes away. */
void avow_auth_silence(struct avow_auth *a);
/**
 * Whether a check of these credentials has to wait for an issuer's keys: a fetch
 * is under way, or was just begun. Then the waiter is woken when it is over.
 */
bool avow_auth_await(struct avow_auth *a, const struct avow_credentials *c,
	struct avow_arena *arena, const struct avow_auth_waiter *w);

/**
 * Prove who asks, and that they may do this. Thread safe; never blocks.
 * @param right one of AVOW_RIGHT_*, or several that all are needed; 0 proves
 * who asks and no more (lists, which show what avow_who_may allows).
 * @param provider the provider's name; empty: the service as a whole, for which
 * only a grant at every provider counts.
 * @param at_s now, for the times in tokens and certificates.
 * @param who filled on AVOW_OK and AVOW_E_FORBIDDEN, else empty.
 * @return AVOW_OK; AVOW_E_UNAUTHORIZED (no credentials, or of a kind that is not
 * known here); AVOW_E_FORBIDDEN; the TOKEN and BEARER codes of a bearer token
 * that does not hold, AVOW_E_CLIENT_CERTIFICATE (all 401 to a client);
 * AVOW_E_ISSUER_PENDING, AVOW_E_ISSUER_METADATA (503: the issuer's keys are being
 * fetched, or cannot be had now); AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_auth_check(struct avow_auth *a,
	const struct avow_credentials *c, unsigned right, struct avow_span provider,
	int64_t at_s, struct avow_arena *arena, struct avow_who *who,
	struct avow_why *why) AVOW_CHECKED;
/** Whether somebody who is known has all of these rights at that provider.
 *  @return AVOW_OK, AVOW_E_FORBIDDEN. */
enum avow_err avow_who_may(const struct avow_who *who, unsigned rights,
	struct avow_span provider, struct avow_why *why) AVOW_CHECKED;

#endif
