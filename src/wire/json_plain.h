/* Which characters of a JSON string mean themselves, many at a time; for json_scalar.c,
 * which reads them, and json_write.c, which writes them. */
#ifndef AVOW_WIRE_JSON_PLAIN_H
#define AVOW_WIRE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As many bytes as a vector register has everywhere; the compiler makes words of them
 * where there is none. */
#define AVOW_JSON_LANES 16

/** No quote, no backslash, no byte below 0x20 or above 0x7f. RFC 8259, 7. */
static inline bool
avow_json_is_plain_block(const uint8_t block[AVOW_JSON_LANES])
{
	typedef uint8_t lanes __attribute__((vector_size(AVOW_JSON_LANES)));
	uint64_t stop[AVOW_JSON_LANES / sizeof(uint64_t)];
	lanes w, hit;

	memcpy(&w, block, sizeof(w));
	hit = (lanes)(w < 0x20) | (lanes)(w == '"') | (lanes)(w == '\\') |
	      (lanes)(w > 0x7f);
	memcpy(stop, &hit, sizeof(stop));
	return (stop[0] | stop[1]) == 0;
}

#endif
