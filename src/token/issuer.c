/*
 * One instance URL with its keys: what every token of it begins with, and the
 * two documents by which a relying party checks it (/certs, OpenID metadata).
 * Headers are made once, because every token carries one; certificates at the
 * first /certs, because most issuers of a large service are never asked.
 */
#include "token/issuer.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "crypto/jose.h"
#include "crypto/x509_make.h"
#include "wire/json_member.h"

#define MAX_URL 512
#define MAX_CERT_LIFE_S (INT64_C(20) * 365 * 86400)

/* --- headers ------------------------------------------------------------------------ */

/* spec 08, JOSE header: these four, sorted; the object stays open */
static void
put_header(struct avow_jw *w, const char *alg, struct avow_span jku, const char *kid)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "alg", alg);
	avow_jw_put_string(w, "jku", jku);
	avow_jw_put_str(w, "kid", kid);
	avow_jw_put_str(w, "typ", "JWT");
}

static enum avow_err
make_header(const struct avow_token_issuer *i, size_t key, const char *alg,
	struct avow_buf *out)
{
	struct avow_buf json, jku;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&json, AVOW_KIB(4));
	avow_buf_init(&jku, AVOW_KIB(1));
	avow_buf_init(out, AVOW_KIB(8));
	avow_buf_put(&jku, avow_buf_span(&i->iss));
	avow_buf_put_str(&jku, "/certs");
	avow_jw_init(&w, &json);
	put_header(&w, alg, avow_buf_span(&jku), i->keys->v[key].kid);
	avow_jw_close(&w);
	avow_b64url_put(out, avow_buf_span(&json));
	avow_buf_put_byte(out, '.');
	e = jku.err != AVOW_OK ? jku.err : json.err != AVOW_OK ? json.err : out->err;
	avow_buf_clear(&jku);
	avow_buf_clear(&json);
	return e;
}

static enum avow_err
fill(struct avow_token_issuer *i, struct avow_span iss)
{
	avow_buf_init(&i->iss, MAX_URL);
	avow_buf_put(&i->iss, iss);
	if (i->iss.err != AVOW_OK)
		return i->iss.err;
	for (size_t k = 0; k < i->keys->n; k++) {
		AVOW_TRY(make_header(
			i, k, avow_keys_alg_name(i->keys->v[k].alg), &i->header[k]));
		/* vectors/README.md, fact 7: jku and kid stay in a draft's */
		AVOW_TRY(make_header(i, k, "none", &i->draft_header[k]));
	}
	return AVOW_OK;
}

enum avow_err
avow_token_issuer_new(
	struct avow_keys *keys, struct avow_span iss, struct avow_token_issuer **out)
{
	struct avow_token_issuer *i = calloc(1, sizeof(*i));
	enum avow_err e;

	*out = NULL;
	if (!i)
		return AVOW_E_NO_MEMORY;
	atomic_init(&i->refs, 1);
	i->keys = avow_keys_ref(keys);
	pthread_mutex_init(&i->lock, NULL);
	e = fill(i, iss);
	if (e != AVOW_OK) {
		avow_token_issuer_free(i);
		return e;
	}
	*out = i;
	return AVOW_OK;
}

struct avow_token_issuer *
avow_token_issuer_ref(struct avow_token_issuer *i)
{
	atomic_fetch_add(&i->refs, 1);
	return i;
}

void
avow_token_issuer_free(struct avow_token_issuer *i)
{
	if (!i || atomic_fetch_sub(&i->refs, 1) != 1)
		return;
	for (size_t k = 0; k < AVOW_MAX_KEYS; k++) {
		avow_buf_clear(&i->header[k]);
		avow_buf_clear(&i->draft_header[k]);
		avow_buf_clear(&i->cert[k]);
	}
	avow_buf_clear(&i->iss);
	pthread_mutex_destroy(&i->lock);
	avow_keys_free(i->keys);
	free(i);
}

struct avow_span
avow_token_iss(const struct avow_token_issuer *i)
{
	return avow_buf_span(&i->iss);
}

/* --- certificates --------------------------------------------------------------------- */

/* A certificate is signed with its own key. RSA keys sign it as RS256 whatever
 * the tokens' padding is, as the contract's do; ECDSA in its DER form. */
static enum avow_sig
cert_alg(enum avow_sig alg)
{
	if (alg == AVOW_SIG_ES256_RAW)
		return AVOW_SIG_ES256_DER;
	return alg == AVOW_SIG_ES384_RAW ? AVOW_SIG_ES384_DER : AVOW_SIG_RS256;
}

