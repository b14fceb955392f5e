/* Whole files: read under a limit, written by temporary name and rename. */
#ifndef AVOW_BASE_FILE_H
#define AVOW_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/**
 * Read a whole file into out (appended; out->max bounds the size). "-" is
 * standard input.
 * @return AVOW_OK, AVOW_E_FILE_READ, AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_file_read(const char *path, struct avow_buf *out) AVOW_CHECKED;
/**
 * Write a file whole or not at all: temporary name beside it with `mode`,
 * fsync, rename, fsync of the folder.
 * @return AVOW_OK or AVOW_E_FILE_WRITE.
 */
enum avow_err avow_file_write(const char *path, struct avow_span bytes,
	unsigned mode) AVOW_CHECKED;

#endif
