/*
 * Certificates and CRLs in the profile of Intel's own (PCK Certificate and CRL
 * Profile; the sheet's sections 5 and 6), under names that say who they stand
 * for and an organisation that says who made them:
 *
 *   root --+-- processor or platform CA -- PCK
 *          +-- TCB Signing
 *
 * The quote's chain holds its own copy of the root, so that a deviation of the
 * root in the quote leaves the collateral folder and root.pem as they were.
 */
#include <string.h>

#include "crypto/x509_make.h"
#include "forge/internal.h"
#include "wire/pem.h"

typedef const char *const name_pair[2];

#define PLACE                                                                          \
	{"O", "Avow Forge, simulated"}, {"L", "Santa Clara"}, {"ST", "CA"},            \
	{                                                                              \
		"C", "US"                                                              \
	}
static name_pair ROOT_NAME[] = {{"CN", "Intel SGX Root CA"}, PLACE, {NULL, NULL}};
static name_pair PROCESSOR[] = {
	{"CN", "Intel SGX PCK Processor CA"}, PLACE, {NULL, NULL}};
static name_pair PLATFORM[] = {
	{"CN", "Intel SGX PCK Platform CA"}, PLACE, {NULL, NULL}};
static name_pair PCK_NAME[] = {
	{"CN", "Intel SGX PCK Certificate"}, PLACE, {NULL, NULL}};
static name_pair SIGNING[] = {{"CN", "Intel SGX TCB Signing"}, PLACE, {NULL, NULL}};
static name_pair STRANGER[] = {{"CN", "Somebody Else"}, PLACE, {NULL, NULL}};

#define ROOT_CRL_URL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
#define PCK_CRL_URL                                                                    \
	"https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=%s&"     \
	"encoding=der"
#define KU_NON_REPUDIATION 0x02u /* RFC 5280 4.2.1.3, bit 1 */
#define KU_LEAF (AVOW_KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)
#define KU_CA (AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN)
#define SGX_OID "1.2.840.113741.1.13.1"
#define UNKNOWN_OID "1.3.6.1.4.1.99999.1" /* nobody's */

static name_pair *
ca_name(const struct forge *f)
{
	return f->p.pck_ca == AVOW_FORGE_PLATFORM_CA ? PLATFORM : PROCESSOR;
}

static struct avow_cert_spec
base_spec(const struct avow_forge_window *w, const struct avow_privkey *key,
	const struct avow_privkey *signer, const uint8_t *serial)
{
	return (struct avow_cert_spec){
		.serial = avow_span_make(serial, serial ? FORGE_SERIAL_BYTES : 0),
		.not_before_s = w->from_s,
		.not_after_s = w->until_s,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.path_length = -1,
		.key_usage = KU_LEAF,
		.with_key_ids = true,
		.crl_url = ROOT_CRL_URL,
	};
}

/* What any certificate can have wrong, by the part that it is. */
static void
bend_spec(const struct forge *f, enum forge_part part, struct avow_cert_spec *s)
{
	size_t free_slot = s->extra[0].oid ? 1 : 0;

	if (forge_bent(f, part, HOW_NAME))
		s->subject = STRANGER;
	if (forge_bent(f, part, HOW_ISSUER))
		s->issuer = STRANGER;
	if (forge_bent(f, part, HOW_CA))
		s->is_ca = !s->is_ca;
	if (forge_bent(f, part, HOW_CA) && !s->is_ca)
		s->path_length = -1;
	if (forge_bent(f, part, HOW_PATH))
		s->path_length = 0;
	if (forge_bent(f, part, HOW_KEY_USAGE))
		s->key_usage = s->is_ca ? AVOW_KU_CRL_SIGN : KU_NON_REPUDIATION;
	if (forge_bent(f, part, HOW_NO_KEY_USAGE))
		s->key_usage = 0;
	if (forge_bent(f, part, HOW_NO_BASIC))
		s->with_basic_constraints = false;
	if (forge_bent(f, part, HOW_NO_KEY_IDS))
		s->with_key_ids = false;
	if (forge_bent(f, part, HOW_NO_CRL_URL))
		s->crl_url = NULL;
	if (forge_bent(f, part, HOW_OTHER_KEY) && part != PART_ROOT &&
		part != PART_SIGNING) {
		s->signer_public = avow_privkey_public(s->signer);
		s->signer = f->keys->stranger;
	}
	if (forge_bent(f, part, HOW_CRITICAL))
		s->extra[free_slot] = (struct avow_extra_extension){
			UNKNOWN_OID, true, AVOW_LIT("\x05\x00")};
}

