/*
 * Products, TCB layouts and the extensions of VCEK and VLEK certificates. It
 * reads what AMD's documents define and refuses the rest; whether any of it is
 * true is amd_chain.c's, whether it fits a report is the verifier's.
 */
#include "trust/amd.h"

#include <string.h>

#include "wire/der.h"

/* --- products ----------------------------------------------------------------------- */

const char *
avow_amd_product_name(enum avow_amd_product p)
{
	switch (p) {
	case AVOW_AMD_MILAN:
		return "Milan";
	case AVOW_AMD_GENOA:
		return "Genoa";
	case AVOW_AMD_TURIN:
		return "Turin";
	default:
		return "unknown";
	}
}

bool
avow_amd_product_by_name(struct avow_span name, enum avow_amd_product *out)
{
	/* AMD 57230, product name: the line, then "-" and the stepping; Bergamo and
	 * Siena are served under Genoa's roots */
	static const struct {
		const char *line;
		enum avow_amd_product product;
	} lines[] = {{"Milan", AVOW_AMD_MILAN}, {"Genoa", AVOW_AMD_GENOA},
		{"Bergamo", AVOW_AMD_GENOA}, {"Siena", AVOW_AMD_GENOA},
		{"Turin", AVOW_AMD_TURIN}};
	struct avow_span line =
		avow_span_slice(name, 0, avow_span_find_byte(name, '-'));

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (avow_span_eq_str(line, lines[i].line)) {
			*out = lines[i].product;
			return true;
		}
	return false;
}

bool
avow_amd_product_by_cpuid(uint8_t family, uint8_t model, enum avow_amd_product *out)
{
	/* AMD PPR 55898 (19h 00-0Fh), 55901 (19h 10-1Fh), 56327 (19h A0-AFh),
	 * 57238 (1Ah 00-11h). The stepping tells nothing: certificates say Milan-B0
	 * on every Milan. */
	static const struct {
		uint8_t family, from, to;
		enum avow_amd_product product;
	} models[] = {{0x19, 0x00, 0x0f, AVOW_AMD_MILAN},
		{0x19, 0x10, 0x1f, AVOW_AMD_GENOA}, {0x19, 0xa0, 0xaf, AVOW_AMD_GENOA},
		{0x1a, 0x00, 0x11, AVOW_AMD_TURIN}};

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (family == models[i].family && model >= models[i].from &&
			model <= models[i].to) {
			*out = models[i].product;
			return true;
		}
	return false;
}

/* --- TCB versions --------------------------------------------------------------------- */

const char *
avow_amd_part_name(enum avow_amd_part part)
{
	static const char *const names[AVOW_AMD_PARTS] = {
		"FMC", "BOOT_LOADER", "TEE", "SNP", "MICROCODE"};

	return part < AVOW_AMD_PARTS ? names[part] : "none";
}

bool
avow_amd_tcb_read(enum avow_amd_product p, const uint8_t raw[AVOW_AMD_TCB_BYTES],
	struct avow_amd_tcb *out)
{
	/* AMD 56860, TCB_VERSION; from Turin on FMC comes first. -1: reserved */
	static const int8_t before[AVOW_AMD_TCB_BYTES] = {AVOW_AMD_BOOT_LOADER,
		AVOW_AMD_TEE, -1, -1, -1, -1, AVOW_AMD_SNP, AVOW_AMD_MICROCODE};
	static const int8_t turin[AVOW_AMD_TCB_BYTES] = {AVOW_AMD_FMC,
		AVOW_AMD_BOOT_LOADER, AVOW_AMD_TEE, AVOW_AMD_SNP, -1, -1, -1,
		AVOW_AMD_MICROCODE};
	const int8_t *layout = p == AVOW_AMD_TURIN ? turin : before;
	bool clean = true;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < AVOW_AMD_TCB_BYTES; i++)
		if (layout[i] >= 0)
			out->part[layout[i]] = raw[i];
		else if (raw[i] != 0)
			clean = false;
	return clean;
}

