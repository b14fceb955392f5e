/*
 * From certification data to a verified PCK chain:
 *
 *   PEM -> three certificates -> links and pinned root key (trust/) -> SGX extension
 *
 * The order of certificates in the PEM is free: a real quote has the root before
 * the intermediate. The cache key covers the bytes and the anchors, so a chain
 * that was verified under one set of roots is nothing under another.
 */
#include "evidence/intel/pck.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "wire/pem.h"

#define CHAIN_LENGTH 3

/* Intel SGX PCK Certificate and CRL Profile 1.5, 2.3; PEM: RFC 7468 */
static const struct avow_at AT = {"pck_chain", "certification_data",
	"Intel SGX DCAP ECDSA quote library API, A.4; RFC 7468"};

void
avow_pck_free(struct avow_pck *pck)
{
	if (!pck)
		return;
	avow_pck_chain_clear(&pck->chain);
	free(pck);
}

void
avow_pck_close(struct avow_pck_use *u)
{
	avow_pck_free(u->owned);
	*u = (struct avow_pck_use){NULL, NULL};
}

static bool
is_own_fault(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	return c == AVOW_CLASS_INTERNAL || c == AVOW_CLASS_CRYPTO;
}

static enum avow_err
read_pem(struct avow_span text, struct avow_arena *a, struct avow_pem_block **blocks,
	struct avow_why *why)
{
	size_t n = 0;
	enum avow_err e = avow_pem_parse(text, CHAIN_LENGTH, a, blocks, &n);

	if (e == AVOW_E_PEM_COUNT)
		return avow_refuse(why, AVOW_E_PCK_CHAIN_LENGTH, &AT, "3 certificates",
			"more than 3");
	if (e == AVOW_E_PEM_SYNTAX)
		return avow_refuse(why, AVOW_E_QUOTE_CERT_DATA, &AT, "a PEM chain",
			"%s", avow_err_text(e));
	AVOW_TRY(e);
	for (size_t i = 0; i < n; i++)
		if (!avow_span_eq_str((*blocks)[i].label, "CERTIFICATE"))
			return avow_refuse(why, AVOW_E_QUOTE_CERT_DATA, &AT,
				"CERTIFICATE", "%.*s", AVOW_FMT((*blocks)[i].label));
	if (n != CHAIN_LENGTH)
		return avow_refuse(
			why, AVOW_E_PCK_CHAIN_LENGTH, &AT, "3 certificates", "%zu", n);
	return AVOW_OK;
}

static enum avow_err
read_cert(const struct avow_pem_block *block, size_t i, struct avow_cert **out,
	struct avow_why *why)
{
	struct avow_why w;
	enum avow_err e;

	avow_why_init(&w);
	e = avow_cert_parse(block->der, out, &w);
	if (e == AVOW_OK || is_own_fault(e))
		return e;
	avow_why_field(why, "certification_data[%zu]", i);
	(void)avow_refuse(why, AVOW_E_PCK_CERT, &AT, "an X.509 certificate", "%s",
		avow_err_text(e));
	avow_why_note(why, "%s %s", w.field, w.message);
	return AVOW_E_PCK_CERT;
}

/* Intel SGX PCK Certificate and CRL Profile 1.5: platform certificates alone
 * carry the platform instance and its configuration, and always do */
static enum avow_err
read_extensions(struct avow_pck *pck, struct avow_why *why)
{
	static const struct avow_at at = {"pck_extensions", "1.2.840.113741.1.13.1",
		"Intel SGX PCK Certificate and CRL Profile 1.5, section 2"};
	bool want = pck->chain.ca_kind == AVOW_PCK_CA_PLATFORM;

	AVOW_TRY(avow_pck_extensions_parse(pck->chain.leaf, &pck->ext, why));
	if (pck->ext.is_platform == want)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_PCK_EXTENSIONS, &at,
		want ? "7 elements under the platform CA"
		     : "5 elements under the processor CA",
		"%d", pck->ext.is_platform ? 7 : 5);
}

