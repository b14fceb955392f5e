/*
 * Verifies an SEV-SNP report. This file is the list; each check is one function
 * with one code. The order is that of AMD 56860 and 57230: form, then the chain of
 * the key, then what the key's certificate and the report say about each other,
 * then the signature, then what the signed report says about itself, and last the
 * data bound into it.
 *
 * Debug and migration are claims, for a policy to judge, as in the contract. AMD
 * publishes no status of TCB levels, so there is nothing to judge after that.
 */
#include <inttypes.h>
#include <string.h>

#include "evidence/bound.h"
#include "evidence/checks.h"
#include "evidence/snp/certs.h"
#include "evidence/snp/uvm.h"
#include "evidence/snp/verified.h"

#define ABI "AMD 56860, ATTESTATION_REPORT"
#define VCEK "AMD 57230, VCEK certificate"

struct snp_context {
	const struct avow_snp_evidence *e;
	const struct avow_snp_report *r;
	const struct avow_verify_in *in;
	struct avow_arena *arena;
	struct avow_snp_cache *cache;
	struct avow_snp_chain_use use;
	struct avow_amd_tcb current, reported, committed, launch;
	struct avow_uvm_set *uvm;
	struct avow_snp_verified *v;
	struct avow_wanted *wanted;
};

/* --- the report's form ----------------------------------------------------------------- */

static enum avow_err
check_reserved(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"report_reserved", NULL, ABI};
	const struct snp_context *c = ctx;

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

static enum avow_err
check_algorithm(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signature_algorithm", "SIGNATURE_ALGO",
		"AMD 56860, signature algorithms"};
	const struct snp_context *c = ctx;

	if (c->r->signature_algo == 1)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNATURE_ALGORITHM, &at,
		"1, ECDSA P-384 with SHA-384", "%" PRIu32, c->r->signature_algo);
}

/* With MASK_CHIP_KEY the firmware writes zeros where the signature should be. */
static enum avow_err
check_signing_key(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signing_key", "key information", ABI};
	const struct snp_context *c = ctx;
	uint32_t key = avow_snp_signing_key(c->r);

	if (!(c->r->key_info & (SNP_KEY_RESERVED | SNP_KEY_MASK_CHIP_KEY)) &&
		(key == SNP_SIGNING_VCEK || key == SNP_SIGNING_VLEK))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNING_KEY, &at,
		"SIGNING_KEY 0 or 1, MASK_CHIP_KEY 0, reserved bits 0", "0x%" PRIx32,
		c->r->key_info);
}

static enum avow_err
check_signature_form(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_snp_signature_form(c->r, why);
}

static enum avow_err
check_policy(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"guest_policy", "POLICY", "AMD 56860, guest policy"};
	const struct snp_context *c = ctx;

	if ((c->r->policy & SNP_POLICY_RESERVED_ONE) &&
		c->r->policy >> SNP_POLICY_DEFINED_BITS == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_POLICY, &at,
		"bit 17 set, bits 26 to 63 clear", "0x%" PRIx64, c->r->policy);
}

/* verifier bug 14: a report that the host asked for has no level of a guest */
static enum avow_err
check_vmpl(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"vmpl", "VMPL", ABI};
	const struct snp_context *c = ctx;

	if (c->r->vmpl <= 3)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_VMPL, &at, "0 to 3", "%" PRIu32, c->r->vmpl);
}

/* --- the chain ------------------------------------------------------------------------------ */

static enum avow_err
check_chain(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;
	enum avow_err e =
		avow_snp_chain_open(c->e, c->in, c->arena, c->cache, &c->use, why);

	if (e == AVOW_E_SNP_CERT_ABSENT)
		avow_snp_tell_wanted(c->r, c->wanted);
	return e;
}

static enum avow_err
check_validity(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_amd_chain_valid_at(c->use.chain, c->in->at_s, why);
}

static bool
has_crl(const void *ctx)
{
	const struct snp_context *c = ctx;

	return !c->use.chain || avow_snp_has_crl(c->use.chain, c->in->collateral);
}

static enum avow_err
check_revocation(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	enum avow_err e = avow_snp_check_crl(c->use.chain, c->in, c->cache, why);

	if (avow_err_class(e) == AVOW_CLASS_COLLATERAL) {
		c->wanted->amd_crl = true;
		c->wanted->product = c->use.chain->vek.product;
		c->wanted->vek = c->use.chain->vek.kind;
	}
	return e;
}

