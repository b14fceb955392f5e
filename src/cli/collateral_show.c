/*
 * How a survey is shown: a table for people, one JSON object for programs, and
 * an exit status for both.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/collateral.h"
#include "wire/json_member.h"

int
collateral_status(const struct avow_survey *s)
{
	switch (avow_survey_worst(s)) {
	case AVOW_SURVEY_GOOD:
		return AVOW_EXIT_OK;
	case AVOW_SURVEY_SOON:
		return COLLATERAL_SOON;
	case AVOW_SURVEY_NOT_YET:
	case AVOW_SURVEY_EXPIRED:
		return COLLATERAL_EXPIRED;
	case AVOW_SURVEY_INVALID:
		break;
	}
	return AVOW_EXIT_REFUSED;
}

static bool
holds(const char *text, const char *word)
{
	struct avow_span t = avow_span_str(text), w = avow_span_str(word);

	for (size_t i = 0; i + w.n <= t.n; i++)
		if (avow_span_eq_fold(avow_span_slice(t, i, w.n), w))
			return true;
	return false;
}

/* What is built in is not the operator's: shown by name alone. */
static bool
is_shown(const struct avow_survey_item *i, const char *only)
{
	char chip[2 * AVOW_AMD_CHIP_ID_BYTES + 1];

	if (!only)
		return !i->is_builtin;
	if (strcmp(i->name, only) == 0 || holds(i->subject, only))
		return true;
	if (i->chip_id.n == 0 || i->chip_id.n > AVOW_AMD_CHIP_ID_BYTES)
		return false;
	avow_hex_encode(i->chip_id, chip);
	return holds(chip, only);
}

/* --- JSON ------------------------------------------------------------------------------ */

static void
put_whom(struct avow_jw *w, const struct avow_survey_item *i)
{
	if (i->has_platform) {
		avow_jw_put_str(w, "tee", i->tee == AVOW_TEE_SGX ? "sgx" : "tdx");
		avow_jw_put_hex(w, "fmspc", avow_span_make(i->fmspc, sizeof(i->fmspc)));
		avow_jw_put_hex(
			w, "pce_id", avow_span_make(i->pce_id, sizeof(i->pce_id)));
		avow_jw_put_time(w, "tcb_date", i->tcb_date_s);
	}
	if (i->has_product)
		avow_jw_put_str(w, "product", avow_amd_product_name(i->product));
	if (i->chip_id.n > 0)
		avow_jw_put_hex(w, "chip_id", i->chip_id);
	if (i->number > 0)
		avow_jw_put_int(w, "evaluation_number", i->number);
}

static void
put_item(struct avow_jw *w, const struct avow_survey_item *i)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "file", i->name);
	avow_jw_put_str(w, "what", i->title);
	avow_jw_put_str(w, "for", i->subject[0] ? i->subject : NULL);
	put_whom(w, i);
	if (i->bytes.n > 0) {
		avow_jw_put_time(w, "issued", i->issue_s);
		avow_jw_put_time(w, "next_update", i->next_s);
		avow_jw_put_time(w, "expires", i->expires_s);
	}
	avow_jw_put_str(w, "state", avow_survey_state_name(i->state));
	avow_jw_put_bool(w, "superseded", i->is_superseded);
	avow_jw_put_str(w, "error", i->err == AVOW_OK ? NULL : avow_err_name(i->err));
	avow_jw_put_str(w, "message", i->err == AVOW_OK ? NULL : avow_err_text(i->err));
	avow_jw_close(w);
}

static int
print_json(const struct collateral_options *o, const struct avow_survey *s,
	const char *only)
{
	struct avow_buf b;
	struct avow_jw w;
	int status;

	avow_buf_init(&b, AVOW_MIB(256));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_put_time(&w, "at", o->at_s);
	avow_jw_put_str(&w, "worst", avow_survey_state_name(avow_survey_worst(s)));
	if (s->earliest_expiry_s != INT64_MAX)
		avow_jw_put_time(&w, "earliest_expiry", s->earliest_expiry_s);
	avow_jw_name(&w, "items");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < s->n; i++)
		if (is_shown(&s->items[i], only))
			put_item(&w, &s->items[i]);
	avow_jw_close(&w);
	avow_jw_close(&w);
	status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

/* --- text --------------------------------------------------------------------------------- */

/* A file's name may hold anything: what is no printable ASCII is shown as '?'. */
static void
print_name(const char *name)
{
	for (; *name; name++)
		putchar(*name >= ' ' && *name <= '~' ? *name : '?');
}

static void
print_item(const struct avow_survey_item *i)
{
	char issued[AVOW_TIME_TEXT] = "", next[AVOW_TIME_TEXT] = "", number[16] = "";

	if (i->bytes.n > 0) {
		avow_time_format(i->issue_s, issued);
		avow_time_format(i->next_s, next);
	}
	if (i->number > 0)
		snprintf(number, sizeof(number), "%u", i->number);
	printf("%-13s  %-23s  %-6s  %-10.10s  %-10.10s  %s  [",
		i->is_superseded ? "superseded" : avow_survey_state_name(i->state),
		i->title, number, issued, next, i->subject[0] ? i->subject : "-");
	print_name(i->name);
	printf("]%s%s\n", i->err == AVOW_OK ? "" : " ",
		i->err == AVOW_OK ? "" : avow_err_name(i->err));
}

static void
print_details(const struct avow_survey_item *i)
{
	char text[AVOW_TIME_TEXT];

	avow_time_format(i->expires_s, text);
	if (i->bytes.n > 0)
		printf("    expires %s, with its signing chain; %zu bytes\n", text,
			i->bytes.n);
	avow_time_format(i->tcb_date_s, text);
	if (i->has_platform)
		printf("    TCB date of its highest level: %s\n", text);
	if (i->err != AVOW_OK)
		printf("    %s\n", avow_err_text(i->err));
}

static void
print_end(const struct avow_survey *s)
{
	char text[AVOW_TIME_TEXT];

	avow_time_format(s->earliest_expiry_s, text);
	if (s->earliest_expiry_s != INT64_MAX)
		printf("the first to end: %s\n", text);
	for (int i = AVOW_SURVEY_GOOD; i <= AVOW_SURVEY_INVALID; i++)
		if (s->count[i] > 0)
			printf("%s%s: %zu", i == AVOW_SURVEY_GOOD ? "" : "  ",
				avow_survey_state_name((enum avow_survey_state)i),
				s->count[i]);
	putchar('\n');
}

int
collateral_print(const struct collateral_options *o, const struct avow_survey *s,
	const char *only)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += is_shown(&s->items[i], only);
	if (only && n == 0) {
		fprintf(stderr, "avow collateral: nothing is named so\n");
		return AVOW_EXIT_REFUSED;
	}
	if (o->json)
		return print_json(o, s, only);
	printf("%-13s  %-23s  %-6s  %-10s  %-10s  %s  [file]\n", "state", "what",
		"number", "issued", "next", "for");
	for (size_t i = 0; i < s->n; i++) {
		if (!is_shown(&s->items[i], only))
			continue;
		print_item(&s->items[i]);
		if (only)
			print_details(&s->items[i]);
	}
	if (!only)
		print_end(s);
	return AVOW_EXIT_OK;
}
