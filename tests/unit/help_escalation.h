#pragma once
/* help_escalation: packets on a desk of four people; each call is a step of its own. */
#include "help_desk.h"

#include <assent/flow/escalation.h>

#define EVE_AT "eve@help.test" /* engineer */
#define MAX_AT "max@help.test" /* admin */
#define OLGA_AT "olga@help.test" /* owner */
#define SECOND_AT "second@help.test" /* escalate_to */

/* kit_setup() with these people. */
int packet_setup(void **state);

/* A packet of acme to the engineers, then to admin after 2 h and owner after a day; due in 4 h. */
struct escalation_raise packet_plain(void);
int packet_raise(struct desk_kit *kit, const struct escalation_raise *raise, struct escalation *out,
    bool *is_new, struct err *err);
/* One that must come to be, and all that follows at once. */
struct escalation packet_new(struct desk_kit *kit, const struct escalation_raise *raise);

int packet_act(struct desk_kit *kit, const struct escalation_wish *wish, struct escalation *out,
    bool *changed, struct err *err);
/* That changes it, and all that follows at once. */
struct escalation packet_do(struct desk_kit *kit, struct escalation_wish wish);
struct escalation packet_get(struct desk_kit *kit, const struct id *id);
