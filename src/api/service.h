/*
 * The service as the endpoints see it: one immutable view (anchors,
 * collateral, keys) that requests read without a lock, and the means to build
 * and swap another; and the providers, each held compiled while it is asked
 * for (api/provider_cache.h).
 */
#ifndef AVOW_API_SERVICE_H
#define AVOW_API_SERVICE_H

#include "api/challenge.h"
#include "api/provider.h"
#include "api/provider_cache.h"
#include "api/supply.h"
#include "api/watch.h"
#include "api/writer.h"
#include "auth/auth.h"
#include "base/rate.h"
#include "http/http.h"
#include "machine/machine.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/snp_references.h"

/** What the configuration says, as plain values. Strings are copied. */
struct avow_service_settings {
	const char *data_dir;
	const char *url; /* the instance URL, no final slash */
	const char *base_domain; /* of other providers' hosts; "": by path */
	const char *collateral_dir;
	struct avow_supply_settings supply;
	struct avow_anchors *anchors; /* a reference is taken */
	unsigned accept_tcb; /* bits 1u << enum avow_tcb_status */
	int64_t grace_s;
	int64_t warn_s; /* before collateral ends; 0: never */
	struct avow_snp_references *snp_references; /* a reference; NULL: none */
	uint32_t baseline; /* what "azuredefault" stands for; 0: newest */
	struct avow_span allow_platform; /* avow_platform_list_put; empty: all */
	struct avow_keys_options keys;
	struct avow_machines_settings machines; /* fixed when the service starts */
	/* Requests by client address and by provider. */
	struct avow_rate_rule by_address, by_provider;
	const char *access;		/* access file; "" for none: auth/auth.h */
	const struct avow_auth_net *net; /* fetches issuers' keys; outlives it */
	/* Is told the management token when one is made (auth/auth.h). */
	bool (*tell_token)(const char *token);
};

struct avow_service;

/** What all providers share, of one moment. Immutable, reference counted. */
struct avow_view {
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_keys *keys;
	unsigned accept_tcb;
	int64_t grace_s;
	struct avow_snp_references *snp_references; /* NULL: none */
	uint32_t baseline;
	struct avow_span allow_platform;
};

/**
 * Open the store, load or make keys, index collateral, compile policies.
 * @return AVOW_OK or the code of what failed; *out is NULL then.
 */
enum avow_err avow_service_new(const struct avow_service_settings *s,
	struct avow_service **out, struct avow_why *why) AVOW_CHECKED;
/** Build another view from new settings and swap it in; on error the old one
 *  stays. Main thread. */
enum avow_err avow_service_reload(struct avow_service *sv,
	const struct avow_service_settings *s, struct avow_why *why) AVOW_CHECKED;
/**
 * A provider was made, changed or deleted in the store by this process: policy,
 * certificates, settings. Call it when the change is durable and before it is
 * acknowledged: every request that begins after it returned is judged by what
 * is stored then. Any thread; it does not block. Changes of other processes are
 * seen within a second, by the tick.
 */
void avow_service_provider_changed(struct avow_service *sv, struct avow_span name);
/** Threads for work that waits for the disk. */
struct avow_writer *avow_service_writer(const struct avow_service *sv);
/** Whom to resume waiting requests at; NULL before it is stopped. */
void avow_service_set_http(struct avow_service *sv, struct avow_http_server *http);
/** Collateral, and requests that wait for it. */
struct avow_supply *avow_service_supply(const struct avow_service *sv);
/** Challenges of POST /attest/Tpm. */
struct avow_challenges *avow_service_challenges(const struct avow_service *sv);
/** For endpoints that manage what is stored. */
struct avow_store *avow_service_store(const struct avow_service *sv);
/** Names and URLs of providers: avow_instance_url for one that is made. */
const struct avow_instance *avow_service_instance(const struct avow_service *sv);
/** Add a record of a refused change; a failure is logged. Blocks. */
void avow_service_record(struct avow_service *sv, const struct avow_audit *r);
/** Who follows machines over time. */
struct avow_machines *avow_service_machines(const struct avow_service *sv);
/** What is known of the collateral in use. */
struct avow_watch *avow_service_watch(const struct avow_service *sv);
struct avow_refusals *avow_service_refusals(const struct avow_service *sv);
struct avow_auth *avow_service_auth(const struct avow_service *sv);
/** Before the HTTP server ends: nothing wakes its requests any more. */
void avow_service_silence(struct avow_service *sv);
/** For struct avow_http_config. */
avow_http_handler avow_service_enter;
void avow_service_leave(struct avow_http_request *rq);
avow_http_handler avow_service_prepare;
bool avow_service_wants_certs(struct avow_service *sv);

/** Now and then, main thread: take up keys that another process rotated, and
 *  providers and collateral that it changed. */
void avow_service_tick(struct avow_service *sv);
/** After the last worker ended. NULL is fine. */
void avow_service_free(struct avow_service *sv);

const struct avow_http_route *avow_service_routes(size_t *n);
/** avow_http_config.body_refused: a management change whose body is refused has
 *  a record, too. */
void avow_service_body_refused(struct avow_http_request *rq, enum avow_err code);
/** avow_http_config.locate: sets rq->place to a provider's name. */
enum avow_err avow_service_locate(
	const struct avow_service *sv, struct avow_http_request *rq) AVOW_CHECKED;

/** What one worker keeps: its reference on the view and its caches. */
struct avow_worker;
enum avow_err avow_worker_new(
	struct avow_service *sv, struct avow_worker **out) AVOW_CHECKED;
void avow_worker_free(struct avow_worker *w);

/*
 * For endpoints. View and provider stay valid until the worker's next request:
 * take them once, at the start. A handler that waits takes references
 * (avow_provider_ref).
 */
const struct avow_view *avow_worker_view(struct avow_worker *w);
/**
 * The provider that the request is for, as it is stored now. What a token says
 * of its maker (iss, jku, certificate) comes from it alone. It can read the
 * store (when the provider was not asked for in a while).
 * @param out borrowed.
 * @return AVOW_OK; AVOW_E_PROVIDER_UNKNOWN (404: neither host nor path names
 * one, or there is none of that name); AVOW_E_NETWORK_ACCESS (the peer's
 * address); what avow_provider_load gives.
 */
enum avow_err avow_worker_provider(struct avow_worker *w,
	const struct avow_http_request *rq, const struct avow_provider **out,
	struct avow_why *why) AVOW_CHECKED;
/** Whether the request is at the instance URL itself, for what is no
 *  provider's (the control plane). @return AVOW_OK, AVOW_E_HTTP_ROUTE. */
enum avow_err avow_api_at_root(
	const struct avow_http_request *rq, struct avow_why *why) AVOW_CHECKED;
struct avow_service *avow_worker_service(struct avow_worker *w);
struct avow_evidence_cache *avow_worker_cache(struct avow_worker *w);

#endif
