/*
 * Intel's documents: signed JSON under the TCB signing chain that came with it,
 * CRLs under a PCK CA or the root. Everything ends in a pinned root key; the
 * order is signature before content, so that "of another key" is only said of
 * what is genuine. Revocation of the signers is judged when a document is used.
 */
#include <string.h>

#include "fetch/verify_impl.h"
#include "trust/tcb_numbers.h"

#define PCS "Intel PCS API v4"

/* One signed document in the words that all of them share. */
struct doc {
	struct avow_span raw, document;
	const uint8_t *signature;
	int64_t issued_s, expires_s;
	uint32_t number;
	bool fits; /* the key */
	enum avow_err chain, bad_signature, not_yet, expired;
};

/* --- the signing chain ------------------------------------------------------------------ */

static struct avow_cert *
find(const struct avow_fetch_check *c, bool self_issued)
{
	for (size_t i = 0; i < c->n_certs; i++)
		if (avow_cert_is_self_issued(c->certs[i]) == self_issued)
			return c->certs[i];
	return NULL;
}

static enum avow_err
refuse(const struct avow_fetch_check *c, enum avow_err code, const char *expected,
	enum avow_err cause)
{
	static const struct avow_at at = {"fetch", "issuer chain", PCS};

	if (cause == AVOW_E_NO_MEMORY || cause == AVOW_E_CRYPTO)
		return cause;
	return avow_refuse(c->why, code, &at, expected, "%s", avow_err_text(cause));
}

static enum avow_err
check_cert_dates(const struct avow_fetch_check *c, const struct avow_cert *cert,
	enum avow_err code)
{
	enum avow_err e = AVOW_OK;

	if (!c->j->any_time)
		e = avow_cert_valid_at(cert, c->j->at_s, NULL);
	return e == AVOW_OK ? e : refuse(c, code, "a certificate valid now", e);
}

static enum avow_err
check_signed(const struct avow_fetch_check *c, const struct doc *d)
{
	struct avow_cert *signer = find(c, false), *root = find(c, true);
	enum avow_err e;

	if (!signer)
		return refuse(c, AVOW_E_TCB_SIGNER_ABSENT,
			"the signing certificate in the issuer chain", AVOW_OK);
	if (!root)
		return refuse(c, d->chain, "the root in the issuer chain", AVOW_OK);
	e = avow_tcb_signing_verify(signer, root, c->j->anchors, NULL);
	if (e != AVOW_OK)
		return refuse(c, d->chain, "a TCB signing chain to a pinned root", e);
	/* verifier bug 12: over the raw bytes, never over a text made again */
	e = avow_verify(signer->key, AVOW_SIG_ES256_RAW, d->raw,
		avow_span_make(d->signature, 64));
	if (e != AVOW_OK)
		return refuse(
			c, d->bad_signature, "a signature by the TCB signing key", e);
	AVOW_TRY(check_cert_dates(c, signer, d->chain));
	return check_cert_dates(c, root, d->chain);
}

/* --- the three documents ------------------------------------------------------------------ */

static bool
number_fits(const struct avow_fetch_key *k, uint32_t number)
{
	return k->number == 0 || k->number == number;
}

static enum avow_err
read_tcb_info(const struct avow_fetch_check *c, struct doc *out)
{
	const struct avow_tcb_info *t;

	AVOW_TRY(avow_tcb_info_parse(c->body, c->a, &t, c->why));
	*out = (struct doc){t->raw, t->document, t->signature, t->issue_date_s,
		t->next_update_s, t->evaluation_number,
		/* verifier bug 9: for this platform's FMSPC */
		t->tee == c->k->tee && memcmp(t->fmspc, c->k->fmspc, 6) == 0 &&
			number_fits(c->k, t->evaluation_number),
		AVOW_E_TCB_INFO_CHAIN, AVOW_E_TCB_INFO_SIGNATURE,
		AVOW_E_TCB_INFO_NOT_YET_VALID, AVOW_E_TCB_INFO_EXPIRED};
	return AVOW_OK;
}

static enum avow_err
read_qe_identity(const struct avow_fetch_check *c, struct doc *out)
{
	enum avow_enclave_id id =
		c->k->tee == AVOW_TEE_TDX ? AVOW_ENCLAVE_TD_QE : AVOW_ENCLAVE_QE;
	const struct avow_qe_identity *q;

	AVOW_TRY(avow_qe_identity_parse(c->body, c->a, &q, c->why));
	*out = (struct doc){q->raw, q->document, q->signature, q->issue_date_s,
		q->next_update_s, q->evaluation_number,
		q->id == id && number_fits(c->k, q->evaluation_number),
		AVOW_E_QE_IDENTITY_CHAIN, AVOW_E_QE_IDENTITY_SIGNATURE,
		AVOW_E_QE_IDENTITY_NOT_YET_VALID, AVOW_E_QE_IDENTITY_EXPIRED};
	return AVOW_OK;
}

