/*
 * Collateral from its makers, one document at a time: what a document is called
 * (its key), where a source has it, what came in an answer, and whether it is
 * genuine. Nothing here keeps state, waits or repeats: that is fetcher.h.
 *
 *   key -> URL of a configured source -> answer -> body and issuers -> verified
 *
 * A URL is made of a configured base, known words and checked hex alone, never
 * of anything that a certificate or a quote's text says.
 */
#ifndef AVOW_FETCH_FETCH_H
#define AVOW_FETCH_FETCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "net/net.h"
#include "store/store.h"
#include "trust/amd.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/intel_chain.h"

/* --- keys ------------------------------------------------------------------------- */

enum avow_fetch_kind {
	AVOW_FETCH_TCB_INFO, /* tee, fmspc, early or number */
	AVOW_FETCH_QE_IDENTITY, /* tee, early or number */
	AVOW_FETCH_NUMBERS, /* tee: the TCB evaluation data numbers on offer */
	AVOW_FETCH_PCK_CRL, /* ca */
	AVOW_FETCH_ROOT_CRL,
	AVOW_FETCH_VCEK, /* product, chip_id, tcb */
	AVOW_FETCH_AMD_CHAIN, /* product, vek */
	AVOW_FETCH_AMD_CRL, /* product, vek */
	AVOW_FETCH_KINDS
};

/** Which document. Members that the kind does not name are zero. */
struct avow_fetch_key {
	enum avow_fetch_kind kind;
	enum avow_tee tee;
	enum avow_pck_ca ca;
	enum avow_amd_product product;
	enum avow_amd_vek_kind vek;
	bool early; /* PCS's update=early; else standard */
	uint32_t number; /* this TCB evaluation data number; 0: the newest */
	uint8_t fmspc[6];
	uint8_t chip_id[AVOW_AMD_CHIP_ID_BYTES]; /* Turin: 8 bytes, then zeros */
	struct avow_amd_tcb tcb;
};

#define AVOW_FETCH_NAME_TEXT 256

/**
 * The key's name, which is also its name in the store:
 *   intel/{sgx,tdx}/tcb/FMSPC[/early|/NUMBER]   FMSPC: 12 lower hex
 *   intel/{sgx,tdx}/qe[/early|/NUMBER]
 *   intel/{sgx,tdx}/numbers
 *   intel/crl/{processor,platform,root}
 *   amd/vcek/PRODUCT/CHIPID/FMC-BL-TEE-SNP-UCODE  decimal; Milan, Genoa, Turin
 *   amd/{chain,crl}/{vcek,vlek}/PRODUCT
 * @param out a NUL terminated text.
 */
void avow_fetch_key_name(
	const struct avow_fetch_key *k, char out[AVOW_FETCH_NAME_TEXT]);
/** The inverse, exact. @return AVOW_OK, AVOW_E_FETCH_KEY. */
enum avow_err avow_fetch_key_parse(
	struct avow_span name, struct avow_fetch_key *out) AVOW_CHECKED;
bool avow_fetch_key_eq(const struct avow_fetch_key *a, const struct avow_fetch_key *b);
/** True for keys of AMD's; else they are Intel's. */
bool avow_fetch_is_amd(enum avow_fetch_kind kind);

/* --- sources ---------------------------------------------------------------------- */

/** Where documents come from. Strings are borrowed; "" or NULL: none. */
struct avow_fetch_sources {
	const char *intel; /* base of a PCS or PCCS, no final slash */
	/* URL of Intel's root CRL; none: Intel's own beside Intel's PCS, else the
	 * PCCS's rootcacrl */
	const char *intel_root_crl;
	const char *amd; /* base of a KDS, no final slash */
	const char *ca_file; /* PEM, the only TLS roots; none: the system's */
	const char *proxy;
	int timeout_ms; /* for one document */
};

/** Whether the key's maker has a source at all. */
bool avow_fetch_has_source(
	const struct avow_fetch_sources *s, enum avow_fetch_kind kind);
/**
 * The URL of one document, appended.
 * @return AVOW_OK; AVOW_E_FETCH_NO_SOURCE; AVOW_E_FETCH_KEY (a chip id of zeros);
 * what the buffer gives.
 */
enum avow_err avow_fetch_url(const struct avow_fetch_sources *s,
	const struct avow_fetch_key *k, struct avow_buf *out) AVOW_CHECKED;

/* --- verifying -------------------------------------------------------------------- */

