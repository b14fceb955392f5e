/*
 * The control plane, Microsoft.Attestation/attestationProviders, and what its
 * endpoints share: names and versions judged, bodies decoded, resources written.
 */
#ifndef AVOW_API_ARM_H
#define AVOW_API_ARM_H

#include "api/endpoints.h"
#include "base/limits.h"
#include "crypto/x509.h"

/* --- handlers ------------------------------------------------------------------------- */

avow_http_handler avow_arm_operations;
avow_http_handler avow_arm_create, avow_arm_get, avow_arm_update, avow_arm_delete;
avow_http_handler avow_arm_list, avow_arm_list_group;
avow_http_handler avow_arm_defaults, avow_arm_default_at;
avow_http_handler avow_arm_connections, avow_arm_connection;
avow_http_handler avow_arm_connect, avow_arm_disconnect;
/* For `admit`: who may, judged before the body is taken. */
enum avow_err avow_arm_admit(struct avow_http_request *rq, struct avow_why *why);
/** What a change of the control plane is about to do; another request's act stays
 *  as it is. */
void avow_arm_act(struct avow_http_request *rq, struct avow_act *act);

/* --- one provider --------------------------------------------------------------------- */

/** The provider that a request's path names. */
struct avow_arm_place {
	struct avow_http_request *rq;
	struct avow_why *why;
	struct avow_span name; /* in lower case; empty: it is no name */
	struct avow_span group; /* of the path, as a target of records */
	struct avow_span subscription, resource_group; /* empty until checked */
};

/** Look at the path; judges nothing. */
void avow_arm_place_init(
	struct avow_arm_place *p, struct avow_http_request *rq, struct avow_why *why);
/** Version and names. @return AVOW_OK, AVOW_E_ARM_VERSION, AVOW_E_ARM_NAME,
 *  AVOW_E_PROVIDER_NAME. */
enum avow_err avow_arm_place_check(struct avow_arm_place *p) AVOW_CHECKED;
/** Whether it was made in the subscription and group of the path. */
bool avow_arm_is_here(
	const struct avow_arm_place *p, const struct avow_store_provider *stored);
/** AVOW_E_ARM_NOT_FOUND. */
enum avow_err avow_arm_not_found(const struct avow_arm_place *p);
/** A provider of another group is not found, as one that does not exist.
 *  @return AVOW_OK, AVOW_E_ARM_NOT_FOUND, the store's. */
enum avow_err avow_arm_find(
	const struct avow_arm_place *p, struct avow_store_provider *out) AVOW_CHECKED;
/** Answer with it as it is stored now. @return as find. */
enum avow_err avow_arm_answer(const struct avow_arm_place *p,
	struct avow_http_response *rs, int status) AVOW_CHECKED;

/* --- names ---------------------------------------------------------------------------- */

/** The control plane's api-version: obligatory and known.
 *  @return AVOW_OK or AVOW_E_ARM_VERSION. */
enum avow_err avow_arm_check_version(
	const struct avow_http_request *rq, struct avow_why *why) AVOW_CHECKED;
/** A subscription: 1 to 64 letters, digits and hyphens (a GUID is one). A group:
 *  1 to 90 letters, digits and -_.() that do not end in a dot. A location: 1 to
 *  90 letters, digits, spaces and hyphens. @return AVOW_OK or AVOW_E_ARM_NAME. */
enum avow_err avow_arm_check_subscription(
	struct avow_span s, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_arm_check_group(
	struct avow_span s, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_arm_check_location(
	struct avow_span s, struct avow_why *why) AVOW_CHECKED;

/* --- bodies --------------------------------------------------------------------------- */

#define AVOW_ARM_MAX_TAGS 50

/** What the body of PUT or PATCH asks for. */
struct avow_arm_body {
	struct avow_span location; /* empty: absent */
	bool has_tags;
	struct avow_span tags; /* canonical JSON object */
	struct avow_span trust_model; /* empty: absent */
	/* The members of `properties` that are settings of a provider. */
	struct avow_json settings;
	bool has_certs; /* policySigningCertificates: it will be Isolated */
	struct avow_cert *certs[AVOW_MAX_POLICY_CERTS]; /* owned */
	size_t n_certs;
};

/**
 * Decode the body of PUT (is_create) or PATCH. Whether settings have values
 * that they can have is provider_settings.h's.
 * @param out always to be cleared; but for certs it lives in the arena.
 * @return AVOW_OK; AVOW_E_JSON_*; AVOW_E_ARM_NAME (location);
 * AVOW_E_ARM_PROPERTY (a member that is not known or has a wrong value, by name
 * in why->field); AVOW_E_POLICY_KEY and the other codes of a policy key;
 * AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_arm_body_decode(struct avow_span text, bool is_create,
	struct avow_arena *a, struct avow_arm_body *out,
	struct avow_why *why) AVOW_CHECKED;
void avow_arm_body_clear(struct avow_arm_body *b);
/**
 * The settings to store: those of `stored` with the body's over them, a null
 * taking one away; judged.
 * @param stored a JSON object; empty: none.
 * @param out canonical, in the arena.
 * @return those of avow_provider_settings_judge.
 */
enum avow_err avow_arm_settings(const struct avow_arm_body *b, struct avow_span stored,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why) AVOW_CHECKED;

/* --- resources ------------------------------------------------------------------------ */

/** One provider as an ARM resource. @param url its instance URL. */
enum avow_err avow_arm_put_provider(struct avow_jw *w,
	const struct avow_store_provider *p, struct avow_span url,
	struct avow_arena *a) AVOW_CHECKED;

#endif
