/* Microsoft's published TPM roots, as constants. Private to trust/. */
#ifndef AVOW_TRUST_TPM_BUILTIN_H
#define AVOW_TRUST_TPM_BUILTIN_H

/** Their public keys, as a PEM text. They are anchors. */
extern const char avow_tpm_roots_pem[];

#endif
