/* What the files of POST /attest/Tpm share. */
#ifndef AVOW_API_ATTEST_TPM_H
#define AVOW_API_ATTEST_TPM_H

#include "api/challenge.h"
#include "api/service.h"
#include "evidence/tpm/credential.h"
#include "wire/json.h"

/**
 * Credential activation in the first round, Avow's own members: x-avow-ek-cert
 * (DER) and x-avow-ak-public (TPM2B_PUBLIC). Absent: nothing to do. Else the EK's
 * chain and the AK's attributes are judged, and a credential is made that only the
 * EK's TPM can open, and only if it holds that AK.
 * @param ch gets has_credential and the two digests.
 * @return AVOW_OK; AVOW_E_TPM_REQUEST, AVOW_E_TPM_EK, AVOW_E_TPM_AK_ROOT, _CHAIN,
 * _EXPIRED, _NOT_YET_VALID, _ATTRIBUTES; AVOW_E_TPM_PUBLIC; memory and crypto.
 */
enum avow_err avow_api_tpm_activation(const struct avow_json *o,
	const struct avow_http_request *rq, int64_t now_s, struct avow_challenge *ch,
	struct avow_tpm_credential *credential, struct avow_why *why) AVOW_CHECKED;

#endif
