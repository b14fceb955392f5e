/*
 * Client certificates. TLS has proved that the client holds the leaf's key; who
 * vouches for the certificate is judged here, in every request and by the rules
 * that all our chains have (RFC 5280 6.1): so a certificate that expires, or a
 * CA that the operator takes away, ends at the next request and not with the
 * connection, and there is one reader of certificates that decides, not two.
 *
 *   leaf -> [sent certificates, in their order] -> one of the client CAs
 *
 * The client CAs are for nothing else. Revocation lists are not read: what a
 * certificate may do is taken away in the access file.
 */
#include "auth/impl.h"

#include "base/limits.h"
#include "crypto/x509.h"
#include "wire/der.h"

#define MAX_CHAIN 8
/* RFC 5280 4.2.1.12, id-kp-clientAuth 1.3.6.1.5.5.7.3.2 */
#define CLIENT_AUTH                                                                    \
	((struct avow_span){(const uint8_t[]){0x2b, 6, 1, 5, 5, 7, 3, 2}, 8})

struct chain {
	struct avow_cert *v[MAX_CHAIN];
	size_t n;
};

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected,
	enum avow_err code)
{
	const struct avow_at at = {"client_certificate", field, "RFC 5280 6.1"};

	if (code == AVOW_E_NO_MEMORY || code == AVOW_E_CRYPTO)
		return code;
	return avow_refuse(why, AVOW_E_CLIENT_CERTIFICATE, &at, expected,
		code == AVOW_OK ? NULL : "%s", avow_err_name(code));
}

/* --- the leaf ----------------------------------------------------------------------- */

/* RFC 5280 4.2.1.12: SEQUENCE OF KeyPurposeId */
static bool
is_for_clients(const struct avow_cert *leaf)
{
	const struct avow_extension *e = avow_cert_extension(leaf, "2.5.29.37");
	struct avow_cursor list;
	struct avow_span oid;
	bool found = false;

	if (!e || avow_der_whole(e->value, AVOW_DER_SEQUENCE, &list) != AVOW_OK)
		return false;
	while (avow_cur_left(&list) && avow_der_oid(&list, &oid) == AVOW_OK)
		found = found || avow_span_eq(oid, CLIENT_AUTH);
	return found && avow_cur_is_done(&list);
}

static enum avow_err
check_leaf(const struct avow_cert *leaf, struct avow_why *why)
{
	if (!is_for_clients(leaf))
		return refuse(why, "extKeyUsage", "clientAuth", AVOW_OK);
	/* RFC 8446 4.4.2.2: the handshake is a digital signature */
	if (leaf->has_key_usage && !(leaf->key_usage & AVOW_KU_DIGITAL_SIGNATURE))
		return refuse(why, "keyUsage", "digitalSignature", AVOW_OK);
	if (leaf->is_ca)
		return refuse(why, "basicConstraints", "no CA", AVOW_OK);
	return AVOW_OK;
}

/* --- the chain ------------------------------------------------------------------------ */

static enum avow_err
check_link(const struct avow_cert *child, const struct avow_cert *issuer, size_t below,
	int64_t at_s)
{
	AVOW_TRY(avow_chain_link(child, issuer, below, NULL));
	return avow_cert_valid_at(issuer, at_s, NULL);
}

/* Whether a client CA certifies it; the last refusal, CHAIN_ISSUER when none
 * has the name. */
static enum avow_err
is_anchored(const struct avow_access *access, const struct avow_cert *child,
	size_t below, int64_t at_s)
{
	enum avow_err last = AVOW_E_CHAIN_ISSUER;

	for (size_t i = 0; i < access->n_client_cas; i++) {
		enum avow_err e = check_link(child, access->client_cas[i], below, at_s);

		if (e == AVOW_OK)
			return AVOW_OK;
		if (e != AVOW_E_CHAIN_ISSUER)
			last = e;
	}
	return last;
}

static enum avow_err
check_chain(const struct avow_access *access, const struct chain *c, int64_t at_s,
	struct avow_why *why)
{
	enum avow_err e = avow_cert_valid_at(c->v[0], at_s, NULL);
	size_t below = 0; /* RFC 5280 6.1.4 (l): self-issued ones do not count */

