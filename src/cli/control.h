#pragma once
/*
 * control: verbs that write. With assentd up they go through its control
 * socket, so that one program writes; with none running this one takes the
 * daemon's lock file and does the work itself, as the database's owner.
 */
#include "cli.h"

struct control_answer {
	json_t *out; /* the verb's object; the caller's */
	bool by_daemon; /* false: done here, and what is due waits for assentd */
};

/*
 * Run a verb of flow/verb.h. Takes the arguments. Returns CLI_OK, or an exit
 * status after the reason was printed; the answer is untouched then.
 */
int control_verb(struct cli *cli, const char *name, json_t *arguments, struct control_answer *out);

/* For people, after a verb that made jobs: when they will be done. */
void control_print_when(const struct control_answer *answer);

enum control_state { CONTROL_DOWN, CONTROL_UP, CONTROL_HIDDEN /* we may not ask */ };

/* Does anybody answer at the control socket? *pid is the daemon's, 0 where unknown. */
enum control_state control_state(const struct settings *settings, int64_t *pid);

/*
 * Keep assentd from starting: *out holds its lock until it is closed. Files
 * that are made on the way go to owner where we are root. ERR_BUSY when it runs.
 */
struct stat;
int control_lock(
    const struct settings *settings, const struct stat *owner, int *out, struct err *err) MUST_USE;

/* How many requests assentd has answered over HTTP since its start, this one included; -1 unknown. */
int control_requests(const struct settings *settings);
