/*
 * The certificates of a survey: Intel's by their place under a pinned root,
 * AMD's by their whole chain; and the names that things get as files. What is
 * under no pinned root is invalid here, also when nothing would ever use it.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "trust/amd_chain.h"
#include "trust/intel_chain.h"
#include "trust/survey_impl.h"

static bool
is_named(const struct avow_cert *c, const char *word)
{
	return strstr(c->subject_cn, word) != NULL;
}

/* The i-th certificate, of the snapshot and then of the anchors, with that
 * subject; NULL behind the last. */
static struct avow_cert *
issuer_at(const struct survey_run *r, const struct avow_cert *child,
	enum avow_anchor_kind kind, size_t i)
{
	struct avow_cert *c = avow_collateral_cert_of(r->c, child->issuer, 0);
	size_t n = 0;

	for (; c; c = avow_collateral_cert_of(r->c, child->issuer, ++n))
		if (i-- == 0)
			return c;
	for (n = 0; (c = avow_anchors_cert(r->anchors, kind, n)); n++)
		if (avow_span_eq(c->subject, child->issuer) && i-- == 0)
			return c;
	return NULL;
}

/* --- Intel --------------------------------------------------------------------------- */

static enum avow_err
verify_signer(const struct survey_run *r, struct avow_cert *cert)
{
	enum avow_err e = AVOW_E_CHAIN_ROOT;
	struct avow_cert *root;
	bool revoked;

	for (size_t i = 0; e != AVOW_OK && e != AVOW_E_NO_MEMORY && e != AVOW_E_CRYPTO;
		i++) {
		root = issuer_at(r, cert, AVOW_ANCHOR_INTEL_SGX, i);
		if (!root)
			return e;
		e = avow_tcb_signing_verify(cert, root, r->anchors, NULL);
		if (e != AVOW_OK)
			continue;
		AVOW_TRY(survey_is_revoked(r, root, cert, &revoked));
		if (revoked)
			return AVOW_E_SIGNING_CERT_REVOKED;
	}
	return e;
}

static enum avow_err
verify_pck_ca(const struct survey_run *r, struct avow_cert *cert)
{
	struct avow_coll_ca ca;
	bool revoked;

	AVOW_TRY(avow_coll_find_ca(r->v, cert, &ca));
	if (ca.err != AVOW_OK)
		return AVOW_E_CHAIN_ROOT;
	AVOW_TRY(survey_is_revoked(r, ca.root, cert, &revoked));
	return revoked ? AVOW_E_PCK_CA_REVOKED : AVOW_OK;
}

/* --- AMD --------------------------------------------------------------------------------- */

/* ASK and ASVK: directly under an ARK. */
static enum avow_err
verify_amd_ca(const struct survey_run *r, struct avow_cert *cert)
{
	enum avow_err e = AVOW_E_SNP_CHAIN_ROOT;
	struct avow_cert *ark;
	bool revoked;

	for (size_t i = 0; (ark = issuer_at(r, cert, AVOW_ANCHOR_AMD_ARK, i)); i++) {
		if (!avow_anchors_has(r->anchors, AVOW_ANCHOR_AMD_ARK, ark))
			continue;
		e = avow_chain_link(cert, ark, 1, NULL);
		if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			return e;
		if (e != AVOW_OK)
			continue;
		AVOW_TRY(survey_is_revoked(r, ark, cert, &revoked));
		return revoked ? AVOW_E_SNP_CA_REVOKED : AVOW_OK;
	}
	return e;
}

