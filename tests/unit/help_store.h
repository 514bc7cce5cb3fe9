#pragma once
/* help_store: a database in a folder of its own, and tests that run inside a step. */
#include <assent/model/id.h>
#include <assent/store/db.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define T0 INT64_C(1700000000000) /* some Tuesday */

struct store {
	char folder[256];
	char path[300];
	struct db *db;
};

/* A folder without a database; store_remove() closes what is open and removes the folder. */
void store_make(struct store *store);
void store_remove(struct store *store);
int store_open(struct store *store, enum db_mode mode, struct err *err) MUST_USE;
void store_close(struct store *store);

/* Fixtures: *state is the struct store, open as a tool's. */
int store_setup(void **state);
int store_setup_server(void **state);
int store_teardown(void **state);

/* Put the database of an older assentd, with its first migrations only and no rows, in the place of what is there. */
void store_as_of(struct store *store, int migrations);

/* SQL by another program's hand, on a connection of its own. */
void store_sql(const struct store *store, const char *sql);
int64_t store_number(const struct store *store, const char *sql);
/* The first column of the first row; returns its length. */
size_t store_bytes(const struct store *store, const char *sql, void *out, size_t room);

/* A step that must succeed. */
void store_step(struct store *store, step_fn fn, void *arg);

/* Steps: a ticket with arg as its title (or NULL); *(size_t *)arg gets the number of tickets. */
int store_add_ticket(struct tx *tx, void *arg, struct err *err);
int store_count_tickets(struct tx *tx, void *arg, struct err *err);
size_t store_tickets(struct store *store);

struct id id_of(unsigned n); /* the same n is the same id; larger n are younger */

void must(int rc, int want, const struct err *err, const char *what, const char *file, int line);

/* Inside a function that has a struct err *err. */
#define OK(call) must((call), 0, err, #call, __FILE__, __LINE__)
#define REFUSED(code, call) must((call), (code), err, #call, __FILE__, __LINE__)

/* A test whose body is one step: struct tx *tx and struct err *err are there. */
#define STEP_TEST(name) \
	static void name##_body(struct tx *tx, struct err *err); \
	static int name##_step(struct tx *tx, void *arg, struct err *err) \
	{ \
		(void)arg; \
		name##_body(tx, err); \
		return 0; \
	} \
	static void name(void **state) \
	{ \
		store_step(*state, name##_step, NULL); \
	} \
	static void name##_body(struct tx *tx, struct err *err)

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup_server, store_teardown)
