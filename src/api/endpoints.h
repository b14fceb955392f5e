/*
 * The endpoints, one file each, and what they share. Each is an
 * avow_http_handler: decode, call, encode.
 */
#ifndef AVOW_API_ENDPOINTS_H
#define AVOW_API_ENDPOINTS_H

#include "api/service.h"
#include "http/http.h"

avow_http_handler avow_api_attest;	/* POST /attest/{type} */
avow_http_handler avow_api_attest_tpm;	/* POST /attest/Tpm */
avow_http_handler avow_api_certs;	/* GET /certs */
avow_http_handler avow_api_metadata;	/* GET /.well-known/openid-configuration */
avow_http_handler avow_api_policy_get;	/* GET /policies/{type} */
avow_http_handler avow_api_policy_put;	/* PUT /policies/{type} */
avow_http_handler avow_api_policy_reset; /* POST /policies/{type}:reset */
avow_http_handler avow_api_policy_versions; /* GET /policies/{type}/versions */
avow_http_handler avow_api_policy_version; /* GET /policies/{type}/versions/{n} */
avow_http_handler avow_api_audit;	/* GET /audit */
avow_http_handler avow_api_certificates_get; /* GET /certificates */
avow_http_handler avow_api_certificates_add; /* POST /certificates:add */
avow_http_handler avow_api_certificates_remove; /* POST /certificates:remove */
avow_http_handler avow_api_tcb_baselines; /* GET /tcbbaselines/{type} */
avow_http_handler avow_api_machines;	/* GET /machines */
avow_http_handler avow_api_machine;	/* GET /machines/{id} */
avow_http_handler avow_api_machine_diff; /* GET /machines/{id}/diff */
avow_http_handler avow_api_health;	/* GET /servicehealth: 204 */
avow_http_handler avow_api_live;	/* GET /livez */
avow_http_handler avow_api_metrics;	/* GET /metrics */
avow_http_handler avow_api_ready;	/* GET /readyz */

/** What a request is about to do, for its authorization and its record. */
struct avow_act {
	unsigned right;		/* AVOW_RIGHT_*; 0: prove who asks and no more */
	struct avow_span provider; /* its name; empty: the service as a whole */
	struct avow_span action; /* "policy.set"; empty: reading, not recorded */
	struct avow_span target; /* type, thumbprint, ...; may be empty */
};
/** Who asks, by the request's one Authorization header or its client
 *  certificate, and whether they may.
 *  @return as avow_auth_check. */
enum avow_err avow_api_authorize(const struct avow_http_request *rq,
	const struct avow_act *act, struct avow_who *who, struct avow_why *why)
	AVOW_CHECKED;
/** For the `admit` of POST and PUT on policies and certificates: judged before
 *  the body is taken. */
enum avow_err avow_api_admit_writer(struct avow_http_request *rq, struct avow_why *why);
/** The same for any act: keys that are still to be fetched are waited for when
 *  the body is there, and the handler judges then. */
enum avow_err avow_api_admit(struct avow_http_request *rq, const struct avow_act *act,
	struct avow_why *why) AVOW_CHECKED;
/** For handlers of attest calls that need a caller: the right to attest.
 *  @return as avow_auth_check. */
enum avow_err avow_api_authorize_attest(const struct avow_http_request *rq,
	struct avow_why *why) AVOW_CHECKED;
/** For POST /attest/Tpm: the same, unless tpmAttestationAuthentication of the
 *  provider is Disabled. */
enum avow_err avow_api_authorize_tpm(const struct avow_http_request *rq,
	const struct avow_provider *provider, struct avow_why *why) AVOW_CHECKED;
/** Whether the api-version is 2018-09-01-preview, whose attest calls need a
 *  caller (MAA REST contract, auth). */
bool avow_api_is_2018(const struct avow_http_request *rq);
/** The same for :reset and :remove. */
enum avow_err avow_api_admit_deleter(struct avow_http_request *rq, struct avow_why *why);
/** For POST /attest/Tpm: may attest here, unless the provider is open to all. The
 *  handler asks avow_api_authorize_tpm. */
enum avow_err avow_api_admit_tpm(struct avow_http_request *rq, struct avow_why *why);
/** Which rules of the policy said no, as a member of innererror. */
void avow_api_tell_policy(const struct avow_appraisal *ap,
	struct avow_http_request *rq, struct avow_http_response *rs);
/** Append {"token":"..."} with a policy management token of these claims. */
enum avow_err avow_api_put_result(struct avow_http_request *rq,
	struct avow_http_response *rs, const struct avow_provider *provider,
	const struct avow_claims *claims, struct avow_why *why) AVOW_CHECKED;
/** Add a string claim of a token. */
void avow_api_add_string(
	struct avow_claims *claims, struct avow_span name, struct avow_span value);

/** Hand an appraisal over to who follows machines over time, if it proved whose
 *  it is. Never blocks. */
void avow_api_follow(const struct avow_http_request *rq, const struct avow_kind *kind,
	const struct avow_appraisal *ap, int64_t at_s);

/** For probes and scrapers, who bring no token: a small head is enough.
 *  @return AVOW_OK, AVOW_E_HTTP_HEAD_TOO_LARGE. */
enum avow_err avow_api_admit_probe(struct avow_http_request *rq, struct avow_why *why);

/** The api-version of the query: obligatory and known (spec 01, section 1).
 *  @return AVOW_OK or AVOW_E_API_VERSION. */
enum avow_err avow_api_check_version(const struct avow_http_request *rq,
	struct avow_why *why) AVOW_CHECKED;
/** Behind the last '/' of a path. */
struct avow_span avow_api_last_segment(struct avow_span path);
/** AVOW_E_ATTESTATION_TYPE, naming what was asked for. */
enum avow_err avow_api_unknown_type(struct avow_span type, struct avow_why *why);
/** A policy compiler's error as a refusal of the request. */
enum avow_err avow_api_policy_error(enum avow_err e,
	const struct avow_policy_error *perr, const char *field, struct avow_why *why);

#endif
