/*
 * The endorsements that came with one report. Every one has to hold, because what is
 * sent and does not hold is a fault of the sender's or an attack; one of them has to
 * be known to the operator.
 */
#include <string.h>

#include "evidence/snp/uvm_memo.h"

enum avow_err
avow_uvm_set_read(struct avow_uvm_set *s, const struct avow_span *list, size_t n,
	const struct avow_uvm_source *from, struct avow_why *why)
{
	static const struct avow_at at = {"uvm_form", "Endorsements.Uvm", NULL};

	for (size_t i = 0; i < n; i++) {
		struct avow_uvm *u = &s->v[s->n];

		if (s->n == sizeof(s->v) / sizeof(s->v[0]))
			return avow_refuse(
				why, AVOW_E_UVM_FORMAT, &at, "at most 16", "more");
		s->n++; /* cleared whatever comes of it */
		AVOW_TRY(avow_uvm_open(list[i], from, u, why));
	}
	return AVOW_OK;
}

void
avow_uvm_set_clear(struct avow_uvm_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		avow_uvm_clear(&s->v[i]);
	s->n = 0;
}

enum avow_err
avow_uvm_set_check_chains(const struct avow_uvm_set *s, struct avow_why *why)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].proven)
			AVOW_TRY(avow_uvm_check_chain(&s->v[i], why));
	return AVOW_OK;
}

enum avow_err
avow_uvm_set_check_times(
	const struct avow_uvm_set *s, int64_t at_s, struct avow_why *why)
{
	for (size_t i = 0; i < s->n; i++)
		AVOW_TRY(avow_uvm_check_time(&s->v[i], at_s, why));
	return AVOW_OK;
}

enum avow_err
avow_uvm_set_check_issuers(const struct avow_uvm_set *s, struct avow_why *why)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].proven)
			AVOW_TRY(avow_uvm_check_issuer(&s->v[i], why));
	return AVOW_OK;
}

enum avow_err
avow_uvm_set_check_signatures(struct avow_uvm_set *s,
	const struct avow_uvm_source *from, struct avow_why *why)
{
	for (size_t i = 0; i < s->n; i++) {
		struct avow_uvm *u = &s->v[i];

		if (u->proven)
			continue;
		AVOW_TRY(avow_cose_verify(&u->cose, u->chain[0]->key, why));
		u->proven = true;
		if (from->memo)
			avow_uvm_remember(from->memo, u);
	}
	return AVOW_OK;
}

enum avow_err
avow_uvm_set_check_measurements(const struct avow_uvm_set *s,
	struct avow_span measurement, struct avow_why *why)
{
	for (size_t i = 0; i < s->n; i++)
		AVOW_TRY(avow_uvm_check_measurement(&s->v[i], measurement, why));
	return AVOW_OK;
}

enum avow_err
avow_uvm_set_check_references(struct avow_uvm_set *s,
	const struct avow_snp_references *refs, struct avow_why *why)
{
	for (size_t i = 0; i < s->n && !s->known; i++)
		if (avow_uvm_check_reference(&s->v[i], refs, NULL) == AVOW_OK)
			s->known = &s->v[i];
	return s->known ? AVOW_OK : avow_uvm_check_reference(&s->v[0], refs, why);
}
