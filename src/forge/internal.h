/*
 * What the makers of forge/ share: the parameters with their deviation worked
 * in, the fresh serials, and one buffer for each thing made.
 */
#ifndef AVOW_FORGE_INTERNAL_H
#define AVOW_FORGE_INTERNAL_H

#include "base/buf.h"
#include "crypto/key.h"
#include "forge/forge.h"

/* Which thing deviates. */
enum forge_part {
	PART_NONE,
	PART_QUOTE,
	PART_REPORT,	/* the enclave's own */
	PART_KEY,	/* the attestation key */
	PART_QE_REPORT, /* its bytes and signature */
	PART_QE,	/* what the QE is */
	PART_CHAIN,
	PART_PCK,
	PART_PCK_CA,
	PART_ROOT,
	PART_EXT,	/* SGX extension of the PCK certificate */
	PART_SIGNING,
	PART_CRL_ROOT,
	PART_CRL_PCK,
	PART_TCB,
	PART_QEID,
	PART_RUNTIME,
	PART_INIT,
	PART_OE,
	PART_TD, /* TDX: the TD report, and its level in the TCB info */
	PART_TD_QUOTE,
	PART_TD_OUTER, /* the outer certification data */
	PART_MODULE,
	PART_LOG
};

/* How it does. */
enum forge_how {
	HOW_NONE,
	HOW_ABSENT, HOW_EMPTY, HOW_MALFORMED, HOW_TRUNCATED, HOW_TRAILING,
	HOW_SHORT, HOW_LONG, HOW_LENGTH_LONG, HOW_LENGTH_SHORT, HOW_ORDER,
	HOW_SIGNATURE, HOW_SIGNATURE_ZERO, HOW_SIGNATURE_SIZE, HOW_OTHER_KEY,
	HOW_BODY, HOW_REFORMATTED, HOW_EXPIRED, HOW_EARLY, HOW_REVOKED,
	HOW_VERSION, HOW_ID, HOW_NO_ID, HOW_TYPE, HOW_NUMBER, HOW_DATE, HOW_NO_NEXT,
	HOW_KEY_TYPE, HOW_TEE_TYPE, HOW_VENDOR, HOW_AUTH_LENGTH, HOW_CERT_LENGTH,
	HOW_CERT_TRAILING, HOW_TYPE_1, HOW_TYPE_2, HOW_TYPE_3, HOW_TYPE_4, HOW_TYPE_6,
	HOW_TYPE_7, HOW_NOT_PEM, HOW_TEXT, HOW_LABEL, HOW_NOT_CERT,
	HOW_NAME, HOW_ISSUER, HOW_CA, HOW_PATH, HOW_KEY_USAGE, HOW_NO_KEY_USAGE,
	HOW_NO_BASIC, HOW_NO_KEY_IDS, HOW_NO_CRL_URL, HOW_CRITICAL,
	HOW_NO_NUMBER, HOW_ENTRY_CRITICAL,
	HOW_DUPLICATE, HOW_DUPLICATE_OUTER, HOW_COMPONENTS_15, HOW_COMPONENTS_17,
	HOW_COMPONENT_RANGE, HOW_PCESVN_RANGE, HOW_CPUSVN_SIZE, HOW_PPID_SIZE,
	HOW_FMSPC_SIZE, HOW_PCE_ID_SIZE, HOW_FMSPC, HOW_PCE_ID, HOW_NOT_JSON,
	HOW_LEVELS_EMPTY, HOW_LEVEL_TWICE, HOW_LEVEL_DATE, HOW_STATUS, HOW_ADVISORY,
	HOW_MISCSELECT_SIZE, HOW_ATTRIBUTES_SIZE, HOW_MRSIGNER_SIZE, HOW_NO_MRSIGNER,
	HOW_PRODID_RANGE, HOW_REPORT_DATA, HOW_REPORT_DATA_TAIL, HOW_AUTH_DATA,
	HOW_RESERVED, HOW_RESERVED_2, HOW_RESERVED_3, HOW_RESERVED_4,
	HOW_MISCSELECT, HOW_ATTRIBUTES, HOW_DEBUG, HOW_MRSIGNER, HOW_PRODID, HOW_SVN,
	HOW_XFAM, HOW_XFAM_RESERVED, HOW_MIGRATABLE, HOW_SERVICE_TD,
	HOW_OUT_OF_DATE, HOW_POINT, HOW_EVIDENCE_VERSION, HOW_EVIDENCE_LENGTH
};

#define FORGE_SERIAL_BYTES 20
#define FORGE_MAX_OUTPUT ((size_t)8 * 1024 * 1024)

#define FORGE_MAX_FILES 24

