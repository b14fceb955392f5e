/*
 * The calls that everybody uses, each handed to the implementation that was
 * opened. Outputs are empty on error, whatever stands behind.
 */
#include "store/store.h"

void
avow_store_close(struct avow_store *s)
{
	if (s)
		s->ops->close(s);
}

enum avow_err
avow_store_generation(struct avow_store *s, int64_t *out)
{
	*out = 0;
	return s->ops->generation(s, out);
}

enum avow_err
avow_store_view(struct avow_store *s, struct avow_store **out)
{
	*out = NULL;
	return s->ops->view(s, out);
}

enum avow_err
avow_store_together(struct avow_store *s, void (*fn)(void *ctx), void *ctx)
{
	return s->ops->together(s, fn, ctx);
}

/* --- providers ---------------------------------------------------------------------- */

enum avow_err
avow_store_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out)
{
	*out = (struct avow_store_provider){0};
	return s->ops->provider_get(s, name, a, out);
}

enum avow_err
avow_store_provider_list(struct avow_store *s, const struct avow_store_filter *f,
	struct avow_arena *a, struct avow_store_provider **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->provider_list(s, f, a, out, n);
}

enum avow_err
avow_store_provider_create(struct avow_store *s, const struct avow_store_provider *p,
	const struct avow_store_cert *certs, size_t n_certs,
	const struct avow_audit *audit)
{
	return s->ops->provider_create(s, p, certs, n_certs, audit);
}

enum avow_err
avow_store_provider_update(struct avow_store *s, const struct avow_store_provider *p,
	int64_t provider_change, const struct avow_audit *audit)
{
	return s->ops->provider_update(s, p, provider_change, audit);
}

enum avow_err
avow_store_provider_delete(
	struct avow_store *s, struct avow_span name, const struct avow_audit *audit)
{
	return s->ops->provider_delete(s, name, audit);
}

/* --- policies ------------------------------------------------------------------------ */

enum avow_err
avow_store_policy_get(struct avow_store *s, struct avow_span provider,
	struct avow_span type, struct avow_arena *a, struct avow_store_policy *out)
{
	return avow_store_policy_version(
		s, provider, type, AVOW_STORE_ANY_VERSION, a, out);
}

enum avow_err
avow_store_policy_version(struct avow_store *s, struct avow_span provider,
	struct avow_span type, int64_t version, struct avow_arena *a,
	struct avow_store_policy *out)
{
	*out = (struct avow_store_policy){0};
	return s->ops->policy_get(s, provider, type, version, a, out);
}

enum avow_err
avow_store_policy_history(struct avow_store *s, struct avow_span provider,
	struct avow_span type, size_t max, struct avow_arena *a,
	struct avow_store_policy **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->policy_history(s, provider, type, max, a, out, n);
}

enum avow_err
avow_store_policy_change(struct avow_store *s, const struct avow_store_policy_change *c,
	int64_t *version)
{
	int64_t made = 0;
	enum avow_err e = s->ops->policy_change(s, c, &made);

	if (version)
		*version = e == AVOW_OK ? made : 0;
	return e;
}

/* --- policy certificates --------------------------------------------------------------- */

enum avow_err
avow_store_cert_list(struct avow_store *s, struct avow_span provider,
	struct avow_arena *a, struct avow_store_cert **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->cert_list(s, provider, a, out, n);
}

enum avow_err
avow_store_cert_add(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, const struct avow_store_cert *cert,
	const struct avow_audit *audit)
{
	return s->ops->cert_add(s, provider, provider_change, cert, audit);
}

enum avow_err
avow_store_cert_remove(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, struct avow_span der, const struct avow_audit *audit)
{
	return s->ops->cert_remove(s, provider, provider_change, der, audit);
}

/* --- audit records, facts, keys ---------------------------------------------------------- */

enum avow_err
avow_store_audit_add(struct avow_store *s, const struct avow_audit *r)
{
	return s->ops->audit_add(s, r);
}

