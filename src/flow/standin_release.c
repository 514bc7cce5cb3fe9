/* standin: a delegate is taken out of the settings while questions wait for him. */
#include <assent/base/str.h>
#include <assent/store/browse.h>
#include <assent/store/history.h>

#include "flow/ask_priv.h"
#include "flow/standin_priv.h"

struct release {
	const struct delegate *ended;
	const char *person; /* in whose place */
	const struct ballot *his; /* NULL: he is not asked */
	bool alone; /* nobody else may answer */
	bool handed; /* staff chose who answers: that stays */
};

static void
look_at(struct release *release, const struct ballot *list, size_t n)
{
	release->his = NULL;
	release->alone = true;
	release->handed = false;
	for (size_t i = 0; i < n; i++) {
		bool his = text_is_nocase(list[i].person_email, release->ended->delegate_email) &&
		    text_is_nocase(list[i].on_behalf_of, release->person);

		release->handed |= text_is(list[i].status, "void");
		if (!text_is(list[i].status, "open"))
			continue;
		if (his)
			release->his = &list[i];
		else
			release->alone = false;
	}
}

static int
release_one(struct desk *desk, const struct release *release, const struct organisation *to,
    struct err *err)
{
	const struct handover handover = { release->person, "operator", "" };
	struct standin_person owner = { release->person, "", "" };
	struct matter m;
	int rc = history_before(desk->tx, HISTORY_BALLOT, &release->his->id, desk->now, err);

	if (text_is_nocase(to->owner_email, release->person))
		owner.name = to->owner_name;
	if (rc == 0)
		rc = ballot_void(desk->tx, &release->his->id, err);
	if (rc == 0)
		rc = token_close(desk->tx, &release->his->id, err);
	if (rc == 0)
		rc = matter_load_ballot(desk, &release->his->id, &m, err);
	if (rc == 0)
		rc = handover_tell(desk, &m, &handover, err);
	return rc < 0 || !release->alone ? rc : standin_ask(desk, &m, &owner, err);
}

int
standin_release(struct desk *desk, const struct organisation *organisation,
    const struct delegate *ended, struct err *err)
{
	const struct browse_approvals want = {
		.state = "open", .organisation = organisation->id, .max = BROWSE_MAX
	};
	struct release release = { .ended = ended,
		.person = ended->person_email[0] != '\0' ? ended->person_email
							 : organisation->owner_email };
	struct id *ids;
	size_t count = 0;
	int rc = browse_approvals(desk->tx, &want, &ids, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct ballot *list;
		size_t n = 0;

		rc = ballot_list(desk->tx, &ids[i], &list, &n, err);
		look_at(&release, list, n);
		if (rc == 0 && release.his != NULL && !release.handed)
			rc = release_one(desk, &release, organisation, err);
	}
	return rc;
}
