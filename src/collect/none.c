/* Built without tpm2-tss: what needs it says so. */
#include "collect/collect.h"

static enum avow_err
refuse(struct avow_why *why)
{
	static const struct avow_at at = {"tpm", "tpm2-tss", "avow(1)"};

	return avow_refuse(why, AVOW_E_COLLECT_ABSENT, &at,
		"a build with tpm2-tss (libtss2-dev)", "one without");
}

enum avow_err
avow_tss_open(const struct avow_collect_tpm *options, struct avow_tss **out,
	struct avow_why *why)
{
	(void)options;
	*out = NULL;
	return refuse(why);
}

void
avow_tss_close(struct avow_tss *t)
{
	(void)t;
}

enum avow_err
avow_tss_attest(struct avow_tss *t, struct avow_span nonce, struct avow_jw *w,
	struct avow_why *why)
{
	(void)t;
	(void)nonce;
	(void)w;
	return refuse(why);
}

enum avow_err
avow_tss_nv(
	struct avow_tss *t, uint32_t index, struct avow_buf *out, struct avow_why *why)
{
	(void)t;
	(void)index;
	(void)out;
	return refuse(why);
}

bool
avow_tss_has_ak_cert(const struct avow_tss *t)
{
	(void)t;
	return false;
}

enum avow_err
avow_tss_ak_public(struct avow_tss *t, struct avow_buf *out, struct avow_why *why)
{
	(void)t;
	(void)out;
	return refuse(why);
}

enum avow_err
avow_tss_ek_cert(struct avow_tss *t, struct avow_buf *out, struct avow_why *why)
{
	(void)t;
	(void)out;
	return refuse(why);
}

enum avow_err
avow_tss_activate(struct avow_tss *t, struct avow_span blob, struct avow_span secret,
	struct avow_buf *out, struct avow_why *why)
{
	(void)t;
	(void)blob;
	(void)secret;
	(void)out;
	return refuse(why);
}

enum avow_err
avow_tss_guest(struct avow_tss *t, struct avow_jw *w, struct avow_why *why)
{
	(void)t;
	(void)w;
	return refuse(why);
}

enum avow_err
avow_tss_guest_key(struct avow_tss *t, struct avow_why *why)
{
	(void)t;
	return refuse(why);
}

enum avow_err
avow_tss_unseal(struct avow_tss *t, struct avow_span wrapped, struct avow_buf *out,
	struct avow_why *why)
{
	(void)t;
	(void)wrapped;
	(void)out;
	return refuse(why);
}
