/*
 * AMD's certificates as its KDS gives them (AMD 57230, 58369; the sheet snp-report,
 * section 6): ARK - ASK - VCEK or ARK - ASVK - VLEK, RSA-4096 with PSS and SHA-384,
 * a P-384 leaf with the extensions below 1.3.6.1.4.1.3704.1, serial number 0 and
 * no basic constraints, and the ARK's CRL. The organisation says who made them.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/x509_make.h"
#include "forge/snp_impl.h"
#include "wire/der.h"
#include "wire/pem.h"

#define ARC "1.3.6.1.4.1.3704.1"
#define UNKNOWN_OID "1.3.6.1.4.1.99999.1" /* nobody's */
#define CRL_URL "https://kdsintf.amd.com/vcek/v1/%s/crl"
#define KU_CA (AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN)

static const uint8_t ARK_SERIAL[SNP_CERT_SERIAL_BYTES] = {1, 0, 0};
static const uint8_t CA_SERIAL[SNP_CERT_SERIAL_BYTES] = {1, 0, 1};

typedef const char *const name_pair[2];

/* --- names ------------------------------------------------------------------------ */

struct names {
	char ark[32], ca[32];
};

static void
make_names(const struct snp_forge *f, struct names *n)
{
	const char *line = snp_line(f);
	const char *other = f->p.product == AVOW_FORGE_TURIN ? "Milan" : "Turin";

	snprintf(n->ark, sizeof(n->ark), "ARK-%s",
		snp_bent(f, SNP_ARK_NAME) ? "Rome" : line);
	snprintf(n->ca, sizeof(n->ca), "SEV-%s%s", f->p.vlek ? "VLEK-" : "",
		snp_bent(f, SNP_CA_NAME)   ? "Rome"
		: snp_bent(f, SNP_CA_LINE) ? other
					   : line);
}

#define NAME(cn)                                                                       \
	{                                                                              \
		{"OU", "Engineering"}, {"C", "US"}, {"L", "Santa Clara"},              \
			{"ST", "CA"}, {"O", "Avow Forge, simulated"}, {"CN", cn},      \
		{                                                                      \
			NULL, NULL                                                     \
		}                                                                      \
	}

/* --- the leaf's extensions ------------------------------------------------------------ */

/* Their bytes live here while the certificate is made. */
struct extensions {
	struct avow_cert_spec *spec;
	struct avow_buf store;
	size_t at[AVOW_EXTRA_EXTENSIONS], n;
};

static void
add(struct extensions *x, const char *oid, const void *p, size_t n)
{
	x->spec->extra[x->n].oid = oid;
	x->at[x->n++] = x->store.n;
	forge_put_bytes(&x->store, p, n);
}

/* INTEGER 0..255, minimal: 0xdb is 02 02 00 db */
static void
add_number(struct extensions *x, const char *oid, uint8_t v)
{
	const uint8_t wide[4] = {AVOW_DER_INTEGER, 2, 0, v};
	const uint8_t narrow[3] = {AVOW_DER_INTEGER, 1, v};

	if (v >= 0x80)
		add(x, oid, wide, sizeof(wide));
	else
		add(x, oid, narrow, sizeof(narrow));
}

static void
add_text(struct extensions *x, const char *oid, uint8_t tag, const char *text)
{
	size_t n = strlen(text);
	uint8_t tlv[2 + 127] = {tag, (uint8_t)n};

	n = n > 127 ? 127 : n;
	memcpy(tlv + 2, text, n);
	add(x, oid, tlv, n + 2);
}

static void
add_product(const struct snp_forge *f, struct extensions *x)
{
	const char *other = f->p.product == AVOW_FORGE_MILAN ? "Genoa" : "Milan-B0";
	const char *name = snp_bent(f, SNP_EXT_PRODUCT)         ? "Rome-B0"
			   : snp_bent(f, SNP_EXT_OTHER_PRODUCT) ? other
								: f->p.product_name;
	bool turin = f->p.product == AVOW_FORGE_TURIN;
	bool utf8 = snp_bent(f, SNP_EXT_PRODUCT_TYPE);

	if (!snp_bent(f, SNP_EXT_NO_VERSION))
		add_number(x, ARC ".1",
			snp_bent(f, SNP_EXT_VERSION) ? 2
			: turin                      ? 1
						     : 0);
	if (!snp_bent(f, SNP_EXT_NO_PRODUCT))
		add_text(x, ARC ".2", utf8 ? AVOW_DER_UTF8_STRING : AVOW_DER_IA5_STRING,
			name);
}

