/*
 * What the operating system says of itself (os-release(5)), as Azure's guest client
 * sends it. Nobody proves it, so what cannot be read is left at a default.
 */
#include "collect/collect.h"

/* NAME="Debian GNU/Linux": the value without its quotes. */
static struct avow_span
value_of(struct avow_span text, const char *name)
{
	while (text.n) {
		size_t end = avow_span_find_byte(text, '\n');
		struct avow_span line = avow_span_trim(avow_span_slice(text, 0, end));
		size_t eq = avow_span_find_byte(line, '=');

		if (eq < line.n &&
			avow_span_eq_str(avow_span_slice(line, 0, eq), name)) {
			struct avow_span v = avow_span_from(line, eq + 1);

			if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') &&
				v.p[v.n - 1] == v.p[0])
				v = avow_span_slice(v, 1, v.n - 2);
			return v;
		}
		text = end < text.n ? avow_span_from(text, end + 1) : AVOW_LIT("");
	}
	return AVOW_LIT("");
}

/* Digits at the front; more than eight are no version. */
static size_t
read_number(struct avow_span s, unsigned *out)
{
	size_t n = 0;

	*out = 0;
	while (n < s.n && n < 9 && s.p[n] >= '0' && s.p[n] <= '9')
		*out = *out * 10 + (unsigned)(s.p[n++] - '0');
	return n > 8 ? 0 : n;
}

void
avow_collect_os(struct avow_span os_release, struct avow_collect_os *out)
{
	struct avow_span name = value_of(os_release, "NAME");
	struct avow_span version = value_of(os_release, "VERSION_ID");
	size_t n;

	out->distro = name.n && name.n <= 64 ? name : AVOW_LIT("Linux");
	out->minor = 0;
	n = read_number(version, &out->major);
	if (n == 0)
		out->major = 1; /* the client's own word for "cannot be told" */
	else if (n < version.n && version.p[n] == '.' &&
		 read_number(avow_span_from(version, n + 1), &out->minor) == 0)
		out->minor = 0;
}
