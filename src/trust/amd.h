/*
 * AMD's products and TCB versions, and what a VCEK or VLEK certificate says
 * about the chip and the TCB that it was made for (AMD 57230, VCEK certificate
 * and KDS interface; AMD 58369, VLEK).
 */
#ifndef AVOW_TRUST_AMD_H
#define AVOW_TRUST_AMD_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/x509.h"

/* Product lines: each has its own ARK, and its name in KDS. Bergamo and Siena
 * are of Genoa's. */
enum avow_amd_product { AVOW_AMD_MILAN, AVOW_AMD_GENOA, AVOW_AMD_TURIN };

/** "Milan", "Genoa", "Turin". Static. */
const char *avow_amd_product_name(enum avow_amd_product p);
/** The line of a product name such as "Milan-B0" or "Genoa"; false: not known. */
bool avow_amd_product_by_name(struct avow_span name, enum avow_amd_product *out);
/** By the combined CPUID family and model; false: not known. */
bool avow_amd_product_by_cpuid(
	uint8_t family, uint8_t model, enum avow_amd_product *out);

/* --- TCB versions ---------------------------------------------------------------- */

enum avow_amd_part {
	AVOW_AMD_FMC, /* Turin alone; zero elsewhere */
	AVOW_AMD_BOOT_LOADER,
	AVOW_AMD_TEE,
	AVOW_AMD_SNP,
	AVOW_AMD_MICROCODE,
	AVOW_AMD_PARTS
};

/** Security versions by part, unsigned: the microcode's exceeds 127. */
struct avow_amd_tcb {
	uint8_t part[AVOW_AMD_PARTS];
};

#define AVOW_AMD_TCB_BYTES 8

/** "FMC", "BOOT_LOADER", "TEE", "SNP", "MICROCODE". Static. */
const char *avow_amd_part_name(enum avow_amd_part part);
/** A TCB_VERSION of 8 bytes in the product's own layout; false when a reserved
 *  byte of it is not zero. */
bool avow_amd_tcb_read(enum avow_amd_product p, const uint8_t raw[AVOW_AMD_TCB_BYTES],
	struct avow_amd_tcb *out);
/** The first part in which a is above b; AVOW_AMD_PARTS: a <= b in each. A TCB is
 *  no number: 2.0 is not below 1.9 in every part. */
enum avow_amd_part avow_amd_tcb_above(
	const struct avow_amd_tcb *a, const struct avow_amd_tcb *b);
/** The first part in which they differ; AVOW_AMD_PARTS: none. */
enum avow_amd_part avow_amd_tcb_differs(
	const struct avow_amd_tcb *a, const struct avow_amd_tcb *b);

/* --- endorsement keys -------------------------------------------------------------- */

enum avow_amd_vek_kind {
	AVOW_AMD_VCEK, /* of one chip */
	AVOW_AMD_VLEK /* of one cloud service provider */
};

#define AVOW_AMD_CHIP_ID_BYTES 64
#define AVOW_AMD_CHIP_ID_TURIN_BYTES 8

/** What the certificate's extensions say. Spans borrow the certificate. */
struct avow_amd_vek {
	enum avow_amd_vek_kind kind;
	enum avow_amd_product product;
	struct avow_amd_tcb tcb;
	struct avow_span chip_id; /* VCEK: 64 bytes, Turin 8; empty in a VLEK */
	struct avow_span csp_id; /* VLEK: the provider's name; empty in a VCEK */
};

/** "VCEK" or "VLEK". Static. */
const char *avow_amd_vek_name(enum avow_amd_vek_kind kind);

/**
 * Read the extensions 1.3.6.1.4.1.3704.1 of a leaf. Exactly one of hwID and csp_id
 * is there; the SPLs are those of the product, and the reserved ones are 0.
 * @return AVOW_OK; AVOW_E_SNP_CERT_EXTENSIONS; AVOW_E_SNP_PRODUCT for a product
 * that is not known.
 */
enum avow_err avow_amd_vek_parse(const struct avow_cert *leaf, struct avow_amd_vek *out,
	struct avow_why *why) AVOW_CHECKED;
/** Whether the report's CHIP_ID of 64 bytes is that of a VCEK: 8 bytes on Turin,
 *  then zeros. */
bool avow_amd_vek_is_of_chip(const struct avow_amd_vek *v, struct avow_span chip_id);

#endif
