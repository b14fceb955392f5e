/*
 * avow certificate: who may sign an isolated provider's policies. A change is a
 * JWS by one of the certificates that are there (spec 02); making it is all that
 * happens here.
 */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/server.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow certificate list   [OPTIONS]\n"
	"       avow certificate add    CERT --key PEM --cert PEM [OPTIONS]\n"
	"       avow certificate remove CERT --key PEM --cert PEM [OPTIONS]\n"
	"\n"
	"The certificates that may sign the policies of an isolated provider. add and\n"
	"remove are signed by one that is there: --key and --cert. CERT is a file in "
	"PEM\n"
	"or DER; for remove also a thumbprint that list shows.\n"
	"\n" AVOW_SERVER_USAGE "  --provider NAME     the provider below the service's "
			       "URL\n" AVOW_SIGNING_USAGE "\n"
	"exit status: 0 done, 1 refused, 2 no answer, 64 usage\n";

#define VERSION "?api-version=2022-08-01"
#define THUMBPRINT 40

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	AVOW_PROVIDER_OPTION,
	AVOW_SIGNING_OPTIONS,
	{NULL, 0, NULL, 0},
};

static const struct avow_cmd *const CMD = &avow_cmd_certificate;

struct run {
	struct avow_server server;
	struct avow_signing signing;
	const char *cert;
};

/* --- list -------------------------------------------------------------------------------- */

static int
fetch(struct run *r, const struct avow_json **keys)
{
	const struct avow_request rq = {.path = "/certificates" VERSION};
	const struct avow_json *claims;
	int status = avow_server_ask_token(&r->server, CMD, &rq, &claims);

	*keys = NULL;
	if (status != AVOW_EXIT_OK)
		return status;
	*keys = avow_json_get(
		avow_json_get(claims, "x-ms-policy-certificates"), "keys");
	return *keys && (*keys)->type == AVOW_JSON_ARRAY
		       ? AVOW_EXIT_OK
		       : avow_server_odd(CMD, "no key set");
}

/* The certificate of a JWK of the list. */
static bool
der_of(const struct avow_json *key, struct avow_arena *a, struct avow_span *der)
{
	const struct avow_json *x5c = avow_json_get(key, "x5c");

	return x5c && x5c->type == AVOW_JSON_ARRAY && x5c->count > 0 &&
	       x5c->items[0].type == AVOW_JSON_STRING &&
	       avow_b64_decode_lenient(x5c->items[0].string, AVOW_KIB(64), a, der) ==
		       AVOW_OK;
}

/* The contract's name of a certificate: upper hex SHA-1. */
static bool
thumbprint_of(struct avow_span der, char out[THUMBPRINT + 1])
{
	uint8_t sha1[AVOW_SHA1_BYTES];

	if (avow_digest(AVOW_SHA1, &der, 1, sha1) != AVOW_OK)
		return false;
	avow_hex_encode(avow_span_make(sha1, sizeof(sha1)), out);
	for (size_t i = 0; i < THUMBPRINT; i++)
		if (out[i] >= 'a')
			out[i] = (char)(out[i] - 'a' + 'A');
	return true;
}

static bool
show_cert(struct avow_span der)
{
	char thumbprint[THUMBPRINT + 1], until[AVOW_TIME_TEXT];
	struct avow_cert *cert;
	struct avow_why why;

	avow_why_init(&why);
	if (!thumbprint_of(der, thumbprint) ||
		avow_cert_parse(der, &cert, &why) != AVOW_OK)
		return false;
	avow_time_format(cert->not_after_s, until);
	printf("%s  until %s  ", thumbprint, until);
	avow_server_show(avow_span_str(cert->subject_cn));
	putchar('\n');
	avow_cert_free(cert);
	return true;
}

static int
list(struct run *r)
{
	const struct avow_json *keys;
	struct avow_span der;
	int status = fetch(r, &keys);

	if (status != AVOW_EXIT_OK)
		return status;
	if (r->server.json)
		return avow_server_print(keys);
	for (size_t i = 0; i < keys->count; i++)
		if (!der_of(&keys->items[i], &r->server.arena, &der) || !show_cert(der))
			return avow_server_odd(CMD, "no certificate");
	return AVOW_EXIT_OK;
}

/* --- add and remove -------------------------------------------------------------------------- */

static bool
is_thumbprint(const char *text)
{
	return strlen(text) == THUMBPRINT && avow_hex_is(avow_span_str(text));
}

static int
find_cert(struct run *r, struct avow_span *der)
{
	char thumbprint[THUMBPRINT + 1];
	const struct avow_json *keys;
	int status = fetch(r, &keys);

	if (status != AVOW_EXIT_OK)
		return status;
	for (size_t i = 0; i < keys->count; i++)
		if (der_of(&keys->items[i], &r->server.arena, der) &&
			thumbprint_of(*der, thumbprint) &&
			avow_span_eq_fold(
				avow_span_str(thumbprint), avow_span_str(r->cert)))
			return AVOW_EXIT_OK;
	fprintf(stderr, "avow certificate: the provider has no certificate %s\n",
		r->cert);
	return AVOW_EXIT_REFUSED;
}

