/*
 * Policy JWTs and certificate requests as the contract's clients make them
 * (spec 02): unsigned, or signed by the key of the first certificate of x5c.
 * The key is compared with that certificate before anything is signed.
 */
#include <stdio.h>

#include "base/base64.h"
#include "base/limits.h"
#include "cli/server.h"
#include "crypto/jose.h"
#include "crypto/x509.h"
#include "wire/json_member.h"
#include "wire/pem.h"

bool
avow_signing_set(struct avow_signing *s, int option, const char *arg)
{
	switch (option) {
	case AVOW_OPT_KEY:
		s->key = arg;
		return true;
	case AVOW_OPT_CERT:
		s->cert = arg;
		return true;
	case AVOW_OPT_ALGORITHM:
		s->algorithm = arg;
		return true;
	default:
		return false;
	}
}

int
avow_signing_certs(
	const char *path, struct avow_arena *a, struct avow_span **certs, size_t *n)
{
	struct avow_pem_block *blocks;
	struct avow_buf file;
	struct avow_span text;

	*n = 0;
	*certs = avow_arena_array(a, AVOW_MAX_POLICY_X5C, sizeof(**certs));
	if (!*certs || !avow_cli_read(path, &file))
		return AVOW_EXIT_REFUSED;
	text = avow_arena_copy(a, avow_buf_span(&file));
	avow_buf_clear(&file);
	if (!avow_pem_is(text)) {
		(*certs)[0] = text;
		*n = 1;
		return AVOW_EXIT_OK;
	}
	if (avow_pem_parse(text, AVOW_MAX_POLICY_X5C, a, &blocks, n) != AVOW_OK) {
		fprintf(stderr, "avow: %s: no certificates in PEM, or too many\n",
			path);
		return AVOW_EXIT_REFUSED;
	}
	for (size_t i = 0; i < *n; i++)
		(*certs)[i] = blocks[i].der;
	return AVOW_EXIT_OK;
}

/* --- the key --------------------------------------------------------------------------- */

static enum avow_sig
default_algorithm(const struct avow_privkey *k)
{
	switch (avow_pubkey_type(avow_privkey_public(k))) {
	case AVOW_KEY_P256:
		return AVOW_SIG_ES256_RAW;
	case AVOW_KEY_P384:
		return AVOW_SIG_ES384_RAW;
	case AVOW_KEY_RSA:
	case AVOW_KEY_P521:
		break;
	}
	return AVOW_SIG_RS256;
}

/* What the service takes: RS, PS and ES of 256 and 384. */
static bool
choose_algorithm(const struct avow_signing *s, const struct avow_privkey *k,
	enum avow_sig *out)
{
	static const enum avow_sig taken[] = {AVOW_SIG_RS256, AVOW_SIG_RS384,
		AVOW_SIG_PS256, AVOW_SIG_PS384, AVOW_SIG_ES256_RAW, AVOW_SIG_ES384_RAW};

	*out = default_algorithm(k);
	if (s->algorithm && avow_jws_alg(avow_span_str(s->algorithm), out) != AVOW_OK)
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (*out == taken[i])
			return avow_jws_alg_fits(*out, avow_privkey_public(k));
	return false;
}

static int
read_key(const char *path, struct avow_privkey **out)
{
	struct avow_buf file;
	enum avow_err e;

	*out = NULL;
	if (!avow_cli_read(path, &file))
		return AVOW_EXIT_REFUSED;
	e = avow_privkey_from_pem(avow_buf_span(&file), out);
	avow_buf_wipe(&file);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	fprintf(stderr, "avow: %s: %s\n", path, avow_err_text(e));
	return AVOW_EXIT_REFUSED;
}

/* A signature under another key than the certificate's proves nobody. */
static int
check_pair(const struct avow_signing *s, const struct avow_privkey *k,
	struct avow_span der)
{
	struct avow_cert *cert;
	struct avow_why why;
	enum avow_err e;
	bool same;

	avow_why_init(&why);
	e = avow_cert_parse(der, &cert, &why);
	if (e != AVOW_OK) {
		fprintf(stderr, "avow: %s: %s\n", s->cert, avow_err_text(e));
		return AVOW_EXIT_REFUSED;
	}
	same = avow_pubkey_eq(cert->key, avow_privkey_public(k));
	avow_cert_free(cert);
	if (same)
		return AVOW_EXIT_OK;
	fprintf(stderr, "avow: %s is not the key of the first certificate of %s\n",
		s->key, s->cert);
	return AVOW_EXIT_REFUSED;
}

/* --- the JWS ----------------------------------------------------------------------------- */

static void
put_header(struct avow_buf *out, enum avow_sig alg, const struct avow_span *certs,
	size_t n)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "alg", avow_jws_alg_name(alg));
	avow_jw_name(&w, "x5c");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		struct avow_buf text;

		avow_buf_init(&text, AVOW_KIB(64));
		avow_b64_put(&text, certs[i]);
		avow_jw_string(&w, avow_buf_span(&text));
		avow_buf_clear(&text);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
}

static int
sign(const struct avow_signing *s, const struct avow_cmd *cmd,
	const struct avow_privkey *key, struct avow_span payload, struct avow_arena *a,
	struct avow_buf *out)
{
	struct avow_span *certs;
	struct avow_buf header;
	enum avow_sig alg;
	size_t n;
	enum avow_err e;
	int status = avow_signing_certs(s->cert, a, &certs, &n);

	if (status == AVOW_EXIT_OK)
		status = check_pair(s, key, certs[0]);
	if (status != AVOW_EXIT_OK)
		return status;
	if (!choose_algorithm(s, key, &alg))
		return avow_cli_usage(cmd, "no algorithm for this key: %s",
			s->algorithm ? s->algorithm : "its type is not taken");
	avow_buf_init(&header, AVOW_MIB(1));
	put_header(&header, alg, certs, n);
	e = header.err;
	if (e == AVOW_OK)
		e = avow_jws_sign(avow_buf_span(&header), payload, key, alg, out);
	avow_buf_clear(&header);
	if (e != AVOW_OK)
		fprintf(stderr, "avow: %s\n", avow_err_text(e));
	return e == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED;
}

int
avow_signing_make(const struct avow_signing *s, const struct avow_cmd *cmd,
	struct avow_span payload, struct avow_buf *out)
{
	struct avow_privkey *key;
	struct avow_arena a;
	int status;

	if (!s->key && !s->cert && !s->algorithm) {
		avow_buf_put_str(out, "eyJhbGciOiJub25lIn0.");
		avow_b64url_put(out, payload);
		avow_buf_put_str(out, ".");
		return out->err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED;
	}
	if (!s->key || !s->cert)
		return avow_cli_usage(cmd, "--key and --cert go together");
	status = read_key(s->key, &key);
	if (status != AVOW_EXIT_OK)
		return status;
	avow_arena_init(&a, AVOW_MIB(256));
	status = sign(s, cmd, key, payload, &a, out);
	avow_arena_clear(&a);
	avow_privkey_free(key);
	return status;
}
