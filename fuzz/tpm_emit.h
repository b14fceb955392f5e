/* What the TPM harnesses write back: a structure that was taken must be the very
 * bytes that its fields make, so that nothing in it was passed over. */
#ifndef AVOW_FUZZ_TPM_EMIT_H
#define AVOW_FUZZ_TPM_EMIT_H

#include "must.h"

#include "base/buf.h"
#include "evidence/tpm/tpm.h"

static inline void
emit_be(struct avow_buf *b, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * bytes)));
}

static inline void
emit_2b(struct avow_buf *b, struct avow_span s)
{
	emit_be(b, s.n, 2);
	avow_buf_put(b, s);
}

#endif
