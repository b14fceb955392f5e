/*
 * The stored documents, parsed and at hand: what a snapshot of all of them costs is
 * what is new since the last one.
 */
#ifndef AVOW_FETCH_SHELF_H
#define AVOW_FETCH_SHELF_H

#include "store/store.h"
#include "trust/collateral.h"

struct avow_fetch_shelf;

/** @param store borrowed; must outlive the shelf. @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_fetch_shelf_new(
	struct avow_store *store, struct avow_fetch_shelf **out) AVOW_CHECKED;
/** NULL is fine. */
void avow_fetch_shelf_free(struct avow_fetch_shelf *s);
/**
 * A snapshot of a folder and of the newest document of every name but the VCEKs'. One
 * thread at a time.
 * @param folder a part (avow_collateral_folder); NULL: none.
 * @return AVOW_OK; the store's codes and those of avow_collateral_join; *out is NULL
 * then.
 */
enum avow_err avow_fetch_shelf_join(struct avow_fetch_shelf *s,
	struct avow_collateral *folder, struct avow_collateral **out,
	struct avow_why *why) AVOW_CHECKED;

#endif