enum avow_err
avow_store_audit_list(struct avow_store *s, int64_t from, size_t max,
	struct avow_arena *a, struct avow_audit **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->audit_list(s, from, max, a, out, n);
}

enum avow_err
avow_store_fact_get(struct avow_store *s, struct avow_span name, struct avow_arena *a,
	struct avow_span *out)
{
	*out = (struct avow_span){0};
	return s->ops->fact_get(s, name, a, out);
}

enum avow_err
avow_store_fact_add(struct avow_store *s, struct avow_span name, struct avow_span value)
{
	return s->ops->fact_add(s, name, value);
}

/* --- collateral -------------------------------------------------------------------------- */

enum avow_err
avow_store_collateral_put(struct avow_store *s, const struct avow_store_collateral *c,
	bool keep_old, bool *is_new)
{
	bool changed = false;
	enum avow_err e = s->ops->collateral_put(s, c, keep_old, &changed);

	if (is_new)
		*is_new = e == AVOW_OK && changed;
	return e;
}

enum avow_err
avow_store_collateral_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_collateral *out)
{
	const struct avow_store_collateral_filter f = {.prefix = name, .max = 1};
	struct avow_store_collateral *v;
	size_t n;

	*out = (struct avow_store_collateral){0};
	AVOW_TRY(avow_store_collateral_list(s, &f, a, &v, &n));
	/* the name itself sorts before whatever it is a prefix of */
	if (n == 0 || !avow_span_eq(v[0].name, name))
		return AVOW_E_NOT_FOUND;
	*out = v[0];
	return AVOW_OK;
}

enum avow_err
avow_store_collateral_list(struct avow_store *s,
	const struct avow_store_collateral_filter *f, struct avow_arena *a,
	struct avow_store_collateral **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->collateral_list(s, f, a, out, n);
}

enum avow_err
avow_store_collateral_state(
	struct avow_store *s, struct avow_store_collateral_state *out)
{
	*out = (struct avow_store_collateral_state){
		.newest_issue_s = INT64_MIN, .earliest_expiry_s = INT64_MAX};
	return s->ops->collateral_state(s, out);
}

/* --- machines ---------------------------------------------------------------------------- */

enum avow_err
avow_store_machine_seen(struct avow_store *s,
	const struct avow_store_machine_seen *seen, struct avow_arena *a,
	struct avow_store_machine_change *change)
{
	*change = (struct avow_store_machine_change){0};
	return s->ops->machine_seen(s, seen, a, change);
}

enum avow_err
avow_store_machine_list(struct avow_store *s, struct avow_span provider,
	struct avow_span after, size_t max, struct avow_arena *a,
	struct avow_store_machine **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->machine_list(s, provider, after, max, a, out, n);
}

enum avow_err
avow_store_machine_get(struct avow_store *s, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a, struct avow_store_machine *out)
{
	*out = (struct avow_store_machine){0};
	return s->ops->machine_get(s, provider, machine, a, out);
}

enum avow_err
avow_store_machine_states(struct avow_store *s, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine_state **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->machine_states(s, provider, machine, a, out, n);
}

enum avow_err
avow_store_machine_silence(struct avow_store *s, int64_t before_s, struct avow_arena *a,
	struct avow_store_machine **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->machine_silence(s, before_s, a, out, n);
}

enum avow_err
avow_store_challenge_use(
	struct avow_store *s, struct avow_span id, int64_t expires_s, int64_t now_s)
{
	return s->ops->challenge_use(s, id, expires_s, now_s);
}

enum avow_err
avow_store_key_put(struct avow_store *s, const struct avow_store_key *k)
{
	return s->ops->key_put(s, k);
}

enum avow_err
avow_store_key_list(struct avow_store *s, struct avow_arena *a,
	struct avow_store_key **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return s->ops->key_list(s, a, out, n);
}
