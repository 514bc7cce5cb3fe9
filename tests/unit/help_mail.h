#pragma once
/* help_mail: a real parser child for tests, and the mails in tests/mail. */
#include <assent/mail/parser.h>

/* A pool of n children of the program that was built. */
struct parser *help_parser(int n, span_ms deadline);

/* tests/mail/<name>.eml, whole; ends the test when it is not there. */
void help_mail_read(const char *name, struct str *out);
