#include "flow/answers.h"

#include <assent/base/crypto.h>
#include <assent/base/log.h>
#include <assent/base/metric.h>
#include <assent/base/str.h>
#include <assent/flow/notice.h>
#include <assent/store/post.h>

#include "flow/record.h"

#include <string.h>

const char *
answers_name(struct arena *arena, const char *email)
{
	AUTO(str_donep) struct str hex = STR_INIT(4 * SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];

	sha256(email, strlen(email), hash);
	str_add_hex(&hex, hash, sizeof(hash));
	return arena_dup(arena, str_text(&hex));
}

int
answers_take(struct desk *desk, const struct answers_limit *limit, bool *out, struct err *err)
{
	int rc = 0;

	*out = false;
	for (int i = 0; rc == 0 && !*out && i < limit->max; i++)
		rc = answered_first(desk->tx,
		    arena_printf(tx_arena(desk->tx), "%s:%d", limit->key, i),
		    desk->now - limit->within, desk->now, out, err);
	return rc;
}

int
answers_remind(struct desk *desk, const char *email, bool *out, struct err *err)
{
	const struct answers_limit limit = {
		arena_printf(
		    tx_arena(desk->tx), "reminders:%s", answers_name(tx_arena(desk->tx), email)),
		desk->policy->reminders_per_day,
		ANSWERS_REMINDED_WITHIN,
	};

	*out = limit.max == 0;
	return *out ? 0 : answers_take(desk, &limit, out, err);
}

static int
tell(struct desk *desk, const struct answers_to *to, const char *why, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *key =
	    arena_printf(arena, "answers:told:%s:%s", answers_name(arena, to->email), why);
	bool first_time;
	int rc = answered_first(desk->tx, key, desk->now - MS_HOUR, desk->now, &first_time, err);

	metric_add(METRIC_MAIL_WITHHELD, 1);
	if (rc < 0 || !first_time)
		return rc;
	log_line(LOG_WARN, "mail.withheld", "to", to->email, "why", why, NULL);
	return record_event(desk, &to->ticket,
	    &(struct record_change){ "mail.withheld", "system", to->email, why }, err);
}

static int
part(int limit, int share)
{
	return share > 0 ? limit / share : 0;
}

int
answers_may(struct desk *desk, const struct answers_to *to, const char **why, struct err *err)
{
	struct arena *arena = tx_arena(desk->tx);
	const char *name = answers_name(arena, to->email);
	char ticket[ID_TEXT_SIZE];
	int share = to->doubtful ? 3 : 0;
	const struct {
		struct answers_limit limit;
		const char *why;
	} limits[] = {
		{ { arena_printf(arena, "answers:doubt:%s", name), part(NOTICE_ADDRESS_HOUR, share),
		      MS_HOUR },
		    "too many mails of this address that nobody vouched for within an hour" },
		{ { arena_printf(arena, "answers:doubt-day:%s", name),
		      part(NOTICE_ADDRESS_DAY, share), MS_DAY },
		    "too many mails of this address that nobody vouched for within a day" },
		{ { arena_printf(arena, "answers:doubt:%s", id_text(&to->ticket, ticket)),
		      part(id_is_null(&to->ticket) ? 0 : NOTICE_TICKET_HOUR, share), MS_HOUR },
		    "too many mails about this ticket that nobody vouched for within an hour" },
		{ { arena_printf(arena, "answers:%s", name), NOTICE_ADDRESS_HOUR, MS_HOUR },
		    "too many answers went to this address within an hour" },
		{ { arena_printf(arena, "answers:day:%s", name), NOTICE_ADDRESS_DAY, MS_DAY },
		    "too many answers went to this address within a day" },
		{ { arena_printf(arena, "answers:%s", id_text(&to->ticket, ticket)),
		      id_is_null(&to->ticket) ? 0 : NOTICE_TICKET_HOUR, MS_HOUR },
		    "too many answers were written about this ticket within an hour" },
	};

	*why = NULL;
	for (size_t i = 0; *why == NULL && i < ARRAY_LEN(limits); i++) {
		bool may;
		int rc = answers_take(desk, &limits[i].limit, &may, err);

		if (rc < 0)
			return rc;
		if (!may && limits[i].limit.max > 0)
			*why = limits[i].why;
	}
	return *why != NULL ? tell(desk, to, *why, err) : 0;
}
