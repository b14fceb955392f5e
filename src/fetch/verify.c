/*
 * Judges one document that came from outside: reads its certificates, hands it to
 * the check of its kind, and describes it as it is stored. What a document proves
 * is decided by the functions that also judge it when it is used (trust/).
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "fetch/verify_impl.h"
#include "wire/pem.h"

static const struct avow_at AT = {"fetch", "document", "Avow docs/collateral.md"};

static bool
is_our_failure(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO;
}

/* --- what the checks share ------------------------------------------------------------ */

enum avow_err
avow_fetch_check_dates(const struct avow_fetch_check *c, int64_t issued_s,
	int64_t expires_s, enum avow_err not_yet, enum avow_err expired)
{
	bool early = c->j->at_s < issued_s;
	char bound[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	if (c->j->any_time || (!early && c->j->at_s <= expires_s))
		return AVOW_OK;
	avow_time_format(early ? issued_s : expires_s, bound);
	avow_time_format(c->j->at_s, now);
	return avow_refuse(c->why, early ? not_yet : expired, &AT, bound, "%s", now);
}

enum avow_err
avow_fetch_mismatch(const struct avow_fetch_check *c, const char *field)
{
	const struct avow_at at = {"fetch", field, "Avow docs/collateral.md"};
	char name[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(c->k, name);
	return avow_refuse(c->why, AVOW_E_FETCH_MISMATCH, &at, name, "another");
}

enum avow_err
avow_fetch_find_crl(struct avow_fetch_check *c, const struct avow_cert *issuer,
	const struct avow_crl **out)
{
	struct avow_collateral_entry entry;
	struct avow_collateral_crl crl;

	*out = NULL;
	if (avow_collateral_crl_of(c->snapshot, issuer->subject, 0, &crl)) {
		*out = crl.crl;
		return AVOW_OK;
	}
	if (avow_collateral_entry(c->snapshot, 0, &entry) &&
		entry.kind == AVOW_COLLATERAL_CRL && entry.err == AVOW_OK)
		return avow_refuse(c->why, AVOW_E_CRL_ISSUER, &AT, issuer->subject_cn,
			"another issuer");
	return avow_refuse(c->why, AVOW_E_CRL_MALFORMED, &AT, "a CRL", NULL);
}

enum avow_err
avow_fetch_take_crl(struct avow_fetch_check *c, const struct avow_crl *crl)
{
	c->out->body = avow_arena_copy(c->a, crl->der);
	c->out->number = crl->number;
	c->out->issued_s = crl->this_update_s;
	c->out->expires_s = crl->next_update_s;
	if (!c->out->body.p)
		return avow_arena_err(c->a);
	return avow_fetch_check_dates(c, crl->this_update_s, crl->next_update_s,
		AVOW_E_CRL_NOT_YET_VALID, AVOW_E_CRL_EXPIRED);
}

/* --- reading ----------------------------------------------------------------------------- */

static enum avow_err
bad_certs(const struct avow_fetch_check *c)
{
	return avow_refuse(
		c->why, AVOW_E_FETCH_FORMAT, &AT, "certificates", "something else");
}

static enum avow_err
add_cert(struct avow_fetch_check *c, struct avow_span der)
{
	enum avow_err e = AVOW_E_FETCH_FORMAT;

	if (c->n_certs < AVOW_FETCH_MAX_CERTS)
		e = avow_cert_parse(der, &c->certs[c->n_certs], NULL);
	if (e == AVOW_OK)
		c->n_certs++;
	return e == AVOW_OK || is_our_failure(e) ? e : bad_certs(c);
}

static enum avow_err
add_certs(struct avow_fetch_check *c, struct avow_span bytes)
{
	struct avow_pem_block *b;
	size_t n;
	enum avow_err e;

	if (!avow_pem_is(bytes))
		return add_cert(c, bytes);
	e = avow_pem_parse(bytes, AVOW_FETCH_MAX_CERTS, c->a, &b, &n);
	if (e != AVOW_OK)
		return is_our_failure(e) ? e : bad_certs(c);
	for (size_t i = 0; i < n; i++) {
		if (!avow_span_eq_str(b[i].label, "CERTIFICATE"))
			return bad_certs(c);
		AVOW_TRY(add_cert(c, b[i].der));
	}
	return AVOW_OK;
}

static bool
is_crl(enum avow_fetch_kind kind)
{
	return kind == AVOW_FETCH_PCK_CRL || kind == AVOW_FETCH_ROOT_CRL ||
	       kind == AVOW_FETCH_AMD_CRL;
}

static enum avow_err
read_all(struct avow_fetch_check *c, struct avow_span chain)
{
	const struct avow_collateral_file file = {"answer", c->body};

	if (chain.n > 0)
		AVOW_TRY(add_certs(c, chain));
	if (c->k->kind == AVOW_FETCH_VCEK || c->k->kind == AVOW_FETCH_AMD_CHAIN)
		return add_certs(c, c->body);
	if (is_crl(c->k->kind))
		return avow_collateral_build(&file, 1, &c->snapshot, c->why);
	return AVOW_OK;
}

/* --- describing ---------------------------------------------------------------------------- */

/* The chain as text of our own making: nothing but certificates that were read. */
static enum avow_err
put_chain(struct avow_fetch_check *c)
{
	struct avow_buf pem;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&pem, AVOW_FETCH_MAX_CERTS * 2 * AVOW_MAX_CERT);
	for (size_t i = 0; i < c->n_certs; i++)
		avow_pem_put(&pem, "CERTIFICATE", c->certs[i]->der);
	c->out->chain = avow_arena_copy(c->a, avow_buf_span(&pem));
	if (pem.err != AVOW_OK || !c->out->chain.p)
		e = pem.err != AVOW_OK ? pem.err : avow_arena_err(c->a);
	avow_buf_clear(&pem);
	return e;
}

static enum avow_err
describe(struct avow_fetch_check *c)
{
	char name[AVOW_FETCH_NAME_TEXT];

	avow_fetch_key_name(c->k, name);
	c->out->name = avow_arena_copy(c->a, avow_span_str(name));
	if (!c->out->name.p)
		return avow_arena_err(c->a);
	if (c->k->kind == AVOW_FETCH_VCEK || c->k->kind == AVOW_FETCH_AMD_CHAIN ||
		c->n_certs == 0)
		return AVOW_OK;
	return put_chain(c);
}

static enum avow_err
judge(struct avow_fetch_check *c)
{
	switch (c->k->kind) {
	case AVOW_FETCH_TCB_INFO:
	case AVOW_FETCH_QE_IDENTITY:
	case AVOW_FETCH_NUMBERS:
		return avow_fetch_check_document(c);
	case AVOW_FETCH_PCK_CRL:
		return avow_fetch_check_pck_crl(c);
	case AVOW_FETCH_ROOT_CRL:
		return avow_fetch_check_root_crl(c);
	case AVOW_FETCH_VCEK:
		return avow_fetch_check_vcek(c);
	case AVOW_FETCH_AMD_CHAIN:
		return avow_fetch_check_amd_chain(c);
	case AVOW_FETCH_AMD_CRL:
		return avow_fetch_check_amd_crl(c);
	case AVOW_FETCH_KINDS:
		break;
	}
	return AVOW_E_FETCH_KEY;
}

enum avow_err
avow_fetch_verify(const struct avow_fetch_key *k, struct avow_span body,
	struct avow_span chain, const struct avow_fetch_judge *j, struct avow_arena *a,
	struct avow_store_collateral *out, struct avow_why *why)
{
	struct avow_store_collateral made = {0};
	struct avow_fetch_check c = {
		.k = k, .body = body, .j = j, .a = a, .out = &made, .why = why};
	enum avow_err e;

	*out = (struct avow_store_collateral){0};
	e = read_all(&c, chain);
	if (e == AVOW_OK)
		e = judge(&c);
	if (e == AVOW_OK)
		e = describe(&c);
	for (size_t i = 0; i < c.n_certs; i++)
		avow_cert_free(c.certs[i]);
	avow_collateral_free(c.snapshot);
	if (e == AVOW_OK)
		*out = made;
	return e;
}
