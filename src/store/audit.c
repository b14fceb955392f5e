/*
 * The chain of audit records, whatever database holds them. A record's hash
 * covers its canonical JSON and the hash before it:
 *
 *   hash(n) = SHA-256(hash(n-1) || JSON(n)),  hash(0) = 32 zero bytes
 *
 * So a record that was changed, taken out of the middle or put in is seen. That
 * the newest ones were cut off is seen by comparing the last hash with the log,
 * where each record is a line too.
 */
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "store/store.h"
#include "wire/json_member.h"

#define PAGE 1000

/* Sorted by name; these bytes are what is hashed, so they never change. */
static void
put_members(struct avow_jw *w, const struct avow_audit *r)
{
	avow_jw_put_string(w, "action", r->action);
	avow_jw_put_string(w, "actor", r->actor);
	avow_jw_put_string(w, "after", r->after);
	avow_jw_put_int(w, "at", r->at_s);
	avow_jw_put_string(w, "before", r->before);
	avow_jw_put_string(w, "outcome", r->outcome);
	avow_jw_put_string(w, "provider", r->provider);
	avow_jw_put_string(w, "request", r->request);
	avow_jw_put_int(w, "seq", r->seq);
	avow_jw_put_string(w, "source", r->source);
	avow_jw_put_string(w, "target", r->target);
}

enum avow_err
avow_audit_hash(const struct avow_audit *r, uint8_t out[32])
{
	struct avow_buf b;
	struct avow_jw w;
	enum avow_err e;

	memset(out, 0, AVOW_SHA256_BYTES);
	avow_buf_init(&b, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	put_members(&w, r);
	avow_jw_close(&w);
	e = b.err;
	if (e == AVOW_OK)
		e = avow_sha256_2(avow_span_make(r->previous, sizeof(r->previous)),
			avow_buf_span(&b), out);
	avow_buf_clear(&b);
	return e;
}

void
avow_audit_put(struct avow_jw *w, const struct avow_audit *r)
{
	avow_jw_open(w, '{');
	put_members(w, r);
	avow_jw_put_hex(w, "hash", avow_span_make(r->hash, sizeof(r->hash)));
	avow_jw_put_hex(
		w, "previous", avow_span_make(r->previous, sizeof(r->previous)));
	avow_jw_close(w);
}

/* --- verifying ------------------------------------------------------------------------ */

enum avow_err
avow_audit_check(const struct avow_audit *r, int64_t seq, const uint8_t previous[32],
	struct avow_why *why)
{
	static const struct avow_at at = {"audit", "seq", "docs/audit.md"};
	uint8_t hash[AVOW_SHA256_BYTES];
	const char *fault = NULL;

	AVOW_TRY(avow_audit_hash(r, hash));
	if (r->seq != seq)
		fault = "the next number";
	else if (memcmp(r->previous, previous, sizeof(hash)) != 0)
		fault = "the hash of the record before it";
	else if (memcmp(r->hash, hash, sizeof(hash)) != 0)
		fault = "the hash of what it says";
	if (!fault)
		return AVOW_OK;
	return avow_refuse(
		why, AVOW_E_AUDIT_CHAIN, &at, fault, "record %lld", (long long)r->seq);
}

enum avow_err
avow_store_audit_verify(struct avow_store *s, int64_t *n, struct avow_why *why)
{
	uint8_t previous[AVOW_SHA256_BYTES] = {0};
	struct avow_audit *page;
	struct avow_arena a;
	size_t got = 0;
	enum avow_err e;

	*n = 0;
	avow_arena_init(&a, AVOW_MIB(64));
	do {
		avow_arena_reset(&a);
		e = avow_store_audit_list(s, *n + 1, PAGE, &a, &page, &got);
		for (size_t i = 0; e == AVOW_OK && i < got; i++) {
			e = avow_audit_check(&page[i], *n + 1, previous, why);
			memcpy(previous, page[i].hash, sizeof(previous));
			*n += e == AVOW_OK;
		}
	} while (e == AVOW_OK && got == PAGE);
	avow_arena_clear(&a);
	return e;
}

/* The hash of their hashes, in the order of these. */
enum avow_err
avow_store_certs_hash(
	const struct avow_span *ders, size_t n, char out[AVOW_STORE_CERTS_HASH])
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf all;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&all, AVOW_MIB(4));
	for (size_t i = 0; e == AVOW_OK && i < n; i++) {
		e = avow_sha256(ders[i], digest);
		avow_buf_put(&all, avow_span_make(digest, sizeof(digest)));
	}
	if (e == AVOW_OK)
		e = all.err;
	if (e == AVOW_OK)
		e = avow_sha256(avow_buf_span(&all), digest);
	avow_buf_clear(&all);
	if (e == AVOW_OK)
		avow_hex_encode(avow_span_make(digest, sizeof(digest)), out);
	return e;
}
