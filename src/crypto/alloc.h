/*
 * Memory of the crypto library, replaceable for fault tests: a test that makes
 * the n-th allocation fail shows that no failure inside OpenSSL ever reads as
 * "verified".
 */
#ifndef AVOW_CRYPTO_ALLOC_H
#define AVOW_CRYPTO_ALLOC_H

#include <stddef.h>

#include "base/err.h"

/**
 * Route every allocation of the crypto library through these functions, which
 * behave as those of the C library. To be called before any other function of
 * crypto/, by one thread, once.
 * @return AVOW_OK; AVOW_E_CRYPTO when the library has already allocated.
 */
enum avow_err avow_crypto_set_alloc(void *(*malloc_fn)(size_t),
	void *(*realloc_fn)(void *, size_t), void (*free_fn)(void *)) AVOW_CHECKED;

#endif
