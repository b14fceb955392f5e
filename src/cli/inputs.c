/* Reading what options name: TCB statuses, whose default is the service's, and
 * trust anchors; and the contract's object around a bare SEV-SNP report. */
#include "cli/inputs.h"

#include "base/span.h"
#include "cli/cli.h"
#include "trust/anchors.h"
#include "trust/tcb.h"
#include "wire/json.h"

bool
avow_cli_accept_tcb(const char *text, unsigned *bits)
{
	struct avow_span left = avow_span_str(text);
	enum avow_tcb_status status;

	*bits = 0;
	do {
		size_t comma = avow_span_find_byte(left, ',');
		struct avow_span one = avow_span_trim(avow_span_slice(left, 0, comma));

		if (!avow_tcb_status_parse(one, &status) || status == AVOW_TCB_REVOKED)
			return false;
		*bits |= 1u << status;
		if (comma == left.n)
			return true;
		left = avow_span_from(left, comma + 1);
	} while (true);
}

unsigned
avow_cli_accept_tcb_default(void)
{
	return 1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_SW_HARDENING_NEEDED |
	       1u << AVOW_TCB_CONFIGURATION_NEEDED |
	       1u << AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

int
avow_cli_add_anchor(struct avow_anchors *anchors, const char *path)
{
	struct avow_buf pem;
	struct avow_why why;
	enum avow_err e;

	if (!avow_cli_read(path, &pem))
		return AVOW_EXIT_USAGE;
	avow_why_init(&why);
	e = avow_anchors_add_any(anchors, avow_buf_span(&pem), &why);
	avow_buf_clear(&pem);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	avow_why_document(&why, "%s", path);
	avow_cli_complain(e, &why);
	return AVOW_EXIT_USAGE;
}

enum avow_err
avow_cli_put_snp(struct avow_buf *out, struct avow_span report, struct avow_span certs)
{
	struct avow_jw w;

	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "SnpReport");
	avow_jw_b64url(&w, report);
	if (certs.n) {
		avow_jw_name(&w, "VcekCertChain");
		avow_jw_b64url(&w, certs);
	}
	avow_jw_close(&w);
	return out->err;
}