static void
add_spls(const struct snp_forge *f, struct extensions *x)
{
	static const uint8_t wide[] = {AVOW_DER_INTEGER, 2, 1, 0};
	static const uint8_t negative[] = {AVOW_DER_INTEGER, 1, 0xdb};
	const struct avow_forge_snp_tcb *t = &f->cert_tcb;
	bool turin = f->p.product == AVOW_FORGE_TURIN;

	if (snp_bent(f, SNP_EXT_SPL_RANGE))
		add(x, ARC ".3.1", wide, sizeof(wide));
	else
		add_number(x, ARC ".3.1", t->boot_loader);
	add_number(x, ARC ".3.2", t->tee);
	if (!snp_bent(f, SNP_EXT_NO_SPL))
		add_number(x, ARC ".3.3", t->snp);
	if (!turin)
		add_number(x, ARC ".3.4", 0);
	add_number(x, ARC ".3.5", snp_bent(f, SNP_EXT_SPL_RESERVED));
	add_number(x, ARC ".3.6", 0);
	add_number(x, ARC ".3.7", 0);
	if (snp_bent(f, SNP_EXT_SPL_NEGATIVE))
		add(x, ARC ".3.8", negative, sizeof(negative));
	else
		add_number(x, ARC ".3.8", t->microcode);
	if (turin)
		add_number(x, ARC ".3.9", t->fmc);
}

static void
add_owner(const struct snp_forge *f, struct extensions *x)
{
	size_t n = f->p.product == AVOW_FORGE_TURIN ? 8 : 64;
	uint8_t hwid[2 + 64 + 1] = {AVOW_DER_OCTET_STRING};
	bool both = snp_bent(f, SNP_EXT_TWO_OWNERS);

	if (snp_bent(f, SNP_EXT_NO_OWNER))
		return;
	n += snp_bent(f, SNP_EXT_HWID_SIZE);
	hwid[1] = (uint8_t)n;
	memcpy(hwid + 2, f->cert_chip_id, n > 64 ? 64 : n);
	if (!f->p.vlek || both)
		add(x, ARC ".4", f->p.wrap_hwid ? hwid : hwid + 2,
			f->p.wrap_hwid ? n + 2 : n);
	if (f->p.vlek || both)
		add_text(x, ARC ".5", AVOW_DER_IA5_STRING,
			snp_bent(f, SNP_EXT_CSP_EMPTY) ? "" : f->p.csp_id);
}

/* --- certificates ------------------------------------------------------------------------ */

static struct avow_cert_spec
base_spec(name_pair *subject, name_pair *issuer, const struct avow_forge_window *w,
	const struct avow_privkey *key, const struct avow_privkey *signer)
{
	return (struct avow_cert_spec){
		.subject = subject,
		.issuer = issuer,
		.not_before_s = w->from_s,
		.not_after_s = w->until_s,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_PS384,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = KU_CA,
		.with_key_ids = true,
	};
}

static const struct avow_extra_extension unknown = {
	UNKNOWN_OID, true, {(const uint8_t *)"\x05\x00", 2}};

static enum avow_err
make_ark(struct snp_forge *f, name_pair *name)
{
	const struct avow_privkey *key =
		snp_bent(f, SNP_ARK_OTHER_KEY) ? f->keys->ca : f->keys->ark;
	struct avow_cert_spec s = base_spec(name, name, &f->p.ark, key, key);

	s.serial = avow_span_make(ARK_SERIAL, sizeof(ARK_SERIAL));
	if (snp_bent(f, SNP_ARK_NOT_CA))
		s.is_ca = false;
	if (snp_bent(f, SNP_ARK_PATH))
		s.path_length = 0;
	if (snp_bent(f, SNP_ARK_ALGORITHM))
		s.alg = AVOW_SIG_RS384;
	AVOW_TRY(avow_cert_make(&s, &f->ark));
	if (snp_bent(f, SNP_ARK_SIGNATURE))
		forge_flip(&f->ark, 1);
	return AVOW_OK;
}

static enum avow_err
make_ca(struct snp_forge *f, name_pair *name, name_pair *ark, const char *crl_url)
{
	bool own = snp_bent(f, SNP_CA_OTHER_KEY) || snp_bent(f, SNP_ARK_OTHER_KEY);
	bool small = snp_bent(f, SNP_CA_KEY_SIZE);
	struct avow_cert_spec s = base_spec(name, ark, &f->p.ca,
		small ? f->keys->small : f->keys->ca, own ? f->keys->ca : f->keys->ark);

	s.serial = avow_span_make(CA_SERIAL, sizeof(CA_SERIAL));
	s.path_length = 0;
	s.crl_url = crl_url;
	if (snp_bent(f, SNP_CA_NOT_CA)) {
		s.is_ca = false;
		s.path_length = -1;
	}
	if (snp_bent(f, SNP_CA_NO_BASIC))
		s.with_basic_constraints = false;
	if (snp_bent(f, SNP_CA_KEY_USAGE))
		s.key_usage = AVOW_KU_CRL_SIGN;
	if (snp_bent(f, SNP_CA_ALGORITHM))
		s.alg = AVOW_SIG_PS512;
	if (snp_bent(f, SNP_CA_CRITICAL))
		s.extra[0] = unknown;
	AVOW_TRY(avow_cert_make(&s, &f->ca));
	if (snp_bent(f, SNP_CA_SIGNATURE))
		forge_flip(&f->ca, 1);
	return AVOW_OK;
}

