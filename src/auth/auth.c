/*
 * From credentials to who asks, and from who asks to what they may do. Which way
 * in it is shows in the credentials alone: an Authorization header decides when
 * there is one, and a JWT goes to the issuer that it names; a request has one
 * identity, never the best of several.
 *
 * Rules are read by many threads and replaced by one: a check holds a reference
 * on them while it lasts.
 */
#include "auth/impl.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

struct avow_auth {
	struct avow_management management;
	pthread_mutex_t lock;
	struct avow_access *access; /* under the lock; never NULL */
};

/* --- rules and their life ------------------------------------------------------- */

static struct avow_access *
take_access(struct avow_auth *a)
{
	struct avow_access *access;

	pthread_mutex_lock(&a->lock);
	access = a->access;
	access->refs++;
	pthread_mutex_unlock(&a->lock);
	return access;
}

static void
give_access(struct avow_auth *a, struct avow_access *access)
{
	bool is_last;

	pthread_mutex_lock(&a->lock);
	is_last = --access->refs == 0;
	pthread_mutex_unlock(&a->lock);
	if (is_last)
		avow_access_free(access);
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
	pthread_mutex_init(&auth->lock, NULL);
	e = avow_access_parse(AVOW_LIT("{}"), "", &auth->access, why);
	if (e == AVOW_OK)
		e = avow_management_open(data_dir, tell, &auth->management, why);
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
	if (!a)
		return;
	avow_access_free(a->access);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* The source of an issuer that is as it was, with the keys that it has. */
static struct avow_source *
same_source(const struct avow_access *old, const struct avow_source_place *place)
{
	for (size_t i = 0; i < old->n_issuers; i++)
		if (avow_source_is(old->issuers[i].source, place))
			return avow_source_ref(old->issuers[i].source);
	return NULL;
}

static enum avow_err
give_sources(const struct avow_access *old, struct avow_access *new,
	const struct avow_auth_net *net)
{
	for (size_t i = 0; i < new->n_issuers; i++) {
		struct avow_issuer *issuer = &new->issuers[i];

		issuer->source = same_source(old, &issuer->place);
		if (issuer->source)
			continue;
		AVOW_TRY(avow_source_new(&issuer->place, net, &issuer->source));
		AVOW_TRY(avow_source_start(issuer->source));
	}
	return AVOW_OK;
}

static enum avow_err
load(const char *path, struct avow_access **out, struct avow_why *why)
{
	struct avow_buf text;
	enum avow_err e;

	if (!path || !path[0])
		return avow_access_parse(AVOW_LIT("{}"), "", out, why);
	avow_buf_init(&text, AVOW_MAX_ACCESS_FILE);
	e = avow_file_read(path, &text);
	if (e == AVOW_OK) {
		e = avow_access_parse(avow_buf_span(&text), path, out, why);
	} else {
		avow_refuse(why, e,
			&(struct avow_at){"access", "access", "docs/authorize.md"},
			"a readable file of at most 256 KiB", NULL);
		avow_why_document(why, "%s", path);
	}
	avow_buf_clear(&text);
	return e;
}

enum avow_err
avow_auth_check_file(const char *path, struct avow_why *why)
{
	struct avow_access *access;

	AVOW_TRY(load(path, &access, why));
	avow_access_free(access);
	return AVOW_OK;
}

/* One thread configures at a time, so what it reads does not go away. */
enum avow_err
avow_auth_configure(struct avow_auth *a, const char *path,
	const struct avow_auth_net *net, struct avow_why *why)
{
	struct avow_access *new = NULL, *old;
	enum avow_err e = load(path, &new, why);

	if (e == AVOW_OK)
		e = give_sources(a->access, new, net);
	if (e != AVOW_OK) {
		avow_access_free(new);
		return e;
	}
	pthread_mutex_lock(&a->lock);
	old = a->access;
	a->access = new;
	pthread_mutex_unlock(&a->lock);
	give_access(a, old);
	return AVOW_OK;
}

bool
avow_auth_wants_certs(struct avow_auth *a)
{
	struct avow_access *access = take_access(a);
	bool wants = access->n_client_cas > 0;

	give_access(a, access);
	return wants;
}

void
avow_auth_silence(struct avow_auth *a)
{
	struct avow_access *access = take_access(a);

	for (size_t i = 0; i < access->n_issuers; i++)
		avow_source_silence(access->issuers[i].source);
	give_access(a, access);
}

/* --- the header ------------------------------------------------------------------ */

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

/* --- rights ----------------------------------------------------------------------- */

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

/* --- bearer tokens of issuers ----------------------------------------------------- */

static const struct avow_issuer *
find_issuer(const struct avow_access *access, struct avow_span name)
{
	for (size_t i = 0; i < access->n_issuers; i++)
		if (avow_span_eq(access->issuers[i].issuer, name))
			return &access->issuers[i];
	return NULL;
}

static enum avow_err
refuse_key(
	enum avow_err e, const struct avow_unverified_bearer *b, struct avow_why *why)
{
	static const struct avow_at at = {
		"bearer", "header.kid", "RFC 7515 4.1.4, docs/authorize.md"};

	return avow_refuse(why, e, &at, "a key of the issuer",
		avow_span_is_empty(b->kid) ? NULL : "%.*s",
		AVOW_FMT(avow_span_slice(b->kid, 0, 100)));
}

static enum avow_err
check_jwt(const struct avow_access *access, struct avow_span token, bool may_wait,
	int64_t at_s, struct avow_arena *arena, struct avow_who *who,
	struct avow_why *why)
{
	const struct avow_find how = {.may_wait = may_wait};
	const struct avow_issuer_key *key;
	const struct avow_issuer *issuer;
	struct avow_unverified_bearer b;
	struct avow_issuer_keys *keys;
	enum avow_err e;

	AVOW_TRY(avow_bearer_read(token, arena, &b, why));
	issuer = find_issuer(access, b.issuer);
	if (!issuer)
		return avow_refuse(why, AVOW_E_TOKEN_ISSUER,
			&(struct avow_at){"bearer", "iss", "RFC 7519 4.1.1"},
			"an issuer of the access file", NULL);
	e = avow_source_find(
		issuer->source, b.kid, avow_clock_mono_ms(), &how, &keys, &key);
	if (e != AVOW_OK)
		return refuse_key(e, &b, why);
	e = avow_bearer_verify(&b, issuer, key, at_s, arena, who, why);
	avow_issuer_keys_free(keys);
	return e;
}

static bool
await_jwt(const struct avow_access *access, struct avow_span token,
	struct avow_arena *arena, const struct avow_auth_waiter *w)
{
	const struct avow_find how = {.waiter = w};
	const struct avow_issuer_key *key;
	const struct avow_issuer *issuer;
	struct avow_unverified_bearer b;
	struct avow_issuer_keys *keys;
	enum avow_err e;

	if (avow_bearer_read(token, arena, &b, NULL) != AVOW_OK)
		return false;
	issuer = find_issuer(access, b.issuer);
	if (!issuer)
		return false;
	e = avow_source_find(
		issuer->source, b.kid, avow_clock_mono_ms(), &how, &keys, &key);
	avow_issuer_keys_free(keys);
	return e == AVOW_E_ISSUER_PENDING;
}

bool
avow_auth_await(struct avow_auth *a, const struct avow_credentials *c,
	struct avow_arena *arena, const struct avow_auth_waiter *w)
{
	struct avow_access *access = take_access(a);
	struct avow_span token;
	bool waits = access->n_issuers && bearer(c->authorization, &token) &&
		     avow_bearer_is_jwt(token) && await_jwt(access, token, arena, w);

	give_access(a, access);
	return waits;
}

/* --- the question ------------------------------------------------------------------ */

static enum avow_err
check_token(const struct avow_auth *a, const struct avow_access *access,
	const struct avow_credentials *c, int64_t at_s, struct avow_arena *arena,
	struct avow_who *who, struct avow_why *why)
{
	struct avow_span token;

	if (!bearer(c->authorization, &token))
		return unauthorized(why, "another scheme, or a malformed token");
	if (access->n_issuers && avow_bearer_is_jwt(token))
		return check_jwt(access, token, c->may_wait, at_s, arena, who, why);
	if (access->no_management_token)
		return unauthorized(why, "a token of no issuer");
	return avow_management_check(&a->management, token, who, why);
}

enum avow_err
avow_auth_check(struct avow_auth *a, const struct avow_credentials *c, unsigned right,
	struct avow_span provider, int64_t at_s, struct avow_arena *arena,
	struct avow_who *who, struct avow_why *why)
{
	struct avow_access *access = take_access(a);
	enum avow_err e;

	memset(who, 0, sizeof(*who));
	if (!avow_span_is_empty(c->authorization))
		e = check_token(a, access, c, at_s, arena, who, why);
	else if (c->n_certs && access->n_client_cas)
		e = avow_client_cert_verify(
			access, c->certs, c->n_certs, at_s, arena, who, why);
	else
		e = unauthorized(why, "none");
	give_access(a, access);
	return e == AVOW_OK ? avow_who_may(who, right, provider, why) : e;
}
