/*
 * Who may do what. Today there is one way in: the management token, which is
 * made at first start, told once, and kept only as its SHA-256. Issuers of
 * OpenID Connect, mutual TLS and roles will give other answers to the same
 * question.
 */
#ifndef AVOW_AUTH_AUTH_H
#define AVOW_AUTH_AUTH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/* The contract's actions (attestation/read, write, delete), as bits. */
#define AVOW_RIGHT_READ 0x01u
#define AVOW_RIGHT_WRITE 0x02u
#define AVOW_RIGHT_DELETE 0x04u

/** Who asked, once proved. */
struct avow_who {
	struct avow_span name; /* for records; static, never a token */
	unsigned rights; /* AVOW_RIGHT_* */
};

#define AVOW_AUTH_TOKEN_TEXT 44 /* base64url of 32 bytes and a NUL */

struct avow_auth;

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
/** NULL is fine. */
void avow_auth_free(struct avow_auth *a);

/**
 * Prove who asks from the value of the one Authorization header (RFC 6750 2.1:
 * "Bearer", spaces, one token), and that they may do this. Thread safe.
 * @param authorization empty when there is none.
 * @param who filled on AVOW_OK and AVOW_E_FORBIDDEN.
 * @return AVOW_OK; AVOW_E_UNAUTHORIZED; AVOW_E_FORBIDDEN; AVOW_E_CRYPTO.
 */
enum avow_err avow_auth_check(const struct avow_auth *a, struct avow_span authorization,
	unsigned right, struct avow_who *who, struct avow_why *why) AVOW_CHECKED;
/** Whether somebody who is known has all of these rights.
 *  @return AVOW_OK, AVOW_E_FORBIDDEN. */
enum avow_err avow_who_may(
	const struct avow_who *who, unsigned rights, struct avow_why *why) AVOW_CHECKED;

#endif
