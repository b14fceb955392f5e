/*
 * /certificates: who may sign an isolated provider's policies (spec 02). The
 * list is for readers. A certificate is added or removed by a JWT that one of
 * those that are there signed itself: a mere child of one could otherwise put
 * itself in its parent's place. A provider of the AAD model has none, and none
 * can be added (the recorded refusals).
 */
#include "api/change.h"

#include "api/policy_jwt.h"
#include "api/policy_key.h"
#include "base/limits.h"
#include "wire/json.h"

#define SOURCE "MAA policy management, certificates"

/* --- the list ------------------------------------------------------------------------ */

static enum avow_err
put_list(
	const struct avow_provider_info *p, struct avow_arena *a, struct avow_span *out)
{
	struct avow_buf b;
	struct avow_jw w;
	struct avow_span jwk;

	avow_buf_init_arena(&b, a, AVOW_MIB(4));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "keys");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < p->n_certs; i++) {
		AVOW_TRY(avow_policy_cert_jwk(p->certs[i], a, &jwk));
		avow_jw_raw(&w, jwk);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	*out = avow_buf_span(&b);
	return b.err;
}

enum avow_err
avow_api_certificates_get(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_READ, .provider = rq->place};
	const struct avow_provider *provider;
	struct avow_claims claims;
	struct avow_span list;
	struct avow_who who;

	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	AVOW_TRY(put_list(avow_provider_info(provider), rq->arena, &list));
	avow_claims_init(&claims, rq->arena);
	avow_claims_add(&claims, &(struct avow_claim){
					 .name = AVOW_LIT("x-ms-policy-certificates"),
					 .type = AVOW_VALUE_JSON,
					 .string = list,
					 .for_token = true,
				 });
	return avow_api_put_result(rq, rs, provider, &claims, why);
}

/* --- changing it ------------------------------------------------------------------------ */

struct job {
	struct avow_change base;
	bool adds;
	struct avow_span der; /* of the certificate */
	char thumbprint[AVOW_THUMBPRINT_TEXT];
};

static enum avow_err
check_model(const struct job *j)
{
	static const struct avow_at at = {
		"trust_model", "provider", "MAA policy management, modes"};

	if (avow_provider_info(j->base.provider)->is_isolated)
		return AVOW_OK;
	return avow_refuse(j->base.why, AVOW_E_NOT_ISOLATED, &at,
		"the trust model Isolated", "AAD");
}

/* A JSON string holds the JWT; since 2025-06-01 an object can, too. */
static enum avow_err
unwrap(const struct job *j, struct avow_span *jwt)
{
	const char *name =
		j->adds ? "policyCertificateToAdd" : "policyCertificateToRemove";
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	const struct avow_json *tree, *member;

	*jwt = avow_span_trim(j->base.rq->body);
	if (jwt->n == 0 || jwt->p[0] != '{')
		return AVOW_OK;
	AVOW_TRY(avow_json_parse(*jwt, &rules, j->base.rq->arena, &tree, j->base.why));
	member = avow_json_get_fold(tree, name);
	if (!member || member->type != AVOW_JSON_STRING)
		return avow_refuse(j->base.why, AVOW_E_JSON_MISSING,
			&(struct avow_at){"policy_certificate", name, SOURCE},
			"a JWT as a string", NULL);
	*jwt = member->string;
	return AVOW_OK;
}

/* Clients and documents have three names for it (spec 02); one is there. */
static enum avow_err
find_claim(struct avow_span payload, struct avow_arena *a, const struct avow_json **out,
	struct avow_why *why)
{
	static const char *const names[] = {
		"policyCertificate", "maa-policyCertificate", "x-ms-policyCertificate"};
	static const struct avow_at at = {
		"policy_certificate", "policyCertificate", SOURCE};
	const struct avow_json *tree = NULL, *found = NULL, *one;
	size_t n = 0;

	if (!avow_span_is_empty(payload))
		AVOW_TRY(avow_json_parse(payload, NULL, a, &tree, why));
	for (size_t i = 0; tree && i < sizeof(names) / sizeof(names[0]); i++) {
		one = avow_json_get(tree, names[i]);
		found = one ? one : found;
		n += one != NULL;
	}
	if (n != 1)
		return avow_refuse(why, AVOW_E_POLICY_CERT_CLAIM, &at,
			"one policy certificate as a JWK", "%zu", n);
	*out = found;
	return AVOW_OK;
}

