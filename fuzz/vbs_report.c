/*
 * VBS enclave reports.
 *
 * Properties: the same outcome twice; statement and signature fill the package
 * behind its header; the identity lies in the statement; and nothing verifies,
 * because no log here holds a key.
 */
#include "tpm_emit.h"

#include "evidence/vbs/vbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	const struct avow_boot_facts none = {.has_vbs_key = false};
	struct avow_vbs_report r, again;
	enum avow_err e = avow_vbs_parse(in, &r, NULL);

	must(e == avow_vbs_parse(in, &again, NULL));
	if (e != AVOW_OK)
		return 0;
	must(24 + r.statement.n + r.signature.n == n);
	must(r.statement.p == data + 24 && r.statement.n >= 224);
	must(r.enclave_data.p == r.statement.p + 8 && r.enclave_data.n == 64);
	must(r.image_id.p == r.statement.p + 184 && r.image_id.n == 16);
	must(r.n_modules <= (r.statement.n - 224) / 110);
	must(avow_vbs_verify(&r, &none, in, NULL) == AVOW_E_VBS_KEY_ABSENT);
	return 0;
}
