/*
 * A collateral bundle, whatever its bytes. First byte 'r': the rest is read as
 * a bundle, and nothing comes out of it, because nobody can sign for the key
 * that was made here. Else the rest is a manifest, a NUL and the parts: signed
 * well and read. Then a refusal gives nothing at all; what is given has names
 * that lead nowhere, each once, lies whole inside the input, and written again
 * it reads as the same.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

#include "base/buf.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "trust/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_privkey *key; /* made once */
static struct avow_pubkey *signer;

static void
make_key(void)
{
	if (key)
		return;
	must(avow_privkey_generate(AVOW_KEY_P256, 0, &key) == AVOW_OK);
	must(avow_pubkey_from_spki(
		     avow_pubkey_spki(avow_privkey_public(key)), &signer) == AVOW_OK);
}

static enum avow_err
read_bundle(struct avow_span bytes, struct avow_arena *a, struct avow_bundle *b)
{
	enum avow_err e = avow_bundle_read(bytes, &signer, 1, a, b, NULL);

	must(e == AVOW_OK || (!b->parts && !b->platforms && b->n_parts == 0));
	return e;
}

static void
is_safe(struct avow_span name)
{
	must(name.n > 0 && name.n <= AVOW_MAX_BUNDLE_NAME && name.p[0] != '.');
	for (size_t i = 0; i < name.n; i++)
		must(name.p[i] != '/' && name.p[i] != '\\' && name.p[i] > ' ' &&
			name.p[i] < 127);
}

static void
check(const struct avow_bundle *b, struct avow_span in)
{
	const uint8_t *at = b->n_parts ? b->parts[0].bytes.p : in.p + in.n;

	for (size_t i = 0; i < b->n_parts; i++) {
		is_safe(b->parts[i].name);
		for (size_t k = 0; k < i && i < 64; k++)
			must(!avow_span_eq(b->parts[i].name, b->parts[k].name));
		must(b->parts[i].bytes.p == at && at >= in.p);
		at += b->parts[i].bytes.n;
	}
	must(at == in.p + in.n);
}

static void
same_again(const struct avow_bundle *b, struct avow_arena *a)
{
	struct avow_bundle other;
	struct avow_buf out;

	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	must(avow_bundle_write(b, key, &out) == AVOW_OK);
	must(read_bundle(avow_buf_span(&out), a, &other) == AVOW_OK);
	must(other.n_parts == b->n_parts && other.made_s == b->made_s);
	must(other.n_platforms == b->n_platforms);
	for (size_t i = 0; i < b->n_parts; i++) {
		must(avow_span_eq(b->parts[i].name, other.parts[i].name));
		must(avow_span_eq(b->parts[i].bytes, other.parts[i].bytes));
	}
	avow_buf_clear(&out);
}

static void
put_signed(struct avow_span in, struct avow_buf *out)
{
	size_t nul = avow_span_find_byte(in, 0);
	struct avow_buf jws;

	avow_buf_init(&jws, AVOW_MIB(16));
	must(avow_jws_sign(AVOW_LIT("{\"alg\":\"ES256\",\"typ\":\"avow-bundle\"}"),
		     avow_span_slice(in, 0, nul), key, AVOW_SIG_ES256_RAW,
		     &jws) == AVOW_OK);
	avow_buf_put_str(out, "AVOW-BUNDLE-1\n");
	for (int shift = 24; shift >= 0; shift -= 8)
		avow_buf_put_byte(out, (uint8_t)(jws.n >> shift));
	avow_buf_put(out, avow_buf_span(&jws));
	avow_buf_put(out, avow_span_from(in, nul + 1));
	must(out->err == AVOW_OK);
	avow_buf_clear(&jws);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_from(avow_span_make(data, n), 1);
	struct avow_bundle b;
	struct avow_arena a;
	struct avow_buf out;

	make_key();
	avow_arena_init(&a, AVOW_MIB(64));
	avow_buf_init(&out, AVOW_MIB(32));
	if (n > 0 && data[0] == 'r') {
		must(read_bundle(in, &a, &b) != AVOW_OK);
	} else if (n > 0) {
		put_signed(in, &out);
		if (read_bundle(avow_buf_span(&out), &a, &b) == AVOW_OK) {
			check(&b, avow_buf_span(&out));
			same_again(&b, &a);
		}
	}
	avow_buf_clear(&out);
	avow_arena_clear(&a);
	return 0;
}
