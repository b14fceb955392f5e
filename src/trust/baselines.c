/*
 * Finds the evaluation data numbers on offer: of every TCB info that some key
 * of a verified signing chain has signed and that is current. Which of them
 * judges a platform is still a selection's, which looks at that platform.
 */
#include "trust/baselines.h"

#include <string.h>

#include "trust/collateral_impl.h"

/* Its place in the list, which is kept in falling order. */
static size_t
place_of(const struct avow_baseline *list, size_t n, uint32_t number)
{
	size_t i = 0;

	while (i < n && list[i].number > number)
		i++;
	return i;
}

static void
note(struct avow_baseline list[AVOW_MAX_BASELINES], size_t *n,
	const struct avow_tcb_info *t)
{
	int64_t date_s = t->n_levels ? t->levels[0].tcb_date_s : 0;
	size_t i = place_of(list, *n, t->evaluation_number);

	if (i < *n && list[i].number == t->evaluation_number) {
		if (list[i].tcb_date_s < date_s)
			list[i].tcb_date_s = date_s;
		return;
	}
	if (i == AVOW_MAX_BASELINES)
		return;
	if (*n == AVOW_MAX_BASELINES)
		(*n)--;
	memmove(&list[i + 1], &list[i], (*n - i) * sizeof(*list));
	list[i] = (struct avow_baseline){t->evaluation_number, date_s};
	(*n)++;
}

static bool
is_candidate(const struct avow_coll_doc *d, enum avow_tee tee, int64_t at_s)
{
	return d->tcb && d->tcb->tee == tee && d->issue_s <= at_s && at_s <= d->next_s;
}

enum avow_err
avow_baselines_find(struct avow_collateral *c, const struct avow_anchors *anchors,
	enum avow_tee tee, int64_t at_s, bool early,
	struct avow_baseline out[AVOW_MAX_BASELINES], size_t *n, uint32_t *newest)
{
	struct avow_coll_view *v;
	uint16_t key_plus_1;

	*n = 0;
	*newest = 0;
	AVOW_TRY(avow_coll_view(c, anchors, &v));
	for (size_t i = 0; i < c->n_docs; i++) {
		const struct avow_coll_doc *d = &c->docs[i];

		if (!is_candidate(d, tee, at_s))
			continue;
		AVOW_TRY(avow_coll_doc_signer(c, v, i, &key_plus_1));
		if (key_plus_1 == 0)
			continue;
		note(out, n, d->tcb);
		if (*newest < d->evaluation_number &&
			(d->use == AVOW_COLLATERAL_FOR_ALL ||
				(early && d->use == AVOW_COLLATERAL_FOR_EARLY)))
			*newest = d->evaluation_number;
	}
	return AVOW_OK;
}
