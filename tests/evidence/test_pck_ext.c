/* The SGX extension of a PCK certificate, made here byte by byte. */
#include "support.h"

#include "evidence/intel/pck_ext.h"
#include "wire/der.h"

#define OID "1.2.840.113741.1.13.1"

struct der {
	uint8_t b[2048];
	size_t n;
};

/* identifier, length, content */
static void
put(struct der *d, uint8_t tag, const void *p, size_t n)
{
	d->b[d->n++] = tag;
	if (n >= 0x100) {
		d->b[d->n++] = 0x82;
		d->b[d->n++] = (uint8_t)(n >> 8);
	} else if (n >= 0x80) {
		d->b[d->n++] = 0x81;
	}
	d->b[d->n++] = (uint8_t)n;
	if (n)
		memcpy(d->b + d->n, p, n);
	d->n += n;
}

/* SEQUENCE { OID, value } */
static void
put_pair(struct der *d, const char *oid, uint8_t tag, const void *p, size_t n)
{
	struct der in = {.n = 0};
	uint8_t bytes[32];

	put(&in, AVOW_DER_OID, bytes, avow_der_oid_encode(oid, bytes, sizeof(bytes)));
	put(&in, tag, p, n);
	put(d, AVOW_DER_SEQUENCE, in.b, in.n);
}

static void
put_int(struct der *d, const char *oid, unsigned v)
{
	uint8_t b[3] = {0, (uint8_t)(v >> 8), (uint8_t)v};
	size_t from = v >= 0x8000 ? 0 : v >= 0x80 ? 1 : 2;

	if (v >= 0x100 && v < 0x8000)
		from = 1;
	put_pair(d, oid, AVOW_DER_INTEGER, b + from, 3 - from);
}

/* What a test may change. */
struct plan {
	size_t ppid, cpusvn, pceid, fmspc, instance;
	unsigned comp1, pcesvn, sgx_type;
	bool platform;
	int skip, twice; /* arc of the outer list, 0: none */
	int skip_comp, twice_comp;
	const char *extra;
	uint8_t boolean;
	bool skip_smt;
};

static const struct plan usual = {.ppid = 16,
	.cpusvn = 16,
	.pceid = 2,
	.fmspc = 6,
	.instance = 16,
	.comp1 = 200,
	.pcesvn = 13,
	.platform = true,
	.boolean = 0xff};

static const uint8_t filler[64] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void
put_tcb(struct der *d, const struct plan *p)
{
	struct der in = {.n = 0};
	char oid[64];

	for (int i = 1; i <= 16; i++) {
		snprintf(oid, sizeof(oid), OID ".2.%d", i);
		if (i != p->skip_comp)
			put_int(&in, oid, i == 1 ? p->comp1 : (unsigned)i);
		if (i == p->twice_comp)
			put_int(&in, oid, 0);
	}
	put_int(&in, OID ".2.17", p->pcesvn);
	put_pair(&in, OID ".2.18", AVOW_DER_OCTET_STRING, filler, p->cpusvn);
	put_pair(d, OID ".2", AVOW_DER_SEQUENCE, in.b, in.n);
}

static void
put_configuration(struct der *d, const struct plan *p)
{
	struct der in = {.n = 0};

	put_pair(&in, OID ".7.1", AVOW_DER_BOOLEAN, &p->boolean, 1);
	put_pair(&in, OID ".7.2", AVOW_DER_BOOLEAN, "", 1);
	if (!p->skip_smt)
		put_pair(&in, OID ".7.3", AVOW_DER_BOOLEAN, "\xff", 1);
	put_pair(d, OID ".7", AVOW_DER_SEQUENCE, in.b, in.n);
}

