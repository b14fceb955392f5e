/*
 * A management change, from request to record. What all of them share: who asks
 * is proved, all that can be refused is judged before anything is stored, the
 * change and its audit record are one transaction, a refused one has a record too,
 * and the answer leaves when every later request is judged by what was changed.
 */
#ifndef AVOW_API_CHANGE_H
#define AVOW_API_CHANGE_H

#include "api/endpoints.h"
#include "api/writer.h"

struct avow_change;

/** What differs between changes. Static. */
struct avow_change_kind {
	const char *action; /* "policy.set": of the record and of the log */
	unsigned right; /* AVOW_RIGHT_* */
	/* Judge the request, make the answer, and set c->target as soon as it is
	 * known. Called again, with a newer provider, when what it was judged by
	 * changed meanwhile. */
	enum avow_err (*judge)(struct avow_change *c);
	/* Store it with its record: on the writer's thread, waiting for nothing
	 * else. AVOW_E_CONFLICT: what it was judged by has changed. */
	enum avow_err (*store)(struct avow_change *c, struct avow_store *store,
		const struct avow_audit *audit);
	/* NULL: judge made the answer. Else it is made of what is stored now. */
	enum avow_err (*answer)(struct avow_change *c);
	/* The provider need not be there, or can be changed by nobody else's rules:
	 * judge looks at the store by itself, and c->provider is NULL. */
	bool finds_itself;
};

/** The first member of every kind's own struct. */
struct avow_change {
	const struct avow_change_kind *kind;
	struct avow_http_request *rq;
	struct avow_http_response *rs;
	struct avow_why *why;
	struct avow_who who;
	struct avow_provider *provider; /* a reference while it is stored */
	int64_t now_s;
	/* For authorization and record; the kind's and the request's at first. */
	const char *action;
	struct avow_span name; /* of the provider */
	struct avow_span target; /* type, thumbprint */
	/* the runner's own, over the waits for the disk */
	struct avow_writing writing;
	struct avow_audit record;
	enum avow_err refusal; /* AVOW_OK: the change is being stored */
	int turns;
};

extern const struct avow_change_kind avow_change_policy_set, avow_change_policy_reset,
	avow_change_certificate_add, avow_change_certificate_remove;

/**
 * Make a change of `size` bytes in rq->arena, empty but for what all have; NULL
 * where there is no memory. A request that is called again (rq->state) gets the
 * one that it has: then there is nothing to fill in.
 */
void *avow_change_of(const struct avow_change_kind *kind, size_t size,
	struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why);
/**
 * Judge, store, answer: to be returned from the handler, which is called again
 * each time the disk has done its part.
 * @return what refused it: judge's and store's codes, those of authorization,
 * AVOW_E_PROVIDER_UNKNOWN, AVOW_E_READ_ONLY; AVOW_E_NO_MEMORY for NULL.
 */
enum avow_err avow_change_run(struct avow_change *c) AVOW_CHECKED;

#endif
