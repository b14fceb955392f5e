/*
 * Claims of a verified guest (MAA, AzureGuest). Three origins, kept apart: what the
 * guest says of itself and nothing proves (os*, the payload) is told as its
 * words; what the boot log proves is true only where an event says so, so that an
 * absent log makes no claim true; and the isolation is the whole inner appraisal.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/azureguest/layout.h"
#include "wire/json_member.h"

/* --- JSON values -------------------------------------------------------------------- */

/* Canonical text of what the writer wrote. */
static void
add_sorted(struct avow_claims *set, enum avow_claim_id id, struct avow_buf *b)
{
	const struct avow_json *tree;
	struct avow_span copy = {NULL, 0};
	struct avow_buf sorted;

	if (set->err == AVOW_OK)
		set->err = b->err;
	if (set->err == AVOW_OK)
		set->err = avow_json_parse(
			avow_buf_span(b), NULL, set->arena, &tree, NULL);
	if (set->err != AVOW_OK)
		return;
	avow_buf_init(&sorted, AVOW_MAX_TOKEN);
	avow_json_put(&sorted, tree, AVOW_JSON_SORTED);
	if (sorted.err == AVOW_OK)
		copy = avow_arena_copy(set->arena, avow_buf_span(&sorted));
	if (copy.p)
		avow_claims_add_json(set, id, copy);
	else
		set->err =
			sorted.err != AVOW_OK ? sorted.err : avow_arena_err(set->arena);
	avow_buf_clear(&sorted);
}

/* RFC 7517; the exponent as its few bytes. */
static void
put_key(struct avow_jw *w, const struct avow_tpm_public *k)
{
	uint8_t e[4] = {(uint8_t)(k->exponent >> 24), (uint8_t)(k->exponent >> 16),
		(uint8_t)(k->exponent >> 8), (uint8_t)k->exponent};
	size_t zeros = 0;

	while (zeros < 3 && e[zeros] == 0)
		zeros++;
	avow_jw_open(w, '{');
	avow_jw_name(w, "e");
	avow_jw_b64url(w, avow_span_make(e + zeros, 4 - zeros));
	avow_jw_name(w, "key_ops");
	avow_jw_open(w, '[');
	avow_jw_str(w, "encrypt");
	avow_jw_close(w);
	avow_jw_put_str(w, "kid", "TpmEphemeralEncryptionKey");
	avow_jw_put_str(w, "kty", "RSA");
	avow_jw_name(w, "n");
	avow_jw_b64url(w, k->n);
	avow_jw_close(w);
}

static void
add_runtime(struct avow_claims *set, const struct azg_evidence *e,
	const struct azg_verified *v)
{
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	if (e->client_payload) {
		avow_jw_name(&w, "client-payload");
		avow_jw_value(&w, e->client_payload, AVOW_JSON_SORTED);
	}
	avow_jw_name(&w, "keys");
	avow_jw_open(&w, '[');
	put_key(&w, &v->enc_key);
	avow_jw_close(&w);
	avow_jw_close(&w);
	add_sorted(set, AVOW_CLAIM_RUNTIME, &b);
	avow_buf_clear(&b);
}

static void
add_pcrs(struct avow_claims *set, const struct azg_evidence *e)
{
	struct avow_buf set_text, values;
	struct avow_jw s, v;
	char name[16];

	avow_buf_init(&set_text, AVOW_KIB(1));
	avow_buf_init(&values, AVOW_KIB(8));
	avow_jw_init(&s, &set_text);
	avow_jw_init(&v, &values);
	avow_jw_open(&s, '[');
	avow_jw_open(&v, '{');
	for (uint32_t pcr = 0; pcr < AVOW_TPM_PCRS; pcr++)
		for (size_t i = 0; i < e->quote.n_pcrs; i++) {
			if (e->quote.pcrs[i].index != pcr)
				continue;
			avow_jw_int(&s, pcr);
			snprintf(name, sizeof(name), "pcr%u", pcr);
			avow_jw_name(&v, name);
			avow_jw_b64(&v, e->quote.pcrs[i].digest);
		}
	avow_jw_close(&s);
	avow_jw_close(&v);
	add_sorted(set, AVOW_CLAIM_AZURE_ATTESTED_PCRS, &set_text);
	add_sorted(set, AVOW_CLAIM_AZURE_ATTESTED_PCR_VALUES, &values);
	avow_buf_clear(&set_text);
	avow_buf_clear(&values);
}

/* --- the isolation -------------------------------------------------------------------- */

/* All that the inner kind would put into a token of its own. */
static void
add_isolation(struct avow_claims *set, const struct avow_verified *inner)
{
	const struct avow_claim *id;
	struct avow_claims in;
	struct avow_buf b;

	avow_claims_init(&in, set->arena);
	if (set->err == AVOW_OK)
		set->err = inner->ev->kind->claims(inner, &in);
	if (set->err != AVOW_OK)
		return;
	avow_buf_init(&b, AVOW_MAX_TOKEN);
	b.err = avow_claims_put_json(&b, &in, NULL);
	add_sorted(set, AVOW_CLAIM_AZURE_ISOLATION_TEE, &b);
	avow_buf_clear(&b);
	id = avow_claims_find(&in, AVOW_CLAIM_AVOW_PLATFORM_ID);
	if (id)
		avow_claims_add(set, id);
}