static enum avow_err
try_roots(const struct survey_run *r, struct avow_cert *leaf, struct avow_cert *ca)
{
	enum avow_err e = AVOW_E_SNP_CHAIN_ROOT;
	struct avow_amd_chain chain;
	struct avow_cert *ark;

	for (size_t i = 0; (ark = issuer_at(r, ca, AVOW_ANCHOR_AMD_ARK, i)); i++) {
		e = avow_amd_chain_verify(leaf, ca, ark, r->anchors, &chain, NULL);
		if (e == AVOW_OK)
			avow_amd_chain_clear(&chain);
		if (e == AVOW_OK || e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			break;
	}
	return e;
}

static enum avow_err
verify_vek(const struct survey_run *r, struct avow_cert *leaf)
{
	enum avow_err e = AVOW_E_SNP_CHAIN_ROOT;
	struct avow_cert *ca;

	for (size_t i = 0; (ca = issuer_at(r, leaf, AVOW_ANCHOR_AMD_ARK, i)); i++) {
		e = try_roots(r, leaf, ca);
		if (e == AVOW_OK)
			return verify_amd_ca(r, ca);
		if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			return e;
	}
	return e;
}

static void
describe_vek(struct avow_survey_item *item, const struct avow_amd_vek *v)
{
	char id[2 * AVOW_AMD_CHIP_ID_BYTES + 1];
	const uint8_t *p = v->tcb.part;

	item->title = avow_amd_vek_name(v->kind);
	item->has_product = true;
	item->product = v->product;
	item->chip_id = v->chip_id;
	avow_hex_encode(avow_span_slice(v->chip_id, 0, 16), id);
	snprintf(item->subject, sizeof(item->subject), "%s %.64s%s, TCB %u.%u.%u.%u",
		avow_amd_product_name(v->product),
		v->kind == AVOW_AMD_VCEK ? id : "any chip",
		v->chip_id.n > 16 ? "..." : "", p[AVOW_AMD_BOOT_LOADER],
		p[AVOW_AMD_TEE], p[AVOW_AMD_SNP], p[AVOW_AMD_MICROCODE]);
}

/* --- all -------------------------------------------------------------------------------------- */

static bool
is_amd_ca(const struct avow_cert *c, enum avow_amd_product *p)
{
	const char *dash = strrchr(c->subject_cn, '-');

	return dash && avow_amd_product_by_name(avow_span_str(dash + 1), p);
}

static enum avow_err
verify_cert(const struct survey_run *r, struct avow_cert *cert,
	struct avow_survey_item *item)
{
	if (avow_anchors_has(r->anchors, AVOW_ANCHOR_AMD_ARK, cert) ||
		avow_anchors_has_intel_root(r->anchors, cert)) {
		item->title = "root certificate";
		return avow_cert_verify(cert, cert->key);
	}
	if (is_named(cert, "SGX TCB Signing")) {
		item->title = "TCB signing certificate";
		return verify_signer(r, cert);
	}
	item->title = "CA certificate";
	return is_amd_ca(cert, &item->product) ? verify_amd_ca(r, cert)
					       : verify_pck_ca(r, cert);
}

static const struct avow_amd_vek *
vek_of(const struct survey_run *r, const struct avow_cert *cert)
{
	for (size_t i = 0; i < r->c->n_veks; i++)
		if (r->c->veks[i].cert == cert)
			return &r->c->veks[i].vek;
	return NULL;
}

static enum avow_err
add_cert(struct survey_run *r, const struct avow_coll_cert *c)
{
	struct avow_survey_item *item = survey_item(r, AVOW_COLLATERAL_CERT, c->name);
	const struct avow_amd_vek *vek = vek_of(r, c->cert);
	enum avow_err e;

	snprintf(item->subject, sizeof(item->subject), "%s", c->cert->subject_cn);
	item->is_builtin = c->rank == 2;
	item->issue_s = c->cert->not_before_s;
	item->next_s = item->expires_s = c->cert->not_after_s;
	item->bytes = c->cert->der;
	item->has_product = is_amd_ca(c->cert, &item->product);
	if (vek) {
		describe_vek(item, vek);
		e = verify_vek(r, c->cert);
	} else {
		e = verify_cert(r, c->cert, item);
	}
	AVOW_TRY(survey_verdict(item, e));
	survey_date(r, item);
	return AVOW_OK;
}

enum avow_err
survey_certs(struct survey_run *r)
{
	for (size_t i = 0; i < r->c->n_certs; i++)
		AVOW_TRY(add_cert(r, &r->c->certs[i]));
	return AVOW_OK;
}

/* --- names of files ------------------------------------------------------------------------------ */

/* Lower case letters and digits as they are, runs of all else as one dash. */
static void
slug(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (; *text && n + 1 < room; text++) {
		char c = *text;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
}

enum avow_err
avow_survey_file_name(const struct avow_survey_item *item, char out[AVOW_SURVEY_FILE])
{
	bool is_json = item->kind == AVOW_COLLATERAL_TCB_INFO ||
		       item->kind == AVOW_COLLATERAL_QE_IDENTITY;
	char title[24], subject[40], day[AVOW_TIME_TEXT], hash[17];
	uint8_t sha256[AVOW_SHA256_BYTES];

	out[0] = '\0';
	if (item->bytes.n == 0)
		return AVOW_E_INTERNAL;
	AVOW_TRY(avow_sha256(item->bytes, sha256));
	avow_hex_encode(avow_span_make(sha256, 8), hash);
	avow_time_format(item->issue_s, day);
	slug(item->title, title, sizeof(title));
	slug(item->subject, subject, sizeof(subject));
	snprintf(out, AVOW_SURVEY_FILE, "%s-%s-%.4s%.2s%.2s-%s%s", title, subject, day,
		day + 5, day + 8, hash, is_json ? ".json" : ".der");
	return AVOW_OK;
}
