/*
 * One bit of every byte of a report and of its certificates is flipped: each
 * changes the verdict, and never to a fault of our own. Every byte of a report is
 * signed, or part of the signature, or has to be zero; there is no exception.
 */
#include "snp_run.h"

static bool
is_fault(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	return c == AVOW_CLASS_INTERNAL || c == AVOW_CLASS_CRYPTO ||
	       c == AVOW_CLASS_STORE;
}

static enum avow_err
try(struct run *r)
{
	const struct avow_evidence *ev;
	struct avow_span bytes = avow_span_make(r->w.report, 1184);
	enum avow_err e;

	avow_arena_reset(&r->arena);
	avow_why_init(&r->why);
	e = avow_evidence_parse(
		avow_kind_by_name(AVOW_LIT("snp")), bytes, &r->arena, &ev, &r->why);
	if (e != AVOW_OK)
		return e;
	return avow_evidence_verify(
		ev, &r->in, &r->arena, &r->f, &r->verified, &r->why);
}

static void
flip_report(const struct amd_params *p)
{
	struct run r;

	run_new(&r, p);
	assert_ok(avow_evidence_cache_new(0, &r.in.cache));
	for (size_t i = 0; i < 1184; i++) {
		uint8_t bit = (uint8_t)(1u << (i * 5 + 3) % 8);
		enum avow_err e;

		r.w.report[i] ^= bit;
		e = try(&r);
		if (e == AVOW_OK || is_fault(e))
			fail_msg("byte 0x%zx, bit 0x%x: %s", i, bit, avow_err_name(e));
		assert_null(r.verified);
		r.w.report[i] ^= bit;
	}
	assert_ok(try(&r));
	avow_evidence_cache_free(r.in.cache);
	run_clear(&r);
}

static void
refuses_a_flip_in_every_byte_of_a_report(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	flip_report(&p);
	p = amd_turin();
	flip_report(&p);
	p = amd_milan();
	p.version = 2;
	p.vlek = true;
	flip_report(&p);
}

static void
refuses_a_flip_in_every_byte_of_a_certificate(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_buf *certs[3];
	struct run r;

	(void)state;
	run_new(&r, &p);
	certs[0] = &r.w.ark;
	certs[1] = &r.w.leaf;
	certs[2] = &r.w.ca;
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < certs[k]->n; i++) {
			uint8_t bit = (uint8_t)(1u << (i * 3 + 1) % 8);
			enum avow_err e;

			certs[k]->p[i] ^= bit;
			e = try(&r);
			if (e == AVOW_OK || is_fault(e))
				fail_msg("certificate %zu, byte %zu: %s", k, i,
					avow_err_name(e));
			certs[k]->p[i] ^= bit;
		}
	assert_ok(try(&r));
	run_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_flip_in_every_byte_of_a_report),
		cmocka_unit_test(refuses_a_flip_in_every_byte_of_a_certificate),
	};

	return cmocka_run_group_tests_name("evidence/snp_flip", tests, setup, teardown);
}
