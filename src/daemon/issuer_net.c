/*
 * auth/ says which document it wants, net/ fetches it: here is the wire between
 * them. A document is the body of a 200 and nothing else; a redirect is refused,
 * since it would choose another place than the operator or the issuer did.
 */
#include "daemon/issuer_net.h"

#include "net/net.h"

static enum avow_err
get(const struct avow_auth_get *what, struct avow_buf *out, struct avow_why *why)
{
	const struct avow_net_request rq = {
		.url = what->url,
		.accept = "application/json",
		.ca_file = what->ca_file,
		.proxy = what->proxy,
		.timeout_ms = what->timeout_ms,
		.allow_http = what->allow_http,
		.cancel = what->cancel,
	};
	struct avow_net_response rs;
	enum avow_err e;

	avow_net_response_init(&rs, out->max, NULL, 0);
	e = avow_net_fetch(&rq, &rs, why);
	if (e == AVOW_OK)
		e = avow_net_expect(&rq, &rs, 200, why);
	if (e == AVOW_OK) {
		avow_buf_put(out, avow_buf_span(&rs.body));
		e = out->err;
	}
	avow_net_response_clear(&rs);
	return e;
}

const struct avow_auth_net avow_issuer_net = {get};
