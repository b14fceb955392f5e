/*
 * Which provider a request is for, and what a provider's URL is. `default` is
 * at the instance URL itself; every other provider is below it
 * (<url>/providers/<name>), or beside it (https://<name>.<base domain>) where
 * the configuration names a base domain.
 */
#ifndef AVOW_API_INSTANCE_H
#define AVOW_API_INSTANCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "http/http.h"

#define AVOW_PROVIDER_NAME_MIN 3
#define AVOW_PROVIDER_NAME_MAX 24

struct avow_instance;

/**
 * @param url the instance URL, lower case, no final slash; copied.
 * @param base_domain "" or NULL: the path form; else the host form, for example
 * "attest.example.org", with a port where it is not the scheme's own.
 * @return AVOW_OK or AVOW_E_NO_MEMORY.
 */
enum avow_err avow_instance_new(const char *url, const char *base_domain,
	struct avow_instance **out) AVOW_CHECKED;
/** NULL is fine. */
void avow_instance_free(struct avow_instance *in);

/** Letters, digits and hyphens, 3 to 24 of them (spec 03): what a provider can
 *  be called, in whatever case it was written. */
bool avow_provider_name_is_valid(struct avow_span name);
/** A valid name in the one case it has. @return AVOW_OK; AVOW_E_PROVIDER_NAME;
 *  AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena). */
enum avow_err avow_provider_name(struct avow_span sent, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** The URL that a provider of that (lower case) name has or would be given.
 *  @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena). */
enum avow_err avow_instance_url(const struct avow_instance *in, struct avow_span name,
	struct avow_arena *a, struct avow_span *out) AVOW_CHECKED;

/**
 * Set rq->place to the name of the provider that the request's host, or the
 * front of its path, means, and cut that front off rq->path. A host that names
 * no provider leaves place.p NULL: who serves a provider then answers 404, and
 * health is answered all the same. No I/O: whether there is such a provider is
 * not known here.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_instance_locate(
	const struct avow_instance *in, struct avow_http_request *rq) AVOW_CHECKED;

#endif
