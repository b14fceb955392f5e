/* The writer's calls for values, each behind the member's name. */
#include "wire/json_member.h"

#include "base/clock.h"

void
avow_jw_put_str(struct avow_jw *w, const char *name, const char *s)
{
	avow_jw_name(w, name);
	avow_jw_str(w, s);
}

void
avow_jw_put_string(struct avow_jw *w, const char *name, struct avow_span s)
{
	avow_jw_name(w, name);
	avow_jw_string(w, s);
}

void
avow_jw_put_int(struct avow_jw *w, const char *name, int64_t v)
{
	avow_jw_name(w, name);
	avow_jw_int(w, v);
}

void
avow_jw_put_bool(struct avow_jw *w, const char *name, bool v)
{
	avow_jw_name(w, name);
	avow_jw_bool(w, v);
}

void
avow_jw_put_hex(struct avow_jw *w, const char *name, struct avow_span bytes)
{
	avow_jw_name(w, name);
	avow_jw_hex(w, bytes);
}

void
avow_jw_put_time(struct avow_jw *w, const char *name, int64_t at_s)
{
	char text[AVOW_TIME_TEXT];

	avow_time_format(at_s, text);
	avow_jw_put_str(w, name, text);
}

void
avow_jw_put_time_or_null(struct avow_jw *w, const char *name, int64_t at_s)
{
	if (at_s == 0)
		avow_jw_put_str(w, name, NULL);
	else
		avow_jw_put_time(w, name, at_s);
}
