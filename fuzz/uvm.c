/*
 * UVM endorsements: COSE_Sign1 of both forms, with their certificates and issuer.
 *
 * Properties: reading is total and gives the same twice; what it hands out lies in
 * the input; every judgement ends in one of its own codes; and no endorsement is
 * known to an operator who names somebody else.
 */
#include "must.h"

#include "base/limits.h"
#include "evidence/snp/uvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
within(struct avow_span whole, struct avow_span part)
{
	must(part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
				    (size_t)(part.p - whole.p) <= whole.n - part.n));
}

static void
lies_inside(struct avow_span in, const struct avow_uvm *u)
{
	within(in, u->cose.protected_bytes);
	within(u->cose.protected_bytes, u->issuer);
	within(u->cose.protected_bytes, u->feed);
	within(in, u->cose.payload);
	within(in, u->cose.signature);
	must(u->issuer.n > 0 && u->feed.n > 0 && u->svn <= INT64_MAX);
	must(u->n_chain > 0 && u->n_chain <= AVOW_MAX_UVM_CERTS);
}

static void
judge(const struct avow_uvm *u)
{
	static const struct avow_snp_references refs = {
		.uvm = {{.issuer = {(const uint8_t *)"did:x509:0:sha256:none", 22},
			.feed = {(const uint8_t *)"none of these", 13}}},
		.n_uvm = 1};
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_uvm_check_chain(u, &why);
	must(e == why.code && (e == AVOW_OK || e == AVOW_E_UVM_CHAIN));
	avow_why_init(&why);
	e = avow_uvm_check_issuer(u, &why);
	must(e == AVOW_OK || e == AVOW_E_DID_FORMAT || e == AVOW_E_DID_MISMATCH);
	avow_why_init(&why);
	e = avow_uvm_check_time(u, 1750000000, &why);
	must(e == AVOW_OK || e == AVOW_E_UVM_TIME);
	avow_why_init(&why);
	e = avow_cose_verify(&u->cose, u->chain[0]->key, &why);
	must(e == AVOW_OK || e == AVOW_E_COSE_SIGNATURE || e == AVOW_E_COSE_ALGORITHM);
	must(avow_uvm_check_reference(u, &refs, NULL) == AVOW_E_UVM_UNKNOWN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_uvm one, two;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(16));
	avow_why_init(&why);
	e = avow_uvm_read(in, &a, &one, &why);
	must(e == why.code);
	must(avow_uvm_read(in, &a, &two, NULL) == e);
	must(one.n_chain == two.n_chain && one.svn == two.svn);
	if (e == AVOW_OK) {
		lies_inside(in, &one);
		judge(&one);
	}
	avow_uvm_clear(&one);
	avow_uvm_clear(&two);
	avow_arena_clear(&a);
	return 0;
}
