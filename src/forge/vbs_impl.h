/* What the makers of VBS attestations share. */
#ifndef AVOW_FORGE_VBS_IMPL_H
#define AVOW_FORGE_VBS_IMPL_H

#include "forge/internal.h"
#include "forge/vbs.h"

enum vbs_bend {
	VBS_NO_BEND,
#define B(id, name, file, code, what) VBS_##id,
#include "forge/corrupt_vbs.def"
#undef B
	VBS_BENDS
};

#define VBS_CHALLENGE_MAX 64

/* CAs and AK on P-256, the others RSA-2048. Where another key should have signed,
 * it is the other one of the two. */
struct avow_forge_vbs_keys {
	struct avow_privkey *ca, *other_ca;
	struct avow_privkey *ak, *idk, *request;
};

/* Everything made, in the order in which it is made. */
struct vbs_forge {
	struct avow_forge_vbs p;
	const struct avow_forge_deviation *bend; /* NULL: none */
	const struct avow_forge_vbs_keys *keys;
	struct avow_privkey *ca; /* of p.ca_key; NULL: that of keys */
	uint8_t challenge[VBS_CHALLENGE_MAX];
	size_t challenge_n;
	uint8_t pcr[24][32]; /* the SHA-256 bank */

	struct avow_buf context; /* service_context */
	struct avow_buf root, ak_cert, root_pem;
	struct avow_buf jwk; /* of the request's key: the text that is bound */
	struct avow_buf log, quote, quote_signature;
	struct avow_buf report_signed, report, payload, jws, request, about;
};

/** True when exactly this is what deviates. */
bool vbs_bent(const struct vbs_forge *f, enum vbs_bend b);

/** Challenge and context of p.first. AVOW_E_USAGE when it is no such answer. */
enum avow_err vbs_read_first(struct vbs_forge *f, struct avow_why *why) AVOW_CHECKED;
/** The CA and the AK's certificate. */
enum avow_err vbs_make_pki(struct vbs_forge *f, struct avow_why *why) AVOW_CHECKED;
/** The log, the registers that it leads to, and their quote; wants jwk. */
enum avow_err vbs_make_quote(struct vbs_forge *f) AVOW_CHECKED;
/** The package, over report_signed. */
enum avow_err vbs_make_report(struct vbs_forge *f) AVOW_CHECKED;
/** The request's key as a JWK. */
enum avow_err vbs_make_jwk(struct vbs_forge *f) AVOW_CHECKED;
/** report_signed.json. */
enum avow_err vbs_make_signed(struct vbs_forge *f) AVOW_CHECKED;
/** The JWS and the body around it. */
enum avow_err vbs_make_request(struct vbs_forge *f) AVOW_CHECKED;

/** Event data of VSM_IDKS_INFO; `f` may be NULL: no deviation. */
enum avow_err vbs_put_idks(const struct vbs_forge *f, const struct avow_pubkey *idk,
	struct avow_buf *out) AVOW_CHECKED;

#endif
