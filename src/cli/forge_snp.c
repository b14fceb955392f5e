/* avow forge snp: its flags. */
#include <strings.h>

#include "cli/forge_kinds.h"

static const struct forge_row ROWS[] = {
	FORGE_OTHER("product"),
	FORGE_ROW(snp, "version", ROW_NUMBER, version),
	FORGE_ROW(snp, "vlek", ROW_FLAG, vlek),
	FORGE_ROW(snp, "csp-id", ROW_TEXT, csp_id),
	FORGE_ROW(snp, "measurement", ROW_HEX, measurement),
	FORGE_ROW(snp, "host-data", ROW_HEX, host_data),
	FORGE_ROW(snp, "family-id", ROW_HEX, family_id),
	FORGE_ROW(snp, "image-id", ROW_HEX, image_id),
	FORGE_ROW(snp, "report-id", ROW_HEX, report_id),
	FORGE_ROW(snp, "id-key-digest", ROW_HEX, id_key_digest),
	FORGE_ROW(snp, "author-key-digest", ROW_HEX, author_key_digest),
	FORGE_ROW(snp, "author-key", ROW_FLAG, author_key),
	FORGE_ROW(snp, "guest-svn", ROW_NUMBER, guest_svn),
	FORGE_ROW(snp, "guest-policy", ROW_NUMBER, policy),
	FORGE_ROW(snp, "platform-info", ROW_NUMBER, platform_info),
	FORGE_ROW(snp, "vmpl", ROW_NUMBER, vmpl),
	FORGE_ROW(snp, "chip-id", ROW_HEX, chip_id),
	FORGE_ROW(snp, "mask-chip-id", ROW_FLAG, mask_chip_id),
	FORGE_ROW(snp, "wrap-hwid", ROW_FLAG, wrap_hwid),
	FORGE_ROW(snp, "reported-tcb", ROW_HEX, reported),
	FORGE_ROW(snp, "current-tcb", ROW_HEX, current),
	FORGE_ROW(snp, "committed-tcb", ROW_HEX, committed),
	FORGE_ROW(snp, "launch-tcb", ROW_HEX, launch),
	FORGE_ROW_HAS(snp, "report-data", ROW_HEX, report_data, has_report_data),
	FORGE_ROW(snp, "runtime-data", ROW_FILE, runtime_data),
	FORGE_ROW_HAS(snp, "init-data", ROW_FILE, init_data, has_init_data),
	FORGE_ROW(snp, "uvm", ROW_FLAG, with_uvm),
	FORGE_ROW(snp, "uvm-cwt", ROW_FLAG, uvm_cwt),
	FORGE_ROW(snp, "uvm-feed", ROW_TEXT, uvm_feed),
	FORGE_ROW(snp, "uvm-svn", ROW_NUMBER, uvm_svn),
	FORGE_ROW(snp, "revoke-ca", ROW_FLAG, revoke_ca),
	FORGE_ROW(snp, "corrupt", ROW_TEXT, corrupt),
};

_Static_assert(sizeof(struct avow_forge_snp_tcb) == 5, "five bytes in a row");

static void
defaults(struct forge_run *r, int64_t at_s)
{
	avow_forge_snp_defaults(&r->p.snp, at_s);
}

static bool
other(struct forge_run *r, const char *name, const char *text)
{
	static const struct {
		const char *name;
		enum avow_forge_snp_product product;
	} products[] = {{"milan", AVOW_FORGE_MILAN}, {"genoa", AVOW_FORGE_GENOA},
		{"siena", AVOW_FORGE_SIENA}, {"turin", AVOW_FORGE_TURIN}};

	(void)name; /* the product is the only one */
	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (strcasecmp(text, products[i].name) == 0) {
			avow_forge_snp_set_product(&r->p.snp, products[i].product);
			return true;
		}
	return false;
}

static enum avow_err
make(const struct forge_run *r, struct avow_forged **out, struct avow_why *why)
{
	return avow_forge_snp_make(&r->p.snp, out, why);
}

const struct forge_kind forge_kind_snp = {
	.name = "snp",
	.rows = ROWS,
	.n_rows = sizeof(ROWS) / sizeof(ROWS[0]),
	.defaults = defaults,
	.other = other,
	.deviation_at = avow_forge_snp_deviation_at,
	.make = make,
};
