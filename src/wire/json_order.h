/* Members in the order of their names; private to wire/json. */
#ifndef AVOW_WIRE_JSON_ORDER_H
#define AVOW_WIRE_JSON_ORDER_H

#include "wire/json.h"

/** Bytewise, or with ASCII letters folded. <0, 0, >0. */
int avow_json_name_cmp(struct avow_span a, struct avow_span b, bool fold);
/**
 * Pointers to n members by name; equal names by place. The caller frees.
 * NULL when memory ends (for n of 0 too it is a pointer).
 */
const struct avow_json_member **avow_json_order(const struct avow_json_member *m,
	size_t n, bool fold);

#endif
