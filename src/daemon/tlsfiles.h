/* Private to daemon/: the certificate that avowd serves TLS with. */
#ifndef AVOW_DAEMON_TLSFILES_H
#define AVOW_DAEMON_TLSFILES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/why.h"

struct avow_config;

struct avow_tls_files {
	struct avow_buf cert, key; /* PEM; cert.n == 0: no TLS */
};

/**
 * Read the files that the configuration names, or the self-made pair in
 * DATA/tls/, which is made (again) when it is absent, broken, of another host
 * or close to its end. Needs config->url. Empty when TLS is not wanted.
 * @return AVOW_OK; AVOW_E_HTTP_TLS (not PEM); AVOW_E_FILE_READ,
 * AVOW_E_FILE_WRITE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_tls_files_load(const struct avow_config *config, int64_t now_s,
	struct avow_tls_files *out, struct avow_why *why) AVOW_CHECKED;
/** Wipe and free. */
void avow_tls_files_clear(struct avow_tls_files *f);

#endif
