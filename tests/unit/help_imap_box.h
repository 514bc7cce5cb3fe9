#pragma once
/* help_imap_box: an IMAP mailbox of a room whose child is the one of help_imap.h. */
#include "help_daemon.h"

#include <assent/base/str.h>

#include "daemon/mailbox_imap_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BOX_TEST(name) cmocka_unit_test_setup_teardown(name, imap_box_setup, imap_box_teardown)
#define SETTINGS \
	"mailboxes: [{name: desk, host: 127.0.0.1, tls: none, user: desk, " \
	"password_file: password, poll: 3600s, fresh: 1d"

extern struct room room;
extern struct mailbox box;
extern struct imap_box *imap_box;
extern struct err last_err;
extern utc_ms fresh, old; /* INTERNALDATEs */
extern struct str lines; /* of the world */

int imap_box_setup(void **state);
int imap_box_teardown(void **state);
int imap_box_tests(const char *argv0, const struct CMUnitTest *tests, size_t count);

void write_world(void);
/* A world of fresh letters first to last, and more lines of it. */
void world(int64_t first, int64_t last, const char *more);

/* One connection and look, as the thread does it, without the pauses. */
int try(void);
void look(void); /* that must work */
int look_until_it_works(void); /* how many tries that took */
void restart(void);

int64_t rows(const char *where);
int64_t jobs(void);
int64_t stored(const char *column); /* of the cursor */
size_t noted(const char *words); /* in the child's log */