static enum avow_err
make_cert(const struct forge *f, enum forge_part part, struct avow_cert_spec *s,
	struct avow_buf *out)
{
	bend_spec(f, part, s);
	AVOW_TRY(avow_cert_make(s, out));
	if (forge_bent(f, part, HOW_SIGNATURE))
		forge_flip(out, 1);
	return AVOW_OK;
}

/* --- certificates ------------------------------------------------------------------- */

static struct avow_cert_spec
root_spec(const struct forge *f, const struct avow_privkey *key)
{
	struct avow_cert_spec s = base_spec(&f->p.root, key, key, NULL);

	s.subject = ROOT_NAME;
	s.is_ca = true;
	s.path_length = 1;
	s.key_usage = KU_CA;
	return s;
}

static enum avow_err
make_roots(struct forge *f)
{
	bool other = forge_bent(f, PART_ROOT, HOW_OTHER_KEY);
	struct avow_cert_spec s = root_spec(f, f->keys->root);
	struct avow_cert_spec in_chain =
		root_spec(f, other ? f->keys->other_root : f->keys->root);

	AVOW_TRY(avow_cert_make(&s, &f->root));
	if (!f->bend || f->bend->part != PART_ROOT) {
		avow_buf_put(&f->chain_root, avow_buf_span(&f->root));
		return f->chain_root.err;
	}
	if (f->bend->how == HOW_EXPIRED)
		in_chain.not_after_s = f->p.at_s - 1;
	if (f->bend->how == HOW_EARLY)
		in_chain.not_before_s = f->p.at_s + 1;
	return make_cert(f, PART_ROOT, &in_chain, &f->chain_root);
}

static enum avow_err
make_ca(struct forge *f)
{
	bool other = forge_bent(f, PART_ROOT, HOW_OTHER_KEY);
	struct avow_cert_spec s = base_spec(&f->p.ca, f->keys->ca,
		other ? f->keys->other_root : f->keys->root, f->ca_serial);

	s.subject = ca_name(f);
	s.issuer = forge_bent(f, PART_ROOT, HOW_NAME) ? STRANGER : ROOT_NAME;
	s.is_ca = true;
	s.path_length = 0;
	s.key_usage = KU_CA;
	return make_cert(f, PART_PCK_CA, &s, &f->ca);
}

static enum avow_err
make_pck(struct forge *f)
{
	bool wrong_curve = forge_bent(f, PART_PCK, HOW_KEY_TYPE);
	struct avow_cert_spec s = base_spec(&f->p.pck,
		wrong_curve ? f->keys->p384 : f->keys->pck, f->keys->ca, f->pck_serial);
	bool platform = f->p.pck_ca == AVOW_FORGE_PLATFORM_CA;
	struct avow_buf ext, url;
	enum avow_err e;

	avow_buf_init(&ext, FORGE_MAX_OUTPUT);
	avow_buf_init(&url, FORGE_MAX_OUTPUT);
	forge_put_sgx_extension(f, &ext);
	avow_buf_printf(&url, PCK_CRL_URL, platform ? "platform" : "processor");
	s.subject = PCK_NAME;
	s.issuer = forge_bent(f, PART_PCK_CA, HOW_NAME) ? STRANGER : ca_name(f);
	s.crl_url = avow_buf_str(&url);
	if (!forge_bent(f, PART_EXT, HOW_ABSENT))
		s.extra[0] = (struct avow_extra_extension){
			SGX_OID, false, avow_buf_span(&ext)};
	e = ext.err != AVOW_OK ? ext.err
	    : s.crl_url        ? make_cert(f, PART_PCK, &s, &f->pck)
			       : AVOW_E_NO_MEMORY;
	avow_buf_clear(&ext);
	avow_buf_clear(&url);
	return e;
}

static enum avow_err
make_signing(struct forge *f)
{
	bool other = forge_bent(f, PART_SIGNING, HOW_OTHER_KEY);
	const struct avow_privkey *root = other ? f->keys->other_root : f->keys->root;
	struct avow_cert_spec s =
		base_spec(&f->p.tcb_signing, f->keys->signing, root, f->signing_serial);
	struct avow_cert_spec above = root_spec(f, root);

	s.subject = SIGNING;
	s.issuer = ROOT_NAME;
	AVOW_TRY(make_cert(f, PART_SIGNING, &s, &f->signing));
	if (other)
		return avow_cert_make(&above, &f->signing_root);
	avow_buf_put(&f->signing_root, avow_buf_span(&f->root));
	return f->signing_root.err;
}

/* --- CRLs ------------------------------------------------------------------------------ */

