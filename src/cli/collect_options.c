/*
 * Flags that say where evidence comes from, for the commands that gather it:
 * which TPM, key, registers and logs, which report interface. Form alone is
 * judged; whether it is there shows when it is asked.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/collect.h"

void
avow_collect_run_init(struct avow_collect_run *r)
{
	*r = (struct avow_collect_run){
		.tsm = AVOW_COLLECT_TSM,
		.imds = "http://169.254.169.254",
		.tpm = {.n_banks = 1, .banks = {{.alg = 0x000b, .mask = 0xffffff}}},
	};
}

/* --- flags ------------------------------------------------------------------------------ */

bool
avow_collect_handle(const char *text, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (strncmp(text, "0x", 2) != 0)
		return false;
	v = strtoul(text + 2, &end, 16);
	*out = (uint32_t)v;
	return *end == '\0' && end > text + 2 && v > 0 && v <= UINT32_MAX;
}

static bool
read_ak(const char *text, struct avow_collect_tpm *o)
{
	if (strcmp(text, "azure") == 0) {
		o->ak_handle = AVOW_COLLECT_AZURE_AK;
		o->ak_cert_nv = AVOW_COLLECT_AZURE_AK_CERT;
		return true;
	}
	o->ak_is_ecc = strcmp(text, "ecc") == 0;
	return o->ak_is_ecc || strcmp(text, "rsa") == 0 ||
	       avow_collect_handle(text, &o->ak_handle);
}

/* "0-7,14" */
static bool
read_mask(const char *text, const char *end, uint32_t *mask)
{
	while (text < end) {
		char *next;
		unsigned long from, to;

		if (*text < '0' || *text > '9')
			return false;
		from = to = strtoul(text, &next, 10);
		if (*next == '-') {
			if (next[1] < '0' || next[1] > '9')
				return false;
			to = strtoul(next + 1, &next, 10);
		}
		if (from > to || to > 23 || next > end || (next < end && *next != ','))
			return false;
		for (unsigned long i = from; i <= to; i++)
			*mask |= UINT32_C(1) << i;
		text = next + (next < end);
	}
	return *mask != 0;
}

static bool
read_bank(const char *text, size_t n, struct avow_collect_bank *out)
{
	/* TCG Algorithm Registry 1.34, table 3 */
	static const struct {
		const char *name;
		uint16_t alg;
	} banks[] = {{"sha1:", 0x0004}, {"sha256:", 0x000b}, {"sha384:", 0x000c},
		{"sha512:", 0x000d}};

	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		size_t k = strlen(banks[i].name);

		if (n < k || strncmp(text, banks[i].name, k) != 0)
			continue;
		*out = (struct avow_collect_bank){.alg = banks[i].alg};
		return read_mask(text + k, text + n, &out->mask);
	}
	return false;
}

static bool
read_pcrs(const char *text, struct avow_collect_tpm *o)
{
	o->n_banks = 0;
	for (;;) {
		size_t n = strcspn(text, "+");

		if (o->n_banks == AVOW_COLLECT_MAX_BANKS ||
			!read_bank(text, n, &o->banks[o->n_banks]))
			return false;
		for (size_t i = 0; i < o->n_banks; i++)
			if (o->banks[i].alg == o->banks[o->n_banks].alg)
				return false;
		o->n_banks++;
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
}

static bool
read_log(const char *text, struct avow_collect_tpm *o)
{
	const char *type = strncmp(text, "TCG:", 4) == 0   ? "TCG"
			   : strncmp(text, "IMA:", 4) == 0 ? "IMA"
							   : NULL;

	if (!type || text[4] == '\0' || o->n_logs == AVOW_COLLECT_MAX_LOGS)
		return false;
	o->logs[o->n_logs++] = (struct avow_collect_log){type, text + 4};
	return true;
}

static bool
set_ak_cert(struct avow_collect_run *r, const char *arg)
{
	if (!avow_collect_handle(arg, &r->tpm.ak_cert_nv))
		r->tpm.ak_cert = arg;
	return true;
}

bool
avow_collect_set(struct avow_collect_run *r, int option, const char *arg)
{
	switch (option) {
	case AVOW_OPT_TSM:
		r->tsm = arg;
		return true;
	case AVOW_OPT_TCTI:
		r->tpm.tcti = arg;
		return true;
	case AVOW_OPT_AK:
		r->has_ak = true;
		return read_ak(arg, &r->tpm);
	case AVOW_OPT_AK_CERT:
		return set_ak_cert(r, arg);
	case AVOW_OPT_PCRS:
		r->has_pcrs = true;
		return read_pcrs(arg, &r->tpm);
	case AVOW_OPT_LOG:
		return read_log(arg, &r->tpm);
	case AVOW_OPT_NO_LOGS:
		r->no_logs = true;
		return true;
	case AVOW_OPT_IMDS:
		r->imds = arg;
		return true;
	case AVOW_OPT_NO_HCL:
		r->no_hcl = true;
		return true;
	default:
		return false;
	}
}

/* --- defaults ----------------------------------------------------------------------------- */

/* What Microsoft's client quotes and sends on Linux. */
static void
guest_defaults(struct avow_collect_run *r)
{
	if (!r->has_ak) {
		r->tpm.ak_handle = AVOW_COLLECT_AZURE_AK;
		if (!r->tpm.ak_cert_nv && !r->tpm.ak_cert) {
			r->tpm.ak_cert_nv = AVOW_COLLECT_AZURE_AK_CERT;
			r->tpm.ak_cert_may_lack = true;
		}
	}
	if (!r->has_pcrs)
		r->tpm.banks[0].mask = 0xff;
}

static void
add_log(struct avow_collect_run *r, const char *type, const char *path)
{
	if (avow_collect_readable(path))
		r->tpm.logs[r->tpm.n_logs++] = (struct avow_collect_log){type, path};
}

void
avow_collect_ready(struct avow_collect_run *r)
{
	bool is_guest = strcmp(r->kind, "azure-guest") == 0;

	if (is_guest)
		guest_defaults(r);
	if (r->no_logs || r->tpm.n_logs)
		return;
	add_log(r, "TCG", "/sys/kernel/security/tpm0/binary_bios_measurements");
	if (!is_guest)
		add_log(r, "IMA",
			"/sys/kernel/security/ima/binary_runtime_measurements");
}
