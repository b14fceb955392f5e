/*
 * One case of selection: a folder of files in memory, which a test changes in
 * one place, and what comes out of it.
 */
#ifndef AVOW_TESTS_TRUST_CASE_H
#define AVOW_TESTS_TRUST_CASE_H

#include "pki.h"

static struct pki p;

/* The folder of one case. */
static struct avow_collateral_file files[32];
static size_t n_files;
static struct avow_collateral *snapshot;
static struct avow_collateral *joined; /* of a part a file; what it gives is the same */
static struct avow_intel_query q;
static struct avow_intel_selection s;
static struct avow_why why;

static inline void
add(const char *name, struct avow_span bytes)
{
	files[n_files++] = (struct avow_collateral_file){name, bytes};
}

static inline void
drop(const char *name)
{
	for (size_t i = 0; i < n_files; i++)
		if (strcmp(files[i].name, name) == 0)
			files[i] = files[--n_files];
}

static inline void
put(const char *name, struct avow_span bytes)
{
	drop(name);
	add(name, bytes);
}

static inline int
setup(void **state)
{
	(void)state;
	pki_init(&p);
	n_files = 0;
	snapshot = joined = NULL;
	add("tcb", signed_doc(&p, tcb_spec(), p.signer_key));
	add("qe", signed_doc(&p, qe_spec(), p.signer_key));
	add("root.crl", crl_der(&p, crl_spec_of(root_name, p.root_key)));
	add("pck.crl", crl_der(&p, crl_spec_of(ca_name, p.ca_key)));
	add("signer", cert_pem(&p, p.signer));
	add("root", cert_pem(&p, p.root));
	q = (struct avow_intel_query){
		.fmspc = {0x00, 0x60, 0x6a}, .pck_ca = p.ca, .at_s = T0};
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	avow_collateral_free(snapshot);
	avow_collateral_free(joined);
	pki_clear(&p);
	return 0;
}

static inline void
join(void)
{
	struct avow_collateral *parts[32];

	for (size_t i = 0; i < n_files; i++)
		assert_ok(avow_collateral_part(&(struct avow_collateral_more){files[i],
						       AVOW_COLLATERAL_FOR_ALL},
			1, &parts[i], NULL));
	avow_collateral_free(joined);
	assert_ok(avow_collateral_join(NULL, parts, n_files, &joined, NULL));
	for (size_t i = 0; i < n_files; i++)
		avow_collateral_free(parts[i]);
}

static inline void
build(void)
{
	avow_collateral_free(snapshot);
	assert_ok(avow_collateral_build(files, n_files, &snapshot, NULL));
	join();
}

static inline void
same_name(const char *x, const char *y)
{
	assert_string_equal(x ? x : "none", y ? y : "none");
}

/* The joined snapshot chooses what the one that was built in one go does. */
static inline void
joined_agrees(enum avow_err e)
{
	struct avow_intel_selection t;
	struct avow_why w;

	avow_why_init(&w);
	assert_err(e, avow_collateral_select(joined, p.anchors, &q, &t, &w));
	assert_string_equal(why.document, w.document);
	same_name(s.tcb_info_name, t.tcb_info_name);
	same_name(s.qe_identity_name, t.qe_identity_name);
	same_name(s.pck_crl_name, t.pck_crl_name);
	same_name(s.root_crl_name, t.root_crl_name);
	assert_true(s.earliest_expiry_s == t.earliest_expiry_s);
	assert_memory_equal(
		s.qe_identity_certs_hash, t.qe_identity_certs_hash, AVOW_SHA256_BYTES);
}

static inline enum avow_err
again(void)
{
	enum avow_err e;

	avow_why_init(&why);
	e = avow_collateral_select(snapshot, p.anchors, &q, &s, &why);
	if (joined)
		joined_agrees(e);
	return e;
}

static inline enum avow_err
select_now(void)
{
	build();
	return again();
}

/* The code, and the document that it names. */
static inline void
undecided(enum avow_err code, const char *document)
{
	assert_err(code, select_now());
	assert_err(code, why.code);
	assert_int_equal(AVOW_CLASS_COLLATERAL, avow_err_class(code));
	assert_string_equal(document, why.document);
	assert_null(s.tcb_info);
	/* and the same from what is remembered */
	assert_err(code, again());
	assert_string_equal(document, why.document);
	assert_err(code, avow_collateral_select(snapshot, p.anchors, &q, &s, NULL));
}

static inline struct avow_span
file_of(const char *name)
{
	for (size_t i = 0; i < n_files; i++)
		if (strcmp(files[i].name, name) == 0)
			return files[i].bytes;
	fail();
	return (struct avow_span){NULL, 0};
}

#endif
