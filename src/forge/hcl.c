/*
 * Azure's HCL blob as its vTPM gives it (the sheet azure-containers, section 4):
 * header, hardware report, data header, runtime data, and zeros up to the size of
 * the NV index.
 */
#include "forge/hcl.h"

#include "forge/internal.h"

#define HEADER 32
#define REPORT_AREA 1184 /* of an SEV-SNP report; others are shorter */
#define DATA_HEADER 20
#define NV_SIZE 2600

struct forge_hcl
forge_hcl_defaults(
	unsigned report_type, struct avow_span report, struct avow_span runtime)
{
	uint32_t n = (uint32_t)runtime.n;

	return (struct forge_hcl){.signature = "HCLA",
		.report = report,
		.runtime = runtime,
		.report_type = report_type,
		.hash_type = 1, /* SHA-256 */
		.report_size = HEADER + REPORT_AREA + DATA_HEADER + n,
		.data_size = DATA_HEADER + n,
		.variable_size = n};
}

enum avow_err
forge_put_hcl(const struct forge_hcl *h, struct avow_buf *b, size_t *meaningful)
{
	size_t at = b->n;

	avow_buf_put_str(b, h->signature);
	forge_put_le(b, 2, 4); /* version */
	forge_put_le(b, h->report_size, 4);
	forge_put_le(b, 2, 4); /* request type */
	forge_put_zeros(b, 16); /* status, reserved */
	avow_buf_put(b, h->report);
	if (h->report.n < REPORT_AREA)
		forge_put_zeros(b, REPORT_AREA - h->report.n);
	forge_put_le(b, h->data_size, 4);
	forge_put_le(b, 1, 4); /* version */
	forge_put_le(b, h->report_type, 4);
	forge_put_le(b, h->hash_type, 4);
	forge_put_le(b, h->variable_size, 4);
	avow_buf_put(b, h->runtime);
	if (meaningful)
		*meaningful = b->n - at;
	if (b->err == AVOW_OK && b->n - at < NV_SIZE)
		forge_put_zeros(b, NV_SIZE - (b->n - at));
	return b->err;
}
