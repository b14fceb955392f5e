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
avow_store_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out)
{
	*out = (struct avow_store_provider){0};
	return s->ops->provider_get(s, name, a, out);
}

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
