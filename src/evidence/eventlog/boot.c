/*
 * Walks the proven events of attested logs. Each rule stands once in a table: the
 * tag, the registers that may hold it, and what all of its values must be.
 */
#include "evidence/eventlog/boot.h"

#include <string.h>

#include "base/limits.h"
#include "evidence/eventlog/prove.h"
#include "evidence/eventlog/sipa.h"

/* wbcl.h */
#define SIPA_AGGREGATION 0x40000000u
#define SIPA_BOOTDEBUGGING 0x00040001u
#define SIPA_SAFEMODE 0x00050005u
#define SIPA_WINPE 0x00050006u
#define SIPA_VSM_IDKS_INFO 0x00050023u
#define SIPA_VBS_VSM_REQUIRED 0x000a0001u
#define SIPA_VBS_IOMMU_REQUIRED 0x000a0003u
#define SIPA_VBS_MANDATORY_ENFORCEMENT 0x000a0006u
#define VSM_IDK_RSA 1u

#define PCR(n) (1u << (n))
#define WINDOWS (PCR(12) | PCR(13) | PCR(14) | PCR(19) | PCR(20))
/* which register holds the identity key is in no public header; these hold the
 * operating system's parameters */
#define IDKS (PCR(12) | PCR(13) | PCR(19) | PCR(20))

#define FACT(f) offsetof(struct avow_boot_facts, f)
static const struct {
	uint32_t tag, pcrs;
	bool want;
	size_t fact;
} rules[] = {
	{SIPA_BOOTDEBUGGING, WINDOWS, false, FACT(boot_debugging_disabled)},
	{SIPA_SAFEMODE, WINDOWS, false, FACT(not_safe_mode)},
	{SIPA_WINPE, WINDOWS, false, FACT(not_win_pe)},
	{SIPA_VBS_IOMMU_REQUIRED, WINDOWS, true, FACT(iommu)},
	{SIPA_VBS_VSM_REQUIRED, PCR(12) | PCR(19), true, FACT(vbs)},
	{SIPA_VBS_MANDATORY_ENFORCEMENT, PCR(12) | PCR(19), true, FACT(vbs)},
};

struct walk {
	struct avow_boot_facts *out;
	struct markers markers;
	bool closed[AVOW_LOG_REGISTERS], separated[AVOW_LOG_REGISTERS];
};

/* One value against the rule spoils it for good. */
static void
tell(struct avow_boot_facts *f, size_t at, bool holds)
{
	enum avow_boot_fact now, told = holds ? AVOW_BOOT_TRUE : AVOW_BOOT_FALSE;

	memcpy(&now, (char *)f + at, sizeof(now));
	if (now != AVOW_BOOT_FALSE)
		memcpy((char *)f + at, &told, sizeof(told));
}

/* struct: u32 algorithm, u32 bits, u32 exponent and modulus lengths, both */
static void
take_idks(struct avow_boot_facts *f, struct avow_span payload)
{
	struct avow_cursor c = avow_cur(payload);
	uint32_t alg = avow_cur_le32(&c), exponent_n, modulus_n;
	struct avow_span e, n;

	(void)avow_cur_le32(&c);
	exponent_n = avow_cur_le32(&c);
	modulus_n = avow_cur_le32(&c);
	e = avow_cur_bytes(&c, exponent_n);
	n = avow_cur_bytes(&c, modulus_n);
	if (!avow_cur_is_done(&c) || alg != VSM_IDK_RSA) {
		f->vbs_keys_differ = true; /* not a key that anything verifies by */
		return;
	}
	if (f->has_vbs_key &&
		!(avow_span_eq(e, f->vbs_exponent) && avow_span_eq(n, f->vbs_modulus)))
		f->vbs_keys_differ = true;
	f->has_vbs_key = true;
	f->vbs_exponent = e;
	f->vbs_modulus = n;
}

static void
take_tag(
	struct avow_boot_facts *f, uint32_t pcr, uint32_t tag, struct avow_span payload)
{
	if (tag == SIPA_VSM_IDKS_INFO && PCR(pcr) & IDKS)
		take_idks(f, payload);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].tag == tag && rules[i].pcrs & PCR(pcr))
			tell(f, rules[i].fact,
				payload.n == 1 && (payload.p[0] != 0) == rules[i].want);
}

/* sipa_is has bounded the depth; containers hold whole tags. */
static void
take_tags(
	struct avow_boot_facts *f, uint32_t pcr, struct avow_span data, unsigned depth)
{
	struct avow_cursor c = avow_cur(data);
	struct avow_span payload;
	uint32_t tag;

	while (sipa_next(&c, &tag, &payload)) {
		if (tag & SIPA_AGGREGATION && depth < AVOW_MAX_SIPA_DEPTH)
			take_tags(f, pcr, payload, depth + 1);
		else
			take_tag(f, pcr, tag, payload);
	}
}

/* UEFI 2.10, 3.3: EFI_GLOBAL_VARIABLE, SecureBoot is one byte */
static void
take_variable(struct avow_boot_facts *f, const struct efi_variable *v)
{
	static const uint8_t global[16] = {0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2,
		0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};

	if (avow_span_eq(v->guid, avow_span_make(global, 16)) &&
		avow_span_eq(v->name, AVOW_LIT("S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0")))
		tell(f, FACT(secure_boot), v->data.n == 1 && v->data.p[0] == 1);
}

static void
take_event(struct walk *w, const struct avow_log_event *e)
{
	struct efi_variable v;
	struct avow_span text;

	if (e->type == EV_EVENT_TAG && PCR(e->pcr) & WINDOWS && !w->closed[e->pcr]) {
		if (sipa_is(e->data) && avow_eventlog_proves(e, e->data))
			take_tags(w->out, e->pcr, e->data, 0);
	} else if (e->type == EV_EFI_VARIABLE_DRIVER_CONFIG && e->pcr == 7 &&
		   !w->separated[7] && event_prove(e, &v, &text) == PROOF_VARIABLE) {
		take_variable(w->out, &v);
	}
}

static void
walk_log(struct walk *w, const struct avow_attested *at, size_t l)
{
	const struct avow_eventlog *log = &at->logs[l];

	for (size_t i = 0; log->format != AVOW_LOG_CCEL && i < log->count; i++) {
		const struct avow_log_event *e = &log->events[i];

		if (event_is_silent(log, e) || e->is_ima ||
			!(at->quoted & PCR(e->pcr)) || i >= at->used[l][e->pcr])
			continue;
		take_event(w, e);
		if (event_is_separator(&w->markers, e))
			w->separated[e->pcr] = true;
		if (event_is_marker(&w->markers, e, MARKER_WBCL))
			w->closed[e->pcr] = true;
	}
}

enum avow_err
avow_attested_boot(const struct avow_attested *at, struct avow_boot_facts *out)
{
	struct walk w = {.out = out};
	enum avow_err e;

	memset(out, 0, sizeof(*out));
	e = markers_make(&w.markers);
	for (size_t i = 0; e == AVOW_OK && i < at->log_count; i++)
		walk_log(&w, at, i);
	return e;
}
