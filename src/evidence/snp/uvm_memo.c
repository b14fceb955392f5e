/*
 * The memory's values are endorsements with their certificates referenced and their
 * texts copied, because neither the request's bytes nor its arena outlive it; a
 * request gets its own references and copies, because the memory may give an entry
 * up while the request still looks at it.
 */
#include "evidence/snp/uvm_memo.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct avow_uvm u; /* its spans point into text */
	uint8_t text[];
};

static void
free_entry(void *p)
{
	struct entry *e = p;

	avow_uvm_clear(&e->u);
	free(e);
}

enum avow_err
avow_uvm_memo_new(struct avow_memo **out)
{
	return avow_memo_new(AVOW_UVM_MEMO_ENTRIES, free_entry, out);
}

static void
take_certs(struct avow_uvm *to, const struct avow_uvm *from)
{
	to->n_chain = from->n_chain;
	for (size_t i = 0; i < from->n_chain; i++)
		to->chain[i] = avow_cert_ref(from->chain[i]);
}

static enum avow_err
recall(const struct entry *e, struct avow_arena *a, struct avow_uvm *out)
{
	*out = e->u;
	out->n_chain = 0;
	out->issuer = avow_arena_copy(a, e->u.issuer);
	out->feed = avow_arena_copy(a, e->u.feed);
	if (!out->issuer.p || !out->feed.p)
		return avow_arena_err(a);
	take_certs(out, &e->u);
	return AVOW_OK;
}

enum avow_err
avow_uvm_open(struct avow_span bytes, const struct avow_uvm_source *from,
	struct avow_uvm *out, struct avow_why *why)
{
	uint8_t key[AVOW_SHA256_BYTES];
	const struct entry *known;

	memset(out, 0, sizeof(*out));
	if (!from->memo || bytes.n > AVOW_MAX_UVM)
		return avow_uvm_read(bytes, from->arena, out, why);
	AVOW_TRY(avow_sha256_2(
		avow_span_make(avow_anchors_id(from->anchors), AVOW_SHA256_BYTES),
		bytes, key));
	known = avow_memo_get(from->memo, key);
	if (known)
		return recall(known, from->arena, out);
	AVOW_TRY(avow_uvm_read(bytes, from->arena, out, why));
	memcpy(out->key, key, sizeof(key));
	return AVOW_OK;
}

void
avow_uvm_remember(struct avow_memo *memo, const struct avow_uvm *u)
{
	struct entry *e = malloc(sizeof(*e) + u->issuer.n + u->feed.n);

	if (!e)
		return;
	e->u = *u;
	e->u.cose = (struct avow_cose){.header = NULL};
	e->u.proven = true;
	if (u->issuer.n)
		memcpy(e->text, u->issuer.p, u->issuer.n);
	if (u->feed.n)
		memcpy(e->text + u->issuer.n, u->feed.p, u->feed.n);
	e->u.issuer = avow_span_make(e->text, u->issuer.n);
	e->u.feed = avow_span_make(e->text + u->issuer.n, u->feed.n);
	take_certs(&e->u, u);
	avow_memo_put(memo, u->key, e);
}
