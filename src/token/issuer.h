/* The inside of an issuer, shared by token.c, which signs, and issuer.c. */
#ifndef AVOW_TOKEN_ISSUER_H
#define AVOW_TOKEN_ISSUER_H

#include <pthread.h>

#include "token/keyset.h"
#include "token/token.h"

struct avow_token_issuer {
	atomic_uint refs;
	struct avow_keys *keys;
	struct avow_buf iss;
	/* base64url(header) and the dot, for each key and its unsigned twin */
	struct avow_buf header[AVOW_MAX_KEYS], draft_header[AVOW_MAX_KEYS];
	pthread_mutex_t lock; /* of certs */
	struct avow_buf cert[AVOW_MAX_KEYS]; /* DER; empty until it is asked for */
};

/** A report's header: base64url(JSON) and the dot, with the signer's certificate
 *  (x5c) or its SHA-1 thumbprint (x5t). */
enum avow_err avow_token_report_header(struct avow_token_issuer *i, size_t key,
	bool omit_x5c, struct avow_buf *out) AVOW_CHECKED;

#endif