static void
put_one(struct der *d, const struct plan *p, int arc)
{
	uint8_t type = (uint8_t)p->sgx_type;

	switch (arc) {
	case 1:
		put_pair(d, OID ".1", AVOW_DER_OCTET_STRING, filler, p->ppid);
		break;
	case 2:
		put_tcb(d, p);
		break;
	case 3:
		put_pair(d, OID ".3", AVOW_DER_OCTET_STRING, filler, p->pceid);
		break;
	case 4:
		put_pair(d, OID ".4", AVOW_DER_OCTET_STRING, filler, p->fmspc);
		break;
	case 5:
		put_pair(d, OID ".5", AVOW_DER_ENUMERATED, &type, 1);
		break;
	case 6:
		put_pair(d, OID ".6", AVOW_DER_OCTET_STRING, filler, p->instance);
		break;
	default:
		put_configuration(d, p);
	}
}

static struct der whole;
static struct avow_why why;
static struct avow_pck_extensions ext;

static enum avow_err
parse_value(struct avow_span value)
{
	uint8_t oid[32];
	const struct avow_extension x = {
		.oid = avow_span_make(oid, avow_der_oid_encode(OID, oid, sizeof(oid))),
		.value = value};
	const struct avow_cert leaf = {.extensions = &x, .n_extensions = 1};

	avow_why_init(&why);
	return avow_pck_extensions_parse(&leaf, &ext, &why);
}

static enum avow_err
parse(const struct plan *p)
{
	struct der in = {.n = 0};

	for (int arc = 1; arc <= (p->platform ? 7 : 5); arc++) {
		if (arc != p->skip)
			put_one(&in, p, arc);
		if (arc == p->twice)
			put_one(&in, p, arc);
	}
	if (p->extra)
		put_pair(&in, p->extra, AVOW_DER_OCTET_STRING, filler, 4);
	whole.n = 0;
	put(&whole, AVOW_DER_SEQUENCE, in.b, in.n);
	return parse_value(avow_span_make(whole.b, whole.n));
}

static void
reads_a_platform_certificate(void **state)
{
	(void)state;
	assert_ok(parse(&usual));
	assert_memory_equal(ext.ppid, filler, 16);
	assert_int_equal(ext.components[0], 200);
	for (unsigned i = 1; i < 16; i++)
		assert_int_equal(ext.components[i], i + 1);
	assert_int_equal(ext.pcesvn, 13);
	assert_memory_equal(ext.cpu_svn, filler, 16);
	assert_memory_equal(ext.pce_id, filler, 2);
	assert_memory_equal(ext.fmspc, filler, 6);
	assert_int_equal(ext.sgx_type, 0);
	assert_true(ext.is_platform);
	assert_memory_equal(ext.platform_instance_id, filler, 16);
	assert_true(ext.dynamic_platform);
	assert_false(ext.cached_keys);
	assert_true(ext.smt_enabled);
}

static void
reads_a_processor_certificate(void **state)
{
	struct plan p = usual;

	(void)state;
	p.platform = false;
	p.pcesvn = 0xffff;
	p.sgx_type = 2;
	assert_ok(parse(&p));
	assert_false(ext.is_platform);
	assert_int_equal(ext.pcesvn, 0xffff);
	assert_int_equal(ext.sgx_type, 2);
}

static void
assert_refused(const struct plan *p, const char *field)
{
	assert_err(AVOW_E_PCK_EXTENSIONS, parse(p));
	assert_string_equal(field, why.field);
}

static void
refuses_a_wrong_size(void **state)
{
	struct plan p;

	(void)state;
#define SIZE(member, v, name)                                                          \
	p = usual;                                                                     \
	p.member = (v);                                                                \
	assert_refused(&p, name)
	SIZE(ppid, 15, "PPID");
	SIZE(ppid, 17, "PPID");
	SIZE(cpusvn, 15, "CPUSVN");
	SIZE(pceid, 3, "PCE-ID");
	SIZE(pceid, 1, "PCE-ID");
	SIZE(fmspc, 5, "FMSPC");
	SIZE(fmspc, 7, "FMSPC");
	SIZE(instance, 8, "Platform Instance ID");
#undef SIZE
}

static void
refuses_a_number_out_of_range(void **state)
{
	struct plan p = usual;

	(void)state;
	p.comp1 = 256;
	assert_refused(&p, "SGX TCB component SVN");
	p = usual;
	p.sgx_type = 3;
	assert_refused(&p, "SGX Type");
	p = usual;
	p.boolean = 1;
	assert_refused(&p, "Dynamic Platform");
}

