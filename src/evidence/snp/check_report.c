/*
 * The checks of an SEV-SNP report's own bytes, one function and one code each: its
 * form, what it and its key's certificate say about each other, and, once signed,
 * what it says about itself. In which order they run, and after what, is verify.c's.
 */
#include "evidence/snp/context.h"

#include <inttypes.h>
#include <string.h>

#define ABI "AMD 56860, ATTESTATION_REPORT"
#define VCEK "AMD 57230, VCEK certificate"

/* --- the report's form --------------------------------------------------- */

enum avow_err
avow_snp_check_reserved(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"report_reserved", NULL, ABI};
	const struct avow_snp_context *c = ctx;

	/* the last one is behind the signature, and judged with it */
	for (size_t i = 0; i + 1 < c->r->n_reserved; i++) {
		const struct avow_snp_reserved *f = &c->r->reserved[i];

		if (avow_span_all_zero(f->bytes))
			continue;
		(void)avow_refuse_bytes(why, AVOW_E_SNP_RESERVED, &at,
			(struct avow_span){NULL, 0}, f->bytes);
		avow_why_field(why, "reserved at 0x%zx", f->offset);
		avow_why_offset(why, f->offset);
		return AVOW_E_SNP_RESERVED;
	}
	return AVOW_OK;
}

enum avow_err
avow_snp_check_algorithm(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signature_algorithm", "SIGNATURE_ALGO",
		"AMD 56860, signature algorithms"};
	const struct avow_snp_context *c = ctx;

	if (c->r->signature_algo == 1)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNATURE_ALGORITHM, &at,
		"1, ECDSA P-384 with SHA-384", "%" PRIu32, c->r->signature_algo);
}

/* With MASK_CHIP_KEY the firmware writes zeros where the signature should be. */
enum avow_err
avow_snp_check_signing_key(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signing_key", "key information", ABI};
	const struct avow_snp_context *c = ctx;
	uint32_t key = avow_snp_signing_key(c->r);

	if (!(c->r->key_info & (SNP_KEY_RESERVED | SNP_KEY_MASK_CHIP_KEY)) &&
		(key == SNP_SIGNING_VCEK || key == SNP_SIGNING_VLEK))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNING_KEY, &at,
		"SIGNING_KEY 0 or 1, MASK_CHIP_KEY 0, reserved bits 0", "0x%" PRIx32,
		c->r->key_info);
}

enum avow_err
avow_snp_check_policy(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"guest_policy", "POLICY", "AMD 56860, guest policy"};
	const struct avow_snp_context *c = ctx;

	if ((c->r->policy & SNP_POLICY_RESERVED_ONE) &&
		c->r->policy >> SNP_POLICY_DEFINED_BITS == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_POLICY, &at,
		"bit 17 set, bits 26 to 63 clear", "0x%" PRIx64, c->r->policy);
}

/* verifier bug 14: a report that the host asked for has no level of a guest */
enum avow_err
avow_snp_check_vmpl(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"vmpl", "VMPL", ABI};
	const struct avow_snp_context *c = ctx;

	if (c->r->vmpl <= 3)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_VMPL, &at, "0 to 3", "%" PRIu32, c->r->vmpl);
}

/* --- certificate against report ------------------------------------------ */

/* verifier bug 16: a VLEK must not pass for a chip's own key, nor the other way */
enum avow_err
avow_snp_check_signer(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signer", "SIGNING_KEY", ABI};
	const struct avow_snp_context *c = ctx;
	enum avow_amd_vek_kind want = avow_snp_signing_key(c->r) == SNP_SIGNING_VLEK
					      ? AVOW_AMD_VLEK
					      : AVOW_AMD_VCEK;

	if (c->use.chain->vek.kind == want)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNER, &at, avow_amd_vek_name(want), "%s",
		avow_amd_vek_name(c->use.chain->vek.kind));
}

bool
avow_snp_has_cpuid(const void *ctx)
{
	return ((const struct avow_snp_context *)ctx)->r->has_cpuid;
}

enum avow_err
avow_snp_check_product(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"product", "CPUID_FAM_ID, CPUID_MOD_ID", ABI};
	const struct avow_snp_context *c = ctx;
	enum avow_amd_product p;

	if (avow_amd_product_by_cpuid(c->r->cpuid_family, c->r->cpuid_model, &p) &&
		p == c->use.chain->vek.product)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_PRODUCT, &at,
		avow_amd_product_name(c->use.chain->vek.product),
		"family 0x%02x, model 0x%02x", c->r->cpuid_family, c->r->cpuid_model);
}

