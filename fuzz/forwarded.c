/*
 * Forwarded and X-Forwarded-For. Input: a byte that chooses the header, then its
 * value. Properties: a peer that is no trusted proxy is the client; whatever a
 * client writes in front does not change the answer, unless all that is there are
 * trusted proxies; and the same value gives the same answer twice.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

#include "base/buf.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_ip
client(const struct avow_proxies *p, const char *peer, struct avow_span value)
{
	struct avow_http_pair header = {
		p->is_rfc7239 ? AVOW_LIT("forwarded") : AVOW_LIT("x-forwarded-for"),
		value};
	struct avow_ip ip;

	must(avow_ip_parse(avow_span_str(peer), &ip));
	avow_forwarded_client(p, &header, 1, &ip);
	return ip;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_network net;
	struct avow_proxies p = {&net, 1, n && (data[0] & 1)};
	struct avow_span value = avow_span_from(avow_span_make(data, n), 1);
	struct avow_ip one, two, stranger;
	struct avow_buf b;

	if (n > 16384)
		return 0;
	must(avow_network_parse(AVOW_LIT("10.0.0.0/8"), &net));
	must(avow_ip_parse(AVOW_LIT("11.0.0.1"), &stranger));
	one = client(&p, "10.0.0.1", value);
	two = client(&p, "10.0.0.1", value);
	must(memcmp(&one, &two, sizeof(one)) == 0);
	two = client(&p, "11.0.0.1", value);
	must(memcmp(&stranger, &two, sizeof(two)) == 0);
	avow_buf_init(&b, 32768);
	avow_buf_put_str(&b, p.is_rfc7239 ? "for=8.8.8.8, " : "8.8.8.8, ");
	avow_buf_put(&b, value);
	two = client(&p, "10.0.0.1", avow_buf_span(&b));
	must(avow_networks_have(&net, 1, &one) || memcmp(&one, &two, sizeof(one)) == 0);
	avow_buf_clear(&b);
	return 0;
}
