/*
 * libavow: what a relying party needs of remote attestation. It verifies the
 * tokens of an attestation service (Avow's, or one that speaks the same
 * contract), and it asks such a service for a token.
 *
 * All functions are thread safe, keep no state between calls, and never print.
 * Strings are NUL-terminated UTF-8; what a call gives out is freed by avow_free.
 */
#ifndef AVOW_AVOW_H
#define AVOW_AVOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** There are three answers. Everything but AVOW_VERDICT_VERIFIED denies. */
enum avow_verdict {
	AVOW_VERDICT_VERIFIED = 0,
	AVOW_VERDICT_REFUSED = 1,	/* looked at, and not good */
	AVOW_VERDICT_UNDECIDED = 2	/* could not be looked at: network, memory, a
					   wrong argument, the service's own fault */
};

/** Why the answer is not "verified". Every text may be empty. */
struct avow_problem {
	char code[64];		/* stable, e.g. "token_expired"; docs/errors.md */
	char check[64];		/* which check refused */
	char field[96];		/* what it looked at */
	char expected[192];
	char got[192];
	char source[96];	/* the standard and section that demand it */
	char message[256];	/* one English sentence */
	int http_status;	/* of the service's answer; 0: none was read */
};

struct avow_verify_options {
	/* PEM file of the only roots that the issuer's TLS certificate may end in;
	 * NULL: those of the system */
	const char *ca_file;
	/* proxy as "http://host:port"; NULL: none. The environment is not read */
	const char *proxy;
	/* the token's `nonce` claim must be exactly this; NULL: not compared */
	const char *nonce;
	/* seconds that this clock and the issuer's may differ; 0 to 600 */
	int leeway_s;
	/* seconds since 1970 at which the token must be valid; 0: now */
	int64_t now_s;
	/* for each request to the issuer; 0: 10000 */
	int timeout_ms;
};

/**
 * Verify a token as a relying party must: discovery at
 * <issuer>/.well-known/openid-configuration, keys from its jwks_uri (which must
 * be at the issuer's own origin; the token's `jku` and any key inside the token
 * are never used), the key of the token's `kid`, the algorithm that belongs to
 * that key, signature, `iss`, `exp`, `nbf`, and the nonce when one is expected.
 * `alg` "none" (the mark of a draft policy) is refused.
 *
 * A verified token says that evidence was good. Whether it is the evidence that
 * you wanted is in the claims, which are yours to look at.
 *
 * @param token the compact JWS; white space at its ends is ignored. At most 128 KiB.
 * @param issuer the service's address, https, no query; one '/' at its end is
 *	ignored. Plain http is taken for a loopback address only.
 * @param options NULL: all defaults.
 * @param claims_json out: the payload, a JSON object; NULL unless verified. May be
 *	NULL when the claims are not wanted.
 * @param why filled unless verified. May be NULL.
 * @return the verdict. why->code is one of token_format, token_algorithm,
 *	token_key_unknown, token_signature, token_issuer, token_expired,
 *	token_not_yet_valid, token_nonce (refused); issuer_metadata, net_*,
 *	no_memory, usage and others of docs/errors.md (undecided).
 */
enum avow_verdict avow_token_verify(const char *token, const char *issuer,
	const struct avow_verify_options *options, char **claims_json,
	struct avow_problem *why);

/**
 * The same without a network: the issuer's key set is given. ca_file, proxy and
 * timeout_ms are not used.
 * @param jwks_json the text of the issuer's /certs, got from a trusted place.
 */
enum avow_verdict avow_token_verify_offline(const char *token, const char *issuer,
	const char *jwks_json, const struct avow_verify_options *options,
	char **claims_json, struct avow_problem *why);

/** A request to POST <server>/attest/<kind>. Zeroed members are absent. */
struct avow_attest_request {
	const char *server;	/* as `issuer` above */
	const char *kind;	/* SgxEnclave, OpenEnclave, SevSnpVm, TdxVm, AzureGuest,
				   Tpm; as in the contract's path */
	const void *evidence;	/* bytes; what the contract calls quote, report,
				   attestationInfo or data, not yet encoded */
	size_t evidence_len;
	const void *runtime_data;
	size_t runtime_data_len;
	int runtime_data_is_json;	/* 0: binary */
	const void *init_data;
	size_t init_data_len;
	int init_data_is_json;
	const char *nonce;
	const char *draft_policy;	/* the token is then unsigned: for trying only */
	const char *bearer;		/* access token; NULL: none is sent */
	const char *ca_file, *proxy;	/* as in struct avow_verify_options */
	int timeout_ms;			/* 0: 30000 */
	/* SevSnpVm: the endorsement of a confidential container's utility VM, a
	 * COSE_Sign1; the evidence is then a bare report or the contract's JSON
	 * without Endorsements */
	const void *endorsement;
	size_t endorsement_len;
	/* TdxVm: the CCEL area, which the service holds against the RTMRs. Avow's
	 * own member; other services of the contract ignore it */
	const void *event_log;
	size_t event_log_len;
};

/**
 * Ask a service to attest evidence. The token that comes back is NOT verified:
 * hand it to avow_token_verify, or to whom it is meant for.
 *
 * @param token out: the token (for Tpm: the contract's `data`); NULL unless the
 *	service gave one.
 * @param why filled unless it did: the service's own code and reason (its
 *	innererror) when it refused, with http_status.
 * @return AVOW_VERDICT_VERIFIED when the service answered with a token,
 *	AVOW_VERDICT_REFUSED when it refused the request (HTTP 4xx but 429),
 *	AVOW_VERDICT_UNDECIDED otherwise.
 */
enum avow_verdict avow_client_attest(const struct avow_attest_request *request,
	char **token, struct avow_problem *why);

/** Free what a call gave out. NULL is fine. */
void avow_free(void *p);
/** "0.1.0": of the library, not of this header. Static. */
const char *avow_version(void);

#ifdef __cplusplus
}
#endif

#endif
