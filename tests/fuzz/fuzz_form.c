/*
 * Property: what form_parse() takes, form_escape() writes back so that it is
 * taken again with the same fields; names are unique and not empty; all text
 * is UTF-8 without control characters but tab, CR and LF.
 */
#include <assent/base/utf8.h>
#include <assent/net/form.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static void
check_text(const char *text)
{
	const char *c;

	demand(utf8_is_valid(text, strlen(text)));
	for (c = text; *c; c++)
		demand((unsigned char)*c >= 0x20 ? *c != 0x7f : strchr("\t\r\n", *c) != NULL);
}

static void
write_back(const struct form *form, struct str *out)
{
	size_t i;

	for (i = 0; i < form->count; i++) {
		if (i > 0)
			str_add_char(out, '&');
		form_escape(out, form->fields[i].name);
		str_add_char(out, '=');
		form_escape(out, form->fields[i].value);
	}
}

static void
check_same(const struct form *a, const struct form *b)
{
	size_t i;

	demand(a->count == b->count);
	for (i = 0; i < a->count; i++) {
		demand(*a->fields[i].name != '\0');
		check_text(a->fields[i].name);
		check_text(a->fields[i].value);
		demand(strcmp(a->fields[i].name, b->fields[i].name) == 0);
		demand(strcmp(a->fields[i].value, b->fields[i].value) == 0);
		/* form_get() finds the first: it must be this one. */
		demand(form_get(a, a->fields[i].name) == a->fields[i].value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct form form, again;
	struct str text = STR_INIT((size_t)1 << 20);
	struct err err;

	if (size > 65536)
		return 0;
	arena = arena_new((size_t)4 << 20);
	if (form_parse(arena, (const char *)data, size, &form, &err) == 0) {
		write_back(&form, &text);
		demand(!str_overflowed(&text));
		demand(form_parse(arena, str_text(&text), text.len, &again, &err) == 0);
		check_same(&form, &again);
	} else {
		demand(err.text[0] != '\0');
	}
	str_done(&text);
	arena_free(arena);
	return 0;
}