static void
refuses_an_element_that_is_absent(void **state)
{
	static const char *const names[] = {
		"PPID", "TCB", "PCE-ID", "FMSPC", "SGX Type"};
	struct plan p = usual;

	(void)state;
	for (int i = 0; i < 5; i++) {
		p.skip = i + 1;
		assert_refused(&p, names[i]);
	}
	p.skip = 6;
	assert_refused(&p, OID);
	p.skip = 7;
	assert_refused(&p, OID);
	p = usual;
	p.skip_smt = true;
	assert_refused(&p, "SMT Enabled");
}

/* bug class 11: fewer than 16 components must never be compared as if all were there */
static void
refuses_other_than_sixteen_components(void **state)
{
	struct plan p = usual;

	(void)state;
	for (int i = 1; i <= 16; i++) {
		p.skip_comp = i;
		assert_refused(&p, "SGX TCB component SVN");
	}
	p = usual;
	for (int i = 1; i <= 16; i++) {
		p.twice_comp = i;
		assert_refused(&p, "SGX TCB component SVN");
	}
}

static void
refuses_an_element_twice_or_unknown(void **state)
{
	struct plan p = usual;

	(void)state;
	for (int i = 1; i <= 7; i++) {
		p.twice = i;
		assert_err(AVOW_E_PCK_EXTENSIONS, parse(&p));
		assert_string_equal("twice", why.got);
	}
	p = usual;
	p.extra = OID ".8";
	assert_refused(&p, OID);
	p.extra = "1.2.840.113741.1.13.2.1";
	assert_refused(&p, OID);
}

static void
refuses_a_list_of_something_else(void **state)
{
	struct der in = {.n = 0};

	(void)state;
	put(&in, AVOW_DER_NULL, NULL, 0);
	whole.n = 0;
	put(&whole, AVOW_DER_SEQUENCE, in.b, in.n);
	assert_err(
		AVOW_E_PCK_EXTENSIONS, parse_value(avow_span_make(whole.b, whole.n)));
	assert_string_equal("other DER", why.got);
	in.n = whole.n = 0;
	put(&in, AVOW_DER_SEQUENCE, "\x05", 1);
	put(&whole, AVOW_DER_SEQUENCE, in.b, in.n);
	assert_err(
		AVOW_E_PCK_EXTENSIONS, parse_value(avow_span_make(whole.b, whole.n)));
}

static void
refuses_a_certificate_without_the_extension(void **state)
{
	const struct avow_cert leaf = {.n_extensions = 0};

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_PCK_EXTENSIONS, avow_pck_extensions_parse(&leaf, &ext, &why));
	assert_string_equal("absent", why.got);
}

static void
refuses_every_truncation_and_a_trailing_byte(void **state)
{
	size_t n;

	(void)state;
	assert_ok(parse(&usual));
	n = whole.n;
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = malloc(i ? i : 1);

		assert_non_null(copy);
		memcpy(copy, whole.b, i);
		assert_err(AVOW_E_PCK_EXTENSIONS, parse_value(avow_span_make(copy, i)));
		free(copy);
	}
	whole.b[n] = 0;
	assert_err(AVOW_E_PCK_EXTENSIONS, parse_value(avow_span_make(whole.b, n + 1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_platform_certificate),
		cmocka_unit_test(reads_a_processor_certificate),
		cmocka_unit_test(refuses_a_wrong_size),
		cmocka_unit_test(refuses_a_number_out_of_range),
		cmocka_unit_test(refuses_an_element_that_is_absent),
		cmocka_unit_test(refuses_other_than_sixteen_components),
		cmocka_unit_test(refuses_an_element_twice_or_unknown),
		cmocka_unit_test(refuses_a_list_of_something_else),
		cmocka_unit_test(refuses_a_certificate_without_the_extension),
		cmocka_unit_test(refuses_every_truncation_and_a_trailing_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
