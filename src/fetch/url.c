/*
 * Where a source has a document: a configured base and the path that the maker's
 * interface gives it (Intel PCS API v4; PCCS, which serves the same paths; AMD
 * 57230, KDS). What varies in a path is hex and decimal digits made here.
 */
#include <inttypes.h>

#include "base/hex.h"
#include "fetch/fetch.h"

static bool
is_set(const char *s)
{
	return s && s[0];
}

bool
avow_fetch_has_source(const struct avow_fetch_sources *s, enum avow_fetch_kind kind)
{
	return is_set(avow_fetch_is_amd(kind) ? s->amd : s->intel) ||
	       (kind == AVOW_FETCH_ROOT_CRL && is_set(s->intel_root_crl));
}

/* --- Intel ------------------------------------------------------------------------------ */

static const char *
tee_path(const struct avow_fetch_key *k)
{
	return k->tee == AVOW_TEE_TDX ? "/tdx/certification/v4"
				      : "/sgx/certification/v4";
}

/* update=early and a number exclude each other (PCS API v4). */
static void
put_update(struct avow_buf *b, const struct avow_fetch_key *k, char sep)
{
	if (k->number)
		avow_buf_printf(
			b, "%ctcbEvaluationDataNumber=%" PRIu32, sep, k->number);
	else
		avow_buf_printf(b, "%cupdate=%s", sep, k->early ? "early" : "standard");
}

/* Intel's own PCS has no path for the root's CRL; a PCCS has. */
static void
put_root_crl(struct avow_buf *b, const struct avow_fetch_sources *s)
{
	if (is_set(s->intel_root_crl))
		avow_buf_put_str(b, s->intel_root_crl);
	else if (avow_span_starts(avow_span_str(s->intel),
			 AVOW_LIT("https://api.trustedservices.intel.com")))
		avow_buf_put_str(b, "https://certificates.trustedservices.intel.com/"
				    "IntelSGXRootCA.der");
	else
		avow_buf_printf(b, "%s/sgx/certification/v4/rootcacrl", s->intel);
}

static void
put_intel(struct avow_buf *b, const struct avow_fetch_sources *s,
	const struct avow_fetch_key *k)
{
	if (k->kind == AVOW_FETCH_ROOT_CRL) {
		put_root_crl(b, s);
		return;
	}
	avow_buf_put_str(b, s->intel);
	avow_buf_put_str(b, tee_path(k));
	if (k->kind == AVOW_FETCH_TCB_INFO) {
		avow_buf_put_str(b, "/tcb?fmspc=");
		avow_hex_put(b, avow_span_make(k->fmspc, sizeof(k->fmspc)));
		put_update(b, k, '&');
	} else if (k->kind == AVOW_FETCH_QE_IDENTITY) {
		avow_buf_put_str(b, "/qe/identity");
		put_update(b, k, '?');
	} else if (k->kind == AVOW_FETCH_NUMBERS) {
		avow_buf_put_str(b, "/tcbevaluationdatanumbers");
	} else {
		avow_buf_printf(b, "/pckcrl?ca=%s&encoding=der",
			k->ca == AVOW_PCK_CA_PLATFORM ? "platform" : "processor");
	}
}

/* --- AMD ---------------------------------------------------------------------------------- */

/* AMD 57230: Turin's chip ids have 8 bytes, and its TCB a part more. */
static void
put_vcek(struct avow_buf *b, const struct avow_fetch_key *k)
{
	const uint8_t *spl = k->tcb.part;
	bool turin = k->product == AVOW_AMD_TURIN;
	size_t n = turin ? AVOW_AMD_CHIP_ID_TURIN_BYTES : AVOW_AMD_CHIP_ID_BYTES;

	avow_hex_put(b, avow_span_make(k->chip_id, n));
	avow_buf_put_byte(b, '?');
	if (turin)
		avow_buf_printf(b, "fmcSPL=%02u&", spl[AVOW_AMD_FMC]);
	avow_buf_printf(b, "blSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u",
		spl[AVOW_AMD_BOOT_LOADER], spl[AVOW_AMD_TEE], spl[AVOW_AMD_SNP],
		spl[AVOW_AMD_MICROCODE]);
}

static void
put_amd(struct avow_buf *b, const struct avow_fetch_sources *s,
	const struct avow_fetch_key *k)
{
	bool vlek = k->kind != AVOW_FETCH_VCEK && k->vek == AVOW_AMD_VLEK;

	avow_buf_printf(b, "%s/%s/v1/%s/", s->amd, vlek ? "vlek" : "vcek",
		avow_amd_product_name(k->product));
	if (k->kind == AVOW_FETCH_VCEK)
		put_vcek(b, k);
	else
		avow_buf_put_str(
			b, k->kind == AVOW_FETCH_AMD_CRL ? "crl" : "cert_chain");
}

enum avow_err
avow_fetch_url(const struct avow_fetch_sources *s, const struct avow_fetch_key *k,
	struct avow_buf *out)
{
	if (k->kind >= AVOW_FETCH_KINDS)
		return AVOW_E_FETCH_KEY;
	if (!avow_fetch_has_source(s, k->kind))
		return AVOW_E_FETCH_NO_SOURCE;
	if (k->kind == AVOW_FETCH_VCEK &&
		avow_span_all_zero(avow_span_make(k->chip_id, sizeof(k->chip_id))))
		return AVOW_E_FETCH_KEY;
	if (avow_fetch_is_amd(k->kind))
		put_amd(out, s, k);
	else
		put_intel(out, s, k);
	return out->err;
}
