/*
 * What the kinds fill in: the two structs that everybody else holds only by
 * pointer. Seen inside evidence/ alone.
 */
#ifndef AVOW_EVIDENCE_INTERNAL_H
#define AVOW_EVIDENCE_INTERNAL_H

#include "evidence/evidence.h"

struct avow_evidence {
	const struct avow_kind *kind;
	struct avow_span bytes; /* as decoded from the request, wrappers included */
	const void *body; /* the kind's own */
};

struct avow_verified {
	const struct avow_evidence *ev;
	size_t judge_at; /* the judging checks' place in the findings */
	const void *body;
};

/* An evidence in the arena around a kind's body; AVOW_E_NO_MEMORY or TOO_LARGE. */
enum avow_err avow_evidence_make(const struct avow_kind *kind, struct avow_span bytes,
	const void *body, struct avow_arena *a,
	const struct avow_evidence **out) AVOW_CHECKED;

extern const struct avow_kind avow_kind_sgx;
extern const struct avow_kind avow_kind_oe;
extern const struct avow_kind avow_kind_snp;
extern const struct avow_kind avow_kind_tdx;
extern const struct avow_kind avow_kind_tpm;
extern const struct avow_kind avow_kind_azureguest;

/* The per-worker memories of all kinds. */
struct avow_evidence_cache {
	struct avow_intel_cache *intel;
	struct avow_snp_cache *snp;
	struct avow_tpm_cache *tpm;
};

#endif