static const struct avow_privkey *
leaf_signer(const struct snp_forge *f)
{
	if (snp_bent(f, SNP_VEK_OTHER_KEY))
		return f->keys->ark;
	return snp_bent(f, SNP_CA_KEY_SIZE) ? f->keys->small : f->keys->ca;
}

static enum avow_err
make_leaf(struct snp_forge *f, name_pair *name, name_pair *ca)
{
	bool p256 = snp_bent(f, SNP_VEK_KEY_TYPE);
	struct avow_cert_spec s = base_spec(name, ca, &f->p.vek,
		p256 ? f->keys->p256 : f->keys->vek, leaf_signer(f));
	struct extensions x = {.spec = &s};
	enum avow_err e;

	avow_buf_init(&x.store, FORGE_MAX_OUTPUT);
	s.is_ca = s.with_basic_constraints = snp_bent(f, SNP_VEK_IS_CA);
	s.key_usage = 0;
	s.with_key_ids = false;
	s.serial = avow_span_make("\0", 1); /* as all of AMD's have */
	if (snp_bent(f, SNP_VEK_ALGORITHM))
		s.alg = AVOW_SIG_RS384;
	add_product(f, &x);
	add_spls(f, &x);
	add_owner(f, &x);
	x.at[x.n] = x.store.n;
	for (size_t i = 0; x.store.err == AVOW_OK && i < x.n; i++)
		s.extra[i].value =
			avow_span_make(x.store.p + x.at[i], x.at[i + 1] - x.at[i]);
	if (snp_bent(f, SNP_VEK_CRITICAL))
		s.extra[x.n] = unknown;
	e = x.store.err != AVOW_OK ? x.store.err : avow_cert_make(&s, &f->vek);
	avow_buf_clear(&x.store);
	if (e == AVOW_OK && snp_bent(f, SNP_VEK_SIGNATURE))
		forge_flip(&f->vek, 1);
	if (e == AVOW_OK && snp_bent(f, SNP_VEK_MALFORMED))
		avow_buf_put_byte(&f->vek, 0);
	return e != AVOW_OK ? e : f->vek.err;
}

/* --- the ARK's CRL ------------------------------------------------------------------------- */

static enum avow_err
make_crl(struct snp_forge *f, name_pair *ark)
{
	static const uint8_t gone[SNP_CERT_SERIAL_BYTES] = {1, 0, 9};
	const struct avow_span revoked[2] = {avow_span_make(gone, sizeof(gone)),
		avow_span_make(CA_SERIAL, sizeof(CA_SERIAL))};
	struct avow_crl_spec s = {.issuer = ark,
		.this_update_s = f->p.crl.from_s,
		.next_update_s = f->p.crl.until_s,
		.signer =
			snp_bent(f, SNP_CRL_OTHER_KEY) || snp_bent(f, SNP_ARK_OTHER_KEY)
				? f->keys->ca
				: f->keys->ark,
		.alg = AVOW_SIG_PS384,
		.with_number = true,
		.with_authority_key_id = true,
		.revoked = revoked,
		.n_revoked = f->p.revoke_ca ? 2 : 1};

	if (snp_bent(f, SNP_CRL_CRITICAL))
		s.extra[0] = unknown;
	AVOW_TRY(avow_crl_make(&s, &f->crl));
	if (snp_bent(f, SNP_CRL_SIGNATURE))
		forge_flip(&f->crl, 1);
	return AVOW_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static enum avow_err
put_pems(struct snp_forge *f)
{
	struct avow_span anchor = avow_pubkey_spki(avow_privkey_public(f->keys->ark));

	/* the anchor is the key, so a bent ARK certificate does not change it */
	avow_pem_put(&f->root_pem, "PUBLIC KEY", anchor);
	if (!snp_bent(f, SNP_VEK_ABSENT))
		avow_pem_put(&f->vek_pem, "CERTIFICATE", avow_buf_span(&f->vek));
	avow_pem_put(&f->chain_pem, "CERTIFICATE", avow_buf_span(&f->ca));
	avow_pem_put(&f->chain_pem, "CERTIFICATE", avow_buf_span(&f->ark));
	if (snp_bent(f, SNP_VEK_ABSENT))
		avow_buf_reset(&f->vek);
	AVOW_TRY(f->root_pem.err);
	AVOW_TRY(f->vek_pem.err);
	return f->chain_pem.err;
}

enum avow_err
snp_make_pki(struct snp_forge *f)
{
	bool vlek = f->p.vlek != snp_bent(f, SNP_VEK_NAME);
	char url[sizeof(CRL_URL) + 8];
	struct names n;

	make_names(f, &n);
	snprintf(url, sizeof(url), CRL_URL, snp_line(f));
	{
		name_pair ark[] = NAME(n.ark), ca[] = NAME(n.ca);
		name_pair leaf[] = NAME(vlek ? "SEV-VLEK" : "SEV-VCEK");

		AVOW_TRY(make_ark(f, ark));
		AVOW_TRY(make_ca(f, ca, ark, url));
		AVOW_TRY(make_leaf(f, leaf, ca));
		AVOW_TRY(make_crl(f, ark));
	}
	return put_pems(f);
}
