#include "ai/check_priv.h"

#include <assent/base/str.h>
#include <assent/base/utf8.h>
#include <assent/text/redact.h>

#include <jansson.h>
#include <string.h>

#define ANSWER_MAX ((size_t)16 << 10)
#define BULLET_MOST (4 * DRAFT_BULLET_SIZE) /* longer is an essay, not a long bullet */
#define BULLET_LEAST 3

static void
add_line(struct check_lines *lines, const char *text)
{
	if (lines->count == CHECK_LINES_MAX)
		lines->is_full = true;
	else
		lines->items[lines->count++] = text;
}

/* --- one bullet -------------------------------------------------------------- */

static bool
is_link(const char *word)
{
	static const char *const schemes[] = { "www.",
		"mailto:", "javascript:", "data:", "tel:", "sms:", "file:", "cid:" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (text_starts_nocase(word, schemes[i]) && word[strlen(schemes[i])] != '\0')
			return true;
	return strstr(word, "://") != NULL;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Length of a dot at p, the wide ones that browsers read as one included (UTS 46). */
static size_t
dot_at(const char *p)
{
	if (*p == '.')
		return 1;
	return text_starts(p, "。") || text_starts(p, "．") || text_starts(p, "｡") ? 3 : 0;
}

/* "evil.example/x", "a@b.example": a mail program would make a link of it. */
static bool
looks_like_host(const char *word)
{
	for (const char *p = word; *p != '\0'; p++) {
		size_t dot = dot_at(p);
		bool is_wide = dot > 1;
		if (p == word || dot == 0)
			continue;
		/* Chinese and Japanese sentences end in one, without a blank behind it. */
		if (is_wide && ((unsigned char)p[-1] >= 0x80 || (unsigned char)p[dot] >= 0x80))
			continue;
		if ((is_letter(p[-1]) || (p[-1] >= '0' && p[-1] <= '9')) && is_letter(p[dot]) &&
		    is_letter(p[dot + 1]))
			return true;
	}
	return strchr(word, '@') != NULL;
}

/* The word without the marks of a sentence around it. */
static char *
bare(char *word)
{
	size_t n;

	word += strspn(word, "(\"'{,;");
	n = strlen(word);
	while (n > 0 && strchr(")\"'},;:.!?", word[n - 1]) != NULL)
		word[--n] = '\0';
	return word;
}

/* Without markup, which people would see and which could hide a link from us. */
static char *
plain(const char *word)
{
	char *copy = mem_dup(word), *to = copy;

	for (const char *p = word; *p != '\0'; p++)
		if (strchr("<>*_`#|[]", *p) == NULL)
			*to++ = *p;
	*to = '\0';
	return copy;
}

/* False: the ticket does not hold it, so the model made it up or was made to. */
static bool
add_word(struct str *out, const char *word, const char *seen)
{
	AUTO(mem_freep) char *shown = plain(word);
	AUTO(mem_freep) char *copy = mem_dup(shown);
	const char *core = bare(copy);

	if (is_link(core))
		return text_find_nocase(seen, core) != NULL; /* taken out all the same */
	if (looks_like_host(core) && text_find_nocase(seen, core) == NULL)
		return false;
	if (*shown != '\0')
		str_addf(out, "%s%s", out->len > 0 ? " " : "", shown);
	return true;
}

const char *
check_clip(struct arena *arena, const char *text)
{
	size_t n = strlen(text), cut;

	if (n <= DRAFT_BULLET_SIZE)
		return text;
	cut = utf8_cut(text, n, DRAFT_BULLET_SIZE - 4);
	for (size_t at = cut; at > DRAFT_BULLET_SIZE / 2; at--)
		if (text[at] == ' ') {
			cut = at;
			break;
		}
	return arena_printf(arena, "%.*s …", (int)cut, text);
}

/* NULL when it is none. */
static const char *
clean(struct arena *arena, const char *text, const char *seen)
{
	AUTO(str_donep) struct str shown = STR_INIT(8 * BULLET_MOST);
	AUTO(str_donep) struct str redacted = STR_INIT(8 * BULLET_MOST);
	AUTO(str_donep) struct str out = STR_INIT(8 * BULLET_MOST);
	char *rest, *word;

	if (strlen(text) > BULLET_MOST)
		return NULL;
	utf8_add_visible(&shown, text, strlen(text));
	redact_tokens(str_text(&shown), shown.len, &redacted);
	rest = arena_dup(arena, str_text(&redacted));
	while ((word = strsep(&rest, " \t\r\n")) != NULL)
		if (*word != '\0' && !add_word(&out, word, seen))
			return NULL;
	if (out.len < BULLET_LEAST)
		return NULL;
	return check_clip(arena, arena_dup(arena, str_text(&out)));
}

/* --- the answer's shape -------------------------------------------------------- */

static bool
read_json(const char *text, struct arena *arena, struct check_lines *out)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_is_object(json) ? json_object_get(json, "bullets") : json;
	bool good = json_is_array(list) && (list == json || json_object_size(json) == 1);
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		good = good && json_is_string(item);
		if (good)
			add_line(out, arena_dup(arena, json_string_value(item)));
	}
	json_decref(json);
	return good;
}

