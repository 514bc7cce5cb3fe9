#pragma once
/* rules: what the verbs about rules share (verb_rules.c). */
#include "cli.h"

#include <assent/rules/rules.h>

/*
 * The rules of a folder, or, where dir is NULL, of the settings' site with its
 * roles. Exit status; faults go to out.
 */
int rules_read(struct cli *cli, const char *dir, FILE *out, struct rules **rules);
/*
 * The same of the folder path, or of the site with this one file in the place of
 * the one of its name; NULL is the site as it is. Faults go to standard error.
 */
int rules_read_with(struct cli *cli, const char *path, struct rules **rules);
/* "there is no rule x; did you mean y?" */
int rules_unknown(struct cli *cli, const struct rules *rules, const char *id);
