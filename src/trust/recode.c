/* Looks a link's code up in a PKI's table and records the refusal under it. */
#include "trust/recode.h"

static enum avow_err
recode(const struct avow_recode_table *t, const struct avow_why *from, enum avow_err e,
	struct avow_why *why)
{
	if (e == AVOW_OK)
		return e;
	for (size_t i = 0; t->codes[i].link != AVOW_OK; i++)
		if (t->codes[i].link == e) {
			e = t->codes[i].own;
			break;
		}
	if (why && why->code == AVOW_OK) {
		*why = *from;
		why->code = e;
		why->check = t->check;
	}
	return e;
}

enum avow_err
avow_recode_link(const struct avow_recode_table *t, const struct avow_cert *child,
	const struct avow_cert *issuer, size_t below, struct avow_why *why)
{
	struct avow_why w;

	avow_why_init(&w);
	return recode(t, &w, avow_chain_link(child, issuer, below, &w), why);
}

enum avow_err
avow_recode_valid_at(const struct avow_recode_table *t, const struct avow_cert *c,
	int64_t at_s, struct avow_why *why)
{
	struct avow_why w;

	avow_why_init(&w);
	return recode(t, &w, avow_cert_valid_at(c, at_s, &w), why);
}