static enum avow_err
read_numbers(const struct avow_fetch_check *c, struct doc *out)
{
	const struct avow_tcb_numbers *t;

	AVOW_TRY(avow_tcb_numbers_parse(c->body, c->a, &t, c->why));
	*out = (struct doc){t->raw, t->document, t->signature, t->issue_date_s,
		t->next_update_s, 0, t->tee == c->k->tee, AVOW_E_TCB_NUMBERS,
		AVOW_E_TCB_NUMBERS, AVOW_E_TCB_NUMBERS, AVOW_E_TCB_NUMBERS};
	return AVOW_OK;
}

enum avow_err
avow_fetch_check_document(struct avow_fetch_check *c)
{
	struct doc d;

	if (c->k->kind == AVOW_FETCH_TCB_INFO)
		AVOW_TRY(read_tcb_info(c, &d));
	else if (c->k->kind == AVOW_FETCH_QE_IDENTITY)
		AVOW_TRY(read_qe_identity(c, &d));
	else
		AVOW_TRY(read_numbers(c, &d));
	AVOW_TRY(check_signed(c, &d));
	if (!d.fits)
		return avow_fetch_mismatch(c, "id, fmspc, number");
	AVOW_TRY(avow_fetch_check_dates(
		c, d.issued_s, d.expires_s, d.not_yet, d.expired));
	c->out->body = avow_arena_copy(c->a, d.document);
	c->out->number = d.number;
	c->out->issued_s = d.issued_s;
	c->out->expires_s = d.expires_s;
	return c->out->body.p ? AVOW_OK : avow_arena_err(c->a);
}

/* --- CRLs ------------------------------------------------------------------------------------ */

static bool
is_root(const struct avow_fetch_check *c, const struct avow_cert *cert)
{
	return avow_cert_is_self_issued(cert) &&
	       avow_anchors_has_intel_root(c->j->anchors, cert);
}

/* A PCK CA under a pinned root, as the chain in the header has it (Intel SGX PCK
 * Certificate and CRL Profile). */
static enum avow_err
check_pck_ca(const struct avow_fetch_check *c, const struct avow_cert *ca)
{
	const struct avow_cert *root = find(c, true);
	enum avow_err e;

	if (!root || !is_root(c, root))
		return refuse(c, AVOW_E_CRL_ISSUER, "a chain to a pinned root",
			AVOW_E_CHAIN_ROOT);
	e = avow_chain_link(root, root, 1, NULL);
	if (e == AVOW_OK)
		e = avow_chain_link(ca, root, 1, NULL);
	if (e != AVOW_OK)
		return refuse(c, AVOW_E_CRL_ISSUER, "a PCK CA under its root", e);
	AVOW_TRY(check_cert_dates(c, ca, AVOW_E_CRL_ISSUER));
	return check_cert_dates(c, root, AVOW_E_CRL_ISSUER);
}

enum avow_err
avow_fetch_check_pck_crl(struct avow_fetch_check *c)
{
	const char *name = c->k->ca == AVOW_PCK_CA_PLATFORM ? "SGX PCK Platform CA"
							    : "SGX PCK Processor CA";
	const struct avow_cert *ca = find(c, false);
	const struct avow_crl *crl;

	if (!ca)
		return refuse(c, AVOW_E_CRL_ISSUER, "the PCK CA in the issuer chain",
			AVOW_OK);
	AVOW_TRY(check_pck_ca(c, ca));
	AVOW_TRY(avow_fetch_find_crl(c, ca, &crl));
	AVOW_TRY(avow_intel_crl_verify(crl, ca, c->why));
	if (!strstr(ca->subject_cn, name))
		return avow_fetch_mismatch(c, "ca");
	return avow_fetch_take_crl(c, crl);
}

/* The i-th certificate that may be the root's: of the chain, the anchors, and
 * whatever is known. */
static const struct avow_cert *
candidate(const struct avow_fetch_check *c, size_t i)
{
	struct avow_cert *cert;
	size_t n = 0;

	if (i < c->n_certs)
		return c->certs[i];
	i -= c->n_certs;
	while ((cert = avow_anchors_cert(c->j->anchors, AVOW_ANCHOR_INTEL_SGX, n))) {
		if (n++ == i)
			return cert;
	}
	return avow_collateral_cert(c->j->known, i - n);
}

enum avow_err
avow_fetch_check_root_crl(struct avow_fetch_check *c)
{
	const struct avow_cert *root;
	const struct avow_crl *crl;
	enum avow_err e = AVOW_E_CRL_ISSUER, first = AVOW_OK;

	for (size_t i = 0; (root = candidate(c, i)); i++) {
		if (!is_root(c, root))
			continue;
		e = avow_fetch_find_crl(c, root, &crl);
		if (e == AVOW_OK)
			e = avow_intel_crl_verify(crl, root, c->why);
		if (e == AVOW_OK) {
			if (c->why)
				avow_why_init(c->why);
			return avow_fetch_take_crl(c, crl);
		}
		if (first == AVOW_OK || first == AVOW_E_CRL_ISSUER)
			first = e;
	}
	return refuse(c, first == AVOW_OK ? e : first, "a CRL of a pinned root", e);
}
