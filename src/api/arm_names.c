/*
 * What the control plane's paths are made of, judged before anything is looked
 * up. The patterns are ARM's own for subscriptions, groups and locations; a
 * provider's name is instance.c's.
 */
#include "api/arm.h"

static const char *const VERSIONS[] = {
	"2018-09-01-preview",
	"2020-10-01",
	"2021-06-01-preview",
	"2021-06-01",
};

enum avow_err
avow_arm_check_version(const struct avow_http_request *rq, struct avow_why *why)
{
	struct avow_span v = avow_http_query(rq, "api-version");

	for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(VERSIONS[0]); i++)
		if (avow_span_eq_fold(v, avow_span_str(VERSIONS[i])))
			return AVOW_OK;
	return avow_refuse(why, AVOW_E_ARM_VERSION,
		&(struct avow_at){"request", "api-version", "MAA control plane"},
		"2018-09-01-preview, 2020-10-01, 2021-06-01-preview or 2021-06-01",
		v.n ? "%.*s" : "none", AVOW_FMT(avow_span_slice(v, 0, 64)));
}

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* Letters, digits and what is in `more`; 1 to max of them. */
static bool
is_made_of(struct avow_span s, const char *more, size_t max)
{
	struct avow_span others = avow_span_str(more);

	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) &&
			avow_span_find_byte(others, s.p[i]) == others.n)
			return false;
	return s.n > 0 && s.n <= max;
}

static enum avow_err
refuse(const char *field, const char *expected, struct avow_span got,
	struct avow_why *why)
{
	return avow_refuse(why, AVOW_E_ARM_NAME,
		&(struct avow_at){"request", field, "MAA control plane"}, expected,
		"%.*s", AVOW_FMT(avow_span_slice(got, 0, 64)));
}

enum avow_err
avow_arm_check_subscription(struct avow_span s, struct avow_why *why)
{
	return is_made_of(s, "-", 64)
		       ? AVOW_OK
		       : refuse("subscriptionId", "1 to 64 letters, digits and hyphens",
				 s, why);
}

/* Azure resource groups: ^[-\w\._\(\)]+$, not a dot at the end */
enum avow_err
avow_arm_check_group(struct avow_span s, struct avow_why *why)
{
	return is_made_of(s, "-_.()", 90) && s.p[s.n - 1] != '.'
		       ? AVOW_OK
		       : refuse("resourceGroupName",
				 "1 to 90 letters, digits and -_.(), not ending in a "
				 "dot",
				 s, why);
}

enum avow_err
avow_arm_check_location(struct avow_span s, struct avow_why *why)
{
	return is_made_of(s, " -", 90)
		       ? AVOW_OK
		       : refuse("location",
				 "1 to 90 letters, digits, spaces and hyphens", s, why);
}
