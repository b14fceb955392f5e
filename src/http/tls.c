/*
 * TLS, as far as it is not the library's: which versions and ciphers, the
 * certificate, and changing it while connections live. A session is given our
 * credentials when its connection is accepted and holds a reference to them,
 * so an old certificate goes when the last connection that uses it has gone.
 */
#include "http/server.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

/*
 * TLS 1.3 and 1.2 with forward secrecy and an AEAD. No renegotiation, no
 * tickets: a resumed session would outlive a change of certificate.
 */
const char avow_tls_priorities[] =
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
	"+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"
	"+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-EDDSA-ED25519:"
	"+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:"
	"+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:"
	"+CTYPE-SRV-X509:+CTYPE-CLI-X509:%SERVER_PRECEDENCE:%NO_TICKETS:"
	"+COMP-NULL";

struct tls_identity {
	gnutls_certificate_credentials_t credentials;
	size_t references;
};

static enum avow_err
refuse(struct avow_why *why, int code)
{
	static const struct avow_at at = {"tls", "tls_cert", "avowd(8)"};

	return avow_refuse(why, AVOW_E_HTTP_TLS, &at,
		"a PEM certificate chain, leaf first, and its private key", "%s",
		gnutls_strerror(code));
}

enum avow_err
avow_tls_identity_new(const char *cert_pem, const char *key_pem,
	struct tls_identity **out, struct avow_why *why)
{
	gnutls_datum_t cert = {NULL, (unsigned)strlen(cert_pem)};
	gnutls_datum_t key = {NULL, (unsigned)strlen(key_pem)};
	struct tls_identity *id = calloc(1, sizeof(*id));
	int r;

	*out = NULL;
	if (!id)
		return AVOW_E_NO_MEMORY;
	r = gnutls_certificate_allocate_credentials(&id->credentials);
	if (r < 0) {
		free(id);
		return refuse(why, r);
	}
	/* GnuTLS takes pointers to bytes that it does not write */
	memcpy(&cert.data, &cert_pem, sizeof(cert.data));
	memcpy(&key.data, &key_pem, sizeof(key.data));
	r = gnutls_certificate_set_x509_key_mem(
		id->credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (r < 0) {
		gnutls_certificate_free_credentials(id->credentials);
		free(id);
		return refuse(why, r);
	}
	id->references = 1;
	*out = id;
	return AVOW_OK;
}

struct tls_identity *
avow_tls_identity_ref(struct tls_identity *id)
{
	id->references++;
	return id;
}

void
avow_tls_identity_unref(struct tls_identity *id)
{
	if (!id || --id->references > 0)
		return;
	gnutls_certificate_free_credentials(id->credentials);
	free(id);
}

static gnutls_session_t
session_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? (gnutls_session_t)info->tls_session : NULL;
}

bool
avow_tls_use(struct MHD_Connection *mhd, struct tls_identity *id, bool wants_certs)
{
	gnutls_session_t session = session_of(mhd);

	if (!session || gnutls_credentials_set(
				session, GNUTLS_CRD_CERTIFICATE, id->credentials) < 0)
		return false;
	/* Asked for, not required: most requests need none. */
	gnutls_certificate_server_set_request(
		session, wants_certs ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
	return true;
}

size_t
avow_tls_peer_certs(
	struct MHD_Connection *mhd, struct avow_arena *a, const struct avow_span **out)
{
	gnutls_session_t session = session_of(mhd);
	unsigned n = 0;
	const gnutls_datum_t *sent =
		session ? gnutls_certificate_get_peers(session, &n) : NULL;
	struct avow_span *spans;

	*out = NULL;
	if (!sent || n == 0)
		return 0;
	spans = avow_arena_array(a, n, sizeof(*spans));
	if (!spans)
		return 0;
	for (unsigned i = 0; i < n; i++)
		spans[i] = avow_span_make(sent[i].data, sent[i].size);
	*out = spans;
	return n;
}

bool
avow_tls_send_last(struct MHD_Connection *mhd, struct avow_span bytes)
{
	gnutls_session_t session = session_of(mhd);
	char *done = session ? gnutls_session_get_desc(session) : NULL;

	/* There is a description when the handshake is over. */
	if (!done)
		return false;
	gnutls_free(done);
	if (gnutls_record_send(session, bytes.p, bytes.n) != (ssize_t)bytes.n)
		return false;
	return gnutls_bye(session, GNUTLS_SHUT_WR) >= 0;
}
