/* Reads an operator's reference values; what they mean is the verifier's. */
#include "trust/snp_references.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "trust/did_x509.h"

static enum avow_err
refuse(struct avow_why *why, const char *expected, struct avow_span got)
{
	static const struct avow_at at = {"snp_references", NULL, NULL};

	return avow_refuse(why, AVOW_E_CONFIG_VALUE, &at, expected, "%.*s",
		AVOW_FMT(avow_span_slice(got, 0, 120)));
}

enum avow_err
avow_snp_references_new(struct avow_snp_references **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return AVOW_E_NO_MEMORY;
	atomic_init(&(*out)->refs, 1);
	return AVOW_OK;
}

struct avow_snp_references *
avow_snp_references_ref(struct avow_snp_references *r)
{
	if (r)
		atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void
avow_snp_references_free(struct avow_snp_references *r)
{
	if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < r->n_uvm; i++)
		free(r->owned[i]);
	free(r);
}

/* Decimal, no sign, no leading zero, below 10^18. */
static bool
read_svn(struct avow_span text, uint64_t *out)
{
	*out = 0;
	if (text.n == 0 || text.n > 18 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(text.p[i] - '0');
	}
	return true;
}

/* Cut at the first space; the rest is what follows it. */
static struct avow_span
next_word(struct avow_span *rest)
{
	size_t n = avow_span_find_byte(*rest, ' ');
	struct avow_span word = avow_span_slice(*rest, 0, n);

	*rest = avow_span_from(*rest, n < rest->n ? n + 1 : n);
	return word;
}

enum avow_err
avow_snp_references_add_uvm(
	struct avow_snp_references *r, struct avow_span text, struct avow_why *why)
{
	struct avow_uvm_reference *ref = &r->uvm[r->n_uvm];
	struct avow_span rest;
	uint8_t *copy;

	if (r->n_uvm == AVOW_MAX_UVM_REFERENCES)
		return refuse(why, "at most 64 reference values", text);
	copy = malloc(text.n + 1);
	if (!copy)
		return AVOW_E_NO_MEMORY;
	if (text.n)
		memcpy(copy, text.p, text.n);
	rest = avow_span_make(copy, text.n);
	ref->issuer = next_word(&rest);
	ref->feed = next_word(&rest);
	if (!avow_did_x509_is(ref->issuer) || ref->feed.n == 0 ||
		!read_svn(rest, &ref->min_svn)) {
		free(copy);
		return refuse(why,
			"a did:x509 issuer (eku, subject), a feed and the least SVN, "
			"divided by spaces",
			text);
	}
	r->owned[r->n_uvm++] = copy;
	return AVOW_OK;
}

enum avow_err
avow_snp_references_add_id_key(
	struct avow_snp_references *r, struct avow_span hex, struct avow_why *why)
{
	uint8_t *key = r->id_keys[r->n_id_keys];

	if (r->n_id_keys == AVOW_MAX_ID_KEYS)
		return refuse(why, "at most 64 id keys", hex);
	if (avow_hex_decode(hex, key, AVOW_SHA384_BYTES) != AVOW_OK ||
		avow_span_all_zero(avow_span_make(key, AVOW_SHA384_BYTES)))
		return refuse(why, "96 hexadecimal digits, not all zero", hex);
	r->n_id_keys++;
	return AVOW_OK;
}
