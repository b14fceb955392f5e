/*
 * A hash table by chip id whose chains only ever grow at their heads: a writer
 * publishes an entry by compare and swap, a reader follows pointers, and nothing
 * is freed before the table.
 */
#include "trust/veks.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

struct entry {
	struct avow_cert *cert;
	struct avow_amd_vek vek; /* borrows cert */
	struct entry *next;
};

struct avow_veks {
	atomic_uint refs;
	atomic_size_t n;
	size_t max;
	_Atomic(struct entry *) buckets[BUCKETS];
};

/* Of the first 8 bytes: Turin's ids have no more (AMD 57230). */
static size_t
bucket_of(struct avow_span chip_id)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (size_t i = 0; i < 8 && i < chip_id.n; i++)
		h = (h ^ chip_id.p[i]) * 1099511628211u;
	return (size_t)(h >> 32) % BUCKETS;
}

enum avow_err
avow_veks_new(size_t max, struct avow_veks **out)
{
	struct avow_veks *t = calloc(1, sizeof(*t));

	*out = t;
	if (!t)
		return AVOW_E_NO_MEMORY;
	atomic_init(&t->refs, 1);
	t->max = max;
	return AVOW_OK;
}

struct avow_veks *
avow_veks_ref(struct avow_veks *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

static void
free_entry(struct entry *e)
{
	if (!e)
		return;
	avow_cert_free(e->cert);
	free(e);
}

void
avow_veks_free(struct avow_veks *t)
{
	struct entry *e, *next;

	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (e = atomic_load(&t->buckets[i]); e; e = next) {
			next = e->next;
			free_entry(e);
		}
	free(t);
}

static enum avow_err
read_entry(struct avow_span der, struct entry **out)
{
	struct entry *e = calloc(1, sizeof(*e));
	enum avow_err err;

	*out = NULL;
	if (!e)
		return AVOW_E_NO_MEMORY;
	err = avow_cert_parse(der, &e->cert, NULL);
	if (err == AVOW_OK)
		err = avow_amd_vek_parse(e->cert, &e->vek, NULL);
	if (err == AVOW_OK && e->vek.kind != AVOW_AMD_VCEK)
		err = AVOW_E_SNP_CERT_EXTENSIONS;
	if (err != AVOW_OK) {
		free_entry(e);
		return err;
	}
	*out = e;
	return AVOW_OK;
}

static bool
is_among(const struct entry *e, const struct avow_cert *cert)
{
	for (; e; e = e->next)
		if (memcmp(e->cert->sha256, cert->sha256, AVOW_SHA256_BYTES) == 0)
			return true;
	return false;
}

enum avow_err
avow_veks_add(struct avow_veks *t, struct avow_span der)
{
	_Atomic(struct entry *) *bucket;
	struct entry *e, *head;

	AVOW_TRY(read_entry(der, &e));
	bucket = &t->buckets[bucket_of(e->vek.chip_id)];
	head = atomic_load(bucket);
	if (is_among(head, e->cert)) {
		free_entry(e);
		return AVOW_OK;
	}
	if (atomic_fetch_add(&t->n, 1) >= t->max) {
		atomic_fetch_sub(&t->n, 1);
		free_entry(e);
		return AVOW_E_TOO_LARGE;
	}
	do
		e->next = head;
	while (!atomic_compare_exchange_weak(bucket, &head, e));
	return AVOW_OK;
}

struct avow_cert *
avow_veks_find(const struct avow_veks *t, const struct avow_amd_query *q, size_t i)
{
	const struct entry *e;

	e = atomic_load_explicit(
		&t->buckets[bucket_of(q->chip_id)], memory_order_acquire);
	for (; e; e = e->next)
		if (avow_amd_vek_fits(&e->vek, q) && i-- == 0)
			return e->cert;
	return NULL;
}
