#pragma once
/* help_jane: the usual beginning. Eve, an engineer, asks Jane, who decides for ACME. */
#include "help_desk.h"

#define EVE "Eve Engineer <eve@help.test>"
#define EVES "eve@help.test"
#define JANE "jane@acme.test"
#define JANE_LONG "Jane Owner <jane@acme.test>"

/* A letter comes in, and all that follows from it happens. */
struct id kit_say(struct desk_kit *kit, struct kit_letter letter);
/* Eve puts the desk in Cc of a mail to the customer. */
void jane_ticket(
    struct desk_kit *kit, const char *customer, const char *title, const char *commands);
/* T-1001, a laptop, is put to Jane. */
void jane_ask(struct desk_kit *kit);
/* Three tickets are put to Jane in one bulk mail: a laptop, a phone, a desk. */
void jane_ask_bulk(struct desk_kit *kit);
/* Of the first mail that Jane got. */
const char *jane_address(struct desk_kit *kit); /* where to answer it */
const char *jane_question(struct desk_kit *kit); /* its Message-ID */
/* Jane answers the nth mail that she got, to its Reply-To. */
struct id jane_answer(struct desk_kit *kit, size_t n, const char *body);
/* The last mail that went to this address. */
const char *kit_last_to(struct desk_kit *kit, const char *to);
