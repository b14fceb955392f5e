/*
 * Where the TLS certificate comes from: the operator's files, or a pair of our
 * own making in DATA/tls/, named by the URL's host. The self-made certificate
 * is meant to be pinned (`--ca DATA/tls/HOST.cert.pem`), so it lives long and
 * is made again only when it has to be.
 */
#include "daemon/tlsfiles.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "crypto/x509.h"
#include "crypto/x509_make.h"
#include "daemon/datadir.h"
#include "wire/pem.h"

#define PEM_MAX (256u * 1024u)
#define DAY_S INT64_C(86400)
#define LIFE_S (3650 * DAY_S)
#define RENEW_BEFORE_S (30 * DAY_S)
#define HOST_MAX 256

void
avow_tls_files_clear(struct avow_tls_files *f)
{
	avow_buf_clear(&f->cert);
	avow_buf_wipe(&f->key);
}

/* "https://host:port" -> "host", without brackets. */
static void
host_of(const char *url, char host[HOST_MAX])
{
	struct avow_span s = avow_span_str(url);
	size_t scheme = avow_span_find(s, AVOW_LIT("://"));
	char end;

	s = avow_span_from(s, scheme < s.n ? scheme + 3 : 0);
	end = s.n && s.p[0] == '[' ? ']' : ':';
	if (end == ']')
		s = avow_span_from(s, 1);
	s = avow_span_slice(s, 0, avow_span_find_byte(s, (uint8_t)end));
	snprintf(host, HOST_MAX, "%.*s", AVOW_FMT(s));
}

static enum avow_err
read_file(const char *path, struct avow_buf *out, struct avow_why *why)
{
	static const struct avow_at at = {"tls", "tls_cert", "avowd(8)"};
	enum avow_err err = avow_file_read(path, out);

	if (err != AVOW_OK) {
		avow_refuse(why, err, &at, "a PEM file", NULL);
		avow_why_document(why, "%s", path);
	}
	return err;
}

/* --- the self-made pair ------------------------------------------------------ */

struct paths {
	char cert[PATH_MAX], key[PATH_MAX];
};

static bool
name_paths(const char *data, const char *host, struct paths *p)
{
	int a = snprintf(p->cert, sizeof(p->cert), "%s/tls/%s.cert.pem", data, host);
	int b = snprintf(p->key, sizeof(p->key), "%s/tls/%s.key.pem", data, host);

	return a > 0 && b > 0 && (size_t)a < sizeof(p->cert) &&
	       (size_t)b < sizeof(p->key);
}

static bool
fits(const struct avow_cert *cert, const struct avow_privkey *key, int64_t now_s)
{
	return cert->not_before_s <= now_s &&
	       cert->not_after_s - RENEW_BEFORE_S > now_s &&
	       avow_pubkey_eq(cert->key, avow_privkey_public(key));
}

/* Is what was read one certificate with its own key, and good for a while? */
static bool
is_usable(const struct avow_tls_files *f, int64_t now_s)
{
	struct avow_pem_block *blocks;
	struct avow_privkey *key = NULL;
	struct avow_cert *cert = NULL;
	struct avow_arena a;
	bool usable = false;
	size_t n;

	avow_arena_init(&a, PEM_MAX);
	if (avow_pem_parse(avow_buf_span(&f->cert), 1, &a, &blocks, &n) == AVOW_OK &&
		avow_cert_parse(blocks[0].der, &cert, NULL) == AVOW_OK &&
		avow_privkey_from_pem(avow_buf_span(&f->key), &key) == AVOW_OK)
		usable = fits(cert, key, now_s);
	avow_privkey_free(key);
	avow_cert_free(cert);
	avow_arena_clear(&a);
	return usable;
}

