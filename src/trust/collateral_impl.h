/*
 * Inside of a collateral snapshot. Private to trust/.
 *
 *   files -> collateral_read.c -> arrays of parsed things (immutable)
 *         -> collateral_view.c -> one view a set of anchors: what was verified
 *         -> collateral_select.c -> the documents of one platform, cached
 */
#ifndef AVOW_TRUST_COLLATERAL_IMPL_H
#define AVOW_TRUST_COLLATERAL_IMPL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "trust/collateral.h"

/* A signed JSON document of either kind. */
struct avow_coll_doc {
	enum avow_collateral_kind kind;
	enum avow_collateral_use use;
	const char *name; /* of its file */
	const struct avow_tcb_info *tcb; /* by kind, else NULL */
	const struct avow_qe_identity *qe;
	struct avow_span raw; /* what is signed */
	const uint8_t *signature; /* 64 bytes */
	int64_t issue_s, next_s;
	uint32_t evaluation_number;
	uint8_t hash[AVOW_SHA256_BYTES]; /* of document || NUL */
};

struct avow_coll_crl {
	const char *name;
	struct avow_crl *crl;
	uint8_t pem_hash[AVOW_SHA256_BYTES]; /* of its PEM || NUL */
};

struct avow_coll_cert {
	const char *name;
	struct avow_cert *cert;
	int rank; /* 0 the folder's, 1 the anchors', 2 built in */
	bool is_root; /* self-issued and pinned; set in a view alone */
};

/* A file of a known kind that could not be read. */
struct avow_coll_bad {
	enum avow_collateral_kind kind;
	const char *name;
	struct avow_span text;
	struct avow_why why;
};

/* A certificate with AMD's extensions. */
struct avow_coll_vek {
	struct avow_cert *cert; /* of certs, which holds the reference */
	struct avow_amd_vek vek;
};

struct avow_coll_view;

struct avow_collateral {
	atomic_uint refs;
	struct avow_arena arena;
	struct avow_collateral_entry *entries;
	size_t n_entries, cap_entries;
	struct avow_coll_doc *docs;
	size_t n_docs, cap_docs;
	struct avow_coll_crl *crls;
	size_t n_crls, cap_crls;
	struct avow_coll_cert *certs; /* no two alike */
	size_t n_certs, cap_certs;
	uint32_t *cert_slots; /* hash table: place in certs + 1; 0: free */
	size_t n_cert_slots;
	struct avow_coll_vek *veks;
	size_t n_veks, cap_veks;
	struct avow_coll_bad *bad;
	size_t n_bad, cap_bad;
	struct avow_veks *more_veks; /* may be NULL */
	size_t n_files, n_bytes; /* read into it */
	struct avow_collateral *folder; /* of a joined one; may be NULL */
	struct avow_collateral **parts; /* of a joined one: their arenas are used */
	size_t n_parts;
	_Atomic(struct avow_coll_view *) views;
};

/** One with nothing in it. */
enum avow_err avow_coll_new(struct avow_collateral **out) AVOW_CHECKED;
/** AVOW_E_COLLATERAL_LIMIT, and of what. */
enum avow_err avow_coll_over_limit(struct avow_why *why, const char *what) AVOW_CHECKED;

/* --- collateral_read.c: bytes to parsed things --------------------------------- */

/** Add a certificate, whose reference is taken over, if it is not there yet. */
enum avow_err avow_coll_put_cert(struct avow_collateral *c, struct avow_coll_cert cert,
	bool *is_new) AVOW_CHECKED;
/** The certificate of that digest; NULL: none. */
struct avow_cert *avow_coll_cert_at(
	const struct avow_collateral *c, const uint8_t sha256[AVOW_SHA256_BYTES]);

/** Classify one file and add what it holds. Only memory, crypto and limits fail. */
enum avow_err avow_coll_read(struct avow_collateral *c,
	const struct avow_collateral_file *file,
	enum avow_collateral_use use) AVOW_CHECKED;
/** A file that is there and could not be read as bytes. */
enum avow_err avow_coll_unreadable(
	struct avow_collateral *c, const char *name, enum avow_err why) AVOW_CHECKED;
/** Add the makers' published certificates, at the lowest rank. */
enum avow_err avow_coll_add_builtin(struct avow_collateral *c) AVOW_CHECKED;

/* --- collateral_view.c: what was verified under one set of anchors --------------- */

/* A verified TCB signing chain. */
struct avow_coll_chain {
	const struct avow_coll_cert *signer, *root;
	uint16_t key; /* equal for equal signer keys under equal root keys */
	uint8_t pem_hash[AVOW_SHA256_BYTES]; /* PEM signer || PEM root || NUL */
};

/* A CA under which CRLs are verified: a root, or a PCK CA of a verified chain. */
struct avow_coll_ca {
	struct avow_cert *cert; /* a reference */
	struct avow_cert *root; /* which issued it; itself for a root */
	enum avow_err err; /* AVOW_OK: `root` is set */
	size_t slot; /* its row in crl_state; SIZE_MAX: none */
};

#define AVOW_COLL_CAS 16 /* Intel has 3 with 2 roots; more are not remembered */

struct avow_coll_view {
	struct avow_coll_view *next;
	uint8_t anchors_id[AVOW_SHA256_BYTES];
	struct avow_coll_cert *certs; /* the snapshot's and the anchors', references */
	size_t n_certs;
	struct avow_coll_chain *chains; /* in order of preference */
	size_t n_chains;
	struct avow_why chain_why; /* why the best signer has no chain */
	atomic_ushort *doc_state; /* 0 unknown, 1 bad, 2 + key: good under it */
	atomic_ushort *crl_state; /* [ca][crl]: 0 unknown, else error + 1 */
	_Atomic(struct avow_coll_ca *) cas[AVOW_COLL_CAS];
	struct avow_coll_cache *cache; /* collateral_select.c */
};

/** The view for these anchors; made when there is none. */
enum avow_err avow_coll_view(struct avow_collateral *c,
	const struct avow_anchors *anchors, struct avow_coll_view **out) AVOW_CHECKED;
void avow_coll_view_free(struct avow_coll_view *v);
/** What is known of a CA: a trusted root itself, or issued by one. Copied. */
enum avow_err avow_coll_find_ca(struct avow_coll_view *v, struct avow_cert *cert,
	struct avow_coll_ca *out) AVOW_CHECKED;
/** avow_intel_crl_verify, remembered. */
enum avow_err avow_coll_crl_verify(const struct avow_collateral *c,
	struct avow_coll_view *v, size_t crl, const struct avow_coll_ca *ca,
	struct avow_why *why) AVOW_CHECKED;
/** The key class that signed document `doc`, remembered; 0 when none of the view's
 *  keys did (else class + 1). Fails only for want of memory or crypto. */
enum avow_err avow_coll_doc_signer(const struct avow_collateral *c,
	struct avow_coll_view *v, size_t doc, uint16_t *key_plus_1) AVOW_CHECKED;

/* --- collateral_select.c ------------------------------------------------------- */

enum avow_err avow_coll_cache_new(struct avow_coll_cache **out) AVOW_CHECKED;
void avow_coll_cache_free(struct avow_coll_cache *cache);

/** Memory or the crypto library, which says nothing about a document. */
bool avow_coll_is_our_failure(enum avow_err e);

#endif