/* Upper case, as the service writes it; hypervisors write both. */
static void
add_vm_id(struct avow_claims *set, const struct avow_json *runtime)
{
	const struct avow_json *vm = avow_json_get(runtime, "vm-configuration");
	const struct avow_json *id = avow_json_get(vm, "vmUniqueId");
	struct avow_span copy;
	uint8_t *p;

	if (!id || id->type != AVOW_JSON_STRING || id->string.n > 64)
		return;
	p = avow_arena_alloc(set->arena, id->string.n + 1);
	if (!p) {
		set->err = avow_arena_err(set->arena);
		return;
	}
	copy = avow_span_make(p, id->string.n);
	for (size_t i = 0; i < copy.n; i++)
		p[i] = id->string.p[i] >= 'a' && id->string.p[i] <= 'z'
			       ? (uint8_t)(id->string.p[i] - 'a' + 'A')
			       : id->string.p[i];
	avow_claims_add_string(set, AVOW_CLAIM_AZURE_VMID, copy);
}

/* --- the boot ---------------------------------------------------------------------------- */

static bool
always(const struct azg_flag *f)
{
	return f->yes > 0 && f->no == 0;
}

/* That nothing is debugged is a statement of its own: firmware must have measured
 * its secure boot state, and Windows must have said no. */
static bool
debuggers_disabled(const struct azg_boot *b)
{
	if (b->secure_boot.yes + b->secure_boot.no == 0 || b->uefi_debug ||
		b->boot_debug.yes || b->kernel_debug.yes || b->hypervisor_debug.yes)
		return false;
	return !b->is_windows || (b->boot_debug.no && b->kernel_debug.no);
}

static void
add_boot(struct avow_claims *set, const struct azg_boot *b)
{
	const struct {
		enum avow_claim_id id;
		bool v;
	} claims[] = {
		{AVOW_CLAIM_AZURE_SECUREBOOT, always(&b->secure_boot)},
		{AVOW_CLAIM_AZURE_DBVALIDATED, b->db_known},
		{AVOW_CLAIM_AZURE_DBXVALIDATED, b->has_dbx},
		{AVOW_CLAIM_AZURE_DEBUGGERSDISABLED, debuggers_disabled(b)},
		/* which platform keys are Azure's own is not published */
		{AVOW_CLAIM_AZURE_DEFAULT_SECUREBOOTKEYSVALIDATED, false},
		{AVOW_CLAIM_AZURE_BOOTDEBUG_ENABLED, b->boot_debug.yes > 0},
		{AVOW_CLAIM_AZURE_KERNELDEBUG_ENABLED, b->kernel_debug.yes > 0},
		{AVOW_CLAIM_AZURE_HYPERVISORDEBUG_ENABLED, b->hypervisor_debug.yes > 0},
		{AVOW_CLAIM_AZURE_TESTSIGNING_ENABLED, b->test_signing.yes > 0},
		{AVOW_CLAIM_AZURE_FLIGHTSIGNING_ENABLED, b->flight_signing.yes > 0},
		/* true in the contract's sample of a Linux guest, which has no such
		 * event: signing is on only where Windows says so each time */
		{AVOW_CLAIM_AZURE_SIGNINGDISABLED, !always(&b->code_integrity)},
		{AVOW_CLAIM_AZURE_ELAM_ENABLED, b->elam},
		{AVOW_CLAIM_AZURE_IS_WINDOWS, b->is_windows},
	};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		avow_claims_add_bool(set, claims[i].id, claims[i].v);
	avow_claims_add_int(set, AVOW_CLAIM_AZURE_HVCI_POLICY, b->hvci);
}

static void
add_guest(struct avow_claims *set, const struct azg_evidence *e)
{
	avow_claims_add_string(
		set, AVOW_CLAIM_AZURE_ATTESTATION_PROTOCOL_VER, e->protocol_version);
	avow_claims_add_string(set, AVOW_CLAIM_AZURE_OSTYPE, e->os_type);
	avow_claims_add_string(set, AVOW_CLAIM_AZURE_OSDISTRO, e->os_distro);
	avow_claims_add_string(set, AVOW_CLAIM_AZURE_OSBUILD, e->os_build);
	avow_claims_add_int(set, AVOW_CLAIM_AZURE_OSVERSION_MAJOR, e->os_major);
	avow_claims_add_int(set, AVOW_CLAIM_AZURE_OSVERSION_MINOR, e->os_minor);
}

enum avow_err
azg_claims(const struct avow_verified *v, struct avow_claims *set)
{
	const struct azg_evidence *e = v->ev->body;
	const struct azg_verified *g = v->body;
	struct azg_boot boot;

	avow_claims_add_string(set, AVOW_CLAIM_ATTESTATION_TYPE,
		avow_span_str(v->ev->kind->attestation_type));
	add_guest(set, e);
	AVOW_TRY(azg_boot_read(&g->logs, set->arena, &boot));
	add_boot(set, &boot);
	add_pcrs(set, e);
	add_runtime(set, e, g);
	if (g->inner) {
		add_isolation(set, g->inner);
		add_vm_id(set, e->runtime);
	}
	return set->err;
}

/* --- inspection ----------------------------------------------------------------------------- */

void
azg_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	const struct azg_evidence *e = ev->body;

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kind", ev->kind->name);
	avow_jw_put_str(w, "isolation", azg_isolation_name(e->isolation));
	avow_jw_put_string(w, "protocol_version", e->protocol_version);
	avow_jw_put_string(w, "os_type", e->os_type);
	avow_jw_put_string(w, "os_distro", e->os_distro);
	avow_jw_put_int(w, "pcr_set", e->pcr_set);
	avow_jw_put_hex(w, "pcr_digest", e->quote.attest.pcr_digest);
	avow_jw_put_int(w, "log_bytes", (int64_t)e->tcg_log.n);
	avow_jw_put_int(w, "ak_attributes", e->ak.attributes);
	if (e->inner) {
		avow_jw_name(w, "runtime_data");
		avow_jw_value(w, e->runtime, AVOW_JSON_AS_IS);
		avow_jw_name(w, "evidence");
		avow_evidence_inspect(e->inner, w);
	}
	avow_jw_close(w);
}
