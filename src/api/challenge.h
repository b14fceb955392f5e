/*
 * Challenges of POST /attest/Tpm. Nothing is kept between the rounds: what the
 * service must know in the second one travels in service_context, sealed under a
 * key that all nodes share through the store. A challenge is short-lived and good
 * for one answer: its id is inserted into the store, by the writer, because a
 * worker must not wait for a disk.
 */
#ifndef AVOW_API_CHALLENGE_H
#define AVOW_API_CHALLENGE_H

#include "api/writer.h"
#include "crypto/digest.h"

#define AVOW_CHALLENGE_BYTES 16
#define AVOW_CHALLENGE_LIFE_S 300

struct avow_challenges;

/** One challenge, as it was sealed. */
struct avow_challenge {
	uint8_t id[16];
	uint8_t bytes[AVOW_CHALLENGE_BYTES];
	int64_t expires_s;
	uint8_t provider[AVOW_SHA256_BYTES]; /* of its name */
	/* An AK that must be activated: SHA-256 of its SubjectPublicKeyInfo, and
	 * of the credential that only its TPM can give back. */
	bool has_credential;
	uint8_t ak[AVOW_SHA256_BYTES], credential[AVOW_SHA256_BYTES];
};

/** Take up the store's key, or make it.
 *  @return AVOW_OK; the store's codes; AVOW_E_STORE_CORRUPT (the key is none);
 *  AVOW_E_CRYPTO, AVOW_E_NO_MEMORY. */
enum avow_err avow_challenges_new(
	struct avow_store *store, struct avow_challenges **out) AVOW_CHECKED;
/** After the HTTP server has ended. NULL is fine. */
void avow_challenges_free(struct avow_challenges *c);

/** A new challenge for a provider; the caller may add an AK's credential.
 *  @return AVOW_OK, AVOW_E_CRYPTO. */
enum avow_err avow_challenge_make(struct avow_span provider, int64_t now_s,
	struct avow_challenge *out) AVOW_CHECKED;
/** Append its service_context, base64url. */
enum avow_err avow_challenge_seal(const struct avow_challenges *c,
	const struct avow_challenge *ch, struct avow_buf *out) AVOW_CHECKED;
/** The reverse, and whether it is for this provider and time.
 *  @return AVOW_OK; AVOW_E_TPM_CONTEXT (not ours, or another provider's);
 *  AVOW_E_TPM_CHALLENGE_EXPIRED; memory and crypto. */
enum avow_err avow_challenge_open(const struct avow_challenges *c,
	struct avow_span context, struct avow_span provider, int64_t now_s,
	struct avow_arena *a, struct avow_challenge *out,
	struct avow_why *why) AVOW_CHECKED;

/** One use under way, shared by the request and the writer. */
struct avow_challenge_use;

/** Queue the use; the request of `token` is resumed when it is known.
 *  @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_challenge_use(const struct avow_challenges *c, struct avow_writer *w,
	const struct avow_challenge *ch, int64_t now_s, struct avow_http_server *server,
	uint64_t token, struct avow_challenge_use **out) AVOW_CHECKED;
/**
 * What came of it, once; the request forgets it. Before it is known (the wait
 * ended without it) that is AVOW_E_STORE_BUSY.
 * @return AVOW_OK; AVOW_E_TPM_CHALLENGE_USED; class STORE: undecided.
 */
enum avow_err avow_challenge_used(struct avow_writer *w, struct avow_challenge_use *u,
	struct avow_why *why) AVOW_CHECKED;

#endif
