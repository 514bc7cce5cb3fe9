#include "ai/check_priv.h"

#include <assent/base/str.h>
#include <assent/base/utf8.h>

#include <jansson.h>
#include <string.h>

static void
add_line(struct check_lines *lines, const char *text)
{
	if (lines->count == CHECK_LINES_MAX)
		lines->is_full = true;
	else
		lines->items[lines->count++] = text;
}

const char *
check_clip(struct arena *arena, const char *text)
{
	size_t n = strlen(text), cut;

	if (n <= FORM_BULLET_SIZE)
		return text;
	cut = utf8_cut(text, n, FORM_BULLET_SIZE - 4);
	for (size_t at = cut; at > FORM_BULLET_SIZE / 2; at--)
		if (text[at] == ' ') {
			cut = at;
			break;
		}
	return arena_printf(arena, "%.*s …", (int)cut, text);
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

bool
check_shape(const char *answer, struct arena *arena, struct check_lines *out)
{
	char *text = check_without_fence(arena_dup(arena, answer));

	*out = (struct check_lines){ .count = 0 };
	return *text == '{' || *text == '[' ? read_json(text, arena, out) : read_list(text, out);
}
