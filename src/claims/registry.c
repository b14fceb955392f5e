/*
 * The registry of claim names: what registry.def says, as a table, and the
 * rule of reserved names. It decides nothing about a claim's value and leaves
 * to the token stage what happens to a policy that uses a reserved name.
 */
#include "claims/claims.h"

struct entry {
	struct avow_span name;
	enum avow_value_type type;
	unsigned kinds, flags;
};

static const struct entry entries[AVOW_CLAIM_COUNT] = {
#define X(id, name, type, kinds, flags)                                                \
	[AVOW_CLAIM_##id] = {{(const uint8_t *)(name), sizeof(name) - 1},              \
		AVOW_VALUE_##type, (kinds), (flags)},
#include "claims/registry.def"
#undef X
};

static const char *const issuers[] = {
	[AVOW_ISSUER_SERVICE] = "AttestationService",
	[AVOW_ISSUER_POLICY] = "AttestationPolicy",
	[AVOW_ISSUER_CUSTOM] = "CustomClaim",
};

const char *
avow_claim_name(enum avow_claim_id id)
{
	return id == AVOW_CLAIM_OTHER ? "" : (const char *)entries[id].name.p;
}

enum avow_value_type
avow_claim_type(enum avow_claim_id id)
{
	return entries[id].type;
}

unsigned
avow_claim_kinds(enum avow_claim_id id)
{
	return entries[id].kinds;
}

unsigned
avow_claim_flags(enum avow_claim_id id)
{
	return entries[id].flags;
}

/*
 * An index by hash, made before main and never changed: a policy's names are
 * looked up for every token. Outside names cannot add to it, so they cannot
 * lengthen its runs.
 */
#define SLOTS 1024u /* a power of two, four times the names or more */
_Static_assert(AVOW_CLAIM_COUNT * 4 <= SLOTS, "short runs");

static uint16_t slots[SLOTS];

static unsigned
slot_of(struct avow_span name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 16777619u;
	return (h ^ h >> 16) % SLOTS;
}

__attribute__((constructor)) static void
make_index(void)
{
	for (unsigned i = 1; i < AVOW_CLAIM_COUNT; i++) {
		unsigned at = slot_of(entries[i].name);

		while (slots[at])
			at = (at + 1) % SLOTS;
		slots[at] = (uint16_t)i;
	}
}

enum avow_claim_id
avow_claim_lookup(struct avow_span name)
{
	for (unsigned at = slot_of(name); slots[at]; at = (at + 1) % SLOTS)
		if (avow_span_eq(entries[slots[at]].name, name))
			return (enum avow_claim_id)slots[at];
	return AVOW_CLAIM_OTHER;
}

const char *
avow_issuer_name(enum avow_issuer i)
{
	return issuers[i];
}

bool
avow_issuer_lookup(struct avow_span name, enum avow_issuer *out)
{
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++)
		if (avow_span_eq_str(name, issuers[i])) {
			*out = (enum avow_issuer)i;
			return true;
		}
	return false;
}

static bool
starts_fold(struct avow_span name, struct avow_span prefix)
{
	return avow_span_eq_fold(avow_span_slice(name, 0, prefix.n), prefix);
}

#define MAX_RESERVED 64 /* longer than any of them */

/* As lenient readers of JSON have it: up to a NUL, where text is a C string, and with
 * the two letters beyond ASCII that fold to ASCII ones (Unicode CaseFolding.txt: U+017F
 * is s, U+212A is k), as a reader that folds names takes them. */
static struct avow_span
as_read(struct avow_span name, uint8_t out[MAX_RESERVED])
{
	size_t n = 0;

	while (n < MAX_RESERVED && name.n > 0 && name.p[0] != 0) {
		size_t used = 1;

		out[n] = name.p[0];
		if (avow_span_starts(name, AVOW_LIT("\xc5\xbf")))
			out[n] = 's', used = 2;
		else if (avow_span_starts(name, AVOW_LIT("\xe2\x84\xaa")))
			out[n] = 'k', used = 3;
		name = avow_span_from(name, used);
		n++;
	}
	return avow_span_make(out, n);
}

/* Whatever the case: some JSON readers take "ISS" for iss, so it would speak
 * for the service to them. */
bool
avow_claim_is_reserved(struct avow_span said)
{
	uint8_t read[MAX_RESERVED];
	const struct avow_span name = as_read(said, read);
	/* RFC 7519, 4.1; RFC 7800, 3.1; and the contract's own (spec 11, 13) */
	static const char *const fixed[] = {"iss", "sub", "aud", "exp", "nbf", "iat",
		"jti", "cnf", "nonce", "rp_data"};

	if (starts_fold(name, AVOW_LIT("x-ms-")) ||
		starts_fold(name, AVOW_LIT("x-avow-")))
		return true;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (avow_span_eq_fold(name, avow_span_str(fixed[i])))
			return true;
	for (size_t i = 0; i < AVOW_CLAIM_COUNT; i++)
		if ((entries[i].flags & AVOW_CLAIM_TOKEN) &&
			avow_span_eq_fold(name, entries[i].name))
			return true;
	return false;
}
