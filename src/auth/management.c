/*
 * The management token: 256 random bits, shown once, kept as a digest. What a
 * request may do with it is everything; auth.c says when it is asked.
 *
 * The file is made after the token is told: a crash between the two leaves a
 * token that never was valid, never one that nobody knows.
 */
#include "auth/impl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/hex.h"
#include "crypto/digest.h"

#define FILE_NAME "management-token.sha256"
#define TOKEN_BYTES 32
#define MAX_PATH 4096

static const struct avow_at AT_FILE = {
	"management_token", FILE_NAME, "docs/operate.md"};

/* --- the file ------------------------------------------------------------- */

static enum avow_err
read_digest(const char *path, struct avow_management *m, struct avow_why *why)
{
	struct avow_buf text;
	enum avow_err e;

	avow_buf_init(&text, 4096);
	e = avow_file_read(path, &text);
	if (e == AVOW_E_TOO_LARGE)
		e = AVOW_E_STORE_CORRUPT;
	if (e == AVOW_OK && avow_hex_decode(avow_span_trim(avow_buf_span(&text)),
				    m->digest, sizeof(m->digest)) != AVOW_OK)
		e = AVOW_E_STORE_CORRUPT;
	avow_buf_clear(&text);
	if (e != AVOW_OK) {
		avow_refuse(why, e, &AT_FILE, "64 hexadecimal digits", NULL);
		avow_why_document(why, "%s", path);
		return e;
	}
	m->has_token = true;
	return AVOW_OK;
}

static enum avow_err
write_digest(const char *path, struct avow_management *m, struct avow_why *why)
{
	char hex[2 * AVOW_SHA256_BYTES + 2];
	enum avow_err e;

	avow_hex_encode(avow_span_make(m->digest, sizeof(m->digest)), hex);
	hex[sizeof(hex) - 2] = '\n';
	e = avow_file_write(path, avow_span_make(hex, sizeof(hex) - 1), 0600);
	if (e != AVOW_OK) {
		avow_refuse(why, e, &AT_FILE, NULL, NULL);
		avow_why_document(why, "%s", path);
		return e;
	}
	m->has_token = true;
	return AVOW_OK;
}

static enum avow_err
make_token(const char *path, bool (*tell)(const char *token), struct avow_management *m,
	struct avow_why *why)
{
	uint8_t secret[TOKEN_BYTES];
	struct avow_buf text;
	enum avow_err e;

	AVOW_TRY(avow_random(secret, sizeof(secret)));
	avow_buf_init(&text, AVOW_AUTH_TOKEN_TEXT);
	avow_b64url_put(&text, avow_span_make(secret, sizeof(secret)));
	e = text.err;
	if (e == AVOW_OK)
		e = avow_sha256(avow_buf_span(&text), m->digest);
	if (e == AVOW_OK && !tell(avow_buf_str(&text)))
		e = avow_refuse(why, AVOW_E_FILE_WRITE,
			&(struct avow_at){"management_token", "standard output",
				"docs/operate.md"},
			"somebody to tell the token", NULL);
	avow_buf_wipe(&text);
	explicit_bzero(secret, sizeof(secret));
	return e == AVOW_OK ? write_digest(path, m, why) : e;
}

enum avow_err
avow_management_open(const char *data_dir, bool (*tell)(const char *token),
	struct avow_management *m, struct avow_why *why)
{
	struct avow_buf path;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&path, MAX_PATH);
	avow_buf_printf(&path, "%s/" FILE_NAME, data_dir);
	if (!avow_buf_str(&path))
		e = AVOW_E_NO_MEMORY;
	else if (access(avow_buf_str(&path), F_OK) == 0)
		e = read_digest(avow_buf_str(&path), m, why);
	else if (tell)
		e = make_token(avow_buf_str(&path), tell, m, why);
	avow_buf_clear(&path);
	return e;
}

/* --- a request --------------------------------------------------------------------- */

enum avow_err
avow_management_check(const struct avow_management *m, struct avow_span token,
	struct avow_who *who, struct avow_why *why)
{
	static const struct avow_grant everything = {.rights = AVOW_RIGHTS_ALL};
	uint8_t digest[AVOW_SHA256_BYTES];

	AVOW_TRY(avow_sha256(token, digest));
	/* The digests are compared, in constant time: how much of a guess is
	 * right shows neither in time nor in memory. */
	if (!m->has_token || !avow_secret_eq(avow_span_make(digest, sizeof(digest)),
				     avow_span_make(m->digest, sizeof(m->digest))))
		return avow_refuse(why, AVOW_E_UNAUTHORIZED,
			&(struct avow_at){"bearer", "Authorization", "RFC 6750, 2.1"},
			"a valid token", "a token that is not known");
	who->name = AVOW_LIT("management token");
	who->grants = &everything;
	who->n_grants = 1;
	return AVOW_OK;
}