/* What is added must be able to sign; what is removed need not. */
static enum avow_err
take_cert(struct job *j, const struct avow_json *jwk)
{
	struct avow_cert *cert;
	enum avow_err e;

	AVOW_TRY(avow_policy_key_cert(
		jwk, "policyCertificate", j->base.rq->arena, &cert, j->base.why));
	e = avow_policy_thumbprint(cert->der, j->thumbprint);
	if (e == AVOW_OK) {
		j->base.target = avow_span_str(j->thumbprint);
		j->der = avow_arena_copy(j->base.rq->arena, cert->der);
		e = j->der.p ? AVOW_OK : avow_arena_err(j->base.rq->arena);
	}
	if (e == AVOW_OK && j->adds)
		e = avow_policy_cert_judge(cert, j->base.why);
	avow_cert_free(cert);
	return e;
}

static bool
is_there(const struct job *j)
{
	const struct avow_provider_info *p = avow_provider_info(j->base.provider);

	for (size_t i = 0; i < p->n_certs; i++)
		if (avow_span_eq(p->certs[i]->der, j->der))
			return true;
	return false;
}

static enum avow_err
check_limits(const struct job *j)
{
	static const struct avow_at at = {"policy_certificate", "certificates", SOURCE};
	size_t n = avow_provider_info(j->base.provider)->n_certs;

	if (j->adds && !is_there(j) && n >= AVOW_MAX_POLICY_CERTS)
		return avow_refuse(j->base.why, AVOW_E_POLICY_CERT_LIMIT, &at,
			"at most 32 certificates", "%zu", n + 1);
	if (!j->adds && is_there(j) && n == 1)
		return avow_refuse(j->base.why, AVOW_E_LAST_CERTIFICATE, &at,
			"another certificate that stays", "the last one");
	return AVOW_OK;
}

/* The name of 2025-06-01 beside the one that every client reads. */
static enum avow_err
put_answer(const struct job *j)
{
	const struct avow_span result =
		j->adds ? AVOW_LIT("IsPresent") : AVOW_LIT("IsAbsent");
	struct avow_claims claims;

	avow_claims_init(&claims, j->base.rq->arena);
	avow_api_add_string(&claims, AVOW_LIT("x-ms-certificate-thumbprint"),
		avow_span_str(j->thumbprint));
	avow_api_add_string(
		&claims, AVOW_LIT("x-ms-policycertificates-result"), result);
	avow_api_add_string(&claims, AVOW_LIT("x-ms-certificate-result"), result);
	return avow_api_put_result(
		j->base.rq, j->base.rs, j->base.provider, &claims, j->base.why);
}

static enum avow_err
judge(struct avow_change *c)
{
	struct job *j = (struct job *)c;
	const struct avow_provider_info *p = avow_provider_info(c->provider);
	const struct avow_policy_trust trust = {.certs = p->certs,
		.n_certs = p->n_certs,
		.is_direct = true,
		.at_s = c->now_s};
	struct avow_policy_envelope in;
	const struct avow_json *jwk = NULL;
	struct avow_span jwt;

	AVOW_TRY(avow_api_check_version(c->rq, c->why));
	AVOW_TRY(check_model(j));
	AVOW_TRY(unwrap(j, &jwt));
	AVOW_TRY(avow_signed_open(jwt, &trust, c->rq->arena, &in, c->why));
	AVOW_TRY(find_claim(in.payload, c->rq->arena, &jwk, c->why));
	AVOW_TRY(take_cert(j, jwk));
	AVOW_TRY(check_limits(j));
	return put_answer(j);
}

static enum avow_err
store(struct avow_change *c, struct avow_store *store, const struct avow_audit *audit)
{
	const struct job *j = (const struct job *)c;
	const struct avow_provider_info *p = avow_provider_info(c->provider);
	const struct avow_store_cert cert = {
		.der = j->der,
		.thumbprint = avow_span_str(j->thumbprint),
		.added_s = c->now_s,
		.added_by = c->who.name,
	};

	if (j->adds)
		return avow_store_cert_add(store, p->name, p->change, &cert, audit);
	return avow_store_cert_remove(store, p->name, p->change, j->der, audit);
}

static enum avow_err
run(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why,
	const struct avow_change_kind *kind, bool adds)
{
	struct job *j = avow_change_of(kind, sizeof(*j), rq, rs, why);

	if (j && !rq->state)
		j->adds = adds;
	return avow_change_run((struct avow_change *)j);
}

const struct avow_change_kind avow_change_certificate_add = {
	.action = "certificate.add",
	.right = AVOW_RIGHT_WRITE,
	.judge = judge,
	.store = store,
};

enum avow_err
avow_api_certificates_add(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &avow_change_certificate_add, true);
}

const struct avow_change_kind avow_change_certificate_remove = {
	.action = "certificate.remove",
	.right = AVOW_RIGHT_DELETE,
	.judge = judge,
	.store = store,
};

enum avow_err
avow_api_certificates_remove(struct avow_http_request *rq,
	struct avow_http_response *rs, struct avow_why *why)
{
	return run(rq, rs, why, &avow_change_certificate_remove, false);
}