	if (e != AVOW_OK)
		return refuse(why, "validity", "a certificate that is valid now", e);
	for (size_t i = 0;; i++) {
		e = is_anchored(access, c->v[i], below, at_s);
		if (e == AVOW_OK)
			return AVOW_OK;
		if (e != AVOW_E_CHAIN_ISSUER || i + 1 == c->n)
			break;
		e = check_link(c->v[i], c->v[i + 1], below, at_s);
		if (e != AVOW_OK)
			break;
		below += !avow_cert_is_self_issued(c->v[i + 1]);
	}
	return refuse(why, "chain", "a chain to a client CA", e);
}

static enum avow_err
read_chain(
	const struct avow_span *certs, size_t n, struct chain *c, struct avow_why *why)
{
	if (n > MAX_CHAIN)
		return refuse(why, "chain", "at most 8 certificates", AVOW_OK);
	for (size_t i = 0; i < n; i++) {
		enum avow_err e = certs[i].n > AVOW_MAX_CERT
					  ? AVOW_E_TOO_LARGE
					  : avow_cert_parse(certs[i], &c->v[i], NULL);

		if (e != AVOW_OK)
			return refuse(why, "certificate", "strict DER", e);
		c->n++;
	}
	return AVOW_OK;
}

/* --- who ------------------------------------------------------------------------------ */

/* RFC 5280 4.2.1.6: GeneralNames; of other kinds than these three, nothing. */
static enum avow_err
grant_names(const struct avow_rules *rules, const struct avow_cert *leaf,
	struct avow_arena *a, struct avow_who *who)
{
	static const struct {
		uint8_t tag;
		enum avow_match match;
	} kinds[] = {{0x81, AVOW_MATCH_EMAIL}, {0x82, AVOW_MATCH_DNS},
		{0x86, AVOW_MATCH_URI}};
	const struct avow_extension *e = avow_cert_extension(leaf, "2.5.29.17");
	struct avow_cursor list;
	struct avow_der name;

	if (!e || avow_der_whole(e->value, AVOW_DER_SEQUENCE, &list) != AVOW_OK)
		return AVOW_OK;
	while (avow_cur_left(&list) && avow_der_any(&list, &name) == AVOW_OK)
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (name.tag == kinds[i].tag && name.content.n)
				AVOW_TRY(avow_rules_grant(
					rules, kinds[i].match, name.content, a, who));
	return AVOW_OK;
}

static enum avow_err
fill_who(const struct avow_access *access, const struct avow_cert *leaf,
	struct avow_arena *a, struct avow_who *out)
{
	const struct avow_rules *rules = &access->client_rules;
	struct avow_span cn = avow_span_str(leaf->subject_cn);
	struct avow_who who = {.n_grants = 0};
	struct avow_buf name;

	for (int m = AVOW_MATCH_CN; m <= AVOW_MATCH_EMAIL; m++)
		AVOW_TRY(avow_rules_grant(rules, (enum avow_match)m,
			(struct avow_span){NULL, 0}, a, &who));
	/* subject_cn is made printable and cut: such a name matches nothing */
	if (cn.n && cn.n < sizeof(leaf->subject_cn) - 1 &&
		avow_span_find_byte(cn, '?') == cn.n)
		AVOW_TRY(avow_rules_grant(rules, AVOW_MATCH_CN, cn, a, &who));
	AVOW_TRY(grant_names(rules, leaf, a, &who));
	avow_buf_init_arena(&name, a, AVOW_KIB(1));
	avow_buf_printf(&name, "certificate %s ", leaf->subject_cn);
	for (size_t i = 0; i < sizeof(leaf->sha256); i++)
		avow_buf_printf(&name, "%02x", leaf->sha256[i]);
	who.name = avow_buf_span(&name);
	*out = who;
	return name.err;
}

static enum avow_err
judge(const struct avow_access *access, const struct chain *c, int64_t at_s,
	struct avow_arena *a, struct avow_who *who, struct avow_why *why)
{
	AVOW_TRY(check_leaf(c->v[0], why));
	AVOW_TRY(check_chain(access, c, at_s, why));
	return fill_who(access, c->v[0], a, who);
}

enum avow_err
avow_client_cert_verify(const struct avow_access *access, const struct avow_span *certs,
	size_t n, int64_t at_s, struct avow_arena *a, struct avow_who *who,
	struct avow_why *why)
{
	struct chain c = {.n = 0};
	enum avow_err e = read_chain(certs, n, &c, why);

	if (e == AVOW_OK)
		e = judge(access, &c, at_s, a, who, why);
	while (c.n)
		avow_cert_free(c.v[--c.n]);
	return e;
}