/** What documents are judged by. Borrowed. */
struct avow_fetch_judge {
	const struct avow_anchors *anchors;
	/* where issuers are found that a document does not bring (AMD's CAs,
	 * Intel's root); built-in ones are in every snapshot */
	struct avow_collateral *known;
	int64_t at_s;
	bool any_time; /* old and future ones too: what is kept for --at */
};

/**
 * Verify one document and describe it as it is stored. Every byte is judged: the
 * signature under a pinned root, that it is the document of that key, and (unless
 * any_time) that it is current. TCB levels are not judged.
 * @param body JSON as served; a CRL as DER, PEM or hex text; a certificate as DER
 * or PEM; AMD_CHAIN: two certificates in PEM.
 * @param chain PEM of the issuers (two); empty where the kind has none, or where
 * `known` holds them.
 * @param out its name, body (a CRL or certificate as DER), chain, number and dates;
 * in the arena. source and fetched_s are the caller's to fill.
 * @return AVOW_OK; AVOW_E_FETCH_MISMATCH (genuine, of another key);
 * AVOW_E_{TCB_INFO,QE_IDENTITY}_{FORMAT,CHAIN,SIGNATURE,EXPIRED,NOT_YET_VALID};
 * AVOW_E_TCB_SIGNER_ABSENT; AVOW_E_TCB_NUMBERS (malformed or not signed);
 * AVOW_E_CRL_{MALFORMED,ISSUER,EXTENSIONS,SIGNATURE,EXPIRED,NOT_YET_VALID};
 * AVOW_E_FETCH_FORMAT (a chain or certificate that is none); the codes of
 * avow_amd_chain_verify and avow_amd_chain_valid_at; AVOW_E_NO_MEMORY,
 * AVOW_E_CRYPTO.
 */
enum avow_err avow_fetch_verify(const struct avow_fetch_key *k, struct avow_span body,
	struct avow_span chain, const struct avow_fetch_judge *j, struct avow_arena *a,
	struct avow_store_collateral *out, struct avow_why *why) AVOW_CHECKED;

/* --- one answer, one fetch -------------------------------------------------------- */

#define AVOW_FETCH_HEADERS 2

/** The response headers that answers of this kind need, into h (values are made by
 *  avow_net_response_init). Headers: the issuer chain, Retry-After. */
void avow_fetch_headers(
	enum avow_fetch_kind kind, struct avow_net_header h[AVOW_FETCH_HEADERS]);

/**
 * What an answer holds, unverified: body as served, the chain percent-decoded.
 * @param retry_after_s of a 429 or 503 that says so, 1..3600; else 0.
 * @return AVOW_OK; AVOW_E_FETCH_NOT_FOUND (400, 404, 410 and PCCS's 461, 462);
 * AVOW_E_FETCH_BUSY (429, 5xx); AVOW_E_NET_STATUS (any other status but 200: a
 * redirect too); AVOW_E_FETCH_FORMAT (an empty body, a chain that is not
 * percent-encoded text); AVOW_E_NO_MEMORY.
 */
enum avow_err avow_fetch_read(const struct avow_fetch_key *k,
	const struct avow_net_response *rs, struct avow_arena *a,
	struct avow_span *body, struct avow_span *chain, int *retry_after_s,
	struct avow_why *why) AVOW_CHECKED;

/** Sends one request: avow_net_fetch, or a test's own. */
typedef enum avow_err avow_fetch_send(void *ctx, const struct avow_net_request *rq,
	struct avow_net_response *rs, struct avow_why *why);

/**
 * Fetch one document and verify it. Blocks.
 * @param send NULL: avow_net_fetch.
 * @param out as avow_fetch_verify's; source is the URL's origin, fetched_s is
 * j->at_s.
 * @return AVOW_OK; the codes of avow_fetch_url, avow_net_fetch, avow_fetch_read and
 * avow_fetch_verify; why->document is the URL.
 */
enum avow_err avow_fetch_get(const struct avow_fetch_sources *s,
	const struct avow_fetch_key *k, const struct avow_fetch_judge *j,
	avow_fetch_send *send, void *ctx, struct avow_arena *a,
	struct avow_store_collateral *out, int *retry_after_s,
	struct avow_why *why) AVOW_CHECKED;

/* --- from the store to a snapshot ------------------------------------------------- */

/** Names that no snapshot is made of: VCEKs, which are looked up one by one. */
#define AVOW_FETCH_VCEK_PREFIX "amd/vcek/"

#endif
