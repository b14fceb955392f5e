/*
 * Reads the 1184 bytes of a report. Only length and version decide the layout, so
 * only they are judged; every field that has to be zero is kept for the check
 * that says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "evidence/snp/layout.h"
#include "wire/json_member.h"

#define SOURCE "AMD 56860, ATTESTATION_REPORT"

static void
reserve(struct avow_cursor *c, struct avow_snp_report *r, size_t n)
{
	size_t offset = avow_cur_offset(c);
	struct avow_span bytes = avow_cur_bytes(c, n);

	r->reserved[r->n_reserved++] = (struct avow_snp_reserved){bytes, offset};
}

/* 0x000 to 0x187 */
static void
read_guest(struct avow_cursor *c, struct avow_snp_report *r)
{
	r->version = avow_cur_le32(c);
	r->guest_svn = avow_cur_le32(c);
	r->policy = avow_cur_le64(c);
	r->family_id = avow_cur_bytes(c, 16);
	r->image_id = avow_cur_bytes(c, 16);
	r->vmpl = avow_cur_le32(c);
	r->signature_algo = avow_cur_le32(c);
	r->current_tcb = avow_cur_bytes(c, 8);
	r->platform_info = avow_cur_le64(c);
	r->key_info = avow_cur_le32(c);
	reserve(c, r, 4);
	r->report_data = avow_cur_bytes(c, 64);
	r->measurement = avow_cur_bytes(c, 48);
	r->host_data = avow_cur_bytes(c, 32);
	r->id_key_digest = avow_cur_bytes(c, 48);
	r->author_key_digest = avow_cur_bytes(c, 48);
	r->report_id = avow_cur_bytes(c, 32);
	r->report_id_ma = avow_cur_bytes(c, 32);
	r->reported_tcb = avow_cur_bytes(c, 8);
}

/* 0x188 to 0x19f: CPUID from version 3 on, reserved before */
static void
read_cpuid(struct avow_cursor *c, struct avow_snp_report *r)
{
	r->has_cpuid = r->version >= 3;
	if (r->has_cpuid) {
		r->cpuid_family = avow_cur_u8(c);
		r->cpuid_model = avow_cur_u8(c);
		r->cpuid_stepping = avow_cur_u8(c);
	}
	reserve(c, r, r->has_cpuid ? 21 : 24);
}

/* The report has build, minor, major; ours is in the order of their weight. */
static void
read_version(struct avow_cursor *c, struct avow_snp_report *r, uint8_t out[3])
{
	out[2] = avow_cur_u8(c);
	out[1] = avow_cur_u8(c);
	out[0] = avow_cur_u8(c);
	reserve(c, r, 1);
}

/* 0x1a0 to 0x29f */
static void
read_platform(struct avow_cursor *c, struct avow_snp_report *r)
{
	r->chip_id = avow_cur_bytes(c, 64);
	r->committed_tcb = avow_cur_bytes(c, 8);
	read_version(c, r, r->current_version);
	read_version(c, r, r->committed_version);
	r->launch_tcb = avow_cur_bytes(c, 8);
	if (r->version >= 5) {
		r->launch_mit_vector = avow_cur_le64(c);
		r->current_mit_vector = avow_cur_le64(c);
		reserve(c, r, 152);
	} else {
		reserve(c, r, 168);
	}
}

enum avow_err
avow_snp_report_read(
	struct avow_span bytes, struct avow_snp_report *out, struct avow_why *why)
{
	static const struct avow_at length = {"report_length", "report", SOURCE};
	static const struct avow_at version = {"report_version", "VERSION", SOURCE};
	struct avow_cursor c = avow_cur(bytes);

	memset(out, 0, sizeof(*out));
	if (bytes.n != SNP_REPORT_BYTES)
		return avow_refuse(
			why, AVOW_E_SNP_LENGTH, &length, "1184 bytes", "%zu", bytes.n);
	out->signed_part = avow_span_slice(bytes, 0, SNP_SIGNED_BYTES);
	read_guest(&c, out);
	if (out->version != 2 && out->version != 3 && out->version != 5)
		return avow_refuse(why, AVOW_E_SNP_VERSION, &version, "2, 3 or 5",
			"%" PRIu32, out->version);
	read_cpuid(&c, out);
	read_platform(&c, out);
	out->r = avow_cur_bytes(&c, SNP_SCALAR_BYTES);
	out->s = avow_cur_bytes(&c, SNP_SCALAR_BYTES);
	reserve(&c, out, 368);
	return avow_cur_is_done(&c) ? AVOW_OK : AVOW_E_INTERNAL;
}

uint32_t
avow_snp_signing_key(const struct avow_snp_report *r)
{
	return r->key_info >> SNP_KEY_SIGNING_SHIFT & SNP_KEY_SIGNING_MASK;
}

/* --- for people ----------------------------------------------------------------------- */

/* 64-bit fields of bits: as hexadecimal text, which every JSON reader keeps. */
static void
put_bits(struct avow_jw *w, const char *name, uint64_t v)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%016" PRIx64, v);
	avow_jw_put_str(w, name, text);
}

static void
put_version(struct avow_jw *w, const char *name, const uint8_t v[3])
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u", v[0], v[1], v[2]);
	avow_jw_put_str(w, name, text);
}

static void
put_platform(struct avow_jw *w, const struct avow_snp_report *r)
{
	avow_jw_put_hex(w, "reported_tcb", r->reported_tcb);
	if (r->has_cpuid) {
		avow_jw_put_int(w, "cpuid_fam_id", r->cpuid_family);
		avow_jw_put_int(w, "cpuid_mod_id", r->cpuid_model);
		avow_jw_put_int(w, "cpuid_step", r->cpuid_stepping);
	}
	avow_jw_put_hex(w, "chip_id", r->chip_id);
	avow_jw_put_hex(w, "committed_tcb", r->committed_tcb);
	put_version(w, "current_version", r->current_version);
	put_version(w, "committed_version", r->committed_version);
	avow_jw_put_hex(w, "launch_tcb", r->launch_tcb);
	if (r->version >= 5) {
		put_bits(w, "launch_mit_vector", r->launch_mit_vector);
		put_bits(w, "current_mit_vector", r->current_mit_vector);
	}
}

void
avow_snp_report_inspect(const struct avow_snp_report *r, struct avow_jw *w)
{
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "version", r->version);
	avow_jw_put_int(w, "guest_svn", r->guest_svn);
	put_bits(w, "policy", r->policy);
	avow_jw_put_hex(w, "family_id", r->family_id);
	avow_jw_put_hex(w, "image_id", r->image_id);
	avow_jw_put_int(w, "vmpl", r->vmpl);
	avow_jw_put_int(w, "signature_algo", r->signature_algo);
	avow_jw_put_hex(w, "current_tcb", r->current_tcb);
	put_bits(w, "platform_info", r->platform_info);
	avow_jw_put_int(w, "key_info", r->key_info);
	avow_jw_put_hex(w, "report_data", r->report_data);
	avow_jw_put_hex(w, "measurement", r->measurement);
	avow_jw_put_hex(w, "host_data", r->host_data);
	avow_jw_put_hex(w, "id_key_digest", r->id_key_digest);
	avow_jw_put_hex(w, "author_key_digest", r->author_key_digest);
	avow_jw_put_hex(w, "report_id", r->report_id);
	avow_jw_put_hex(w, "report_id_ma", r->report_id_ma);
	put_platform(w, r);
	avow_jw_put_hex(w, "signature_r", r->r);
	avow_jw_put_hex(w, "signature_s", r->s);
	avow_jw_close(w);
}
