#pragma once
/* help_watch: rules out of a text, looked at by a desk, and what is seen of it. */
#include "help_desk.h"
#include "help_rules.h"

#include <assent/flow/watch.h>

/* As the thread of rules looks at ticket T-ref, and all that follows at once. */
struct watched watch_ticket(struct desk_kit *kit, struct engine *engine, int64_t ref);

#define FIRST 1001 /* the first ticket */
/* One rule "r". */
#define RULE(when, rest) \
	"rules:\n  - id: r\n    title: {en: A title, ar: عنوان}\n    when: " when "\n" rest

#define COUNT(kit, table, where) kit_number(kit, "SELECT count(*) FROM " table " WHERE " where)
#define IS(kit, table, where) assert_int_equal(COUNT(kit, table, where), 1)
#define NONE(kit, table, where) assert_int_equal(COUNT(kit, table, where), 0)

/* T-1001, a laptop, about which nobody is asked. */
void watch_laptop(struct desk_kit *kit);
/* Its engineer writes this line in its thread. */
void watch_command(struct desk_kit *kit, const char *line);
/* Mails of rules that are written down, by who is to read them and a flag of their view. */
int64_t watch_told(struct desk_kit *kit, const char *to, const char *flag);
