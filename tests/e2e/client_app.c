/*
 * What client.py drives: libavow and net/ from the command line, and the files
 * that its servers need.
 *   pki DIR ISSUER           ca.pem, server.pem (key and certificate for
 *                            localhost and 127.0.0.1), other-ca.pem, jwks.json,
 *                            token
 *   verify TOKENFILE ISSUER TIMEOUT_MS [CA]
 *   attest SERVER KIND TEXT NONCE TIMEOUT_MS [BEARER]
 *   fetch URL MAX_BODY TIMEOUT_MS ALLOW_HTTP [CA [PROXY [HEADER]]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avow/avow.h"
#include "base/clock.h"
#include "base/file.h"
#include "crypto/jose.h"
#include "crypto/x509_make.h"
#include "net/net.h"
#include "wire/pem.h"

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "client_app: %s failed\n", what);
		exit(70);
	}
}

static void
write_file(const char *dir, const char *name, struct avow_buf *b)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	must(b->err == AVOW_OK &&
			avow_file_write(path, avow_buf_span(b), 0600) == AVOW_OK,
		name);
	avow_buf_clear(b);
}

static void
put_cert(struct avow_buf *out, const struct avow_cert_spec *spec)
{
	struct avow_buf der;

	avow_buf_init(&der, 8192);
	must(avow_cert_make(spec, &der) == AVOW_OK, "certificate");
	avow_pem_put(out, "CERTIFICATE", avow_buf_span(&der));
	avow_buf_clear(&der);
}

static struct avow_privkey *
new_key(enum avow_key_type type)
{
	struct avow_privkey *k = NULL;

	must(avow_privkey_generate(type, 2048, &k) == AVOW_OK, "key");
	return k;
}

static const char *const CA_NAME[][2] = {{"CN", "Test TLS CA"}, {NULL, NULL}};
static const char *const SERVER_NAME[][2] = {{"CN", "localhost"}, {NULL, NULL}};

static void
make_tls(const char *dir)
{
	static const char *const dns[] = {"localhost", NULL};
	static const char *const ips[] = {"127.0.0.1", NULL};
	struct avow_privkey *ca_key = new_key(AVOW_KEY_P256);
	struct avow_privkey *other_key = new_key(AVOW_KEY_P256);
	struct avow_privkey *key = new_key(AVOW_KEY_P256);
	int64_t now = avow_clock_now_s();
	struct avow_cert_spec ca = {.subject = CA_NAME,
		.not_before_s = now - 3600,
		.not_after_s = now + 86400,
		.key = avow_privkey_public(ca_key),
		.signer = ca_key,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN,
		.with_key_ids = true};
	struct avow_cert_spec server = ca;
	struct avow_buf b;

	avow_buf_init(&b, 65536);
	put_cert(&b, &ca);
	write_file(dir, "ca.pem", &b);
	ca.key = avow_privkey_public(other_key);
	ca.signer = other_key;
	put_cert(&b, &ca);
	write_file(dir, "other-ca.pem", &b);
	server.subject = SERVER_NAME;
	server.issuer = CA_NAME;
	server.key = avow_privkey_public(key);
	server.is_ca = false;
	server.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
	server.dns_names = dns;
	server.ip_names = ips;
	must(avow_privkey_to_pem(key, &b) == AVOW_OK, "pem");
	put_cert(&b, &server);
	write_file(dir, "server.pem", &b);
	avow_privkey_free(ca_key);
	avow_privkey_free(other_key);
	avow_privkey_free(key);
}

static void
make_token(const char *dir, const char *issuer)
{
	struct avow_privkey *k = new_key(AVOW_KEY_RSA);
	int64_t now = avow_clock_now_s();
	struct avow_buf b, payload;
	struct avow_jw w;

	avow_buf_init(&b, 65536);
	avow_buf_init(&payload, 4096);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "keys");
	avow_jw_open(&w, '[');
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "kid");
	avow_jw_str(&w, "k1");
	must(avow_jwk_put_members(&w, avow_privkey_public(k)) == AVOW_OK, "jwk");
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_jw_close(&w);
	write_file(dir, "jwks.json", &b);
	avow_buf_printf(&payload, "{\"iss\":\"%s\",\"nbf\":%lld,\"exp\":%lld}", issuer,
		(long long)now, (long long)now + 3600);
	must(avow_jws_sign(AVOW_LIT("{\"alg\":\"RS256\",\"kid\":\"k1\"}"),
		     avow_buf_span(&payload), k, AVOW_SIG_RS256, &b) == AVOW_OK,
		"token");
	write_file(dir, "token", &b);
	avow_buf_clear(&payload);
	avow_privkey_free(k);
}

static const char *
arg(char **argv, int argc, int i)
{
	return i < argc ? argv[i] : NULL;
}

static int
number(const char *s)
{
	return s ? (int)strtol(s, NULL, 10) : 0;
}

static void
print_problem(enum avow_verdict v, const struct avow_problem *p)
{
	printf("verdict=%d\ncode=%s\nfield=%s\nexpected=%s\ngot=%s\nmessage=%s\nhttp=%"
	       "d\n",
		(int)v, p->code, p->field, p->expected, p->got, p->message,
		p->http_status);
}

static int
run_verify(int argc, char **argv)
{
	struct avow_verify_options o = {.timeout_ms = number(arg(argv, argc, 4)),
		.ca_file = arg(argv, argc, 5)};
	struct avow_problem p = {.code = ""};
	char *claims = NULL;
	struct avow_buf token;
	enum avow_verdict v;

	avow_buf_init(&token, 1 << 20);
	must(avow_file_read(argv[2], &token) == AVOW_OK, argv[2]);
	v = avow_token_verify(avow_buf_str(&token), argv[3], &o, &claims, &p);
	print_problem(v, &p);
	printf("claims=%s\n", claims ? claims : "");
	avow_free(claims);
	avow_buf_clear(&token);
	return 0;
}

/* An empty text is none, so that what follows it can be given. */
static const char *
some(int argc, char **argv, int i)
{
	const char *text = arg(argv, argc, i);

	return text && *text ? text : NULL;
}