static enum avow_err
make_certificate(const struct avow_privkey *key, const char *host, int64_t now_s,
	struct avow_buf *pem)
{
	const char *const subject[][2] = {{"CN", host}, {NULL, NULL}};
	const char *const names[] = {host, NULL};
	uint8_t address[16];
	bool is_ip = inet_pton(AF_INET, host, address) == 1 ||
		     inet_pton(AF_INET6, host, address) == 1;
	struct avow_cert_spec spec = {
		.subject = subject,
		.not_before_s = now_s - DAY_S,
		.not_after_s = now_s + LIFE_S,
		.key = avow_privkey_public(key),
		.signer = key,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.path_length = -1,
		.key_usage = AVOW_KU_DIGITAL_SIGNATURE,
		.eku_oid = "1.3.6.1.5.5.7.3.1", /* RFC 5280, 4.2.1.12: serverAuth */
		.dns_names = is_ip ? NULL : names,
		.ip_names = is_ip ? names : NULL,
		.with_key_ids = true,
	};
	struct avow_buf der;
	enum avow_err err;

	avow_buf_init(&der, PEM_MAX);
	err = avow_cert_make(&spec, &der);
	if (err == AVOW_OK)
		avow_pem_put(pem, "CERTIFICATE", avow_buf_span(&der));
	avow_buf_clear(&der);
	return err == AVOW_OK ? pem->err : err;
}

/* The key first: were we stopped between the two, the pair would not fit and
 * be made again. */
static enum avow_err
make_pair(const struct paths *p, const char *host, int64_t now_s,
	struct avow_tls_files *out)
{
	struct avow_privkey *key;
	enum avow_err err;

	avow_buf_reset(&out->cert);
	avow_buf_reset(&out->key);
	AVOW_TRY(avow_privkey_generate(AVOW_KEY_P256, 0, &key));
	err = avow_privkey_to_pem(key, &out->key);
	if (err == AVOW_OK)
		err = make_certificate(key, host, now_s, &out->cert);
	if (err == AVOW_OK)
		err = avow_file_write(p->key, avow_buf_span(&out->key), 0600);
	if (err == AVOW_OK)
		err = avow_file_write(p->cert, avow_buf_span(&out->cert), 0644);
	avow_privkey_free(key);
	return err;
}

static enum avow_err
self_made(const struct avow_config *config, int64_t now_s, struct avow_tls_files *out,
	struct avow_why *why)
{
	char host[HOST_MAX], dir[PATH_MAX];
	struct paths p;

	host_of(config->url, host);
	snprintf(dir, sizeof(dir), "%s/tls", config->data);
	if (!name_paths(config->data, host, &p))
		return AVOW_E_FILE_WRITE;
	AVOW_TRY(avow_datadir_make(dir, why));
	if (avow_file_read(p.cert, &out->cert) == AVOW_OK &&
		avow_file_read(p.key, &out->key) == AVOW_OK && is_usable(out, now_s))
		return AVOW_OK;
	AVOW_LOG(AVOW_LOG_INFO, "tls_certificate_made", AVOW_LOGS("host", host));
	return make_pair(&p, host, now_s, out);
}

enum avow_err
avow_tls_files_load(const struct avow_config *config, int64_t now_s,
	struct avow_tls_files *out, struct avow_why *why)
{
	enum avow_err err = AVOW_OK;

	avow_buf_init(&out->cert, PEM_MAX);
	avow_buf_init(&out->key, PEM_MAX);
	if (!avow_config_wants_tls(config))
		return AVOW_OK;
	if (config->tls_cert[0]) {
		err = read_file(config->tls_cert, &out->cert, why);
		if (err == AVOW_OK)
			err = read_file(config->tls_key, &out->key, why);
	} else {
		err = self_made(config, now_s, out, why);
	}
	if (err == AVOW_OK && (!avow_buf_str(&out->cert) || !avow_buf_str(&out->key)))
		err = AVOW_E_NO_MEMORY;
	if (err != AVOW_OK)
		avow_tls_files_clear(out);
	return err;
}
