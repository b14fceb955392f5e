/*
 * Access files. Property: a text is taken or refused the same way twice, and what
 * is taken has an audience, a rule and a discovery URL for every issuer.
 */
#include <stdint.h>

#include "must.h"

#include "auth/impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_access *a, *again;
	enum avow_err e;

	/* it would name files of this machine */
	if (n > 65536 || avow_span_find(in, AVOW_LIT("client_cert")) < n)
		return 0;
	e = avow_access_parse(in, "fuzz", &a, NULL);
	must(avow_access_parse(in, "fuzz", &again, NULL) == e);
	for (size_t i = 0; e == AVOW_OK && i < a->n_issuers; i++) {
		must(a->issuers[i].audiences.n > 0 && a->issuers[i].rules.n > 0);
		must(a->issuers[i].place.discovery[0]);
		must(avow_span_eq(a->issuers[i].issuer, again->issuers[i].issuer));
	}
	avow_access_free(a);
	avow_access_free(again);
	return 0;
}
