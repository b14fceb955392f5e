/* Members of an object that is being written: a name and its value in one call. */
#ifndef AVOW_WIRE_JSON_MEMBER_H
#define AVOW_WIRE_JSON_MEMBER_H

#include "wire/json.h"

void avow_jw_put_str(struct avow_jw *w, const char *name, const char *s); /* NULL: null */
void avow_jw_put_string(struct avow_jw *w, const char *name, struct avow_span s);
void avow_jw_put_int(struct avow_jw *w, const char *name, int64_t v);
void avow_jw_put_bool(struct avow_jw *w, const char *name, bool v);
void avow_jw_put_hex(struct avow_jw *w, const char *name, struct avow_span bytes);
/** RFC 3339, UTC, whole seconds. */
void avow_jw_put_time(struct avow_jw *w, const char *name, int64_t at_s);
/** The same; 0 says that there is no time: null. */
void avow_jw_put_time_or_null(struct avow_jw *w, const char *name, int64_t at_s);

#endif
