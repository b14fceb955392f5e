/* libavow's answers as this command line shows them. */
#include <stdio.h>

#include "avow/avow.h"
#include "cli/cli.h"
#include "cli/inputs.h"

static void
line(const char *name, const char *text)
{
	if (text[0])
		fprintf(stderr, "  %-9s %s\n", name, text);
}

void
avow_cli_problem(const char *command, const struct avow_problem *why)
{
	fprintf(stderr, "avow %s: %s\n", command, why->message);
	line("code", why->code);
	line("check", why->check);
	line("field", why->field);
	line("expected", why->expected);
	line("got", why->got);
	line("source", why->source);
	if (why->http_status)
		fprintf(stderr, "  %-9s %d\n", "http", why->http_status);
}

int
avow_cli_verdict(enum avow_verdict verdict)
{
	switch (verdict) {
	case AVOW_VERDICT_VERIFIED: return AVOW_EXIT_OK;
	case AVOW_VERDICT_REFUSED: return AVOW_EXIT_REFUSED;
	case AVOW_VERDICT_UNDECIDED: break;
	}
	return AVOW_EXIT_UNDECIDED;
}