/* What follows a bullet's mark ("- ", "* ", "• ", "3. ", "3) "); NULL without one. */
const char *
check_behind_mark(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	if ((*line == '-' || *line == '*') && line[1] == ' ')
		return line + 2;
	if (text_starts(line, "•"))
		return line + strlen("•");
	if (digits > 0 && digits < 3 && (line[digits] == '.' || line[digits] == ')') &&
	    line[digits + 1] == ' ')
		return line + digits + 2;
	return NULL;
}

static bool
read_list(char *text, struct check_lines *out)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *bullet;

		line = text_trim(line);
		bullet = check_behind_mark(line);
		if (bullet != NULL)
			add_line(out, bullet);
		else if (*line != '\0' && !(out->count == 0 && text_ends_nocase(line, ":")))
			return false; /* "Here they are:" may stand before the first one */
	}
	return out->count > 0;
}

/* Models like to put ```json around it. */
char *
check_without_fence(char *text)
{
	char *end;

	text = text_trim(text);
	if (!text_starts(text, "```"))
		return text;
	text += strcspn(text, "\n");
	end = strstr(text, "```");
	if (end != NULL && text_is_blank(end + 3))
		*end = '\0';
	return text_trim(text);
}

static bool
is_new(const struct draft *out, const char *bullet)
{
	for (size_t i = 0; i < out->count; i++)
		if (text_is_nocase(out->bullets[i], bullet))
			return false;
	return true;
}

bool
check_shape(const char *answer, struct arena *arena, struct check_lines *out)
{
	char *text = check_without_fence(arena_dup(arena, answer));

	*out = (struct check_lines){ .count = 0 };
	return *text == '{' || *text == '[' ? read_json(text, arena, out) : read_list(text, out);
}

int
check_answer(
    const char *answer, const char *seen, struct arena *arena, struct draft *out, struct err *err)
{
	struct check_lines lines = { .count = 0 };

	if (strlen(answer) > ANSWER_MAX)
		return err_set(err, ERR_PEER, "the model wrote too much");
	if (!check_shape(answer, arena, &lines))
		return err_set(err, ERR_PEER, "the model's answer is no list of bullets");
	out->bullets = arena_alloc(arena, DRAFT_BULLETS_MAX * sizeof(char *));
	out->count = 0;
	for (size_t i = 0; i < lines.count; i++) {
		const char *bullet = clean(arena, lines.items[i], seen);

		if (bullet == NULL)
			return err_set(err, ERR_PEER,
			    "the model wrote a link, an address that the ticket does not hold, "
			    "or a bullet that is none");
		if (out->count == DRAFT_BULLETS_MAX)
			lines.is_full = true;
		else if (is_new(out, bullet))
			out->bullets[out->count++] = bullet;
	}
	if (lines.is_full || out->count < DRAFT_BULLETS_MIN)
		return err_set(err, ERR_PEER, "the model wrote %s bullets",
		    lines.is_full ? "too many" : "too few");
	return 0;
}
