#pragma once
/* verbs: one function each, in src/cli/verb_<first word>.c. */
#include "cli.h"

int verb_config_check(struct cli *cli);
int verb_config_show(struct cli *cli);
int verb_init(struct cli *cli);
int verb_mail_parse(struct cli *cli);
int verb_reply_extract(struct cli *cli);
int verb_reply_decide(struct cli *cli);