/* spec 08, TEE signing cert: v3, serial 1, subject = issuer = CN=<iss>,
 * BasicConstraints present and empty, SKI, AKI. Times come from the key, so
 * that every start makes the same certificate. */
static enum avow_err
make_cert(struct avow_token_issuer *i, size_t k)
{
	const struct avow_key *key = &i->keys->v[k];
	const char *const subject[][2] = {{"CN", avow_buf_str(&i->iss)}, {NULL, NULL}};
	const uint8_t one = 1;
	const struct avow_cert_spec spec = {
		.subject = subject,
		.serial = {&one, 1},
		.not_before_s = key->created_s,
		.not_after_s = key->created_s + MAX_CERT_LIFE_S,
		.key = avow_privkey_public(key->key),
		.signer = key->key,
		.alg = cert_alg(key->alg),
		.with_basic_constraints = true,
		.path_length = -1,
		.with_key_ids = true,
	};

	if (!subject[0][1])
		return AVOW_E_NO_MEMORY;
	avow_buf_init(&i->cert[k], AVOW_MAX_CERT);
	return avow_cert_make(&spec, &i->cert[k]);
}

static enum avow_err
need_cert(struct avow_token_issuer *i, size_t k)
{
	enum avow_err e = AVOW_OK;

	pthread_mutex_lock(&i->lock);
	if (i->cert[k].n == 0)
		e = make_cert(i, k);
	if (e != AVOW_OK)
		avow_buf_clear(&i->cert[k]);
	pthread_mutex_unlock(&i->lock);
	return e;
}

/* RFC 7515, 4.1.6 and 4.1.7 */
static enum avow_err
put_cert_member(const struct avow_buf *cert, bool omit_x5c, struct avow_jw *w)
{
	struct avow_span der = avow_buf_span(cert);
	uint8_t thumbprint[AVOW_SHA1_BYTES];
	struct avow_buf text;

	if (omit_x5c) {
		AVOW_TRY(avow_digest(AVOW_SHA1, &der, 1, thumbprint));
		avow_jw_name(w, "x5t");
		avow_jw_b64url(w, avow_span_make(thumbprint, sizeof(thumbprint)));
		return AVOW_OK;
	}
	avow_buf_init(&text, 2 * AVOW_MAX_CERT);
	avow_b64_put(&text, der);
	avow_jw_name(w, "x5c");
	avow_jw_open(w, '[');
	avow_jw_string(w, avow_buf_span(&text));
	avow_jw_close(w);
	avow_buf_clear(&text);
	return AVOW_OK;
}

enum avow_err
avow_token_report_header(
	struct avow_token_issuer *i, size_t key, bool omit_x5c, struct avow_buf *out)
{
	struct avow_buf json, jku;
	struct avow_jw w;
	enum avow_err e;

	AVOW_TRY(need_cert(i, key));
	avow_buf_init(&json, 4 * AVOW_MAX_CERT);
	avow_buf_init(&jku, AVOW_KIB(1));
	avow_buf_put(&jku, avow_buf_span(&i->iss));
	avow_buf_put_str(&jku, "/certs");
	avow_jw_init(&w, &json);
	put_header(&w, avow_keys_alg_name(i->keys->v[key].alg), avow_buf_span(&jku),
		i->keys->v[key].kid);
	e = put_cert_member(&i->cert[key], omit_x5c, &w);
	avow_jw_close(&w);
	avow_b64url_put(out, avow_buf_span(&json));
	avow_buf_put_byte(out, '.');
	if (e == AVOW_OK)
		e = jku.err != AVOW_OK    ? jku.err
		    : json.err != AVOW_OK ? json.err
					  : out->err;
	avow_buf_clear(&jku);
	avow_buf_clear(&json);
	return e;
}

static enum avow_err
put_jwk(struct avow_token_issuer *i, size_t k, struct avow_jw *w)
{
	const struct avow_key *key = &i->keys->v[k];
	struct avow_buf x5c;

	AVOW_TRY(need_cert(i, k));
	avow_buf_init(&x5c, 2 * AVOW_MAX_CERT);
	avow_b64_put(&x5c, avow_buf_span(&i->cert[k]));
	if (x5c.err != AVOW_OK)
		return x5c.err;
	avow_jw_open(w, '{');
	avow_jw_name(w, "x5c");
	avow_jw_open(w, '[');
	avow_jw_string(w, avow_buf_span(&x5c));
	avow_jw_close(w);
	avow_buf_clear(&x5c);
	avow_jw_put_str(w, "kid", key->kid);
	AVOW_TRY(avow_jwk_put_members(w, avow_privkey_public(key->key)));
	avow_jw_put_str(w, "alg", avow_keys_alg_name(key->alg));
	avow_jw_put_str(w, "use", "sig");
	avow_jw_close(w);
	return w->b->err;
}

