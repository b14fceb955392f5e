/* Azure's HCL blob, whatever report is in it. */
#ifndef AVOW_FORGE_HCL_H
#define AVOW_FORGE_HCL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define FORGE_HCL_SNP 2
#define FORGE_HCL_TDX 4

/* Fill by forge_hcl_defaults, then bend. */
struct forge_hcl {
	const char *signature; /* 4 bytes */
	struct avow_span report, runtime;
	unsigned report_type, hash_type;
	uint32_t report_size, data_size, variable_size;
};

struct forge_hcl forge_hcl_defaults(
	unsigned report_type, struct avow_span report, struct avow_span runtime);
/** Append the blob with the rest of its NV index; `meaningful` (or NULL) gets the
 *  bytes before that rest. @return AVOW_OK or the buffer's error. */
enum avow_err forge_put_hcl(
	const struct forge_hcl *h, struct avow_buf *b, size_t *meaningful) AVOW_CHECKED;

#endif