/* --- certificate against report ---------------------------------------------------------------- */

/* verifier bug 16: a VLEK must not pass for a chip's own key, nor the other way */
static enum avow_err
check_signer(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"signer", "SIGNING_KEY", ABI};
	const struct snp_context *c = ctx;
	enum avow_amd_vek_kind want = avow_snp_signing_key(c->r) == SNP_SIGNING_VLEK
					      ? AVOW_AMD_VLEK
					      : AVOW_AMD_VCEK;

	if (c->use.chain->vek.kind == want)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_SIGNER, &at, avow_amd_vek_name(want), "%s",
		avow_amd_vek_name(c->use.chain->vek.kind));
}

static bool
has_cpuid(const void *ctx)
{
	return ((const struct snp_context *)ctx)->r->has_cpuid;
}

static enum avow_err
check_product(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"product", "CPUID_FAM_ID, CPUID_MOD_ID", ABI};
	const struct snp_context *c = ctx;
	enum avow_amd_product p;

	if (avow_amd_product_by_cpuid(c->r->cpuid_family, c->r->cpuid_model, &p) &&
		p == c->use.chain->vek.product)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_PRODUCT, &at,
		avow_amd_product_name(c->use.chain->vek.product),
		"family 0x%02x, model 0x%02x", c->r->cpuid_family, c->r->cpuid_model);
}

static enum avow_err
read_tcb(const struct snp_context *c, const char *field, struct avow_span raw,
	struct avow_amd_tcb *out, struct avow_why *why)
{
	const struct avow_at at = {"tcb_reserved", field, "AMD 56860, TCB_VERSION"};

	if (avow_amd_tcb_read(c->use.chain->vek.product, raw.p, out))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_SNP_RESERVED, &at, (struct avow_span){NULL, 0}, raw);
}

/* The product tells which bytes are which, and which are reserved. */
static enum avow_err
check_tcb_reserved(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;
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
static enum avow_err
check_reported_tcb(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"reported_tcb", "REPORTED_TCB", VCEK};
	const struct snp_context *c = ctx;
	const struct avow_amd_tcb *both[2] = {&c->use.chain->vek.tcb, &c->reported};
	enum avow_amd_part part = avow_amd_tcb_differs(both[0], both[1]);

	if (part == AVOW_AMD_PARTS)
		return AVOW_OK;
	return refuse_part(why, AVOW_E_SNP_TCB, &at, part,
		"the certificate's SPL and the report's equal", both);
}

static bool
is_vcek(const void *ctx)
{
	const struct snp_context *c = ctx;

	return !c->use.chain || c->use.chain->vek.kind == AVOW_AMD_VCEK;
}

/* verifier bug 16. Zeros are what MaskChipId writes; then the signature alone
 * says which chip it was. */
static enum avow_err
check_chip_id(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"chip_id", "CHIP_ID", VCEK};
	const struct snp_context *c = ctx;

	if (avow_span_all_zero(c->r->chip_id) ||
		avow_amd_vek_is_of_chip(&c->use.chain->vek, c->r->chip_id))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_SNP_CHIP_ID, &at, c->use.chain->vek.chip_id, c->r->chip_id);
}

static enum avow_err
check_signature(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_snp_signature_verify(c->r, c->use.chain->leaf->key, why);
}

/* --- the report against itself -------------------------------------------------------------------- */

/* The firmware never reports or commits more than it runs, and launched the guest
 * with no more: a current TCB below one of them was rolled back. */
static enum avow_err
check_tcb_order(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;
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

static enum avow_err
check_version_order(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"firmware_version", "COMMITTED_MAJOR, _MINOR, _BUILD", ABI};
	const struct snp_context *c = ctx;
	const uint8_t *committed = c->r->committed_version;
	const uint8_t *current = c->r->current_version;

	if (memcmp(committed, current, 3) <= 0)
		return AVOW_OK;
	(void)avow_refuse(why, AVOW_E_SNP_TCB_ORDER, &at,
		"no more than the current version", "%u.%u.%u", committed[0],
		committed[1], committed[2]);
	return AVOW_E_SNP_TCB_ORDER;
}

/* --- bound data ---------------------------------------------------------------------------------------- */

