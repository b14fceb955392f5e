/*
 * A request to a service, and its answer as bytes or as the service's reason:
 * for the management calls, and under the attest call. What the answer says is
 * the caller's to read.
 */
#include "client/client.h"

#include "base/limits.h"

#define DEFAULT_TIMEOUT_MS 30000

enum avow_err
client_send(const struct client_call *call, struct avow_net_response *rs,
	struct avow_why *why)
{
	struct avow_net_request net = {.method = call->method,
		.post = call->has_body,
		.body = call->body,
		.content_type = call->content_type,
		.accept = "application/json",
		.bearer = call->bearer,
		.extra = call->extra,
		.ca_file = call->ca_file,
		.proxy = call->proxy,
		.timeout_ms =
			call->timeout_ms > 0 ? call->timeout_ms : DEFAULT_TIMEOUT_MS,
		.cancel = call->cancel};
	struct avow_buf origin, url;
	struct avow_span server;
	enum avow_err err;

	AVOW_TRY(client_issuer(call->server, &server, why));
	avow_buf_init(&origin, 512);
	avow_buf_init(&url, 8192);
	err = avow_net_origin(server, &origin);
	net.allow_http = avow_net_is_loopback(avow_buf_span(&origin));
	avow_buf_put(&url, server);
	avow_buf_put_str(&url, call->path);
	net.url = avow_buf_str(&url);
	if (err == AVOW_OK)
		err = net.url ? avow_net_fetch(&net, rs, why) : url.err;
	avow_buf_clear(&origin);
	avow_buf_clear(&url);
	return err;
}

enum avow_err
client_expect_status(long status, long from, long to, struct avow_why *why)
{
	if (status >= from && status <= to)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_NET_STATUS,
		&(struct avow_at){"net", "status", "RFC 9110 15"},
		from == to ? "200" : "200 to 299", "%ld", status);
}

enum avow_verdict
client_manage(const struct client_call *call, struct avow_buf *answer, long *status,
	struct avow_problem *problem)
{
	struct avow_net_response rs;
	struct avow_why why;
	struct avow_arena a;
	enum avow_err err;

	*status = 0;
	avow_why_init(&why);
	avow_arena_init(&a, AVOW_MIB(64));
	avow_net_response_init(&rs, answer->max, NULL, 0);
	err = client_send(call, &rs, &why);
	*status = rs.status;
	if (err == AVOW_OK)
		err = client_expect_status(*status, 200, 299, &why);
	if (err == AVOW_OK) {
		avow_buf_put(answer, avow_buf_span(&rs.body));
		err = answer->err;
	}
	if (err != AVOW_OK) {
		client_problem(problem, err, &why);
		problem->http_status = (int)*status;
		client_refusal(avow_buf_span(&rs.body), &a, problem);
	}
	avow_net_response_clear(&rs);
	avow_arena_clear(&a);
	return err == AVOW_OK ? AVOW_VERDICT_VERIFIED : client_status_verdict(*status);
}
