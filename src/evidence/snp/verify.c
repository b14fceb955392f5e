/*
 * Verifies an SEV-SNP report. This file is the list; each check is one function
 * with one code; those of the report's own bytes are in check_report.c. The order
 * is that of AMD 56860 and 57230: form, then the chain of the key, then what the
 * key's certificate and the report say about each other, then the signature, then
 * what the signed report says about itself, and last the data bound into it.
 *
 * Debug and migration are claims, for a policy to judge, as in the contract. AMD
 * publishes no status of TCB levels, so there is nothing to judge after that.
 */
#include "evidence/bound.h"
#include "evidence/checks.h"
#include "evidence/snp/context.h"

/* --- the signature ------------------------------------------------------- */

static enum avow_err
check_signature_form(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_snp_signature_form(c->r, why);
}

static enum avow_err
check_signature(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_snp_signature_verify(c->r, c->use.chain->leaf->key, why);
}

/* --- the chain ----------------------------------------------------------- */

static enum avow_err
check_chain(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;
	enum avow_err e =
		avow_snp_chain_open(c->e, c->in, c->arena, c->cache, &c->use, why);

	if (e == AVOW_E_SNP_CERT_ABSENT)
		avow_snp_tell_wanted(c->r, c->wanted);
	return e;
}

static enum avow_err
check_validity(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_amd_chain_valid_at(c->use.chain, c->in->at_s, why);
}

static bool
has_crl(const void *ctx)
{
	const struct avow_snp_context *c = ctx;

	return !c->use.chain || avow_snp_has_crl(c->use.chain, c->in->collateral);
}

static void
want_crl(const struct avow_snp_context *c)
{
	c->wanted->amd_crl = true;
	c->wanted->product = c->use.chain->vek.product;
	c->wanted->vek = c->use.chain->vek.kind;
}

static enum avow_err
check_revocation(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;
	enum avow_err e = avow_snp_check_crl(c->use.chain, c->in, c->cache, why);

	if (avow_err_class(e) == AVOW_CLASS_COLLATERAL)
		want_crl(c);
	return e;
}

/* --- bound data ---------------------------------------------------------- */

static bool
has_hcl(const void *ctx)
{
	return ((const struct avow_snp_context *)ctx)->e->has_hcl;
}

/* The hash fills the first half; the contract leaves the second one zero. */
static enum avow_err
check_bound(struct avow_snp_context *c, const struct avow_bound_data *data,
	struct avow_why *why)
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
	struct avow_snp_context *c = ctx;
	const struct avow_bound_data data = {
		.present = true, .bytes = c->e->hcl.runtime, .is_json = true};

	return check_bound(c, &data, why);
}

static bool
has_runtime_data(const void *ctx)
{
	return ((const struct avow_snp_context *)ctx)->in->runtime.present;
}

/* verifier bug 19 */
static enum avow_err
check_runtime_data(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;

	return check_bound(c, &c->in->runtime, why);
}

static bool
has_init_data(const void *ctx)
{
	return ((const struct avow_snp_context *)ctx)->in->init.present;
}

/* verifier bug 19: HOST_DATA is what the host bound at launch */
static enum avow_err
check_init_data(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;
	struct avow_bound_rule rule = avow_bound_init;

	rule.at.field = "HOST_DATA";
	return avow_bound_check(
		&c->in->init, &rule, c->r->host_data, c->arena, &c->v->init_tree, why);
}

/* --- UVM endorsements ---------------------------------------------------- */

static bool
has_uvm(const void *ctx)
{
	const struct avow_snp_context *c = ctx;

	return c->e->n_uvm + c->in->n_uvm > 0;
}

static struct avow_uvm_source
uvm_source(const struct avow_snp_context *c)
{
	return (struct avow_uvm_source){
		c->cache ? c->cache->uvms : NULL, c->in->anchors, c->arena};
}

static enum avow_err
check_uvm_form(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;
	const struct avow_uvm_source from = uvm_source(c);

	AVOW_TRY(avow_uvm_set_read(c->uvm, c->e->uvm, c->e->n_uvm, &from, why));
	return avow_uvm_set_read(c->uvm, c->in->uvm, c->in->n_uvm, &from, why);
}

static enum avow_err
check_uvm_chain(void *ctx, struct avow_why *why)
{
	return avow_uvm_set_check_chains(((struct avow_snp_context *)ctx)->uvm, why);
}

static enum avow_err
check_uvm_issuer(void *ctx, struct avow_why *why)
{
	return avow_uvm_set_check_issuers(((struct avow_snp_context *)ctx)->uvm, why);
}

static enum avow_err
check_uvm_time(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_uvm_set_check_times(c->uvm, c->in->at_s, why);
}

static enum avow_err
check_uvm_signature(void *ctx, struct avow_why *why)
{
	struct avow_snp_context *c = ctx;
	const struct avow_uvm_source from = uvm_source(c);

	return avow_uvm_set_check_signatures(c->uvm, &from, why);
}

static enum avow_err
check_uvm_measurement(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_uvm_set_check_measurements(c->uvm, c->r->measurement, why);
}

/* Where the operator names none, an endorsement is checked and tells nothing. */
static bool
has_references(const void *ctx)
{
	const struct avow_snp_context *c = ctx;

	return has_uvm(ctx) && c->in->snp_references &&
	       c->in->snp_references->n_uvm > 0;
}

static enum avow_err
check_uvm_reference(void *ctx, struct avow_why *why)
{
	const struct avow_snp_context *c = ctx;

	return avow_uvm_set_check_references(c->uvm, c->in->snp_references, why);
}

/* --- the list ------------------------------------------------------------ */

static const struct avow_check_def verify_list[] = {
	{"report_reserved", avow_snp_check_reserved, NULL, false},
	{"signature_algorithm", avow_snp_check_algorithm, NULL, false},
	{"signing_key", avow_snp_check_signing_key, NULL, false},
	{"signature_form", check_signature_form, NULL, false},
	{"guest_policy", avow_snp_check_policy, NULL, false},
	{"vmpl", avow_snp_check_vmpl, NULL, false},
	{"vek_chain", check_chain, NULL, false},
	{"vek_validity", check_validity, NULL, true},
	{"signer", avow_snp_check_signer, NULL, true},
	{"product", avow_snp_check_product, avow_snp_has_cpuid, true},
	{"tcb_reserved", avow_snp_check_tcb_reserved, NULL, true},
	{"reported_tcb", avow_snp_check_reported_tcb, NULL, true},
	{"chip_id", avow_snp_check_chip_id, avow_snp_is_vcek, true},
	{"report_signature", check_signature, NULL, true},
	{"tcb_order", avow_snp_check_tcb_order, NULL, true},
	{"firmware_version", avow_snp_check_version_order, NULL, false},
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

/* --- running it ---------------------------------------------------------- */

static bool
is_compliant(const struct avow_snp_context *c)
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
keep_uvm(struct avow_snp_context *c)
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
finish(struct avow_snp_context *c)
{
	const struct avow_amd_vek *vek = &c->use.chain->vek;
	struct avow_snp_verified *v = c->v;

	/* verifier bug 18: without a list this report passes, the next should not */
	if (!has_crl(c))
		want_crl(c);
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
	struct avow_snp_context c = {
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
