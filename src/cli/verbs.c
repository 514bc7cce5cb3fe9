#include "verbs.h"

/* clang-format off */
static const struct cli_option show_options[] = {
	{ "--defaults", OPTION_FLAG, NULL, "every key with its default, bounds and meaning" },
	{ "--man", OPTION_FLAG, NULL, "the manual page assentd.yaml(5)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option init_options[] = {
	{ "--dir", OPTION_TEXT, "DIR", "where to write (default: the folder of -c)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option extract_options[] = {
	{ "--jsonl", OPTION_FLAG, NULL, "one JSON object a line, in and out" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

static const struct cli_option decide_options[] = {
	{ "--jsonl", OPTION_FLAG, NULL, "one JSON object a line, in and out" },
	{ "--items", OPTION_TEXT, "N", "how many tickets the mail put (default 1)" },
	{ NULL, OPTION_FLAG, NULL, NULL },
};

/* Help and completion show them in this order. */
const struct cli_verb cli_verbs[] = {
	{ "init", "", 0, 0, init_options, "write the first settings file and make the keys", verb_init },
	{ "config check", "[FILE]", 0, 1, NULL, "show everything that is wrong with the settings", verb_config_check },
	{ "config show", "", 0, 0, show_options, "show the settings in force", verb_config_show },
	{ "mail parse", "FILE", 1, 1, NULL, "show a mail file as the daemon understands it", verb_mail_parse },
	{ "reply extract", "", 0, 0, extract_options, "cut replies down to their writers' own words", verb_reply_extract },
	{ "reply decide", "", 0, 0, decide_options, "read replies as decisions", verb_reply_decide },
};
/* clang-format on */

const size_t cli_verb_count = ARRAY_LEN(cli_verbs);
