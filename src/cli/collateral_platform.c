/*
 * Platforms as the command line names them: fmspc=HEX with tee=, chip=HEX,
 * product=NAME; and which things of a survey such a platform needs.
 */
#include <string.h>

#include "base/hex.h"
#include "cli/collateral.h"

static bool
read_chip(struct avow_span value, struct collateral_platform *p)
{
	p->n_chip_id = value.n / 2;
	return (p->n_chip_id == AVOW_AMD_CHIP_ID_BYTES ||
		       p->n_chip_id == AVOW_AMD_CHIP_ID_TURIN_BYTES) &&
	       avow_hex_decode(value, p->chip_id, p->n_chip_id) == AVOW_OK;
}

static bool
read_pair(struct avow_span pair, struct collateral_platform *p)
{
	size_t eq = avow_span_find_byte(pair, '=');
	struct avow_span name = avow_span_slice(pair, 0, eq);
	struct avow_span value = avow_span_from(pair, eq + 1);

	if (avow_span_eq_str(name, "fmspc")) {
		p->is_intel = true;
		return avow_hex_decode(value, p->fmspc, sizeof(p->fmspc)) == AVOW_OK;
	}
	if (avow_span_eq_str(name, "chip"))
		return read_chip(value, p);
	if (avow_span_eq_str(name, "tcb")) {
		p->tcb = (const char *)value.p; /* up to the next comma */
		return value.n > 0;
	}
	if (avow_span_eq_str(name, "product")) {
		p->has_product = true;
		return avow_amd_product_by_name(value, &p->product);
	}
	p->has_tee = true;
	p->tee = avow_span_eq_str(value, "tdx") ? AVOW_TEE_TDX : AVOW_TEE_SGX;
	return avow_span_eq_str(name, "tee") &&
	       (avow_span_eq_str(value, "sgx") || avow_span_eq_str(value, "tdx"));
}

bool
collateral_read_platform(const char *text, struct collateral_platform *p)
{
	struct avow_span left = avow_span_str(text);
	size_t comma;

	*p = (struct collateral_platform){.text = text};
	do {
		comma = avow_span_find_byte(left, ',');
		if (!read_pair(avow_span_slice(left, 0, comma), p))
			return false;
		left = avow_span_from(left, comma + 1);
	} while (left.n > 0);
	return p->is_intel ? !p->has_product && p->n_chip_id == 0
			   : !p->has_tee && (p->has_product || p->n_chip_id > 0);
}

static bool
is_of_chip(const struct collateral_platform *p, const struct avow_survey_item *i)
{
	return p->n_chip_id > 0 &&
	       avow_span_eq(i->chip_id, avow_span_make(p->chip_id, p->n_chip_id));
}

/* A chip's product is that of its certificates. */
void
collateral_learn_product(struct collateral_platform *p, const struct avow_survey *s)
{
	for (size_t i = 0; i < s->n && !p->has_product; i++)
		if (is_of_chip(p, &s->items[i])) {
			p->has_product = true;
			p->product = s->items[i].product;
		}
}

static bool
is_for_intel(struct collateral_platform *p, const struct avow_survey_item *i)
{
	if (i->has_product)
		return false;
	if (i->kind == AVOW_COLLATERAL_QE_IDENTITY)
		return !p->has_tee || i->tee == p->tee;
	if (!i->has_platform)
		return true; /* CRLs and CAs serve all of them */
	if (memcmp(i->fmspc, p->fmspc, sizeof(p->fmspc)) != 0 ||
		(p->has_tee && i->tee != p->tee))
		return false;
	p->is_found = true;
	return true;
}

static bool
is_for_amd(struct collateral_platform *p, const struct avow_survey_item *i)
{
	if (!i->has_product || !p->has_product || i->product != p->product)
		return false;
	if (i->chip_id.n > 0 && !is_of_chip(p, i))
		return false;
	p->is_found |= p->n_chip_id == 0 || i->chip_id.n > 0;
	return true;
}

/* Every platform is asked, so that each learns whether it is found. */
bool
collateral_is_wanted(
	struct collateral_platform *p, size_t n, const struct avow_survey_item *i)
{
	bool wanted = n == 0;

	for (size_t k = 0; k < n; k++)
		wanted |= p[k].is_intel ? is_for_intel(&p[k], i) : is_for_amd(&p[k], i);
	return wanted;
}
