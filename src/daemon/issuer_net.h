/* Private to daemon/: issuers' documents over the network, for auth/. */
#ifndef AVOW_DAEMON_ISSUER_NET_H
#define AVOW_DAEMON_ISSUER_NET_H

#include "auth/auth.h"

extern const struct avow_auth_net avow_issuer_net;

#endif
