/*
 * The attester's side: evidence gathered on the machine that it is about, in
 * the forms that a service takes. Nothing is verified here; what a device or
 * the TPM gives is passed on, because the machine that gathers evidence is the
 * one that is not yet trusted.
 */
#ifndef AVOW_COLLECT_COLLECT_H
#define AVOW_COLLECT_COLLECT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "wire/json.h"

/* --- TPM 2.0 -------------------------------------------------------------------------- */

#define AVOW_COLLECT_MAX_BANKS 4
#define AVOW_COLLECT_MAX_LOGS 8

/** PCRs of one bank: TPM_ALG_ID and a bit a register. */
struct avow_collect_bank {
	uint16_t alg;
	uint32_t mask; /* bits 0 to 23 */
};

struct avow_collect_log {
	const char *type; /* "TCG" or "IMA" */
	const char *path;
};

/** The endorsement key that an AK without a certificate is bound to. */
enum avow_collect_ek {
	AVOW_COLLECT_EK_RSA, /* TCG's template L-1 */
	AVOW_COLLECT_EK_P256, /* L-2 */
	AVOW_COLLECT_EK_NONE
};

struct avow_collect_tpm {
	const char *tcti; /* tss2-tctildr(7); NULL: its default */
	uint32_t ak_handle; /* persistent; 0: a primary key in the endorsement
				hierarchy, the same at every start */
	bool ak_is_ecc; /* of that primary key: P-256, else RSA 2048 */
	uint32_t ak_cert_nv; /* NV index with the AK's certificate; 0: none */
	bool ak_cert_may_lack; /* there need be no such NV index */
	const char *ak_cert; /* or a file, DER or PEM; NULL: none */
	enum avow_collect_ek ek;
	uint32_t ek_handle; /* persistent; 0: made from its template */
	uint32_t ek_cert_nv; /* 0: TCG's index for that key */
	const char *ek_cert; /* or a file; NULL: none */
	struct avow_collect_bank banks[AVOW_COLLECT_MAX_BANKS];
	size_t n_banks;
	struct avow_collect_log logs[AVOW_COLLECT_MAX_LOGS];
	size_t n_logs;
};

/** Azure's vTPM: where the AK and its certificate are. */
#define AVOW_COLLECT_AZURE_AK 0x81000003u
#define AVOW_COLLECT_AZURE_AK_CERT 0x01C101D0u
#define AVOW_COLLECT_AZURE_HCL 0x01400001u

struct avow_tss;

/**
 * Reach the TPM and take up the attestation key.
 * @return AVOW_OK; AVOW_E_COLLECT_TPM (why says the TPM's own code);
 * AVOW_E_COLLECT_ABSENT (built without tpm2-tss); AVOW_E_FILE_READ (a
 * certificate's file); AVOW_E_NO_MEMORY.
 */
enum avow_err avow_tss_open(const struct avow_collect_tpm *options,
	struct avow_tss **out, struct avow_why *why) AVOW_CHECKED;
/** NULL is fine. */
void avow_tss_close(struct avow_tss *t);
/**
 * The members of the contract's attestation object (MAA TPM protocol, v2):
 * logs, aik_cert, aik_pub, pcrs, quote, signature. The object must be open in
 * the writer.
 * @param nonce the quote's qualifying data, at most 64 bytes; may be empty.
 * @return AVOW_OK; AVOW_E_COLLECT_TPM; AVOW_E_COLLECT_CHANGED (the registers
 * changed at every try); AVOW_E_FILE_READ (a log); AVOW_E_TOO_LARGE,
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_tss_attest(struct avow_tss *t, struct avow_span nonce,
	struct avow_jw *w, struct avow_why *why) AVOW_CHECKED;
/** An NV index's bytes, appended. @return AVOW_OK, AVOW_E_COLLECT_TPM (also:
 *  there is no such index). */
