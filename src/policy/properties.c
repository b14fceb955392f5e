/*
 * What issueproperty may set (spec 04, Configuration): names, types, ranges
 * and defaults. A property that decides how evidence is verified has no effect
 * once that is done, so that a token never tells of a baseline that was not
 * the one used. What the values do is verification's and the token's business.
 */
#include "policy/properties.h"

#include "policy/lang.h"

#define PCR_MASK_ALL 0xFFFFFFu /* PCR 0 to 23 */
#define VALIDITY_DEFAULT_MIN 1440u
#define VALIDITY_MAX_MIN (366u * 1440u) /* a year */
#define TCB_NUMBER_DIGITS 9u /* fits 32 bits */
#define AZURE_DEFAULT "azuredefault"

/* "azuredefault", or a TCB evaluation data number without leading zeros. */
static bool
set_tcb_identifier(struct avow_properties *p, const struct avow_claim *c)
{
	struct avow_span s = c->string;
	uint32_t n = 0;

	if (!avow_span_eq_str(s, AZURE_DEFAULT)) {
		if (s.n == 0 || s.n > TCB_NUMBER_DIGITS || s.p[0] == '0')
			return false;
		for (size_t i = 0; i < s.n; i++) {
			if (s.p[i] < '0' || s.p[i] > '9')
				return false;
			n = n * 10 + (uint32_t)(s.p[i] - '0');
		}
	}
	p->tcb_identifier_set = true;
	p->tcb_identifier = s;
	p->tcb_evaluation = n;
	return true;
}

static bool
set_require_valid_aik_cert(struct avow_properties *p, const struct avow_claim *c)
{
	p->require_valid_aik_cert = c->boolean;
	return true;
}

static bool
set_required_pcr_mask(struct avow_properties *p, const struct avow_claim *c)
{
	if (c->integer < 0 || c->integer > PCR_MASK_ALL)
		return false;
	p->required_pcr_mask = (uint32_t)c->integer;
	return true;
}

static bool
set_report_validity(struct avow_properties *p, const struct avow_claim *c)
{
	if (c->integer < 1 || c->integer > VALIDITY_MAX_MIN)
		return false;
	p->report_validity_min = (uint32_t)c->integer;
	return true;
}

static bool
set_omit_x5c(struct avow_properties *p, const struct avow_claim *c)
{
	p->omit_x5c = c->boolean;
	return true;
}

static bool
set_allow_debug(struct avow_properties *p, const struct avow_claim *c)
{
	p->allow_debug = c->boolean;
	return true;
}

static bool
set_allow_migration(struct avow_properties *p, const struct avow_claim *c)
{
	p->allow_migration = c->boolean;
	return true;
}

static const struct policy_property properties[] = {
	{"x-ms-sgx-tcbidentifier", TYPE_STRING,
		"\"azuredefault\" or a TCB evaluation number as a String", true,
		AVOW_KIND_SGX | AVOW_KIND_OE | AVOW_KIND_TDX, set_tcb_identifier},
	{"require_valid_aik_cert", TYPE_BOOLEAN, "true or false", true, AVOW_KIND_TPM,
		set_require_valid_aik_cert},
	{"required_pcr_mask", TYPE_INTEGER, "an Integer from 0 to 16777215", true,
		AVOW_KIND_TPM, set_required_pcr_mask},
	{"report_validity_in_minutes", TYPE_INTEGER, "an Integer from 1 to 527040",
		false, AVOW_KIND_TPM, set_report_validity},
	{"omit_x5c", TYPE_BOOLEAN, "true or false", false, AVOW_KIND_TPM, set_omit_x5c},
	{"x-avow-allow-debug", TYPE_BOOLEAN, "true or false", true, AVOW_KIND_TDX,
		set_allow_debug},
	{"x-avow-allow-migration", TYPE_BOOLEAN, "true or false", true, AVOW_KIND_TDX,
		set_allow_migration},
};

#define N_PROPERTIES (sizeof(properties) / sizeof(properties[0]))

const struct policy_property *
policy_property_at(size_t i)
{
	return i < N_PROPERTIES ? &properties[i] : NULL;
}

const struct policy_property *
policy_property_lookup(struct avow_span name)
{
	for (size_t i = 0; i < N_PROPERTIES; i++)
		if (avow_span_eq_str(name, properties[i].name))
			return &properties[i];
	return NULL;
}

void
avow_properties_init(struct avow_properties *out, struct avow_arena *a)
{
	*out = (struct avow_properties){
		.tcb_identifier = AVOW_LIT(AZURE_DEFAULT),
		.require_valid_aik_cert = true,
		.required_pcr_mask = PCR_MASK_ALL,
		.report_validity_min = VALIDITY_DEFAULT_MIN,
	};
	avow_claims_init(&out->set, a);
}

bool
policy_property_accepts(const struct policy_property *p, const struct avow_claim *value)
{
	struct avow_properties scratch = {0};

	return (policy_type_bit(value->type) & p->type) && p->set(&scratch, value);
}

enum avow_err
policy_property_set(
	struct avow_properties *out, const struct avow_claim *c, bool verified)
{
	const struct policy_property *p = policy_property_lookup(c->name);

	if (p && !policy_property_accepts(p, c))
		return AVOW_E_POLICY_PROPERTY;
	if (p && !(verified && p->before_verify))
		p->set(out, c);
	avow_claims_add(&out->set, c);
	return out->set.err;
}