static int
read_cert(struct run *r, bool is_remove, struct avow_span *der)
{
	struct avow_span *certs;
	size_t n;
	int status;

	if (is_remove && is_thumbprint(r->cert))
		return find_cert(r, der);
	status = avow_signing_certs(r->cert, &r->server.arena, &certs, &n);
	if (status != AVOW_EXIT_OK)
		return status;
	if (n != 1) {
		fprintf(stderr, "avow: %s: it must hold one certificate\n", r->cert);
		return AVOW_EXIT_REFUSED;
	}
	*der = certs[0];
	return AVOW_EXIT_OK;
}

static int
put_payload(struct avow_span der, struct avow_buf *out)
{
	struct avow_cert *cert;
	struct avow_buf text;
	struct avow_why why;
	struct avow_jw w;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_cert_parse(der, &cert, &why);
	if (e != AVOW_OK) {
		avow_cli_complain(e, &why);
		return AVOW_EXIT_REFUSED;
	}
	avow_buf_init(&text, AVOW_KIB(64));
	avow_b64_put(&text, der);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "policyCertificate");
	avow_jw_open(&w, '{');
	avow_jw_put_str(
		&w, "kty", avow_pubkey_type(cert->key) == AVOW_KEY_RSA ? "RSA" : "EC");
	avow_jw_name(&w, "x5c");
	avow_jw_open(&w, '[');
	avow_jw_string(&w, avow_buf_span(&text));
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_buf_clear(&text);
	avow_cert_free(cert);
	return out->err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED;
}

static int
send(struct run *r, bool is_remove, struct avow_span jws)
{
	struct avow_request rq = {.method = "POST",
		.path = is_remove ? "/certificates:remove" VERSION
				  : "/certificates:add" VERSION,
		.has_body = true};
	const char *want = is_remove ? "IsAbsent" : "IsPresent";
	const struct avow_json *claims;
	struct avow_buf body;
	int status;

	avow_buf_init(&body, AVOW_MIB(1));
	avow_json_put_string(&body, jws); /* the contract: a JSON string */
	rq.body = avow_buf_span(&body);
	status = avow_server_ask_token(&r->server, CMD, &rq, &claims);
	avow_buf_clear(&body);
	if (status != AVOW_EXIT_OK)
		return status;
	if (!avow_span_eq_str(
		    avow_server_text(claims, "x-ms-policycertificates-result"), want))
		return avow_server_odd(CMD, "it does not say that it was done");
	if (r->server.json)
		return avow_server_print(claims);
	avow_server_show(avow_server_text(claims, "x-ms-certificate-thumbprint"));
	puts(is_remove ? ": absent" : ": present");
	return AVOW_EXIT_OK;
}

static int
change(struct run *r, bool is_remove)
{
	struct avow_buf payload, jws;
	struct avow_span der;
	int status;

	if (!r->signing.key || !r->signing.cert)
		return avow_cli_usage(CMD, "add and remove take --key and --cert");
	status = read_cert(r, is_remove, &der);
	if (status != AVOW_EXIT_OK)
		return status;
	avow_buf_init(&payload, AVOW_KIB(256));
	avow_buf_init(&jws, AVOW_MIB(1));
	status = put_payload(der, &payload);
	if (status == AVOW_EXIT_OK)
		status = avow_signing_make(
			&r->signing, CMD, avow_buf_span(&payload), &jws);
	if (status == AVOW_EXIT_OK)
		status = send(r, is_remove, avow_buf_span(&jws));
	avow_buf_clear(&payload);
	avow_buf_clear(&jws);
	return status;
}

/* --- the command line ---------------------------------------------------------------------------- */

static int
read_arguments(struct run *r, int argc, char **argv, bool wants_cert)
{
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!avow_server_set(&r->server, c, optarg) &&
			!avow_signing_set(&r->signing, c, optarg))
			return avow_cli_usage(CMD, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (argc - optind != wants_cert)
		return avow_cli_usage(CMD,
			wants_cert ? "it takes a certificate" : "list takes no file");
	if (wants_cert)
		r->cert = argv[optind];
	return avow_server_ready(&r->server, CMD);
}

static int
run_certificate(int argc, char **argv)
{
	static const char *const actions[] = {"list", "add", "remove"};
	struct run r = {.cert = NULL};
	size_t i = 0;
	int status;

	while (argc > 1 && i < 3 && strcmp(argv[1], actions[i]) != 0)
		i++;
	if (argc < 2 || i == 3)
		return avow_cli_usage(CMD, "it takes list, add or remove");
	avow_server_init(&r.server);
	status = read_arguments(&r, argc - 1, argv + 1, i > 0);
	if (status == AVOW_EXIT_OK)
		status = i == 0 ? list(&r) : change(&r, i == 2);
	avow_server_clear(&r.server);
	return status;
}

const struct avow_cmd avow_cmd_certificate = {
	.name = "certificate",
	.summary = "who may sign an isolated provider's policies",
	.usage = USAGE,
	.run = run_certificate,
};