enum avow_err avow_tss_nv(struct avow_tss *t, uint32_t index, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

/** Whether a certificate of the AK was given or found. */
bool avow_tss_has_ak_cert(const struct avow_tss *t);
/** The AK as TPM2B_PUBLIC, appended. @return AVOW_OK, AVOW_E_COLLECT_TPM. */
enum avow_err avow_tss_ak_public(
	struct avow_tss *t, struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;
/** The endorsement key's certificate as it is stored, appended. @return AVOW_OK;
 *  AVOW_E_COLLECT_TPM (also: there is none); AVOW_E_FILE_READ. */
enum avow_err avow_tss_ek_cert(
	struct avow_tss *t, struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;
/**
 * TPM2_ActivateCredential: what was encrypted to this TPM's EK and AK, appended.
 * @param blob TPM2B_ID_OBJECT. @param secret TPM2B_ENCRYPTED_SECRET.
 * @return AVOW_OK; AVOW_E_COLLECT_ANSWER (no such structures);
 * AVOW_E_COLLECT_TPM (the TPM refuses: for another TPM, or another AK).
 */
enum avow_err avow_tss_activate(struct avow_tss *t, struct avow_span blob,
	struct avow_span secret, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

/* --- Azure's guests ----------------------------------------------------------------------- */

/**
 * The members TcgLogs and TpmInfo of Azure's guest attestation request, into an open
 * object. The first log of the options is sent, or none; the registers must be of
 * the SHA-256 bank alone, the AK one of RSASSA with SHA-256.
 * @return AVOW_OK; AVOW_E_KEY_TYPE (another bank, another AK); AVOW_E_COLLECT_TPM;
 * AVOW_E_COLLECT_CHANGED; AVOW_E_FILE_READ (the log); AVOW_E_TOO_LARGE,
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_tss_guest(
	struct avow_tss *t, struct avow_jw *w, struct avow_why *why) AVOW_CHECKED;
/** Make the key that the answer is sealed to; avow_tss_guest does it too.
 *  @return AVOW_OK, AVOW_E_COLLECT_TPM. */
enum avow_err avow_tss_guest_key(struct avow_tss *t, struct avow_why *why) AVOW_CHECKED;
/** What was encrypted to that key (RSAES), appended. @return AVOW_OK;
 *  AVOW_E_COLLECT_TPM (also: the registers are others now); AVOW_E_TOO_LARGE. */
enum avow_err avow_tss_unseal(struct avow_tss *t, struct avow_span wrapped,
	struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;

struct avow_collect_os {
	struct avow_span distro; /* borrows the text, or is static */
	unsigned major, minor;
};

/** NAME and VERSION_ID of the text of os-release(5). */
void avow_collect_os(struct avow_span os_release, struct avow_collect_os *out);

/* --- confidential VMs --------------------------------------------------------------------- */

#define AVOW_COLLECT_TSM "/sys/kernel/config/tsm/report"
#define AVOW_COLLECT_REPORT_DATA 64

/** The kernel's doors, so that tests can stand in for them. */
struct avow_collect_io {
	int (*mkdir)(void *ctx, const char *path);
	int (*rmdir)(void *ctx, const char *path);
	/* A file's bytes, appended; false: it cannot be read. */
	bool (*read)(void *ctx, const char *path, struct avow_buf *out);
	bool (*write)(void *ctx, const char *path, struct avow_span bytes);
	/* On a device that is opened for it; as ioctl(2). */
	int (*device)(void *ctx, const char *path, unsigned long request, void *arg);
	void *ctx;
};

/** Whether a path is there to be read. */
bool avow_collect_readable(const char *path);
/** The real ones. */
extern const struct avow_collect_io avow_collect_kernel;

/** What a hardware's kernel driver gave. */
struct avow_collect_report {
	struct avow_buf report; /* SEV-SNP: 1184 bytes; TDX: the quote */
	struct avow_buf certs; /* SEV-SNP: PEM, signing key first; may be empty */
};

void avow_collect_report_init(struct avow_collect_report *r);
void avow_collect_report_clear(struct avow_collect_report *r);

/**
 * From configfs-tsm (Linux Documentation/ABI/testing/configfs-tsm): an entry of
 * our own is made, asked once, and removed.
 * @param provider "sev_guest" or "tdx_guest": another is COLLECT_ABSENT.
 * @return AVOW_OK; AVOW_E_COLLECT_ABSENT (no such interface here, or another
 * provider); AVOW_E_COLLECT_CHANGED (somebody wrote to our entry);
 * AVOW_E_FILE_READ; AVOW_E_DER_SYNTAX and the like for a broken table of
 * certificates; AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_collect_tsm(const struct avow_collect_io *io, const char *dir,
	const char *provider, const uint8_t data[AVOW_COLLECT_REPORT_DATA],
	struct avow_collect_report *out, struct avow_why *why) AVOW_CHECKED;
/**
 * From /dev/sev-guest (Linux Documentation/virt/coco/sev-guest.rst), for kernels
 * older than configfs-tsm. @return as above.
 */
enum avow_err avow_collect_sev_guest(const struct avow_collect_io *io,
	const char *device, const uint8_t data[AVOW_COLLECT_REPORT_DATA],
	struct avow_collect_report *out, struct avow_why *why) AVOW_CHECKED;
/**
 * The table of certificates behind an SEV-SNP report (GHCB 2.0, 4.1.8.1) to PEM:
 * the signing key's (VCEK or VLEK), ASK or ASVK, ARK; others are left out.
 * @return AVOW_OK; AVOW_E_COLLECT_TABLE; AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_collect_cert_table(struct avow_span table, struct avow_buf *pem,
	struct avow_why *why) AVOW_CHECKED;

#endif
