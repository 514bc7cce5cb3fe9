/*
 * Property: a token put anywhere into any text, behind "/a/" or before "@", is
 * never in the result; text without one passes unchanged; and of a text with a
 * token, wrapped at any width with or without quote marks, no 20 characters of
 * the token survive, breaks left out.
 */
#include <assent/text/redact.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN "qwertyuiopasdfghjklzxcvbnm234567"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *bytes, size_t n, size_t cut, const char *middle)
{
	struct str text = STR_INIT(16u << 20), out = STR_INIT(16u << 20);
	str_add_n(&text, bytes, cut);
	str_add(&text, middle);
	str_add_n(&text, bytes + cut, n - cut);
	size_t found = redact_tokens(text.text, text.len, &out);
	if (found == 0 || memmem(str_text(&out), out.len, TOKEN, strlen(TOKEN)))
		abort();
	str_done(&text);
	str_done(&out);
}

static const char *const prefixes[] = { "", "> ", "> > ", " ", ">>", "| " };
static const char *const ends[] = { "\n", "\r\n", " \n", "=\n" };

static void
wrap(const struct str *text, size_t width, const uint8_t choice, struct str *out)
{
	for (size_t i = 0; i < text->len; i++) {
		if (i > 0 && i % width == 0) {
			str_add(out, ends[choice % 4]);
			str_add(out, prefixes[choice / 4 % 6]);
		}
		str_add_char(out, text->text[i]);
	}
}

static void
check_pieces(const struct str *text)
{
	struct str bare = STR_INIT(64u << 20);

	for (size_t i = 0; i < text->len; i++)
		if (memchr(" \t\r\n>|=", text->text[i], 7) == NULL)
			str_add_char(&bare, text->text[i]);
	for (size_t i = 0; i + 20 <= strlen(TOKEN); i++)
		if (bare.len > 0 && memmem(bare.text, bare.len, &TOKEN[i], 20))
			abort();
	str_done(&bare);
}

/* The bytes around it are not wrapped: a slash of theirs would give another token first. */
static void
check_wrapped(const char *bytes, size_t n, const char *middle)
{
	struct str line = STR_INIT(1u << 20), text = STR_INIT(32u << 20), out = STR_INIT(32u << 20);

	str_add(&line, middle);
	str_add_n(&text, bytes, n / 2);
	str_add(&text, " . ");
	wrap(
	    &line, 1 + (n > 1 ? (size_t)bytes[1] & 0x7f : 7), n > 2 ? (uint8_t)bytes[2] : 0, &text);
	str_add(&text, " . ");
	str_add_n(&text, bytes + n / 2, n - n / 2);
	redact_tokens(str_text(&text), text.len, &out);
	check_pieces(&out);
	str_done(&line);
	str_done(&text);
	str_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct str out = STR_INIT(16u << 20);
	size_t cut = size ? data[0] % (size + 1) : 0;
	if (redact_tokens(bytes, size, &out) == 0 &&
	    (out.len != size || (size && memcmp(out.text, bytes, size) != 0)))
		abort();
	str_done(&out);
	check(bytes, size, cut, "https://d.example/a/" TOKEN "?d=approve");
	check(bytes, size, cut, "%2Fa%2F" TOKEN "%3F");
	check(bytes, size, cut, "agent+" TOKEN "@d.example");
	check_wrapped(bytes, size, "https://d.example/a/" TOKEN "?d=approve");
	check_wrapped(bytes, size, "https%3a%2f%2fd.example%2fa%2f" TOKEN "&x");
	check_wrapped(bytes, size, "agent+" TOKEN "@d.example");
	check_wrapped(bytes, size, "leave ref:" TOKEN " here");
	return 0;
}