struct avow_forged {
	struct avow_forge_file files[FORGE_MAX_FILES];
	uint8_t *owned[FORGE_MAX_FILES];
	size_t n;
	enum avow_err err; /* of a copy that could not be made */
};

struct avow_forge_keys {
	struct avow_privkey *root, *other_root, *ca, *pck, *signing, *attestation;
	struct avow_privkey *stranger;	/* signs where another key should have */
	struct avow_privkey *p384;	/* of the wrong curve */
};

struct avow_forge_tdx;

/* Everything made, in the order in which it is made. */
struct forge {
	struct avow_forge_sgx p;	/* the deviation's parameters worked in */
	const struct avow_forge_tdx *tdx; /* NULL: an enclave's quote */
	struct avow_forge_tdx *event_log_of; /* the same; its RTMRs follow the log */
	const struct avow_forge_deviation *bend; /* NULL: none */
	const struct avow_forge_keys *keys;
	uint8_t pck_serial[FORGE_SERIAL_BYTES], ca_serial[FORGE_SERIAL_BYTES];
	uint8_t signing_serial[FORGE_SERIAL_BYTES], gone_serial[FORGE_SERIAL_BYTES];

	/* DER; root is the folder's and root.pem's, chain_root the quote's */
	struct avow_buf root, chain_root, ca, pck, signing, signing_root;
	struct avow_buf root_crl, pck_crl;
	struct avow_buf tcb_info, qe_identity;
	struct avow_buf event_log, hcl;
	struct avow_buf runtime, init, quote, report, evidence, about;
	struct avow_buf root_pem, signing_chain, ca_chain;
};

/** The row of that name, or NULL. */
const struct avow_forge_deviation *forge_deviation_find(
	const struct avow_forge_deviation *table, size_t n, const char *name);
/* A key that is to be made. */
struct forge_key_wish {
	struct avow_privkey **out;
	enum avow_key_type type;
	unsigned bits; /* RSA */
};

/** Make them in this order, up to one without a place; those made stand in their
 *  places also on error. @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err forge_make_keys(const struct forge_key_wish *w) AVOW_CHECKED;

/** True when exactly this is what deviates. */
bool forge_bent(const struct forge *f, enum forge_part part, enum forge_how how);

/** Work those deviations into f->p that are nothing but other parameters. */
void forge_bend_parameters(struct forge *f);
/** AVOW_E_USAGE for a deviation that is not of the list. */
enum avow_err forge_check_corrupt(bool unknown, struct avow_why *why) AVOW_CHECKED;
/** AVOW_E_USAGE with the field named, for parameters that no format can carry. */
enum avow_err forge_check_parameters(const struct avow_forge_sgx *p,
	struct avow_why *why) AVOW_CHECKED;

/** All certificates and CRLs. */
enum avow_err forge_make_pki(struct forge *f) AVOW_CHECKED;
/** Append the value of the PCK's SGX extension. */
void forge_put_sgx_extension(const struct forge *f, struct avow_buf *out);
/** TCB info and QE identity. */
enum avow_err forge_make_documents(struct forge *f) AVOW_CHECKED;
/** runtime.bin, the quote and Open Enclave's wrappers; wants the PKI made. */
enum avow_err forge_make_quote(struct forge *f) AVOW_CHECKED;
/** Its certification data, of the type asked for. */
void forge_put_certification(const struct forge *f, struct avow_buf *out);
/** Open Enclave's report and evidence of the quote that is made. */
void forge_put_oe_report(const struct forge *f, struct avow_buf *out);
void forge_put_oe_evidence(const struct forge *f, struct avow_buf *out);

/* --- files, one after the other ------------------------------------------------ */
/** Takes the buffer's bytes; an empty buffer makes an empty file. */
void forge_take(struct avow_forged *out, const char *name, struct avow_buf *b);
/** The same where there is something. */
void forge_take_made(struct avow_forged *out, const char *name, struct avow_buf *b);
/** A copy; an error sticks in out->err. */
void forge_copy(struct avow_forged *out, const char *name, const struct avow_buf *b);
/** forge.json: what was made, and which file shows a deviation. */
enum avow_err forge_put_about(int64_t at_s, const struct avow_forge_deviation *bend,
	const char *evidence, struct avow_buf *out) AVOW_CHECKED;

/* --- little-endian and plain bytes, appended ---------------------------------- */
void forge_put_le(struct avow_buf *b, uint64_t v, size_t n_bytes);
void forge_put_zeros(struct avow_buf *b, size_t n);
void forge_put_bytes(struct avow_buf *b, const void *p, size_t n);
/** Append what `part` holds and the error that it has, and clear it. */
void forge_join(struct avow_buf *out, struct avow_buf *part);
/** Turn one bit of the byte `from_end` bytes before the end (1: the last). */
void forge_flip(struct avow_buf *b, size_t from_end);

#endif
