/*
 * One appraisal of forged SEV-SNP evidence, with what was forged beside it: the
 * ARK's key as the only anchor, certificates given, the CRL in the folder.
 */
#ifndef AVOW_TESTS_FORGE_SNP_RUN_H
#define AVOW_TESTS_FORGE_SNP_RUN_H

#include "support.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "forge/snp.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/did_x509.h"
#include "trust/snp_references.h"

#define AT_S INT64_C(1750000000) /* 2025-06-15 */

struct snp_outcome {
	enum avow_err err;
	struct avow_why why;
	struct avow_findings f;
};

struct snp_world {
	struct avow_forged *files;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_arena arena;
	struct avow_span certs[4], uvm;
	struct avow_snp_references *references;
	struct avow_verify_in in;
};

/* What was made is the reference value, where an operator could write it down. */
static inline void
snp_world_refer(struct snp_world *w)
{
	struct avow_span text = avow_forged_get(w->files, "uvm_reference.txt");

	assert_ok(avow_snp_references_new(&w->references));
	if (text.n && avow_did_x509_is(
			      avow_span_slice(text, 0, avow_span_find_byte(text, ' '))))
		assert_ok(avow_snp_references_add_uvm(w->references, text, NULL));
	w->in.snp_references = w->references;
}

static inline void
snp_world_open(struct snp_world *w, const struct avow_forge_snp *p)
{
	static const char *const names[] = {"cert_chain.pem", "vek.der"};
	struct avow_collateral_file crl = {"ark_crl.der", {NULL, 0}};

	memset(w, 0, sizeof(*w));
	avow_arena_init(&w->arena, AVOW_MIB(64));
	assert_ok(avow_forge_snp_make(p, &w->files, NULL));
	assert_ok(avow_anchors_new(false, &w->anchors));
	assert_ok(avow_anchors_add_pem(w->anchors, AVOW_ANCHOR_AMD_ARK,
		avow_forged_get(w->files, "root.pem"), NULL));
	crl.bytes = avow_forged_get(w->files, "collateral/ark_crl.der");
	assert_ok(avow_collateral_build(&crl, 1, &w->collateral, NULL));
	w->in.at_s = p->at_s;
	w->in.anchors = w->anchors;
	w->in.collateral = w->collateral;
	w->in.certs = w->certs;
	for (size_t i = 0; i < 2; i++)
		if (avow_forged_get(w->files, names[i]).n)
			w->certs[w->in.n_certs++] = avow_forged_get(w->files, names[i]);
	w->uvm = avow_forged_get(w->files, "uvm.cose");
	w->in.uvm = &w->uvm;
	w->in.n_uvm = w->uvm.n > 0;
	snp_world_refer(w);
	w->in.runtime = (struct avow_bound_data){
		!p->has_report_data, avow_forged_get(w->files, "runtime.bin"), true};
	w->in.init =
		(struct avow_bound_data){avow_forged_get(w->files, "init.bin").n > 0,
			avow_forged_get(w->files, "init.bin"), false};
}

static inline void
snp_world_close(struct snp_world *w)
{
	avow_snp_references_free(w->references);
	avow_collateral_free(w->collateral);
	avow_anchors_free(w->anchors);
	avow_forged_free(w->files);
	avow_arena_clear(&w->arena);
}

/* The verdict on one of its files; *v stays valid until the world is closed. */
static inline void
snp_world_verify(struct snp_world *w, const char *file, struct snp_outcome *o,
	const struct avow_verified **v)
{
	const struct avow_evidence *ev;

	memset(o, 0, sizeof(*o));
	avow_why_init(&o->why);
	*v = NULL;
	o->err = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("snp")),
		avow_forged_get(w->files, file), &w->arena, &ev, &o->why);
	if (o->err == AVOW_OK)
		o->err = avow_evidence_verify(ev, &w->in, &w->arena, &o->f, v, &o->why);
}

static inline struct snp_outcome
snp_appraise(const struct avow_forge_snp *p, const char *file)
{
	const struct avow_verified *v;
	struct snp_outcome o;
	struct snp_world w;

	snp_world_open(&w, p);
	/* the contract's JSON brings its own certificates */
	if (strcmp(file, "request.json") == 0)
		w.in.n_certs = w.in.n_uvm = 0;
	snp_world_verify(&w, file, &o, &v);
	snp_world_close(&w);
	return o;
}

#endif
