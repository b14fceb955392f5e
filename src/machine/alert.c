/* An alert in words: a log line always, and the webhook's body. */
#include "machine/alert.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "base/hex.h"
#include "machine/webhook.h"
#include "wire/json_member.h"

#define TEXT 96

/* For a log line: cut, with a NUL. */
static const char *
text(struct avow_span s, char out[TEXT])
{
	snprintf(out, TEXT, "%.*s", (int)(s.n < TEXT - 1 ? s.n : TEXT - 1),
		s.p ? (const char *)s.p : "");
	return out;
}

static void
log_alert(const struct avow_alert *a)
{
	char provider[TEXT], machine[TEXT], kind[TEXT], label[TEXT];

	AVOW_LOG(AVOW_LOG_WARN, a->event,
		AVOW_LOGS("provider", text(a->provider, provider)),
		AVOW_LOGS("machine", text(a->machine, machine)),
		AVOW_LOGS("kind", text(a->kind, kind)),
		AVOW_LOGS("label", text(a->label, label)), AVOW_LOGS("code", a->code),
		AVOW_LOGI("since_s", a->since_s));
}

static void
put_time(struct avow_jw *w, const char *name, int64_t at_s)
{
	if (at_s != 0)
		avow_jw_put_time(w, name, at_s);
}

static void
put_changes(struct avow_jw *w, const struct avow_alert *a)
{
	size_t more = 0, start = w->b->n;
	struct avow_jw saved = *w;

	if (a->now.n == 0)
		return;
	avow_jw_name(w, "changes");
	avow_jw_open(w, '[');
	if (avow_machine_diff(a->was, a->now, a->arena, w, &more) != AVOW_OK) {
		/* The alert without its details is better than none. */
		*w = saved;
		w->b->n = start;
		return;
	}
	avow_jw_close(w);
	avow_jw_put_int(w, "more", (int64_t)more);
}

static void
put_body(struct avow_buf *b, const struct avow_alert *a)
{
	struct avow_jw w;

	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	put_time(&w, "at", a->at_s);
	put_changes(&w, a);
	if (a->code)
		avow_jw_put_str(&w, "code", a->code);
	avow_jw_put_str(&w, "event", a->event);
	avow_jw_put_string(&w, "kind", a->kind);
	avow_jw_put_string(&w, "label", a->label);
	avow_jw_put_string(&w, "machine", a->machine);
	avow_jw_put_string(&w, "provider", a->provider);
	put_time(&w, "since", a->since_s);
	avow_jw_close(&w);
}

enum avow_err
avow_machine_sign(
	struct avow_span secret, int64_t at_s, struct avow_span body, char *out)
{
	uint8_t mac[AVOW_SHA256_BYTES];
	char hex[2 * AVOW_SHA256_BYTES + 1];
	struct avow_span parts[2];
	char at[32];
	int n = snprintf(at, sizeof(at), "%lld.", (long long)at_s);

	parts[0] = avow_span_make(at, (size_t)n);
	parts[1] = body;
	AVOW_TRY(avow_hmac_sha256(secret, parts, 2, mac));
	avow_hex_encode(avow_span_make(mac, sizeof(mac)), hex);
	snprintf(out, AVOW_MACHINE_SIGNATURE, "t=%lld,v1=%s", (long long)at_s, hex);
	return AVOW_OK;
}

void
avow_alerts_tell(struct avow_alerts *alerts, const struct avow_alert *a)
{
	struct avow_buf body;

	log_alert(a);
	avow_buf_init(&body, AVOW_MIB(1));
	put_body(&body, a);
	avow_webhook_put(alerts, &body);
	avow_buf_clear(&body);
}
