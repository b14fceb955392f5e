/*
 * GET /metrics: numbers for monitoring, in Prometheus's text format (0.0.4). It
 * tells of collateral alone, and nothing about requests or who makes them.
 */
#include <inttypes.h>

#include "api/endpoints.h"

static void
put_head(struct avow_buf *b, const char *name, const char *help)
{
	avow_buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void
put_states(struct avow_buf *b, const struct avow_watch_state *s)
{
	put_head(b, "avow_collateral_items",
		"Documents, CRLs and certificates in use, by state.");
	for (int i = 0; i <= AVOW_SURVEY_INVALID; i++)
		avow_buf_printf(b, "avow_collateral_items{state=\"%s\"} %zu\n",
			avow_survey_state_name((enum avow_survey_state)i), s->count[i]);
}

struct counter {
	const char *name, *help;
	uint64_t v;
};

static void
put_counters(struct avow_buf *b, const struct counter *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		avow_buf_printf(b, "# HELP %s %s\n# TYPE %s counter\n", rows[i].name,
			rows[i].help, rows[i].name);
		avow_buf_printf(b, "%s %" PRIu64 "\n", rows[i].name, rows[i].v);
	}
}

static void
put_fetches(struct avow_buf *b, struct avow_supply *supply)
{
	struct avow_fetcher_counts c;

	avow_supply_count(supply, &c);
	put_counters(b,
		(const struct counter[]){
			{"avow_collateral_fetched_total",
				"Documents fetched, verified and stored.", c.fetched},
			{"avow_collateral_fetch_refused_total",
				"Answers that are not there, not genuine or too old.",
				c.refused},
			{"avow_collateral_fetch_failed_total",
				"Sources that did not answer, or with 429 or 5xx.",
				c.failed},
		},
		3);
	put_head(b, "avow_collateral_fetch_queue", "Documents to be fetched.");
	avow_buf_printf(b, "avow_collateral_fetch_queue %zu\n", c.queued);
}

static void
put_machines(struct avow_buf *b, struct avow_machines_counts c)
{
	const struct counter rows[] = {
		{"avow_machine_reports_total", "Attestations of machines followed.",
			c.reports},
		{"avow_machine_reports_dropped_total",
			"Reports lost because the store did not keep up.", c.dropped},
		{"avow_machine_alerts_total", "Alerts of machines told.", c.alerts},
		{"avow_machine_alerts_undelivered_total",
			"Alerts that the webhook did not take.", c.undelivered},
	};

	put_counters(b, rows, sizeof(rows) / sizeof(rows[0]));
}

enum avow_err
avow_api_metrics(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	struct avow_watch_state s = avow_watch_state(avow_service_watch(sv));

	(void)why;
	rs->content_type = "text/plain; version=0.0.4";
	put_head(&rs->body, "avow_build_info", "The version that runs.");
	avow_buf_put_str(
		&rs->body, "avow_build_info{version=\"" AVOW_VERSION "\"} 1\n");
	put_machines(&rs->body, avow_machines_count(avow_service_machines(sv)));
	put_fetches(&rs->body, avow_service_supply(sv));
	if (s.has_looked)
		put_states(&rs->body, &s);
	if (s.earliest_expiry_s != INT64_MAX) {
		put_head(&rs->body, "avow_collateral_earliest_expiry_seconds",
			"Unix time at which the first of what is current ends.");
		avow_buf_printf(&rs->body,
			"avow_collateral_earliest_expiry_seconds %" PRId64 "\n",
			s.earliest_expiry_s);
	}
	return rs->body.err;
}
