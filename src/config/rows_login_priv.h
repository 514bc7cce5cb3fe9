#pragma once
/* rows_login: the rows of a struct login, for every table whose struct has one. */
#include "rows_priv.h"

/* clang-format off */
#define LOGIN(type, path, field) .at = offsetof(struct type, path.field)
#define LOGIN_ROWS(type, path, what, restart) \
	{ "host", KIND_TEXT, LOGIN(type, path, host), .max = 253, .fallback = "", .flags = (restart), \
	  .help = what ": its host name, which its certificate must carry. \"\" for none." }, \
	{ "port", KIND_INT, LOGIN(type, path, port), .min = 0, .max = 65535, .fallback = "0", \
	  .flags = (restart), .help = "Its port; 0 takes the usual one." }, \
	{ "tls", KIND_WORD, LOGIN(type, path, tls), .words = "implicit starttls none", \
	  .fallback = "implicit", .flags = (restart), \
	  .help = "implicit: encrypted from the first byte. starttls: after the greeting. none: only " \
	  "for a server on this machine. Its certificate is always verified." }, \
	{ "auth", KIND_WORD, LOGIN(type, path, auth), .words = "password xoauth2 none", \
	  .fallback = "password", .flags = (restart), .help = "How we sign in." }, \
	{ "user", KIND_TEXT, LOGIN(type, path, user), .max = 320, .fallback = "", .flags = (restart), \
	  .help = "The name we sign in with." }, \
	{ "password_file", KIND_SECRET, LOGIN(type, path, password_file), \
	  .second = offsetof(struct type, path.password), .fallback = "", \
	  .help = "A file with the password, for auth: password." }, \
	{ "credential", KIND_TEXT, LOGIN(type, path, credential), .max = 64, .fallback = "", \
	  .flags = (restart), .help = "The name of the credential, for auth: xoauth2." }, \
	{ "ca_file", KIND_PATH, LOGIN(type, path, ca_file), .fallback = "", .flags = (restart), \
	  .help = "Certificates (PEM) to trust instead of the system's." },
/* clang-format on */
