/* AMD's published certificates, as constants. Private to trust/. */
#ifndef AVOW_TRUST_AMD_BUILTIN_H
#define AVOW_TRUST_AMD_BUILTIN_H

/** The three ARK certificates, as a PEM text. Their keys are the anchors. */
extern const char avow_amd_ark_pem[];
/** The ASK and ASVK certificates, as a PEM text. Not trusted. */
extern const char avow_amd_ca_pem[];

#endif
