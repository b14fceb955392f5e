/*
 * The inner JSON of a guest attestation request, from bytes to verdict, with the
 * built-in roots and no collateral. Properties: total; what parses is verified twice
 * with the same verdict and code, and that verdict is never yes, because nothing here
 * is signed by a key that anybody trusts; what is shown of it is valid JSON.
 */
#include "evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct avow_evidence *ev;
	struct avow_arena a;
	struct avow_why why;
	struct avow_verify_in in = *bare_service();
	enum avow_err e;

	if (n > AVOW_KIB(64))
		return 0;
	avow_arena_init(&a, AVOW_MIB(64));
	avow_why_init(&why);
	e = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("azure-guest")),
		avow_span_make(data, n), &a, &ev, &why);
	must(e == why.code);
	if (e == AVOW_OK) {
		is_written(ev, &a);
		e = is_refused(ev, &in, &a);
		must(e == is_refused(ev, &in, &a));
		must(e != AVOW_E_INTERNAL && e != AVOW_E_CRYPTO);
	}
	avow_arena_clear(&a);
	return 0;
}