enum avow_amd_part
avow_amd_tcb_above(const struct avow_amd_tcb *a, const struct avow_amd_tcb *b)
{
	for (unsigned i = 0; i < AVOW_AMD_PARTS; i++)
		if (a->part[i] > b->part[i])
			return (enum avow_amd_part)i;
	return AVOW_AMD_PARTS;
}

enum avow_amd_part
avow_amd_tcb_differs(const struct avow_amd_tcb *a, const struct avow_amd_tcb *b)
{
	for (unsigned i = 0; i < AVOW_AMD_PARTS; i++)
		if (a->part[i] != b->part[i])
			return (enum avow_amd_part)i;
	return AVOW_AMD_PARTS;
}

/* --- the certificate's extensions ------------------------------------------------------- */

#define ARC "1.3.6.1.4.1.3704.1"
#define SOURCE "AMD 57230, VCEK certificate extensions"

const char *
avow_amd_vek_name(enum avow_amd_vek_kind kind)
{
	return kind == AVOW_AMD_VLEK ? "VLEK" : "VCEK";
}

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, const char *got)
{
	struct avow_at at = {"vek_extensions", field, SOURCE};

	return avow_refuse(why, AVOW_E_SNP_CERT_EXTENSIONS, &at, expected, "%s", got);
}

/* One element of that tag and nothing behind it. */
static bool
single(struct avow_span value, uint8_t tag, struct avow_span *content)
{
	struct avow_cursor c = avow_cur(value);
	struct avow_der d;

	if (avow_der_next(&c, tag, &d) != AVOW_OK || !avow_cur_is_done(&c))
		return false;
	*content = d.content;
	return true;
}

/* INTEGER 0..255 in its minimal form: 0xDB is 02 02 00 DB. */
static bool
read_byte(struct avow_span value, uint8_t *out)
{
	struct avow_cursor c = avow_cur(value);
	uint64_t v;

	if (avow_der_uint(&c, AVOW_DER_INTEGER, 255, &v) != AVOW_OK ||
		!avow_cur_is_done(&c))
		return false;
	*out = (uint8_t)v;
	return true;
}

/* The SPLs of a structure version, and the part that each one is. */
struct spl {
	const char *oid, *name;
	int part; /* -1: reserved, 0 where it is there at all */
	bool in_0, in_1; /* of structVersion 0 (Milan, Genoa) and 1 (Turin) */
};

static const struct spl spls[] = {
	{ARC ".3.1", "blSPL", AVOW_AMD_BOOT_LOADER, true, true},
	{ARC ".3.2", "teeSPL", AVOW_AMD_TEE, true, true},
	{ARC ".3.3", "snpSPL", AVOW_AMD_SNP, true, true},
	{ARC ".3.4", "spl_4", -1, false, false},
	{ARC ".3.5", "spl_5", -1, false, false},
	{ARC ".3.6", "spl_6", -1, false, false},
	{ARC ".3.7", "spl_7", -1, false, false},
	{ARC ".3.8", "ucodeSPL", AVOW_AMD_MICROCODE, true, true},
	{ARC ".3.9", "fmcSPL", AVOW_AMD_FMC, false, true},
};

static enum avow_err
read_spl(const struct avow_cert *leaf, const struct spl *s, bool turin,
	struct avow_amd_tcb *out, struct avow_why *why)
{
	const struct avow_extension *e = avow_cert_extension(leaf, s->oid);
	bool required = turin ? s->in_1 : s->in_0;
	uint8_t v;

	if (!e)
		return required ? refuse(why, s->name, "one", "none") : AVOW_OK;
	if (!read_byte(e->value, &v))
		return refuse(why, s->name, "an INTEGER of one byte", "something else");
	if (!required && v != 0)
		return refuse(why, s->name, "0, it is reserved", "another value");
	if (s->part >= 0)
		out->part[s->part] = v;
	return AVOW_OK;
}