enum avow_err
avow_token_certs(struct avow_token_issuer *i, int64_t now_s, struct avow_buf *out)
{
	size_t signer = avow_keys_signer(i->keys, now_s);
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "keys");
	avow_jw_open(&w, '[');
	AVOW_TRY(put_jwk(i, signer, &w));
	for (size_t k = 0; k < i->keys->n; k++)
		if (k != signer && avow_keys_is_published(i->keys, k, now_s))
			AVOW_TRY(put_jwk(i, k, &w));
	avow_jw_close(&w);
	avow_jw_close(&w);
	return out->err;
}

/* --- OpenID metadata (spec 01, 5) -------------------------------------------------------- */

/* What the contract's service lists, in its order; the registry gives the rest. */
static const char *const CLAIMS[] = {"cnf", "nonce", "x-ms-ver",
	"x-ms-attestation-type", "x-ms-policy-hash", "x-ms-policy-signer",
	"x-ms-sgx-is-debuggable", "x-ms-sgx-mrenclave", "x-ms-sgx-mrsigner",
	"x-ms-sgx-svn", "x-ms-sgx-ehd", "x-ms-sgx-collateral", "is-debuggable",
	"sgx-mrsigner", "sgx-mrenclave", "product-id", "svn", "tee"};

#define N_CLAIMS (sizeof(CLAIMS) / sizeof(CLAIMS[0]))

/* Kinds that this service appraises; their claims are listed. */
#define KINDS (AVOW_KIND_SGX | AVOW_KIND_OE)

static bool
is_listed(const char *name)
{
	for (size_t n = 0; n < N_CLAIMS; n++)
		if (strcmp(CLAIMS[n], name) == 0)
			return true;
	return false;
}

static void
put_claims(struct avow_jw *w)
{
	avow_jw_open(w, '[');
	for (size_t n = 0; n < N_CLAIMS; n++)
		avow_jw_str(w, CLAIMS[n]);
	for (enum avow_claim_id id = AVOW_CLAIM_OTHER + 1; id < AVOW_CLAIM_COUNT;
		id++) {
		const unsigned wanted = AVOW_CLAIM_TOKEN | AVOW_CLAIM_ALIAS;

		if ((avow_claim_flags(id) & wanted) == AVOW_CLAIM_TOKEN &&
			(avow_claim_kinds(id) & KINDS) &&
			!is_listed(avow_claim_name(id)))
			avow_jw_str(w, avow_claim_name(id));
	}
	avow_jw_close(w);
}

/* Each algorithm once, the signer's first. */
static void
put_algorithms(struct avow_jw *w, const struct avow_keys *keys, int64_t now_s)
{
	size_t signer = avow_keys_signer(keys, now_s);
	unsigned seen = 1u << keys->v[signer].alg;

	avow_jw_open(w, '[');
	avow_jw_str(w, avow_keys_alg_name(keys->v[signer].alg));
	for (size_t k = 0; k < keys->n; k++) {
		unsigned bit = 1u << keys->v[k].alg;

		if ((seen & bit) || !avow_keys_is_published(keys, k, now_s))
			continue;
		seen |= bit;
		avow_jw_str(w, avow_keys_alg_name(keys->v[k].alg));
	}
	avow_jw_close(w);
}

static void
put_url(struct avow_jw *w, const struct avow_token_issuer *i, const char *name,
	const char *tail)
{
	struct avow_buf url;

	avow_buf_init(&url, 2 * MAX_URL);
	avow_buf_put(&url, avow_buf_span(&i->iss));
	avow_buf_put_str(&url, tail);
	if (url.err != AVOW_OK && w->b->err == AVOW_OK)
		w->b->err = url.err;
	avow_jw_put_string(w, name, avow_buf_span(&url));
	avow_buf_clear(&url);
}

enum avow_err
avow_token_metadata(
	const struct avow_token_issuer *i, int64_t now_s, struct avow_buf *out)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "response_types_supported");
	avow_jw_open(&w, '[');
	avow_jw_str(&w, "token");
	avow_jw_str(&w, "none");
	avow_jw_close(&w);
	avow_jw_name(&w, "id_token_signing_alg_values_supported");
	put_algorithms(&w, i->keys, now_s);
	put_url(&w, i, "revocation_endpoint", "/revoke");
	put_url(&w, i, "issuer", "");
	put_url(&w, i, "jwks_uri", "/certs");
	avow_jw_name(&w, "claims_supported");
	put_claims(&w);
	avow_jw_close(&w);
	return out->err;
}
