/*
 * What of a text must stand in the material: numbers, mail addresses, host
 * names, paths and flags, names of commands, identifiers. Each is looked up in
 * a set of the material's words, so a look costs what the text is long.
 */
#include <assent/base/utf8.h>

#include "ai/bundle_priv.h"
#include "ai/form_priv.h"

#include <string.h>

#define WORD_MAX ((size_t)256)
#define NUMBER_MAX ((size_t)40)

struct entry {
	const char *text;
	uint32_t n;
	uint32_t hash;
};

struct ground {
	struct entry *entries;
	size_t room, count; /* room: a power of two */
	const char *folded; /* all words with one blank between */
	struct arena *arena;
};

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* strchr() for a few signs is a call for each letter of a text. */
static inline bool
is_of(char c, const char *signs)
{
	while (*signs != '\0' && *signs != c)
		signs++;
	return *signs != '\0';
}

enum {
	EDGE = 1, /* parts words */
	HEAD = 2, /* no part of a word before it */
	TAIL = 4, /* nor behind it */
	PIECE = 8, /* parts a word's pieces */
	ENDS = 16, /* what is behind it may be said alone */
	BLANK = 32
};

/* clang-format off */
static const unsigned char sign_kinds[256] = {
	['\0'] = EDGE, ['"'] = EDGE, ['('] = EDGE, [')'] = EDGE, ['['] = EDGE, [']'] = EDGE,
	['{'] = EDGE, ['}'] = EDGE, ['<'] = EDGE, ['>'] = EDGE, ['|'] = EDGE, [';'] = EDGE,
	['!'] = EDGE, ['?'] = EDGE, ['`'] = EDGE, ['*'] = EDGE, ['='] = EDGE, ['&'] = EDGE,
	[' '] = EDGE | BLANK, ['\t'] = EDGE | BLANK, ['\r'] = EDGE | BLANK, ['\n'] = EDGE | BLANK,
	[','] = HEAD | TAIL, ['\''] = HEAD | TAIL, ['_'] = HEAD | TAIL, ['#'] = HEAD | TAIL,
	['%'] = HEAD | TAIL, ['+'] = HEAD | TAIL, ['$'] = HEAD | TAIL, ['~'] = HEAD | TAIL,
	['-'] = HEAD | TAIL, ['.'] = HEAD | TAIL | ENDS, ['/'] = HEAD | TAIL | ENDS | PIECE,
	[':'] = HEAD | TAIL | ENDS | PIECE, ['@'] = HEAD | TAIL | ENDS | PIECE,
	['\\'] = TAIL | ENDS | PIECE
};
/* clang-format on */

static inline bool
is_sign(char c, int kinds)
{
	return (sign_kinds[(unsigned char)c] & kinds) != 0;
}

/* --- the set ------------------------------------------------------------------------ */