static int
run_attest(int argc, char **argv)
{
	const char *uvm = some(argc, argv, 8), *log = some(argc, argv, 9);
	const struct avow_attest_request rq = {.server = arg(argv, argc, 2),
		.kind = arg(argv, argc, 3),
		.evidence = arg(argv, argc, 4),
		.evidence_len = strlen(arg(argv, argc, 4)),
		.runtime_data = "{}",
		.runtime_data_len = 2,
		.runtime_data_is_json = 1,
		.nonce = arg(argv, argc, 5),
		.timeout_ms = number(arg(argv, argc, 6)),
		.bearer = some(argc, argv, 7),
		.endorsement = uvm,
		.endorsement_len = uvm ? strlen(uvm) : 0,
		.event_log = log,
		.event_log_len = log ? strlen(log) : 0};
	struct avow_problem p = {.code = ""};
	char *token = NULL;
	enum avow_verdict v = avow_client_attest(&rq, &token, &p);

	print_problem(v, &p);
	printf("token=%s\n", token ? token : "");
	avow_free(token);
	return 0;
}

static int
run_fetch(int argc, char **argv)
{
	struct avow_net_header headers[] = {{.name = "x-one"}, {.name = "Location"}};
	const char *const extra[] = {arg(argv, argc, 8), NULL};
	const struct avow_net_request rq = {.url = arg(argv, argc, 2),
		.extra = extra,
		.timeout_ms = number(arg(argv, argc, 4)),
		.allow_http = number(arg(argv, argc, 5)) != 0,
		.ca_file = arg(argv, argc, 6) && *argv[6] ? argv[6] : NULL,
		.proxy = arg(argv, argc, 7)};
	struct avow_net_response rs;
	struct avow_why why;
	enum avow_err err;

	avow_why_init(&why);
	avow_net_response_init(&rs, (size_t)number(arg(argv, argc, 3)), headers, 2);
	err = avow_net_fetch(&rq, &rs, &why);
	printf("code=%s\nstatus=%ld\nbody=%zu\none=%.*s\nlocation=%.*s\nmessage=%s\n",
		avow_err_name(err), rs.status, rs.body.n,
		AVOW_FMT(avow_buf_span(&headers[0].value)),
		AVOW_FMT(avow_buf_span(&headers[1].value)), why.message);
	avow_net_response_clear(&rs);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "pki") == 0) {
		make_tls(argv[2]);
		make_token(argv[2], argv[3]);
		return 0;
	}
	if (argc >= 5 && strcmp(argv[1], "verify") == 0)
		return run_verify(argc, argv);
	if (argc >= 7 && strcmp(argv[1], "attest") == 0)
		return run_attest(argc, argv);
	if (argc >= 6 && strcmp(argv[1], "fetch") == 0)
		return run_fetch(argc, argv);
	return 64;
}
