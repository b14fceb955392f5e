/*
 * Claims of a verified SEV-SNP report (MAA claim sets, "SEV-SNP claims"; recorded
 * token of 2025), spelled as the service spells them. Every value is covered by
 * the report's signature; the *-svn ones are the parts of REPORTED_TCB, which is
 * what the service tells and what the certificate was issued for. The flags are
 * the guest policy's, because the firmware holds a guest to it for its life.
 */
#include "base/limits.h"
#include "evidence/snp/layout.h"
#include "evidence/snp/verified.h"
#include "wire/json_member.h"

static void
add_flags(struct avow_claims *set, uint64_t policy)
{
	static const struct {
		enum avow_claim_id id;
		uint64_t bit;
	} flags[] = {
		{AVOW_CLAIM_SNP_IS_DEBUGGABLE, SNP_POLICY_DEBUG},
		{AVOW_CLAIM_SNP_MIGRATION_ALLOWED, SNP_POLICY_MIGRATE_MA},
		{AVOW_CLAIM_SNP_SMT_ALLOWED, SNP_POLICY_SMT},
		{AVOW_CLAIM_SNP_SINGLESOCKET, SNP_POLICY_SINGLE_SOCKET},
		{AVOW_CLAIM_SNP_CXL_ALLOWED, SNP_POLICY_CXL_ALLOW},
		{AVOW_CLAIM_SNP_MEM_AES256_XTS_REQUIRED, SNP_POLICY_MEM_AES_256_XTS},
		{AVOW_CLAIM_SNP_RAPL_DISABLED, SNP_POLICY_RAPL_DIS},
		{AVOW_CLAIM_SNP_CIPHERTEXT_HIDING_DRAM_ENABLED,
			SNP_POLICY_CIPHERTEXT_HIDING},
		{AVOW_CLAIM_SNP_PAGE_SWAP_DISABLED, SNP_POLICY_PAGE_SWAP_DISABLE},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		avow_claims_add_bool(set, flags[i].id, (policy & flags[i].bit) != 0);
}

static void
add_report(struct avow_claims *set, const struct avow_snp_report *r)
{
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_AUTHORKEYDIGEST, r->author_key_digest);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_FAMILYID, r->family_id);
	avow_claims_add_int(set, AVOW_CLAIM_SNP_GUESTSVN, r->guest_svn);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_HOSTDATA, r->host_data);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_IDKEYDIGEST, r->id_key_digest);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_IMAGEID, r->image_id);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_LAUNCHMEASUREMENT, r->measurement);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_REPORTDATA, r->report_data);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_REPORTID, r->report_id);
	avow_claims_add_int(set, AVOW_CLAIM_SNP_VMPL, r->vmpl);
	avow_claims_add_hex(set, AVOW_CLAIM_SNP_CHIPID, r->chip_id);
}

static void
add_tcb(struct avow_claims *set, const struct avow_snp_verified *v)
{
	const uint8_t *part = v->reported.part;

	avow_claims_add_int(
		set, AVOW_CLAIM_SNP_BOOTLOADER_SVN, part[AVOW_AMD_BOOT_LOADER]);
	avow_claims_add_int(set, AVOW_CLAIM_SNP_TEE_SVN, part[AVOW_AMD_TEE]);
	avow_claims_add_int(set, AVOW_CLAIM_SNP_SNPFW_SVN, part[AVOW_AMD_SNP]);
	avow_claims_add_int(
		set, AVOW_CLAIM_SNP_MICROCODE_SVN, part[AVOW_AMD_MICROCODE]);
	avow_claims_add_string(set, AVOW_CLAIM_SNP_CHIP_FAMILY,
		avow_span_str(avow_amd_product_name(v->product)));
}

static void
add_tree(struct avow_claims *set, enum avow_claim_id id, const struct avow_json *tree)
{
	struct avow_span copy = {NULL, 0};
	struct avow_buf b;

	if (!tree)
		return;
	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_json_put(&b, tree, AVOW_JSON_SORTED);
	if (b.err == AVOW_OK)
		copy = avow_arena_copy(set->arena, avow_buf_span(&b));
	if (copy.p)
		avow_claims_add_json(set, id, copy);
	else if (set->err == AVOW_OK)
		set->err = b.err != AVOW_OK ? b.err : avow_arena_err(set->arena);
	avow_buf_clear(&b);
}

/* The service's words for a container's utility VM and for a confidential VM; the
 * endorsement says more, so it goes first. */
static void
add_compliance(struct avow_claims *set, const struct avow_snp_verified *s)
{
	if (s->has_uvm) {
		avow_claims_add_string(set, AVOW_CLAIM_AVOW_UVM_ISSUER, s->uvm_issuer);
		avow_claims_add_string(set, AVOW_CLAIM_AVOW_UVM_FEED, s->uvm_feed);
		avow_claims_add_int(set, AVOW_CLAIM_AVOW_UVM_SVN, (int64_t)s->uvm_svn);
	}
	if (s->has_uvm || s->compliant)
		avow_claims_add_string(set, AVOW_CLAIM_COMPLIANCE_STATUS,
			s->has_uvm ? AVOW_LIT("azure-compliant-uvm")
				   : AVOW_LIT("azure-compliant-cvm"));
}

enum avow_err
avow_snp_claims(const struct avow_verified *v, struct avow_claims *set)
{
	const struct avow_snp_evidence *e = v->ev->body;
	const struct avow_snp_verified *s = v->body;

	avow_claims_add_string(set, AVOW_CLAIM_ATTESTATION_TYPE,
		avow_span_str(v->ev->kind->attestation_type));
	add_report(set, &e->report);
	add_flags(set, e->report.policy);
	add_tcb(set, s);
	add_tree(set, AVOW_CLAIM_RUNTIME, s->runtime_tree);
	add_tree(set, AVOW_CLAIM_INITTIME, s->init_tree);
	add_compliance(set, s);
	if (s->chip_id.n > 0)
		avow_claims_add_hex(set, AVOW_CLAIM_AVOW_PLATFORM_ID, s->chip_id);
	return set->err;
}

void
avow_snp_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct avow_snp_evidence *e = ev->body;

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kind", ev->kind->name);
	avow_jw_put_str(w, "form", e->form);
	avow_jw_name(w, "report");
	avow_snp_report_inspect(&e->report, w);
	if (e->certs.n > 0)
		avow_jw_put_string(w, "certificates", e->certs);
	if (e->has_hcl)
		avow_hcl_inspect(&e->hcl, w);
	avow_jw_name(w, "uvm_endorsements");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < e->n_uvm; i++)
		avow_jw_b64url(w, e->uvm[i]);
	avow_jw_close(w);
	avow_jw_close(w);
}
