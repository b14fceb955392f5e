/*
 * The report's signature: ECDSA on P-384 with SHA-384 over the first 672 bytes;
 * r and s are little-endian numbers of 48 bytes in fields of 72 (AMD 56860,
 * signature format). The form is judged before any arithmetic.
 */
#include <string.h>

#include "evidence/snp/layout.h"

#define SCALAR 48
#define SOURCE "AMD 56860, signature format"

static enum avow_err
refuse_form(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"signature_form", field, SOURCE};

	return avow_refuse(why, AVOW_E_SNP_SIGNATURE_FORMAT, &at, expected, NULL);
}

enum avow_err
avow_snp_signature_form(const struct avow_snp_report *r, struct avow_why *why)
{
	if (!avow_span_all_zero(avow_span_from(r->r, SCALAR)))
		return refuse_form(why, "R", "24 zeros above 48 bytes");
	if (!avow_span_all_zero(avow_span_from(r->s, SCALAR)))
		return refuse_form(why, "S", "24 zeros above 48 bytes");
	/* the reserved field behind the signature is the last of the report */
	if (!avow_span_all_zero(r->reserved[r->n_reserved - 1].bytes))
		return refuse_form(why, "reserved", "368 zeros behind it");
	return AVOW_OK;
}

/* Little-endian as it stands to the big-endian of every other format. */
static void
reverse(struct avow_span from, uint8_t out[SCALAR])
{
	for (size_t i = 0; i < SCALAR; i++)
		out[i] = from.p[SCALAR - 1 - i];
}

enum avow_err
avow_snp_signature_verify(const struct avow_snp_report *r,
	const struct avow_pubkey *key, struct avow_why *why)
{
	static const struct avow_at at = {"report_signature", "SIGNATURE", SOURCE};
	uint8_t raw[2 * SCALAR];
	enum avow_err e;

	reverse(r->r, raw);
	reverse(r->s, raw + SCALAR);
	e = avow_verify(key, AVOW_SIG_ES384_RAW, r->signed_part,
		avow_span_make(raw, sizeof(raw)));
	if (e == AVOW_E_SIGNATURE_FORMAT)
		return refuse_form(why, "R, S", "1 to the order of P-384, less 1");
	if (e == AVOW_E_SIGNATURE || e == AVOW_E_KEY_TYPE)
		return avow_refuse(why, AVOW_E_SNP_SIGNATURE, &at,
			"a signature by the certificate's key", NULL);
	return e;
}