static enum avow_err
read_product(const struct avow_cert *leaf, struct avow_amd_vek *v, struct avow_why *why)
{
	static const struct avow_at at = {"vek_extensions", "productName", SOURCE};
	const struct avow_extension *e = avow_cert_extension(leaf, ARC ".2");
	struct avow_span name;

	if (!e || !single(e->value, AVOW_DER_IA5_STRING, &name))
		return refuse(why, "productName", "an IA5String", "none");
	if (!avow_amd_product_by_name(name, &v->product))
		return avow_refuse(why, AVOW_E_SNP_PRODUCT, &at,
			"Milan, Genoa or Turin", "%.*s",
			(int)(name.n < 32 ? name.n : 32), (const char *)name.p);
	return AVOW_OK;
}

static enum avow_err
read_struct_version(const struct avow_cert *leaf, bool turin, struct avow_why *why)
{
	const struct avow_extension *e = avow_cert_extension(leaf, ARC ".1");
	uint8_t v;

	if (!e || !read_byte(e->value, &v))
		return refuse(why, "structVersion", "an INTEGER", "none");
	if (v != (turin ? 1 : 0))
		return refuse(why, "structVersion",
			turin ? "1 on Turin" : "0 on Milan and Genoa", "another value");
	return AVOW_OK;
}

/* hwID is the bytes themselves, in newer certificates inside an OCTET STRING:
 * the length tells, because a bare one may begin with any byte. */
static bool
read_hwid(struct avow_span value, size_t want, struct avow_span *out)
{
	if (value.n == want) {
		*out = value;
		return true;
	}
	return value.n == want + 2 && single(value, AVOW_DER_OCTET_STRING, out) &&
	       out->n == want;
}

/* verifier bug 16: exactly one of the two tells whose key it is */
static enum avow_err
read_owner(const struct avow_cert *leaf, struct avow_amd_vek *v, struct avow_why *why)
{
	const struct avow_extension *hwid = avow_cert_extension(leaf, ARC ".4");
	const struct avow_extension *csp = avow_cert_extension(leaf, ARC ".5");
	size_t want = v->product == AVOW_AMD_TURIN ? AVOW_AMD_CHIP_ID_TURIN_BYTES
						   : AVOW_AMD_CHIP_ID_BYTES;

	if (!hwid == !csp)
		return refuse(why, "hwID", "either hwID or csp_id",
			hwid ? "both" : "neither");
	v->kind = hwid ? AVOW_AMD_VCEK : AVOW_AMD_VLEK;
	if (hwid && !read_hwid(hwid->value, want, &v->chip_id))
		return refuse(why, "hwID", want == 8 ? "8 bytes" : "64 bytes",
			"another length");
	if (csp && (!single(csp->value, AVOW_DER_IA5_STRING, &v->csp_id) ||
			   v->csp_id.n == 0))
		return refuse(why, "csp_id", "an IA5String with a name", "none");
	return AVOW_OK;
}

enum avow_err
avow_amd_vek_parse(
	const struct avow_cert *leaf, struct avow_amd_vek *out, struct avow_why *why)
{
	struct avow_amd_vek v;
	bool turin;

	memset(out, 0, sizeof(*out));
	memset(&v, 0, sizeof(v));
	AVOW_TRY(read_product(leaf, &v, why));
	turin = v.product == AVOW_AMD_TURIN;
	AVOW_TRY(read_struct_version(leaf, turin, why));
	for (size_t i = 0; i < sizeof(spls) / sizeof(spls[0]); i++)
		AVOW_TRY(read_spl(leaf, &spls[i], turin, &v.tcb, why));
	AVOW_TRY(read_owner(leaf, &v, why));
	*out = v;
	return AVOW_OK;
}

bool
avow_amd_vek_is_of_chip(const struct avow_amd_vek *v, struct avow_span chip_id)
{
	return v->kind == AVOW_AMD_VCEK && chip_id.n == AVOW_AMD_CHIP_ID_BYTES &&
	       avow_span_starts(chip_id, v->chip_id) &&
	       avow_span_all_zero(avow_span_from(chip_id, v->chip_id.n));
}
