/*
 * One snapshot of many parts. What a part has parsed is not copied but pointed to: the
 * snapshot holds references on its parts, and its arrays are theirs, one behind the
 * other. So a document that arrives costs its own parsing and a walk over pointers.
 *
 *   folder -> part \
 *   document -> part -> join -> snapshot -> views, as of any other
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "trust/collateral_impl.h"

/* Room for all, then all of them at the end. */
static enum avow_err
append(void *array, size_t *n, size_t *cap, size_t size, const void *from, size_t more)
{
	void **p = array, *bigger;

	if (more == 0)
		return AVOW_OK;
	if (*cap - *n < more) {
		size_t want = *n + more + *n / 2;

		bigger = reallocarray(*p, want, size);
		if (!bigger)
			return AVOW_E_NO_MEMORY;
		*p = bigger;
		*cap = want;
	}
	memcpy((uint8_t *)*p + *n * size, from, more * size);
	*n += more;
	return AVOW_OK;
}

#define APPEND(to, from, what)                                                         \
	append(&(to)->what, &(to)->n_##what, &(to)->cap_##what, sizeof(*(to)->what),   \
		(from)->what, (from)->n_##what)

static enum avow_err
join_certs(struct avow_collateral *c, const struct avow_collateral *part)
{
	bool is_new;

	for (size_t i = 0; i < part->n_certs; i++) {
		struct avow_coll_cert cert = part->certs[i];

		cert.cert = avow_cert_ref(cert.cert);
		AVOW_TRY(avow_coll_put_cert(c, cert, &is_new));
	}
	/* of a certificate that another part had first, that part's counts */
	for (size_t i = 0; i < part->n_veks; i++) {
		const struct avow_coll_vek *v = &part->veks[i];

		if (avow_coll_cert_at(c, v->cert->sha256) != v->cert)
			continue;
		AVOW_TRY(append(&c->veks, &c->n_veks, &c->cap_veks, sizeof(*v), v, 1));
	}
	return AVOW_OK;
}

static enum avow_err
join_crls(struct avow_collateral *c, const struct avow_collateral *part)
{
	AVOW_TRY(APPEND(c, part, crls));
	for (size_t i = 0; i < part->n_crls; i++)
		(void)avow_crl_ref(part->crls[i].crl);
	return AVOW_OK;
}

static enum avow_err
join_part(struct avow_collateral *c, const struct avow_collateral *part)
{
	AVOW_TRY(APPEND(c, part, entries));
	AVOW_TRY(APPEND(c, part, docs));
	AVOW_TRY(APPEND(c, part, bad));
	AVOW_TRY(join_crls(c, part));
	return join_certs(c, part);
}

static enum avow_err
check_limits(struct avow_collateral *const *parts, size_t n, struct avow_why *why)
{
	size_t files = 0, bytes = 0;

	for (size_t i = 0; i < n; i++) {
		files += parts[i]->n_files;
		bytes += parts[i]->n_bytes;
		if (files > AVOW_MAX_COLLATERAL_FILES)
			return avow_coll_over_limit(why, "number of files");
		if (bytes > AVOW_MAX_COLLATERAL_BYTES)
			return avow_coll_over_limit(why, "size of all files");
	}
	return AVOW_OK;
}

static enum avow_err
join_all(struct avow_collateral *c, struct avow_collateral *const *parts, size_t n)
{
	c->parts = calloc(n + 1, sizeof(*c->parts));
	if (!c->parts)
		return AVOW_E_NO_MEMORY;
	if (c->folder)
		AVOW_TRY(join_part(c, c->folder));
	for (size_t i = 0; i < n; i++) {
		c->parts[c->n_parts++] = avow_collateral_ref(parts[i]);
		AVOW_TRY(join_part(c, parts[i]));
	}
	return avow_coll_add_builtin(c);
}

enum avow_err
avow_collateral_join(struct avow_collateral *folder,
	struct avow_collateral *const *parts, size_t n, struct avow_collateral **out,
	struct avow_why *why)
{
	struct avow_collateral *c;
	enum avow_err e;

	*out = NULL;
	AVOW_TRY(check_limits(parts, n, why));
	AVOW_TRY(avow_coll_new(&c));
	c->folder = folder ? avow_collateral_ref(folder) : NULL;
	e = join_all(c, parts, n);
	if (e != AVOW_OK) {
		avow_collateral_free(c);
		return e;
	}
	*out = c;
	return AVOW_OK;
}

struct avow_collateral *
avow_collateral_folder_of(const struct avow_collateral *c)
{
	return c->folder;
}