static enum avow_err
read_tcb(const struct avow_snp_context *c, const char *field, struct avow_span raw,
	struct avow_amd_tcb *out, struct avow_why *why)
{
	const struct avow_at at = {"tcb_reserved", field, "AMD 56860, TCB_VERSION"};

	if (avow_amd_tcb_read(c->use.chain->vek.product, raw.p, out))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_SNP_RESERVED, &at, (struct avow_span){NULL, 0}, raw);
}

/* The product tells which bytes are which, and which are reserved. */
enum avow_err
avow_snp_check_tcb_reserved(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;
	const struct avow_snp_report *r = c->r;

	AVOW_TRY(read_tcb(c, "CURRENT_TCB", r->current_tcb, &c->current, why));
	AVOW_TRY(read_tcb(c, "REPORTED_TCB", r->reported_tcb, &c->reported, why));
	AVOW_TRY(read_tcb(c, "COMMITTED_TCB", r->committed_tcb, &c->committed, why));
	return read_tcb(c, "LAUNCH_TCB", r->launch_tcb, &c->launch, why);
}

static enum avow_err
refuse_part(struct avow_why *why, enum avow_err code, const struct avow_at *at,
	enum avow_amd_part part, const char *rule, const struct avow_amd_tcb *tcb[2])
{
	(void)avow_refuse(why, code, at, rule, "%u and %u", tcb[0]->part[part],
		tcb[1]->part[part]);
	avow_why_field(why, "%s.%s", at->field, avow_amd_part_name(part));
	return code;
}

/* verifier bug 15: part by part, and the reported one alone */
enum avow_err
avow_snp_check_reported_tcb(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"reported_tcb", "REPORTED_TCB", VCEK};
	const struct avow_snp_context *c = ctx;
	const struct avow_amd_tcb *both[2] = {&c->use.chain->vek.tcb, &c->reported};
	enum avow_amd_part part = avow_amd_tcb_differs(both[0], both[1]);

	if (part == AVOW_AMD_PARTS)
		return AVOW_OK;
	return refuse_part(why, AVOW_E_SNP_TCB, &at, part,
		"the certificate's SPL and the report's equal", both);
}

bool
avow_snp_is_vcek(const void *ctx)
{
	const struct avow_snp_context *c = ctx;

	return !c->use.chain || c->use.chain->vek.kind == AVOW_AMD_VCEK;
}

/* verifier bug 16. Zeros are what MaskChipId writes; then the signature alone
 * says which chip it was. */
enum avow_err
avow_snp_check_chip_id(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"chip_id", "CHIP_ID", VCEK};
	const struct avow_snp_context *c = ctx;

	if (avow_span_all_zero(c->r->chip_id) ||
		avow_amd_vek_is_of_chip(&c->use.chain->vek, c->r->chip_id))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_SNP_CHIP_ID, &at, c->use.chain->vek.chip_id, c->r->chip_id);
}

/* --- the report against itself ------------------------------------------- */

/* The firmware never reports or commits more than it runs, and launched the guest
 * with no more: a current TCB below one of them was rolled back. */
enum avow_err
avow_snp_check_tcb_order(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;
	const struct {
		const char *field;
		const struct avow_amd_tcb *tcb;
	} lower[] = {{"REPORTED_TCB", &c->reported}, {"COMMITTED_TCB", &c->committed},
		{"LAUNCH_TCB", &c->launch}};

	for (size_t i = 0; i < sizeof(lower) / sizeof(lower[0]); i++) {
		const struct avow_at at = {
			"tcb_order", lower[i].field, "AMD 56860, TCB_VERSION"};
		const struct avow_amd_tcb *both[2] = {lower[i].tcb, &c->current};
		enum avow_amd_part part = avow_amd_tcb_above(both[0], both[1]);

		if (part != AVOW_AMD_PARTS)
			return refuse_part(why, AVOW_E_SNP_TCB_ORDER, &at, part,
				"no more than CURRENT_TCB", both);
	}
	return AVOW_OK;
}

enum avow_err
avow_snp_check_version_order(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"firmware_version", "COMMITTED_MAJOR, _MINOR, _BUILD", ABI};
	const struct avow_snp_context *c = ctx;
	const uint8_t *committed = c->r->committed_version;
	const uint8_t *current = c->r->current_version;

	if (memcmp(committed, current, 3) <= 0)
		return AVOW_OK;
	(void)avow_refuse(why, AVOW_E_SNP_TCB_ORDER, &at,
		"no more than the current version", "%u.%u.%u", committed[0],
		committed[1], committed[2]);
	return AVOW_E_SNP_TCB_ORDER;
}
