#include "help_mail.h"

#include <assent/base/file.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

struct parser *
help_parser(int n, span_ms deadline)
{
	static const char *const markers[] = { "--- Please reply above this line ---" };
	struct parser_options options = {
		.program = BUILD_DIR "/assent-parser",
		.children = n,
		.deadline = deadline,
		.markers = markers,
		.marker_count = 1,
	};
	struct parser *parser;
	struct err err = { 0 };

	if (parser_new(&options, &parser, &err) < 0)
		fail_msg("%s", err.text);
	return parser;
}

void
help_mail_read(const char *name, struct str *out)
{
	char path[200];
	struct err err = { 0 };

	snprintf(path, sizeof(path), "tests/mail/%s.eml", name);
	if (file_read(path, out, &err) < 0)
		fail_msg("%s (tests run from the top of the tree)", err.text);
}
