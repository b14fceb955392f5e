/* avow forge vbs: its flags. */
#include "cli/forge_kinds.h"

static const struct forge_row ROWS[] = {
	FORGE_ROW(vbs, "first", ROW_FILE, first),
	FORGE_ROW(vbs, "ca-key", ROW_FILE, ca_key),
	FORGE_ROW(vbs, "version", ROW_NUMBER, version),
	FORGE_ROW(vbs, "rp-id", ROW_TEXT, rp_id),
	FORGE_ROW(vbs, "owner-id", ROW_HEX, owner_id),
	FORGE_ROW(vbs, "unique-id", ROW_HEX, unique_id),
	FORGE_ROW(vbs, "author-id", ROW_HEX, author_id),
	FORGE_ROW(vbs, "family-id", ROW_HEX, family_id),
	FORGE_ROW(vbs, "image-id", ROW_HEX, image_id),
	FORGE_ROW(vbs, "enclave-svn", ROW_NUMBER, enclave_svn),
	FORGE_ROW(vbs, "secure-kernel-svn", ROW_NUMBER, secure_kernel_svn),
	FORGE_ROW(vbs, "platform-svn", ROW_NUMBER, platform_svn),
	FORGE_ROW(vbs, "flags", ROW_NUMBER, flags),
	FORGE_ROW(vbs, "module", ROW_TEXT, module),
	FORGE_ROW(vbs, "corrupt", ROW_TEXT, corrupt),
};

static void
defaults(struct forge_run *r, int64_t at_s)
{
	avow_forge_vbs_defaults(&r->p.vbs, at_s);
}

static enum avow_err
make(const struct forge_run *r, struct avow_forged **out, struct avow_why *why)
{
	return avow_forge_vbs_make(&r->p.vbs, out, why);
}

const struct forge_kind forge_kind_vbs = {
	.name = "vbs",
	.rows = ROWS,
	.n_rows = sizeof(ROWS) / sizeof(ROWS[0]),
	.defaults = defaults,
	.deviation_at = avow_forge_vbs_deviation_at,
	.make = make,
};
