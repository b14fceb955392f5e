/* Intel's published root key and certificates, as constants. Private to trust/. */
#ifndef AVOW_TRUST_INTEL_BUILTIN_H
#define AVOW_TRUST_INTEL_BUILTIN_H

#include <stdint.h>

/** x || y of the SGX root CA's key on P-256. */
extern const uint8_t avow_intel_sgx_root_key[64];
/** Two TCB signing certificates, the root's and the PCK CAs', as a PEM text. Not
 *  trusted. */
extern const char avow_intel_certs_pem[];

#endif
