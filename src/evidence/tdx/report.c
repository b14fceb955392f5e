/*
 * Reads a TD report and judges the two fields that have rules of their own,
 * whoever measured the TD: ATTRIBUTES and XFAM. The values themselves are for
 * claims and policies.
 */
#include "evidence/tdx/report.h"
#include "wire/json_member.h"

#define ABI "Intel TDX Module ABI, 348551"

void
avow_td_report_read(struct avow_cursor *c, bool is_15, struct avow_td_report *out)
{
	struct avow_cursor n;

	*out = (struct avow_td_report){.is_15 = is_15};
	out->raw = avow_cur_bytes(c, is_15 ? TDX_REPORT_15_BYTES : TDX_REPORT_10_BYTES);
	n = avow_cur(out->raw);
	out->tee_tcb_svn = avow_cur_bytes(&n, 16);
	out->mr_seam = avow_cur_bytes(&n, 48);
	out->mr_signer_seam = avow_cur_bytes(&n, 48);
	out->seam_attributes = avow_cur_bytes(&n, 8);
	out->td_attributes = avow_cur_bytes(&n, 8);
	out->xfam = avow_cur_bytes(&n, 8);
	out->mr_td = avow_cur_bytes(&n, 48);
	out->mr_config_id = avow_cur_bytes(&n, 48);
	out->mr_owner = avow_cur_bytes(&n, 48);
	out->mr_owner_config = avow_cur_bytes(&n, 48);
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		out->rtmr[i] = avow_cur_bytes(&n, 48);
	out->report_data = avow_cur_bytes(&n, 64);
	if (is_15) {
		out->tee_tcb_svn2 = avow_cur_bytes(&n, 16);
		out->mr_service_td = avow_cur_bytes(&n, 48);
	}
	n = avow_cur(out->td_attributes);
	out->attributes = avow_cur_le64(&n);
	n = avow_cur(out->xfam);
	out->features = avow_cur_le64(&n);
}

/* ICSSD, LASS, SEPT_VE_DISABLE, MIGRATABLE, PKS, KL, TPA, PERFMON */
#define KNOWN_ATTRIBUTES                                                               \
	(UINT64_C(1) << 16 | UINT64_C(1) << 27 | TDX_SEPT_VE_DISABLE |                 \
		TDX_MIGRATABLE | TDX_PKS | TDX_KL | UINT64_C(1) << 62 | TDX_PERFMON)

enum avow_err
avow_td_report_check_attributes(const struct avow_td_report *r, struct avow_why *why)
{
	/* Intel TDX Module ABI, ATTRIBUTES: reserved bits are zero. One that gets
	 * a meaning later is not one that this code can judge. */
	static const struct avow_at at = {"td_attributes", "td_attributes", ABI};
	uint64_t unknown = r->attributes & ~(KNOWN_ATTRIBUTES | TDX_TUD);

	if (unknown == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TDX_ATTRIBUTES, &at, "reserved bits zero",
		"0x%016llx", (unsigned long long)r->attributes);
}

/* x87 and SSE are always there. Known beside them: AVX, AVX-512, PT, PKRU, PASID,
 * CET, UINTR, LBR, AMX, APX. */
#define FIXED_FEATURES UINT64_C(0x3)
#define KNOWN_FEATURES UINT64_C(0xedfe7)

enum avow_err
avow_td_report_check_xfam(const struct avow_td_report *r, struct avow_why *why)
{
	/* Intel TDX Module ABI, XFAM: bits 0 and 1 are one, reserved bits zero */
	static const struct avow_at at = {"td_xfam", "xfam", ABI};

	if ((r->features & FIXED_FEATURES) == FIXED_FEATURES &&
		(r->features & ~KNOWN_FEATURES) == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TDX_XFAM, &at,
		"bits 0 and 1, and no reserved bit", "0x%016llx",
		(unsigned long long)r->features);
}

void
avow_td_report_inspect(const struct avow_td_report *r, struct avow_jw *w)
{
	const struct {
		const char *name;
		struct avow_span bytes;
	} fields[] = {{"tee_tcb_svn", r->tee_tcb_svn}, {"mr_seam", r->mr_seam},
		{"mr_signer_seam", r->mr_signer_seam},
		{"seam_attributes", r->seam_attributes},
		{"td_attributes", r->td_attributes}, {"xfam", r->xfam},
		{"mr_td", r->mr_td}, {"mr_config_id", r->mr_config_id},
		{"mr_owner", r->mr_owner}, {"mr_owner_config", r->mr_owner_config},
		{"rtmr0", r->rtmr[0]}, {"rtmr1", r->rtmr[1]}, {"rtmr2", r->rtmr[2]},
		{"rtmr3", r->rtmr[3]}, {"report_data", r->report_data},
		{"tee_tcb_svn2", r->tee_tcb_svn2}, {"mr_service_td", r->mr_service_td}};
	size_t n = sizeof(fields) / sizeof(fields[0]);

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "version", r->is_15 ? "1.5" : "1.0");
	for (size_t i = 0; i < (r->is_15 ? n : n - 2); i++)
		avow_jw_put_hex(w, fields[i].name, fields[i].bytes);
	avow_jw_put_bool(w, "debug", (r->attributes & TDX_DEBUG) != 0);
	avow_jw_put_bool(w, "migratable", (r->attributes & TDX_MIGRATABLE) != 0);
	avow_jw_close(w);
}
