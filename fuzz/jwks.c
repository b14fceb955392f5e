/*
 * An issuer's documents. Input: '=' and a discovery document, or a key set.
 * Properties: a key set that is taken has one to 64 keys, each found by its own
 * kid, each with an algorithm of its own type; a discovery document that is taken
 * names the configured issuer and a place; the same text gives the same twice.
 */
#include <stdint.h>

#include "must.h"

#include "auth/impl.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
find_all(const struct avow_issuer_keys *k, struct avow_span text)
{
	struct avow_arena a;
	const struct avow_json *root, *keys;

	avow_arena_init(&a, 64 << 20);
	must(avow_json_parse(text, NULL, &a, &root, NULL) == AVOW_OK);
	keys = avow_json_get(root, "keys");
	for (size_t i = 0; i < keys->count; i++) {
		const struct avow_json *kid = avow_json_get(&keys->items[i], "kid");
		const struct avow_issuer_key *found;

		if (!kid || kid->type != AVOW_JSON_STRING || !kid->string.n)
			continue;
		found = avow_issuer_keys_find(k, kid->string);
		must(!found || avow_jws_alg_fits(found->alg, found->key));
		must(!found || avow_span_eq(found->kid, kid->string));
	}
	avow_arena_clear(&a);
}

static void
key_set(struct avow_span text)
{
	struct avow_issuer_keys *k, *again;
	enum avow_err e = avow_issuer_keys_parse(text, &k, NULL);

	must(avow_issuer_keys_parse(text, &again, NULL) == e);
	if (e == AVOW_OK) {
		must(avow_issuer_keys_count(k) >= 1);
		must(avow_issuer_keys_count(k) <= AVOW_MAX_ISSUER_KEYS);
		must(avow_issuer_keys_count(k) == avow_issuer_keys_count(again));
		find_all(k, text);
	}
	avow_issuer_keys_free(k);
	avow_issuer_keys_free(again);
}

static void
discovery(struct avow_span text)
{
	struct avow_buf url, again;
	enum avow_err e;

	avow_buf_init(&url, 2048);
	avow_buf_init(&again, 2048);
	e = avow_discovery_parse(text, AVOW_LIT("https://i"), &url, NULL);
	must(avow_discovery_parse(text, AVOW_LIT("https://i"), &again, NULL) == e);
	if (e == AVOW_OK) {
		must(url.n > 0);
		must(avow_span_eq(avow_buf_span(&url), avow_buf_span(&again)));
		must(avow_span_find(text, AVOW_LIT("issuer")) < text.n ||
			avow_span_find_byte(text, '\\') < text.n);
	}
	avow_buf_clear(&url);
	avow_buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);

	if (n > AVOW_MAX_ISSUER_JWKS)
		return 0;
	if (n && data[0] == '=')
		discovery(avow_span_from(in, 1));
	else
		key_set(in);
	return 0;
}
