/*
 * TPM 2.0 attestation: the structures that a TPM signs, and what a quote proves.
 *
 *   bytes -> parse -> attest, signature, public area   (read, not believed)
 *         -> the checks below, in this order           (each with its own code)
 *
 * The parsers are pure; every integer is big-endian (TPM 2.0 Library part 2).
 * A quote proves values of registers; a log whose replay leads to them proves
 * events. A register that no log extends is told as a value and nothing more.
 */
#ifndef AVOW_EVIDENCE_TPM_TPM_H
#define AVOW_EVIDENCE_TPM_TPM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "evidence/eventlog/attested.h"

/* --- constants: TPM 2.0 Library part 2, 6.3, 6.4, 6.9, 8.3 -------------------------- */

enum avow_tpm_alg {
	AVOW_TPM_ALG_RSA = 0x0001,
	AVOW_TPM_ALG_SHA1 = 0x0004,
	AVOW_TPM_ALG_AES = 0x0006,
	AVOW_TPM_ALG_KEYEDHASH = 0x0008,
	AVOW_TPM_ALG_SHA256 = 0x000b,
	AVOW_TPM_ALG_SHA384 = 0x000c,
	AVOW_TPM_ALG_SHA512 = 0x000d,
	AVOW_TPM_ALG_NULL = 0x0010,
	AVOW_TPM_ALG_RSASSA = 0x0014,
	AVOW_TPM_ALG_RSAES = 0x0015,
	AVOW_TPM_ALG_RSAPSS = 0x0016,
	AVOW_TPM_ALG_OAEP = 0x0017,
	AVOW_TPM_ALG_ECDSA = 0x0018,
	AVOW_TPM_ALG_ECDAA = 0x001a,
	AVOW_TPM_ALG_ECC = 0x0023,
	AVOW_TPM_ALG_SYMCIPHER = 0x0025,
	AVOW_TPM_ALG_CFB = 0x0043
};

#define AVOW_TPM_MAGIC 0xff544347u /* TPM_GENERATED_VALUE */
#define AVOW_TPM_ST_CERTIFY 0x8017u
#define AVOW_TPM_ST_QUOTE 0x8018u

/* TPMA_OBJECT */
#define AVOW_TPMA_FIXED_TPM 0x00000002u
#define AVOW_TPMA_FIXED_PARENT 0x00000010u
#define AVOW_TPMA_SENSITIVE_DATA_ORIGIN 0x00000020u
#define AVOW_TPMA_USER_WITH_AUTH 0x00000040u
#define AVOW_TPMA_ADMIN_WITH_POLICY 0x00000080u
#define AVOW_TPMA_RESTRICTED 0x00010000u
#define AVOW_TPMA_DECRYPT 0x00020000u
#define AVOW_TPMA_SIGN 0x00040000u

#define AVOW_TPM_PCRS 24
#define AVOW_TPM_PCRS_ALL 0xffffffu
#define AVOW_TPM_MAX_SELECTIONS 16
#define AVOW_TPM_MAX_NAME 66 /* algorithm and a SHA-512 */

/** The digest of a TPM_ALG_ID; false for one that is not computed. */
bool avow_tpm_hash(uint16_t alg, enum avow_hash *out);
/** "sha1", "sha256", "sha384", "sha512"; NULL for another. Static. */
const char *avow_tpm_hash_name(uint16_t alg);

/* --- structures -------------------------------------------------------------------- */

struct avow_tpm_selection {
	uint16_t alg; /* bank */
	uint32_t mask; /* bit n is PCR n */
};

/** TPMS_ATTEST, part 2, 10.12.12: a quote or a certification. Spans borrow. */
struct avow_tpm_attest {
	struct avow_span bytes; /* all of it: what is signed */
	uint16_t type;
	struct avow_span qualified_signer;
	struct avow_span extra_data;
	uint64_t clock_ms;
	uint32_t reset_count, restart_count;
	bool safe;
	uint64_t firmware_version;
	/* quote */
	struct avow_tpm_selection selections[AVOW_TPM_MAX_SELECTIONS];
	size_t n_selections; /* in the order in which they are hashed */
	struct avow_span pcr_digest;
	/* certification */
	struct avow_span name, qualified_name;
};

/**
 * Magic, type and every size are one function (mistakes A1), in that order; no
 * byte may follow.
 * @param type AVOW_TPM_ST_QUOTE or AVOW_TPM_ST_CERTIFY: the only one accepted.
 * @return AVOW_OK; AVOW_E_TPM_MAGIC, _TYPE, _ATTEST, _SELECTION, _CLOCK.
 */
enum avow_err avow_tpm_attest_parse(struct avow_span bytes, uint16_t type,
	struct avow_tpm_attest *out, struct avow_why *why) AVOW_CHECKED;

/** TPMT_SIGNATURE, part 2, 11.3.4. Spans borrow. */
struct avow_tpm_signature {
	uint16_t alg; /* RSASSA, RSAPSS or ECDSA */
	uint16_t hash; /* TPM_ALG_ID of a digest that is computed */
	struct avow_span rsa;
	struct avow_span r, s; /* big-endian, any number of leading zeros */
};

/** @return AVOW_OK; AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_E_TPM_SIGNATURE_ALGORITHM
 *  (also HMAC, ECDAA, SM2 and none at all). */
enum avow_err avow_tpm_signature_parse(struct avow_span bytes,
	struct avow_tpm_signature *out, struct avow_why *why) AVOW_CHECKED;

