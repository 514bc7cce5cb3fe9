#include "help_watch.h"

#include "help_jane.h"

#include <assent/base/str.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct looked {
	struct engine *engine;
	int64_t ref;
	struct watched watched;
	struct watch_seen seen;
};

static int
do_settle(struct desk *desk, void *arg, struct err *err)
{
	struct looked *l = arg;
	struct ticket ticket;
	int rc = ticket_by_ref(desk->tx, l->ref, &ticket, err);

	if (rc == 0)
		rc = watch_look(desk, l->engine, &ticket.id, &l->seen, err);
	return rc < 0 ? rc : watch_settle(desk, l->engine, &ticket.id, &l->watched, err);
}

struct watched
watch_ticket(struct desk_kit *kit, struct engine *engine, int64_t ref)
{
	struct looked looked = { .engine = engine, .ref = ref };
	const struct watched *w = &looked.watched;
	struct err err;

	if (kit_step(kit, do_settle, &looked, &err) < 0)
		fail_msg("%s", err.text);
	/* Who looks first says whether there is anything to do. */
	assert_int_equal(looked.seen.differs,
	    w->raised + w->acted + w->noted + w->ended > 0 || w->refused.code != 0);
	kit_pass(kit, MS_SECOND);
	return looked.watched;
}

void
watch_laptop(struct desk_kit *kit)
{
	jane_ticket(kit, "bob@acme.test", "a laptop", "");
	NONE(kit, "approvals", "1");
}

void
watch_command(struct desk_kit *kit, const char *line)
{
	kit_say(kit,
	    (struct kit_letter){ .from = EVE,
		.to = "agent@desk.test",
		.subject = "Re: a laptop [T-1001]",
		.body = line });
}

int64_t
watch_told(struct desk_kit *kit, const char *to, const char *flag)
{
	return kit_number(kit,
	    arena_printf(kit->arena,
		"SELECT count(*) FROM outgoing WHERE kind = 'rule' AND to_email = '%s'"
		" AND json_extract(\"view\", '$.%s') = 1",
		to, flag));
}
