/*
 * The text of firmware and Windows, UTF-16LE, as UTF-8. Strict: a lone surrogate or
 * an odd byte is no text, so that two names that differ never read alike.
 */
#include "base/utf8.h"
#include "evidence/eventlog/impl.h"

bool
log_utf8(struct avow_span in, struct avow_buf *out)
{
	struct avow_cursor c = avow_cur(in);

	while (avow_cur_left(&c) >= 2) {
		uint32_t cp = avow_cur_le16(&c);

		if (cp >= 0xd800 && cp < 0xdc00) {
			uint32_t low = avow_cur_le16(&c);

			if (avow_cur_is_bad(&c) || low < 0xdc00 || low > 0xdfff)
				return false;
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		} else if (cp >= 0xdc00 && cp < 0xe000) {
			return false;
		}
		avow_utf8_put(out, cp);
	}
	return avow_cur_is_done(&c) && out->err == AVOW_OK;
}
