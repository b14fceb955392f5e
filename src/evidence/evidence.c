/*
 * The way from bytes to a verdict that is the same for every kind: limits before
 * parse, deny until the last line of verify, and claims from verified evidence
 * alone. What a signature means is each kind's own business.
 */
#include "evidence/evidence.h"

#include <string.h>

#include "evidence/internal.h"

enum avow_err
avow_evidence_make(const struct avow_kind *kind, struct avow_span bytes,
	const void *body, struct avow_arena *a, const struct avow_evidence **out)
{
	struct avow_evidence *ev = avow_arena_alloc(a, sizeof(*ev));

	*out = NULL;
	if (!ev)
		return avow_arena_err(a);
	*ev = (struct avow_evidence){.kind = kind, .bytes = bytes, .body = body};
	*out = ev;
	return AVOW_OK;
}

enum avow_err
avow_evidence_parse(const struct avow_kind *kind, struct avow_span bytes,
	struct avow_arena *a, const struct avow_evidence **out, struct avow_why *why)
{
	static const struct avow_at at = {"size", "evidence", "Avow limits.h"};
	enum avow_err e;

	*out = NULL;
	if (bytes.n > kind->max_evidence) {
		(void)avow_refuse(
			why, AVOW_E_TOO_LARGE, &at, NULL, "%zu bytes", bytes.n);
		avow_why_note(why, "at most %zu bytes", kind->max_evidence);
		return AVOW_E_TOO_LARGE;
	}
	e = kind->parse(bytes, a, out, why);
	if (e != AVOW_OK) {
		(void)avow_refuse(why, e, NULL, NULL, NULL);
		*out = NULL;
	}
	return e;
}

const struct avow_kind *
avow_evidence_kind(const struct avow_evidence *ev)
{
	return ev->kind;
}

void
avow_evidence_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	ev->kind->inspect(ev, w);
}

enum avow_err
avow_evidence_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	const struct avow_verified *verified = NULL;
	enum avow_err e;

	*out = NULL;
	memset(f, 0, sizeof(*f));
	e = ev->kind->verify(ev, in, a, f, &verified, why);
	if (e != AVOW_OK)
		return avow_refuse(why, e, NULL, NULL, NULL);
	if (!verified)
		return avow_refuse(why, AVOW_E_INTERNAL, NULL, NULL, NULL);
	*out = verified;
	e = ev->kind->judge(verified, in, f, why);
	if (e != AVOW_OK)
		return avow_refuse(why, e, NULL, NULL, NULL);
	return AVOW_OK;
}

enum avow_err
avow_evidence_claims(const struct avow_verified *v, struct avow_claims *set)
{
	return v->ev->kind->claims(v, set);
}

enum avow_err
avow_evidence_seal(
	const struct avow_verified *v, struct avow_span token, struct avow_buf *out)
{
	if (v->ev->kind->seal)
		return v->ev->kind->seal(v, token, out);
	avow_buf_put(out, token);
	return out->err;
}
