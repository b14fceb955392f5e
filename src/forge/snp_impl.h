/*
 * What the makers of SEV-SNP evidence share.
 */
#ifndef AVOW_FORGE_SNP_IMPL_H
#define AVOW_FORGE_SNP_IMPL_H

#include "forge/internal.h"
#include "forge/snp.h"

enum snp_bend {
	SNP_NO_BEND,
#define B(id, name, file, code, what) SNP_##id,
#include "forge/corrupt_snp.def"
#undef B
	SNP_BENDS
};

#define SNP_REPORT_SIZE 1184
#define SNP_SIGNED_SIZE 0x2a0
#define SNP_CERT_SERIAL_BYTES 3

struct avow_forge_snp_keys {
	struct avow_privkey *ark, *ca; /* RSA-4096 */
	struct avow_privkey *vek, *stranger; /* P-384 */
	struct avow_privkey *uvm_root, *uvm_ca, *uvm_other; /* P-384 */
	struct avow_privkey *p256, *small; /* of wrong kinds: P-256, RSA-2048 */
};

/* Everything made, in the order in which it is made. */
struct snp_forge {
	struct avow_forge_snp p; /* the deviation's parameters worked in */
	const struct avow_forge_deviation *bend; /* NULL: none */
	const struct avow_forge_snp_keys *keys;
	struct avow_forge_snp_tcb cert_tcb; /* what the leaf says */
	uint8_t cert_chip_id[64];

	struct avow_buf ark, ca, vek, crl; /* DER */
	struct avow_buf runtime, init, report, request, hcl, about;
	struct avow_buf uvm, uvm_reference;
	struct avow_buf root_pem, chain_pem, vek_pem;
};

/** True when exactly this is what deviates. */
bool snp_bent(const struct snp_forge *f, enum snp_bend b);
/** "Milan", "Genoa", "Turin": the line that the product is of. */
const char *snp_line(const struct snp_forge *f);
/** The 8 bytes of a TCB_VERSION in the product's layout. */
void snp_lay_out_tcb(
	const struct snp_forge *f, const struct avow_forge_snp_tcb *t, uint8_t out[8]);

/** Certificates and the ARK's CRL. */
enum avow_err snp_make_pki(struct snp_forge *f) AVOW_CHECKED;
/** runtime.bin, init.bin and the signed report. */
enum avow_err snp_make_report(struct snp_forge *f) AVOW_CHECKED;
/** The UVM endorsement, where one is asked for. */
enum avow_err snp_make_uvm(struct snp_forge *f) AVOW_CHECKED;
/** The HCL blob and the contract's JSON around it; wants report and PKI. */
enum avow_err snp_make_wrappers(struct snp_forge *f) AVOW_CHECKED;

#endif
