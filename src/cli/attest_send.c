/* One request to the service of a run, and where the token goes that came of it. */
#include "base/file.h"
#include "cli/attest.h"
#include "cli/cli.h"
#include "client/client.h"

enum avow_verdict
avow_attest_send(struct avow_attest_run *r, const struct avow_attest_request *rq,
	struct avow_buf *token, struct avow_problem *problem)
{
	struct avow_attest_request whole = *rq;
	enum avow_verdict v;
	char *text = NULL;

	whole.server = r->server.url;
	whole.ca_file = r->server.ca;
	whole.bearer = r->server.token.n ? avow_buf_str(&r->server.token) : NULL;
	v = client_attest(&whole, r->cancel, &text, problem);
	if (v == AVOW_VERDICT_VERIFIED)
		avow_buf_put_str(token, text);
	avow_free(text);
	return v;
}

int
avow_attest_save(const struct avow_attest_run *r, struct avow_buf *token)
{
	static const struct avow_at at = {"attest", "out", "avow(1)"};
	struct avow_why why;

	if (!r->out)
		return avow_cli_print(token, AVOW_EXIT_OK);
	avow_why_init(&why);
	avow_buf_put_byte(token, '\n');
	if (token->err == AVOW_OK &&
		avow_file_write(r->out, avow_buf_span(token), 0600) == AVOW_OK)
		return AVOW_EXIT_OK;
	avow_cli_complain(avow_refuse(&why, AVOW_E_FILE_WRITE, &at, "a writable file",
				  "%s", r->out),
		&why);
	return AVOW_EXIT_UNDECIDED;
}
