/*
 * The management token: 256 random bits, shown once, kept as a digest. It
 * decides from the Authorization header alone; which right a request needs is
 * the endpoint's to say.
 *
 * The file is made after the token is told: a crash between the two leaves a
 * token that never was valid, never one that nobody knows.
 */
#include "auth/auth.h"

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

struct avow_auth {
	bool has_token;
	uint8_t digest[AVOW_SHA256_BYTES];
};

static const struct avow_at AT_FILE = {
	"management_token", FILE_NAME, "docs/operate.md"};

/* --- the file ------------------------------------------------------------- */

static enum avow_err
read_digest(const char *path, struct avow_auth *auth, struct avow_why *why)
{
	struct avow_buf text;
	enum avow_err e;

	avow_buf_init(&text, 4096);
	e = avow_file_read(path, &text);
	if (e == AVOW_E_TOO_LARGE)
		e = AVOW_E_STORE_CORRUPT;
	if (e == AVOW_OK && avow_hex_decode(avow_span_trim(avow_buf_span(&text)),
				    auth->digest, sizeof(auth->digest)) != AVOW_OK)
		e = AVOW_E_STORE_CORRUPT;
	avow_buf_clear(&text);
	if (e != AVOW_OK) {
		avow_refuse(why, e, &AT_FILE, "64 hexadecimal digits", NULL);
		avow_why_document(why, "%s", path);
		return e;
	}
	auth->has_token = true;
	return AVOW_OK;
}

static enum avow_err
write_digest(const char *path, struct avow_auth *auth, struct avow_why *why)
{
	char hex[2 * AVOW_SHA256_BYTES + 2];
	enum avow_err e;

	avow_hex_encode(avow_span_make(auth->digest, sizeof(auth->digest)), hex);
	hex[sizeof(hex) - 2] = '\n';
	e = avow_file_write(path, avow_span_make(hex, sizeof(hex) - 1), 0600);
	if (e != AVOW_OK) {
		avow_refuse(why, e, &AT_FILE, NULL, NULL);
		avow_why_document(why, "%s", path);
		return e;
	}
	auth->has_token = true;
	return AVOW_OK;
}

static enum avow_err
make_token(const char *path, bool (*tell)(const char *token), struct avow_auth *auth,
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
		e = avow_sha256(avow_buf_span(&text), auth->digest);
	if (e == AVOW_OK && !tell(avow_buf_str(&text)))
		e = avow_refuse(why, AVOW_E_FILE_WRITE,
			&(struct avow_at){"management_token", "standard output",
				"docs/operate.md"},
			"somebody to tell the token", NULL);
	avow_buf_wipe(&text);
	explicit_bzero(secret, sizeof(secret));
	return e == AVOW_OK ? write_digest(path, auth, why) : e;
}

static enum avow_err
open_file(const char *data_dir, bool (*tell)(const char *token), struct avow_auth *auth,
	struct avow_why *why)
{
	struct avow_buf path;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&path, MAX_PATH);
	avow_buf_printf(&path, "%s/" FILE_NAME, data_dir);
	if (!avow_buf_str(&path))
		e = AVOW_E_NO_MEMORY;
	else if (access(avow_buf_str(&path), F_OK) == 0)
		e = read_digest(avow_buf_str(&path), auth, why);
	else if (tell)
		e = make_token(avow_buf_str(&path), tell, auth, why);
	avow_buf_clear(&path);
	return e;
}

enum avow_err
avow_auth_open(const char *data_dir, bool (*tell)(const char *token),
	struct avow_auth **out, struct avow_why *why)
{
	struct avow_auth *auth = calloc(1, sizeof(*auth));
	enum avow_err e;

	*out = NULL;
	if (!auth)
		return AVOW_E_NO_MEMORY;
	e = open_file(data_dir, tell, auth, why);
	if (e != AVOW_OK) {
		avow_auth_free(auth);
		return e;
	}
	*out = auth;
	return AVOW_OK;
}

void
avow_auth_free(struct avow_auth *a)
{
	free(a);
}

/* --- judging a request ---------------------------------------------------- */

static enum avow_err
unauthorized(struct avow_why *why, const char *got)
{
	return avow_refuse(why, AVOW_E_UNAUTHORIZED,
		&(struct avow_at){"bearer", "Authorization", "RFC 6750, 2.1"},
		"Bearer and a valid token", "%s", got);
}

/* RFC 6750 2.1: b64token = 1*( ALPHA / DIGIT / "-._~+/" ) *"=" */
static bool
is_b64token(struct avow_span s)
{
	size_t i = 0;

	while (i < s.n &&
		((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
			(s.p[i] >= 'a' && s.p[i] <= 'z') ||
			(s.p[i] && memchr("-._~+/", s.p[i], 6))))
		i++;
	if (i == 0)
		return false;
	while (i < s.n && s.p[i] == '=')
		i++;
	return i == s.n;
}

static bool
bearer(struct avow_span value, struct avow_span *token)
{
	const struct avow_span scheme = AVOW_LIT("Bearer ");
	size_t i = scheme.n;

	if (!avow_span_eq_fold(avow_span_slice(value, 0, scheme.n), scheme))
		return false;
	while (i < value.n && value.p[i] == ' ')
		i++;
	*token = avow_span_from(value, i);
	return is_b64token(*token);
}

static unsigned
rights_at(const struct avow_who *who, struct avow_span provider)
{
	unsigned rights = 0;

	for (size_t i = 0; i < who->n_grants; i++)
		if (who->grants[i].provider.n == 0 ||
			(provider.n && avow_span_eq(who->grants[i].provider, provider)))
			rights |= who->grants[i].rights;
	return rights;
}

enum avow_err
avow_who_may(const struct avow_who *who, unsigned rights, struct avow_span provider,
	struct avow_why *why)
{
	if ((rights_at(who, provider) & rights) == rights)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_FORBIDDEN,
		&(struct avow_at){"rights", "role", "MAA REST contract, auth"},
		"a role with this right", "%.*s", AVOW_FMT(who->name));
}

static enum avow_err
check_management(const struct avow_auth *a, struct avow_span token,
	struct avow_who *who, struct avow_why *why)
{
	static const struct avow_grant everything = {.rights = AVOW_RIGHTS_ALL};
	uint8_t digest[AVOW_SHA256_BYTES];

	AVOW_TRY(avow_sha256(token, digest));
	/* The digests are compared, in constant time: how much of a guess is
	 * right shows neither in time nor in memory. */
	if (!a->has_token || !avow_secret_eq(avow_span_make(digest, sizeof(digest)),
				     avow_span_make(a->digest, sizeof(a->digest))))
		return unauthorized(why, "a token that is not known");
	who->name = AVOW_LIT("management token");
	who->grants = &everything;
	who->n_grants = 1;
	return AVOW_OK;
}

enum avow_err
avow_auth_check(const struct avow_auth *a, const struct avow_credentials *c,
	unsigned right, struct avow_span provider, int64_t at_s,
	struct avow_arena *arena, struct avow_who *who, struct avow_why *why)
{
	struct avow_span token;

	(void)at_s;
	(void)arena;
	memset(who, 0, sizeof(*who));
	if (avow_span_is_empty(c->authorization))
		return unauthorized(why, "none");
	if (!bearer(c->authorization, &token))
		return unauthorized(why, "another scheme, or a malformed token");
	AVOW_TRY(check_management(a, token, who, why));
	return avow_who_may(who, right, provider, why);
}
