/* The configuration properties that the service knows, and their values. */
#ifndef AVOW_POLICY_PROPERTIES_H
#define AVOW_POLICY_PROPERTIES_H

#include "policy/policy.h"

struct policy_property {
	const char *name;
	unsigned type; /* TYPE_* of lang.h */
	const char *expected; /* its values, for an error */
	bool before_verify; /* acts on verification: only configurationrules */
	unsigned kinds; /* attestation types that look at it */
	bool (*set)(struct avow_properties *p, const struct avow_claim *value);
};

/** NULL for a name that the service does not know: kept, without effect. */
const struct policy_property *policy_property_lookup(struct avow_span name);
/** The i-th, NULL behind the last. */
const struct policy_property *policy_property_at(size_t i);
/** True when it can have that value. */
bool policy_property_accepts(
	const struct policy_property *p, const struct avow_claim *value);
/**
 * Put a property in force; it also joins out->set. `verified` says that the
 * evidence is verified already, so that what acts on verification is only kept.
 * @return AVOW_OK, AVOW_E_POLICY_PROPERTY, or out->set.err.
 */
enum avow_err policy_property_set(struct avow_properties *out,
	const struct avow_claim *c, bool verified) AVOW_CHECKED;

#endif