static enum avow_err
verify_chain(const struct avow_pem_block *blocks, const struct avow_anchors *anchors,
	struct avow_pck *pck, struct avow_why *why)
{
	struct avow_cert *certs[CHAIN_LENGTH] = {NULL};
	enum avow_err e = AVOW_OK;

	for (size_t i = 0; e == AVOW_OK && i < CHAIN_LENGTH; i++)
		e = read_cert(&blocks[i], i, &certs[i], why);
	if (e == AVOW_OK)
		e = avow_pck_chain_verify(
			certs, CHAIN_LENGTH, anchors, &pck->chain, why);
	if (e == AVOW_OK)
		e = read_extensions(pck, why);
	for (size_t i = 0; i < CHAIN_LENGTH; i++)
		avow_cert_free(certs[i]);
	return e;
}

static enum avow_err
verify_new(struct avow_span cert_data, const struct avow_anchors *anchors,
	struct avow_arena *a, struct avow_pck **out, struct avow_why *why)
{
	struct avow_pem_block *blocks = NULL;
	struct avow_pck *pck;
	enum avow_err e;

	*out = NULL;
	if (cert_data.n > AVOW_MAX_PCK_CHAIN)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &AT, "at most 8192 bytes",
			"%zu", cert_data.n);
	AVOW_TRY(read_pem(cert_data, a, &blocks, why));
	pck = calloc(1, sizeof(*pck));
	if (!pck)
		return AVOW_E_NO_MEMORY;
	e = verify_chain(blocks, anchors, pck, why);
	if (e == AVOW_OK)
		*out = pck;
	else
		avow_pck_free(pck);
	return e;
}

enum avow_err
avow_pck_open(struct avow_span cert_data, const struct avow_anchors *anchors,
	struct avow_arena *a, struct avow_intel_cache *cache, struct avow_pck_use *out,
	struct avow_why *why)
{
	uint8_t key[AVOW_SHA256_BYTES];
	struct avow_span id = avow_span_make(avow_anchors_id(anchors), 32);

	*out = (struct avow_pck_use){NULL, NULL};
	if (!cache) {
		AVOW_TRY(verify_new(cert_data, anchors, a, &out->owned, why));
		out->pck = out->owned;
		return AVOW_OK;
	}
	AVOW_TRY(avow_sha256_2(id, cert_data, key));
	out->pck = avow_memo_get(cache->chains, key);
	if (!out->pck) {
		struct avow_pck *pck;

		AVOW_TRY(verify_new(cert_data, anchors, a, &pck, why));
		avow_memo_put(cache->chains, key, pck);
		out->pck = pck;
	}
	return AVOW_OK;
}

static enum avow_err
check_window(const struct avow_cert *c, int64_t at_s, struct avow_why *why)
{
	/* RFC 5280 4.1.2.5: both ends of the validity period are inside it */
	static const struct avow_at at = {"pck_validity", NULL, "RFC 5280, 4.1.2.5"};
	char limit[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];
	bool early = at_s < c->not_before_s;

	if (!early && at_s <= c->not_after_s)
		return AVOW_OK;
	avow_time_format(early ? c->not_before_s : c->not_after_s, limit);
	avow_time_format(at_s, now);
	avow_why_field(why, "%s: %s", c->subject_cn, early ? "notBefore" : "notAfter");
	return avow_refuse(why,
		early ? AVOW_E_PCK_CHAIN_NOT_YET_VALID : AVOW_E_PCK_CHAIN_EXPIRED, &at,
		limit, "%s", now);
}

enum avow_err
avow_pck_check_validity(const struct avow_pck *pck, int64_t at_s, struct avow_why *why)
{
	AVOW_TRY(check_window(pck->chain.root, at_s, why));
	AVOW_TRY(check_window(pck->chain.ca, at_s, why));
	return check_window(pck->chain.leaf, at_s, why);
}