static enum avow_err
make_crl(const struct forge *f, enum forge_part part, struct avow_crl_spec *s,
	struct avow_buf *out)
{
	/* reasonCode keyCompromise, as every entry of Intel's (RFC 5280, 5.3.1) */
	const struct avow_extra_extension reason = {
		"2.5.29.21", false, AVOW_LIT("\x0a\x01\x01")};
	const struct avow_extra_extension unknown = {
		UNKNOWN_OID, true, AVOW_LIT("\x05\x00")};

	if (forge_bent(f, part, HOW_ABSENT))
		return AVOW_OK;
	s->alg = AVOW_SIG_ES256_DER;
	s->with_number = !forge_bent(f, part, HOW_NO_NUMBER);
	s->with_authority_key_id = !forge_bent(f, part, HOW_NO_KEY_IDS);
	s->entry_extra = forge_bent(f, part, HOW_ENTRY_CRITICAL) ? unknown : reason;
	if (forge_bent(f, part, HOW_ISSUER))
		s->issuer = STRANGER;
	if (forge_bent(f, part, HOW_OTHER_KEY))
		s->signer = f->keys->stranger;
	if (forge_bent(f, part, HOW_NO_NEXT))
		s->next_update_s = 0;
	if (forge_bent(f, part, HOW_CRITICAL))
		s->extra[0] = unknown;
	AVOW_TRY(avow_crl_make(s, out));
	if (forge_bent(f, part, HOW_SIGNATURE))
		forge_flip(out, 1);
	if (forge_bent(f, part, HOW_MALFORMED))
		out->n--;
	return AVOW_OK;
}

static enum avow_err
make_crls(struct forge *f)
{
	struct avow_span below_root[2], below_ca[2];
	struct avow_crl_spec root = {.issuer = ROOT_NAME,
		.this_update_s = f->p.root_crl.from_s,
		.next_update_s = f->p.root_crl.until_s,
		.signer = f->keys->root,
		.revoked = below_root};
	struct avow_crl_spec pck = {.issuer = ca_name(f),
		.this_update_s = f->p.pck_crl.from_s,
		.next_update_s = f->p.pck_crl.until_s,
		.signer = f->keys->ca,
		.revoked = below_ca};

	if (f->p.revoke_pck_ca)
		below_root[root.n_revoked++] =
			avow_span_make(f->ca_serial, FORGE_SERIAL_BYTES);
	if (f->p.revoke_tcb_signing)
		below_root[root.n_revoked++] =
			avow_span_make(f->signing_serial, FORGE_SERIAL_BYTES);
	/* somebody else's, so that an entry is always there */
	below_ca[pck.n_revoked++] = avow_span_make(f->gone_serial, FORGE_SERIAL_BYTES);
	if (f->p.revoke_pck)
		below_ca[pck.n_revoked++] =
			avow_span_make(f->pck_serial, FORGE_SERIAL_BYTES);
	AVOW_TRY(make_crl(f, PART_CRL_ROOT, &root, &f->root_crl));
	return make_crl(f, PART_CRL_PCK, &pck, &f->pck_crl);
}

/* --- all of it ----------------------------------------------------------------------------- */

static enum avow_err
make_serials(struct forge *f)
{
	uint8_t *const all[] = {
		f->pck_serial, f->ca_serial, f->signing_serial, f->gone_serial};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		AVOW_TRY(avow_random(all[i], FORGE_SERIAL_BYTES));
		all[i][0] = (all[i][0] & 0x7f) | 0x40; /* positive, 20 octets */
	}
	return AVOW_OK;
}

static enum avow_err
put_pems(struct forge *f)
{
	avow_pem_put(&f->root_pem, "CERTIFICATE", avow_buf_span(&f->root));
	if (!forge_bent(f, PART_SIGNING, HOW_ABSENT))
		avow_pem_put(
			&f->signing_chain, "CERTIFICATE", avow_buf_span(&f->signing));
	avow_pem_put(&f->signing_chain, "CERTIFICATE", avow_buf_span(&f->signing_root));
	avow_pem_put(&f->ca_chain, "CERTIFICATE", avow_buf_span(&f->ca));
	avow_pem_put(&f->ca_chain, "CERTIFICATE", avow_buf_span(&f->root));
	if (f->root_pem.err != AVOW_OK)
		return f->root_pem.err;
	return f->signing_chain.err != AVOW_OK ? f->signing_chain.err : f->ca_chain.err;
}

enum avow_err
forge_make_pki(struct forge *f)
{
	AVOW_TRY(make_serials(f));
	AVOW_TRY(make_roots(f));
	AVOW_TRY(make_ca(f));
	AVOW_TRY(make_pck(f));
	AVOW_TRY(make_signing(f));
	AVOW_TRY(make_crls(f));
	return put_pems(f);
}