/** TPMT_PUBLIC of an RSA or ECC key, part 2, 12.2.4. Spans borrow. */
struct avow_tpm_public {
	struct avow_span bytes; /* TPMT_PUBLIC: what its name is made of */
	uint16_t type, name_alg;
	uint32_t attributes; /* AVOW_TPMA_* */
	struct avow_span auth_policy;
	uint16_t symmetric, symmetric_bits, symmetric_mode; /* NULL: 0, 0 */
	uint16_t scheme, scheme_hash; /* AVOW_TPM_ALG_NULL: any */
	uint16_t key_bits; /* RSA */
	uint32_t exponent; /* RSA; 65537 where the structure says 0 */
	struct avow_span n;
	uint16_t curve; /* TPM_ECC_CURVE */
	struct avow_span x, y;
};

/** A TPMT_PUBLIC, or a TPM2B_PUBLIC whose size is exactly that of the rest.
 *  @return AVOW_OK, AVOW_E_TPM_PUBLIC. */
enum avow_err avow_tpm_public_parse(struct avow_span bytes, struct avow_tpm_public *out,
	struct avow_why *why) AVOW_CHECKED;
/** Its key. @return AVOW_OK; AVOW_E_TPM_PUBLIC (off its curve, RSA below 2048);
 *  AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_tpm_public_key(const struct avow_tpm_public *p,
	struct avow_pubkey **out, struct avow_why *why) AVOW_CHECKED;

struct avow_tpm_name {
	uint8_t bytes[AVOW_TPM_MAX_NAME];
	size_t n;
};

/** Name of the object, part 1, 16. @return AVOW_OK; AVOW_E_TPM_PUBLIC (a nameAlg
 *  that is not computed), AVOW_E_CRYPTO. */
enum avow_err avow_tpm_public_name(const struct avow_tpm_public *p,
	struct avow_tpm_name *out, struct avow_why *why) AVOW_CHECKED;
/** Restricted, signs, does not decrypt, fixedTPM, fixedParent, made in the TPM
 *  (bug 26). @return AVOW_OK, AVOW_E_TPM_AK_ATTRIBUTES. */
enum avow_err avow_tpm_ak_attributes(
	const struct avow_tpm_public *p, struct avow_why *why) AVOW_CHECKED;

/* --- signatures ---------------------------------------------------------------------- */

/**
 * Signature of a message under a key. RSAPSS with whatever salt length; the
 * scheme must fit the key.
 * @return AVOW_OK; AVOW_E_TPM_SIGNATURE_ALGORITHM, AVOW_E_TPM_SIGNATURE;
 * AVOW_E_CRYPTO, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_tpm_signature_verify(const struct avow_tpm_signature *sig,
	const struct avow_pubkey *key, struct avow_span message,
	struct avow_why *why) AVOW_CHECKED;
/** TPM2_Certify: extraData, the certified name against the public area, and the
 *  signature by the AK. @param nonce what extraData must be.
 *  @return AVOW_OK; AVOW_E_TPM_SIGNATURE*, _QUALIFIED_DATA, _KEY_NAME. */
enum avow_err avow_tpm_certify_verify(const struct avow_tpm_attest *certify,
	const struct avow_tpm_signature *sig, const struct avow_pubkey *ak,
	struct avow_span nonce, const struct avow_tpm_public *certified,
	struct avow_why *why) AVOW_CHECKED;

/* --- a quote, check by check ------------------------------------------------------------- */

/** A value beside the quote: hearsay until the digest check has held. */
struct avow_tpm_pcr {
	uint16_t alg;
	uint8_t index; /* below AVOW_TPM_PCRS */
	struct avow_span digest; /* of the bank's size */
};

struct avow_tpm_quote {
	struct avow_tpm_attest attest;
	struct avow_tpm_signature signature;
	const struct avow_tpm_pcr *pcrs;
	size_t n_pcrs;
};

/** 1: by the AK. Errors of avow_tpm_signature_verify. */
enum avow_err avow_tpm_quote_signature(const struct avow_tpm_quote *q,
	const struct avow_pubkey *ak, struct avow_why *why) AVOW_CHECKED;
/** 2: extraData is `expected`. @return AVOW_OK, AVOW_E_TPM_QUALIFIED_DATA. */
enum avow_err avow_tpm_quote_bound(const struct avow_tpm_quote *q,
	struct avow_span expected, struct avow_why *why) AVOW_CHECKED;
/** 3: the SIGNED selection covers `required` (bit n is PCR n) in some bank, every
 *  claimed value is selected, every selected one has a value (bug 22, mistakes A2).
 *  @return AVOW_OK; AVOW_E_TPM_PCR_REQUIRED, _PCR_UNQUOTED, _PCR_MISSING. */
enum avow_err avow_tpm_quote_selection(const struct avow_tpm_quote *q,
	uint32_t required, struct avow_why *why) AVOW_CHECKED;
/** 4: pcrDigest is that of the values, by the signature's hash (part 3, 18.4).
 *  @return AVOW_OK; AVOW_E_TPM_PCR_DIGEST, AVOW_E_CRYPTO. */
enum avow_err avow_tpm_quote_digest(
	const struct avow_tpm_quote *q, struct avow_why *why) AVOW_CHECKED;
/**
 * The quoted values as avow_attested_logs wants them, after checks 1 to 4: which
 * logs lead there is its question.
 * @param out room for AVOW_LOG_BANKS. @return how many.
 */
size_t avow_tpm_quote_banks(
	const struct avow_tpm_quote *q, struct avow_quoted_bank *out);
/** Two quotes of one TPM in one boot cycle: same reset count and firmware, the
 *  restarts not fewer. @return AVOW_OK, AVOW_E_TPM_BOOT_CYCLE. */
enum avow_err avow_tpm_quote_same_boot(const struct avow_tpm_quote *boot,
	const struct avow_tpm_quote *current, struct avow_why *why) AVOW_CHECKED;

#endif