static uint32_t
hash_of(const char *text, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static struct entry *
slot_of(const struct ground *g, const char *text, size_t n, uint32_t hash)
{
	size_t at = hash & (g->room - 1);

	while (g->entries[at].text != NULL &&
	    (g->entries[at].hash != hash || g->entries[at].n != n ||
		memcmp(g->entries[at].text, text, n) != 0))
		at = (at + 1) & (g->room - 1);
	return &g->entries[at];
}

static void add(struct ground *g, const char *text, size_t n);

static void
grow(struct ground *g)
{
	struct entry *old = g->entries;
	size_t n = g->room;

	g->room = 4 * n;
	g->entries = arena_alloc(g->arena, g->room * sizeof(*g->entries));
	for (size_t i = 0; i < n; i++)
		if (old[i].text != NULL)
			*slot_of(g, old[i].text, old[i].n, old[i].hash) = old[i];
}

static void
add(struct ground *g, const char *text, size_t n)
{
	uint32_t hash = hash_of(text, n);
	struct entry *slot;

	if (n == 0 || n > WORD_MAX)
		return;
	slot = slot_of(g, text, n, hash);
	if (slot->text != NULL)
		return;
	*slot = (struct entry){ text, (uint32_t)n, hash };
	if (++g->count * 2 > g->room)
		grow(g);
}

static bool
has(const struct ground *g, const char *text, size_t n)
{
	return n > 0 && n <= WORD_MAX && slot_of(g, text, n, hash_of(text, n))->text != NULL;
}

/* --- words --------------------------------------------------------------------------- */

struct word {
	const char *at;
	size_t n;
};

/* Signs and scripts that are written without blanks part words, too. */
static size_t
wide_edge_at(const char *p)
{
	uint32_t c;
	size_t len;

	len = utf8_next(p, strnlen(p, 4), &c);
	return (c >= 0x80 && c <= 0xbf) || (c >= 0x0e00 && c <= 0x0e7f) ||
		(c >= 0x2000 && c <= 0x2fff) || (c >= 0x3000 && c <= 0x9fff) ||
		(c >= 0xac00 && c <= 0xd7af) || (c >= 0xf900 && c <= 0xfaff) || c >= 0x10000 ||
		c == 0x60c || c == 0x61b || c == 0x61f || c == 0x6d4 || c == 0x964
	    ? len
	    : 0;
}

static inline size_t
wide_edge(const char *p)
{
	return (unsigned char)*p < 0x80 ? 0 : wide_edge_at(p);
}

static bool
is_joint(const char *p, const char *start, char sign)
{
	return *p == sign && p > start && is_digit(p[-1]) && is_digit(p[1]);
}

/* The next word from *p on; false at the end. A comma parts words, but not numbers. */
static bool
next_word(const char **p, struct word *out)
{
	const char *at = *p, *start;
	size_t wide;

	while (*at != '\0' && (is_sign(*at, EDGE) || *at == ',' || wide_edge(at) > 0)) {
		wide = wide_edge(at);
		at += wide > 0 ? wide : 1;
	}
	for (start = at; !is_sign(*at, EDGE) && wide_edge(at) == 0; at++)
		if (*at == ',' && !is_joint(at, start, ','))
			break;
	*p = at;
	*out = (struct word){ start, (size_t)(at - start) };
	return out->n > 0;
}

static struct word
trimmed(struct word w)
{
	while (w.n > 0 && is_sign(w.at[0], HEAD))
		w.at++, w.n--;
	while (w.n > 0 && is_sign(w.at[w.n - 1], TAIL))
		w.n--;
	return w;
}

/* --- numbers --------------------------------------------------------------------------- */

/*
 * "4,800.00", "4.800", "4 800" and "4'800" are 4800: a sign before exactly three
 * digits groups, any other is a decimal's. 0 when it is no number.
 */
static size_t
canonical(struct word w, char out[NUMBER_MAX])
{
	size_t n = 0, point = 0, signs = 0;

	if (w.n == 0 || w.n >= NUMBER_MAX || !is_digit(w.at[0]) || !is_digit(w.at[w.n - 1]))
		return 0;
	for (size_t i = 0; i < w.n; i++) {
		size_t run = 0;
		if (is_digit(w.at[i])) {
			out[n++] = w.at[i];
			continue;
		}
		if (!is_of(w.at[i], ".,'") || point > 0)
			return 0;
		while (i + 1 + run < w.n && is_digit(w.at[i + 1 + run]))
			run++;
		if (run != 3 && i + 1 + run < w.n)
			return 0;
		if (run == 3 && ++signs > 0)
			continue;
		out[n++] = '.';
		point = n;
	}
	while (point > 0 && n > point - 1 && (out[n - 1] == '0' || out[n - 1] == '.'))
		if (out[--n] == '.')
			break;
	for (signs = 0; signs + 1 < n && out[signs] == '0' && is_digit(out[signs + 1]);)
		signs++;
	memmove(out, out + signs, n - signs);
	return n - signs;
}

static void
add_number(struct ground *g, struct word w)
{
	char text[NUMBER_MAX];
	size_t n = canonical(w, text);

	if (n > 0 && !has(g, text, n))
		add(g, arena_dup_n(g->arena, text, n), n);
}

static bool
has_number(const struct ground *g, struct word w)
{
	char text[NUMBER_MAX];
	size_t n = canonical(w, text);

	return n > 0 && has(g, text, n);
}

/* Pieces of a date, a time or a range: "2026-11-20", "20.11.2026", "14:30", "10-15". */
static size_t
date_pieces(struct word w, struct word out[3])
{
	size_t count = 0, start = 0;
	char sign = '\0';

	for (size_t i = 0; i <= w.n; i++) {
		if (i < w.n && is_digit(w.at[i]))
			continue;
		if (i == start || i - start > 4 || count == 3)
			return 0;
		if (i < w.n && (!is_of(w.at[i], "-/.:") || (sign && w.at[i] != sign)))
			return 0;
		out[count++] = (struct word){ w.at + start, i - start };
		sign = i < w.n ? w.at[i] : sign;
		start = i + 1;
	}
	if (count < 2 || (sign == '.' && (count != 3 || (out[0].n != 4 && out[2].n != 4))))
		return 0;
	return count;
}

/* "10gb", "3rd", "20-gb-platte", "443/tcp", and "eur900": one number and only letters. */
static struct word
unit_number(struct word w)
{
	size_t head = 0, n, rest;

	while (head < w.n && head < 4 && !is_digit(w.at[head]) && is_alnum(w.at[head]))
		head++;
	for (n = head; n < w.n &&
	     (is_digit(w.at[n]) ||
		 (is_of(w.at[n], ".,'") && n + 1 < w.n && is_digit(w.at[n + 1])));)
		n++;
	for (rest = n; rest < w.n && !is_digit(w.at[rest]) && w.at[rest] != '.' &&
	     w.at[rest] != '_' && w.at[rest] != '@' && w.at[rest] != '\\';)
		rest++;
	if (n == head || rest < w.n || (head > 0 && (n < w.n || head > 3)))
		return (struct word){ w.at, 0 };
	return (struct word){ w.at + head, n - head };
}

/* --- the material -------------------------------------------------------------------------- */

static bool
has_digit(struct word w)
{
	for (size_t i = 0; i < w.n; i++)
		if (is_digit(w.at[i]))
			return true;
	return false;
}

/* Each end of a name from a dot, an at sign or a slash on: a host of a link, a domain. */
static void
add_ends(struct ground *g, struct word w)
{
	size_t start = 0;

	for (size_t i = 0; i < w.n; i++) {
		if (!is_sign(w.at[i], ENDS))
			continue;
		if (is_sign(w.at[i], PIECE)) {
			add(g, w.at + start, i - start);
			start = i + 1;
		}
		for (size_t k = i + 1; k <= w.n && k <= i + WORD_MAX; k++)
			if (k == w.n || is_sign(w.at[k], PIECE)) {
				add(g, w.at + i + 1, k - i - 1);
				break;
			}
	}
	if (start > 0)
		add(g, w.at + start, w.n - start);
}

static void
add_numbers(struct ground *g, struct word w)
{
	struct word pieces[3], unit = unit_number(w);
	size_t count = date_pieces(w, pieces);

	add_number(g, w);
	for (size_t i = 0; i < count; i++)
		add_number(g, pieces[i]);
	if (unit.n > 0)
		add_number(g, unit);
}

static void
add_word(struct ground *g, struct word whole)
{
	struct word w = trimmed(whole), piece;
	const char *end = w.at + w.n;

	if (whole.n > WORD_MAX)
		return;
	add(g, whole.at, whole.n);
	if (w.n < whole.n)
		add(g, w.at, w.n);
	add_ends(g, w);
	if (!has_digit(w))
		return;
	add_numbers(g, w);
	for (piece.at = w.at; piece.at < end; piece.at += piece.n + 1) {
		for (piece.n = 0; piece.at + piece.n < end && !is_sign(piece.at[piece.n], PIECE);)
			piece.n++;
		add_numbers(g, trimmed(piece));
	}
}

/* What talks to a machine becomes blanks: a mark on its own is of the paragraph, else of the line. */
static void
blank_machine_talk(char *folded)
{
	static const char mark[] = BUNDLE_MACHINE;
	char *at = folded;

	while ((at = strstr(at, mark)) != NULL) {
		char *line = at, *end = at + strlen(mark);
		while (line > folded && line[-1] == ' ')
			line--;
		bool is_alone = *end == '\n' && (line == folded || line[-1] == '\n');
		for (end += is_alone; *end != '\0'; end += *end != '\0') {
			char *start = end;
			end += strcspn(end, "\n");
			if (!is_alone || strspn(start, " ") >= (size_t)(end - start) ||
			    *start != ' ')
				break;
		}
		memset(at, ' ', (size_t)(end - at));
		at = end;
	}
}

static char *
one_blank(const char *folded, struct arena *arena)
{
	char *out = arena_alloc(arena, strlen(folded) + 2), *to = out;

	for (const char *p = folded; *p != '\0'; p++) {
		bool is_blank = is_sign(*p, BLANK);
		if (!is_blank || (to > out && to[-1] != ' '))
			*to++ = is_blank ? ' ' : *p;
	}
	*to = '\0';
	return out;
}

struct ground *
ground_new(const char *material, struct arena *arena)
{
	struct ground *g = arena_alloc(arena, sizeof(*g));
	char *folded = arena_dup(arena, form_fold(material, arena));
	const char *p = folded;
	struct word w;

	*g = (struct ground){ .room = 1024, .arena = arena };
	g->entries = arena_alloc(arena, g->room * sizeof(*g->entries));
	blank_machine_talk(folded);
	while (next_word(&p, &w))
		add_word(g, w);
	g->folded = one_blank(folded, arena);
	return g;
}

bool
ground_holds(const struct ground *g, const char *folded, size_t n)
{
	const char *words = one_blank(arena_dup_n(g->arena, folded, n), g->arena);
	size_t len = strlen(words);
	const char *at = g->folded;

	while (len > 0 && words[len - 1] == ' ')
		len--;
	for (; len > 0 && (at = memmem(at, strlen(at), words, len)) != NULL; at++)
		if ((at == g->folded || !is_alnum(at[-1]) || !is_alnum(words[0])) &&
		    (!is_alnum(at[len]) || !is_alnum(words[len - 1])))
			return true;
	return len == 0;
}

/* --- the text ------------------------------------------------------------------------------- */

static bool
is_scheme(const char *name, size_t n)
{
	static const char *const schemes[] = { "mailto", "javascript", "data", "tel", "sms", "file",
		"cid", "callto", "facetime", "geo", "skype", "msteams", "http", "https", "ftp",
		"sip", "sips", "smb", "ssh", "vnc", "rdp", "ldap", "news", "nntp", "telnet",
		"gopher", "xmpp", "irc", "webcal", "magnet", "bitcoin", "intent", "market",
		"whatsapp", "zoommtg", "slack", "onenote", "outlook", "ms-word", "ms-excel",
		"ms-powerpoint", "search-ms", "vbscript" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (schemes[i][0] == *name && strlen(schemes[i]) == n &&
		    memcmp(schemes[i], name, n) == 0)
			return true;
	return false;
}

static bool
is_link(struct word w)
{
	const char *colon;

	if (w.n > 4 && *w.at == 'w' && text_starts(w.at, "www."))
		return true;
	if (w.n > 3 && *w.at == '/' && text_starts(w.at, "//"))
		return true;
	colon = memchr(w.at, ':', w.n);
	if (colon == NULL || colon == w.at || colon + 1 == w.at + w.n)
		return false;
	return memmem(w.at, w.n, "://", 3) != NULL || is_scheme(w.at, (size_t)(colon - w.at));
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Where the dot of "evil.example" is; w.n without one. */
static size_t
host_dot(struct word w)
{
	for (size_t i = 1; i + 2 < w.n; i++)
		if (w.at[i] == '.' && (is_letter(w.at[i - 1]) || is_digit(w.at[i - 1])) &&
		    is_letter(w.at[i + 1]) && is_letter(w.at[i + 2]))
			return i;
	return w.n;
}

static bool
is_command(struct word w)
{
	static const char *const names[] = { "sudo", "systemctl", "chmod", "chown", "ipconfig",
		"ifconfig", "powershell", "pwsh", "gpupdate", "nslookup", "netsh", "regedit",
		"regsvr32", "sfc", "chkdsk", "diskpart", "certutil", "wget", "curl", "msiexec",
		"taskkill", "dism", "robocopy", "rsync", "bitsadmin", "mshta", "rundll32",
		"schtasks", "wmic", "iptables", "kubectl", "rmdir", "mkfs", "fdisk", "nmap",
		"tracert", "traceroute", "bcdedit", "icacls", "takeown", "vssadmin" };
	static const char *const verbs[] = { "get-", "set-", "remove-", "restart-", "invoke-",
		"enable-", "disable-", "clear-", "uninstall-", "stop-" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i][0] == w.at[0] && names[i][1] == w.at[1] && strlen(names[i]) == w.n &&
		    memcmp(w.at, names[i], w.n) == 0)
			return true;
	if (memchr(w.at, '-', w.n) == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (text_starts(w.at, verbs[i]) && w.n > strlen(verbs[i]) + 3)
			return true;
	return false;
}

/* "--force", "/etc/passwd", "c:\temp", "snake_case", "$home" */
static bool
is_shell(struct word whole, struct word w)
{
	size_t slashes = 0, letters = 0;

	if (whole.n > 2 && text_starts(whole.at, "--") && is_letter(whole.at[2]))
		return true;
	if (whole.n > 1 && whole.at[0] == '-' && whole.at[1] >= 'a' && whole.at[1] <= 'z')
		return true;
	if (whole.n > 1 && strchr("/$~%", whole.at[0]) && is_letter(whole.at[1]))
		return true;
	for (size_t i = 0; i < w.n; i++)
		slashes += w.at[i] == '/', letters += is_letter(w.at[i]);
	return (slashes > 1 && letters > 0) || memchr(w.at, '\\', w.n) != NULL ||
	    memchr(w.at, '_', w.n) != NULL;
}

static bool
holds_word(const struct ground *g, struct word whole, struct word w)
{
	return has(g, whole.at, whole.n) || has(g, w.at, w.n);
}

static bool
is_known_number(const struct ground *g, struct word w)
{
	struct word pieces[3], unit = unit_number(w);
	size_t count = date_pieces(w, pieces), known = 0;

	if (has_number(g, w) || (unit.n > 0 && unit.n < w.n && has_number(g, unit)))
		return true;
	for (size_t i = 0; i < count; i++)
		known += has_number(g, pieces[i]);
	return count > 0 && known == count;
}

static enum word_kind
kind_of(const struct ground *g, struct word whole)
{
	struct word w = trimmed(whole);
	size_t dot = host_dot(w);

	if (is_link(whole) || (w.at > whole.at && is_link(w)))
		return WORD_LINK;
	if (w.n == 0)
		return WORD_PLAIN;
	if (w.n > WORD_MAX)
		return WORD_STRANGER;
	/* A host with a path is a link to every mail program. */
	if (dot < w.n && memchr(w.at + dot, '/', w.n - dot) != NULL)
		return WORD_LINK;
	if (holds_word(g, whole, w))
		return WORD_PLAIN;
	if (dot < w.n || memchr(w.at, '@', w.n) != NULL || is_command(w) || is_shell(whole, w))
		return WORD_STRANGER;
	return has_digit(w) && !is_known_number(g, w) ? WORD_STRANGER : WORD_PLAIN;
}

void
ground_look(const struct ground *ground, const char *folded, ground_fn tell, void *arg)
{
	const char *p = folded;
	struct word w;

	while (next_word(&p, &w)) {
		enum word_kind kind = kind_of(ground, w);
		if (kind != WORD_PLAIN)
			tell(arg, kind, w.at, w.n);
	}
}