static bool
has_hcl(const void *ctx)
{
	return ((const struct snp_context *)ctx)->e->has_hcl;
}

/* The hash fills the first half; the contract leaves the second one zero. */
static enum avow_err
check_bound(
	struct snp_context *c, const struct avow_bound_data *data, struct avow_why *why)
{
	struct avow_span rest = avow_span_from(c->r->report_data, 32);

	AVOW_TRY(avow_bound_check(data, &avow_bound_runtime,
		avow_span_slice(c->r->report_data, 0, 32), c->arena,
		&c->v->runtime_tree, why));
	if (avow_span_all_zero(rest))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_RUNTIME_DATA_MISMATCH,
		&avow_bound_runtime.at, (struct avow_span){NULL, 0}, rest);
}

static enum avow_err
check_hcl_runtime(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;
	const struct avow_bound_data data = {
		.present = true, .bytes = c->e->hcl.runtime, .is_json = true};

	return check_bound(c, &data, why);
}

static bool
has_runtime_data(const void *ctx)
{
	return ((const struct snp_context *)ctx)->in->runtime.present;
}

/* verifier bug 19 */
static enum avow_err
check_runtime_data(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;

	return check_bound(c, &c->in->runtime, why);
}

static bool
has_init_data(const void *ctx)
{
	return ((const struct snp_context *)ctx)->in->init.present;
}

/* verifier bug 19: HOST_DATA is what the host bound at launch */
static enum avow_err
check_init_data(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;
	struct avow_bound_rule rule = avow_bound_init;

	rule.at.field = "HOST_DATA";
	return avow_bound_check(
		&c->in->init, &rule, c->r->host_data, c->arena, &c->v->init_tree, why);
}

/* --- UVM endorsements ------------------------------------------------------------------------------------ */

static bool
has_uvm(const void *ctx)
{
	const struct snp_context *c = ctx;

	return c->e->n_uvm + c->in->n_uvm > 0;
}

static enum avow_err
check_uvm_form(void *ctx, struct avow_why *why)
{
	struct snp_context *c = ctx;

	AVOW_TRY(avow_uvm_set_read(c->uvm, c->e->uvm, c->e->n_uvm, c->arena, why));
	return avow_uvm_set_read(c->uvm, c->in->uvm, c->in->n_uvm, c->arena, why);
}

static enum avow_err
check_uvm_chain(void *ctx, struct avow_why *why)
{
	return avow_uvm_set_check_chains(((struct snp_context *)ctx)->uvm, why);
}

static enum avow_err
check_uvm_issuer(void *ctx, struct avow_why *why)
{
	return avow_uvm_set_check_issuers(((struct snp_context *)ctx)->uvm, why);
}

static enum avow_err
check_uvm_time(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_uvm_set_check_times(c->uvm, c->in->at_s, why);
}

static enum avow_err
check_uvm_signature(void *ctx, struct avow_why *why)
{
	return avow_uvm_set_check_signatures(((struct snp_context *)ctx)->uvm, why);
}

static enum avow_err
check_uvm_measurement(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_uvm_set_check_measurements(c->uvm, c->r->measurement, why);
}

/* Where the operator names none, an endorsement is checked and tells nothing. */
static bool
has_references(const void *ctx)
{
	const struct snp_context *c = ctx;

	return has_uvm(ctx) && c->in->snp_references &&
	       c->in->snp_references->n_uvm > 0;
}

static enum avow_err
check_uvm_reference(void *ctx, struct avow_why *why)
{
	const struct snp_context *c = ctx;

	return avow_uvm_set_check_references(c->uvm, c->in->snp_references, why);
}

/* --- the list ------------------------------------------------------------------------------------------- */

