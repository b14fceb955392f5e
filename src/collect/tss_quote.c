/*
 * A quote and the values that it is over. The TPM reads eight registers a
 * command and quotes with another one, so a measurement may fall between them:
 * the update counter tells, and it is tried again.
 */
#include <string.h>

#include "collect/tss.h"

#define TRIES 8

TPML_PCR_SELECTION
avow_tss_selection(const struct avow_collect_tpm *o)
{
	TPML_PCR_SELECTION s = {.count = (UINT32)o->n_banks};

	for (size_t i = 0; i < o->n_banks; i++) {
		s.pcrSelections[i].hash = o->banks[i].alg;
		s.pcrSelections[i].sizeofSelect = 3;
		for (unsigned k = 0; k < 3; k++)
			s.pcrSelections[i].pcrSelect[k] =
				(BYTE)(o->banks[i].mask >> 8 * k & 0xff);
	}
	return s;
}

/* --- reading --------------------------------------------------------------------------- */

static bool
has(const TPMS_PCR_SELECTION *s, unsigned index)
{
	return index / 8 < s->sizeofSelect &&
	       (s->pcrSelect[index / 8] >> index % 8 & 1);
}

/* What was read comes off the selection; the values are in its order. */
static void
take_values(TPML_PCR_SELECTION *left, const TPML_PCR_SELECTION *got,
	const TPML_DIGEST *values, struct avow_tss_pcrs *out)
{
	size_t k = 0;

	for (size_t b = 0; b < got->count && b < left->count; b++)
		for (unsigned i = 0; i < 24; i++) {
			if (!has(&got->pcrSelections[b], i) || k >= values->count ||
				out->n >= sizeof(out->v) / sizeof(out->v[0]))
				continue;
			out->v[out->n].alg = got->pcrSelections[b].hash;
			out->v[out->n].index = i;
			out->v[out->n++].value = values->digests[k++];
			left->pcrSelections[b].pcrSelect[i / 8] &=
				(BYTE) ~(1u << i % 8);
		}
}

static bool
is_empty(const TPML_PCR_SELECTION *s)
{
	for (size_t b = 0; b < s->count; b++)
		for (unsigned i = 0; i < 24; i++)
			if (has(&s->pcrSelections[b], i))
				return false;
	return true;
}

static enum avow_err
read_some(struct avow_tss *t, TPML_PCR_SELECTION *left, struct avow_tss_pcrs *out,
	struct avow_why *why)
{
	static const struct avow_at at = {
		"tpm", "pcrSelectionOut", "TPM 2.0 Part 3, 22.4"};
	TPML_PCR_SELECTION *got = NULL;
	TPML_DIGEST *values = NULL;
	size_t before = out->n;

	AVOW_TRY(avow_tss_check(
		Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, left,
			&out->counter, &got, &values),
		"TPM2_PCR_Read", why));
	take_values(left, got, values, out);
	Esys_Free(got);
	Esys_Free(values);
	if (out->n == before) /* a bank that this TPM does not have */
		return avow_refuse(why, AVOW_E_COLLECT_TPM, &at,
			"every register asked for", "a bank that is not allocated");
	return AVOW_OK;
}

static int
in_quote_order(const TPML_PCR_SELECTION *s, uint16_t alg)
{
	for (size_t b = 0; b < s->count; b++)
		if (s->pcrSelections[b].hash == alg)
			return (int)b;
	return -1;
}

/* By bank as selected, then by index: part reads interleave the banks. */
static void
sort_values(const TPML_PCR_SELECTION *s, struct avow_tss_pcrs *p)
{
	for (size_t i = 1; i < p->n; i++)
		for (size_t k = i; k > 0; k--) {
			int a = in_quote_order(s, p->v[k - 1].alg) * 32 +
				(int)p->v[k - 1].index;
			int b = in_quote_order(s, p->v[k].alg) * 32 +
				(int)p->v[k].index;
			struct avow_tss_pcrs one;

			if (a <= b)
				break;
			one.v[0] = p->v[k];
			p->v[k] = p->v[k - 1];
			p->v[k - 1] = one.v[0];
		}
}

static enum avow_err
read_pcrs(struct avow_tss *t, struct avow_tss_pcrs *out, struct avow_why *why)
{
	TPML_PCR_SELECTION all = avow_tss_selection(t->options), left = all;

	out->n = 0;
	while (!is_empty(&left))
		AVOW_TRY(read_some(t, &left, out, why));
	sort_values(&all, out);
	return AVOW_OK;
}

enum avow_err
avow_tss_counter(struct avow_tss *t, uint32_t *out, struct avow_why *why)
{
	const TPML_PCR_SELECTION none = {0};

	return avow_tss_check(Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE,
				      ESYS_TR_NONE, &none, out, NULL, NULL),
		"TPM2_PCR_Read", why);
}

/* --- quoting ----------------------------------------------------------------------------- */

void
avow_tss_quote_clear(struct avow_tss_quote *q)
{
	Esys_Free(q->attest);
	Esys_Free(q->signature);
	q->attest = NULL;
	q->signature = NULL;
}

static enum avow_err
quote_once(struct avow_tss *t, struct avow_span nonce, struct avow_tss_quote *q,
	struct avow_why *why)
{
	const TPMT_SIG_SCHEME own = {.scheme = TPM2_ALG_NULL};
	TPML_PCR_SELECTION selection = avow_tss_selection(t->options);
	TPM2B_DATA data = {.size = (UINT16)nonce.n};

	memcpy(data.buffer, nonce.p ? nonce.p : (const uint8_t *)"", nonce.n);
	return avow_tss_check(
		Esys_Quote(t->esys, t->ak, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
			&data, &own, &selection, &q->attest, &q->signature),
		"TPM2_Quote", why);
}

enum avow_err
avow_tss_quote(struct avow_tss *t, struct avow_span nonce, struct avow_tss_pcrs *pcrs,
	struct avow_tss_quote *q, struct avow_why *why)
{
	static const struct avow_at at = {
		"tpm", "pcrUpdateCounter", "TPM 2.0 Part 3, 22.4"};
	uint32_t after;

	*q = (struct avow_tss_quote){NULL, NULL};
	if (nonce.n > sizeof(((TPM2B_DATA *)NULL)->buffer))
		return AVOW_E_TOO_LARGE;
	for (int i = 0; i < TRIES; i++) {
		AVOW_TRY(read_pcrs(t, pcrs, why));
		AVOW_TRY(quote_once(t, nonce, q, why));
		AVOW_TRY(avow_tss_counter(t, &after, why));
		if (after == pcrs->counter)
			return AVOW_OK;
		avow_tss_quote_clear(q);
	}
	return avow_refuse(why, AVOW_E_COLLECT_CHANGED, &at,
		"registers that stand still for a quote", "%d changes", TRIES);
}