static const struct avow_check_def verify_list[] = {
	{"report_reserved", check_reserved, NULL, false},
	{"signature_algorithm", check_algorithm, NULL, false},
	{"signing_key", check_signing_key, NULL, false},
	{"signature_form", check_signature_form, NULL, false},
	{"guest_policy", check_policy, NULL, false},
	{"vmpl", check_vmpl, NULL, false},
	{"vek_chain", check_chain, NULL, false},
	{"vek_validity", check_validity, NULL, true},
	{"signer", check_signer, NULL, true},
	{"product", check_product, has_cpuid, true},
	{"tcb_reserved", check_tcb_reserved, NULL, true},
	{"reported_tcb", check_reported_tcb, NULL, true},
	{"chip_id", check_chip_id, is_vcek, true},
	{"report_signature", check_signature, NULL, true},
	{"tcb_order", check_tcb_order, NULL, true},
	{"firmware_version", check_version_order, NULL, false},
	/* behind all that a missing CRL must not hide */
	{"vek_revocation", check_revocation, has_crl, true},
	{"hcl_runtime_data", check_hcl_runtime, has_hcl, false},
	{"runtime_data", check_runtime_data, has_runtime_data, false},
	{"init_time_data", check_init_data, has_init_data, false},
	{"uvm_form", check_uvm_form, has_uvm, false},
	{"uvm_chain", check_uvm_chain, has_uvm, false},
	{"uvm_issuer", check_uvm_issuer, has_uvm, false},
	{"uvm_time", check_uvm_time, has_uvm, false},
	{"uvm_signature", check_uvm_signature, has_uvm, false},
	{"uvm_measurement", check_uvm_measurement, has_uvm, false},
	{"uvm_reference", check_uvm_reference, has_references, false},
};

#define N_VERIFY (sizeof(verify_list) / sizeof(verify_list[0]))

/* --- running it ------------------------------------------------------------------------------------------ */

static bool
is_compliant(const struct snp_context *c)
{
	const struct avow_snp_references *refs = c->in->snp_references;

	/* zeros mean that the guest has no id key (verifier bug 30) */
	for (size_t i = 0; refs && i < refs->n_id_keys; i++)
		if (avow_span_eq(avow_span_make(refs->id_keys[i], AVOW_SHA384_BYTES),
			    c->r->id_key_digest) &&
			!avow_span_all_zero(c->r->id_key_digest))
			return true;
	return false;
}

/* The caller's bytes may be gone as well. */
static enum avow_err
keep_uvm(struct snp_context *c)
{
	const struct avow_uvm *u = c->uvm->known;
	struct avow_snp_verified *v = c->v;

	if (!u)
		return AVOW_OK;
	v->has_uvm = true;
	v->uvm_svn = u->svn;
	v->uvm_issuer = avow_arena_copy(c->arena, u->issuer);
	v->uvm_feed = avow_arena_copy(c->arena, u->feed);
	return v->uvm_issuer.p && v->uvm_feed.p ? AVOW_OK : avow_arena_err(c->arena);
}

/* Every check has passed: copy what claims will need, because a cached chain may
 * be gone when they are made. */
static enum avow_err
finish(struct snp_context *c)
{
	const struct avow_amd_vek *vek = &c->use.chain->vek;
	struct avow_snp_verified *v = c->v;

	v->product = vek->product;
	v->reported = c->reported;
	v->signer = vek->kind;
	v->compliant = is_compliant(c);
	AVOW_TRY(keep_uvm(c));
	if (vek->chip_id.n == 0)
		return AVOW_OK;
	v->chip_id = avow_arena_copy(c->arena, vek->chip_id);
	return v->chip_id.p ? AVOW_OK : avow_arena_err(c->arena);
}

enum avow_err
avow_snp_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	struct avow_verified *verified = avow_arena_alloc(a, sizeof(*verified));
	struct snp_context c = {
		.e = ev->body, .in = in, .arena = a, .wanted = &f->wanted};
	size_t at = avow_checks_declare(f, verify_list, N_VERIFY);
	enum avow_err e;

	*out = NULL;
	c.r = &c.e->report;
	c.cache = in->cache ? in->cache->snp : NULL;
	c.v = avow_arena_alloc(a, sizeof(*c.v));
	c.uvm = avow_arena_alloc(a, sizeof(*c.uvm));
	if (!verified || !c.v || !c.uvm)
		return avow_arena_err(a);
	verified->ev = ev;
	verified->body = c.v;
	e = avow_checks_run(f, at, verify_list, N_VERIFY, &c, why);
	if (e == AVOW_OK)
		e = finish(&c);
	avow_snp_chain_close(&c.use);
	avow_uvm_set_clear(c.uvm);
	if (e == AVOW_OK)
		*out = verified;
	return e;
}

/* AMD publishes no status of TCB levels: which are good enough is a policy's. */
enum avow_err
avow_snp_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why)
{
	(void)v;
	(void)in;
	(void)f;
	(void)why;
	return AVOW_OK;
}
