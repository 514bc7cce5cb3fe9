"""Patterns of clauses, for words.py: classes of words, and the states that read them.

A pattern is words of one clause: `word`, `one|other`, `<class>`, each perhaps with `?` (may be
missing) or `+` (any number, or none), `(a|some words|)` (one of these, or none), `...` (some words
that hold no doubt) and `<any>` (an account of something, which may hold a negation). Words of `[class fill]` may stand anywhere.
"""
import re

LIKES = {"approve like": "APPROVE", "yes like": "YES", "reject like": "REJECT", "no like": "NO",
         "neutral like": "NEUTRAL", "reason like": "REASON", "errand like": "ERRAND", "ask like": "ASK"}
KINDS = {"tells": 1, "refers": 2, "unit": 4, "so": 8, "because": 16, "verbal": 32, "without": 64}  # what a word is by itself
FREE = {"...": 1, "<any>": 2}
ELEMENT = re.compile(r"(\.\.\.|<any>|<[a-z-]+>|[^\s<>?*+]+)([?*+]?)")
GROUP = re.compile(r"\(([^()]*\|[^()]*)\)")
LANGS_MAX = 31
STATES_MAX = 40960
EDGES_MAX = 1 << 20
# Scripts that put no blank between words, or put it as they like: a letter is a word of a pattern.
GLUED = "zh", "ja", "ko"
LETTER = re.compile("[\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3々]|"
                    "[^\\s\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3々]+")


def tokens(lang, text):
    return LETTER.findall(text) if lang in GLUED else text.split()


def letters(n):
    return chr(97 + n % 26) + (letters(n // 26) if n >= 26 else "")


def known(section):
    return section in LIKES or section in KINDS or section in ("common", "time", "errand verb", "if") or re.fullmatch(r"class [a-z-]+", section)


class Patterns:
    """Everything is kept by language: classes and patterns of two never mix."""

    def __init__(self, fault, forms):
        self.fault, self.forms = fault, forms
        self.classes = {}  # (lang, name): [text]
        self.groups = {}  # (lang, words...): name of a class
        self.lines = []  # (lang, verdict, text, where)
        self.kinds = {}  # word: bits
        self.common = {}  # ordinary word: bits of languages
        self.spoken_in = {"time": {}, "errand verb": {}, "if": {}}  # word: bits of languages, by section
        self.commoners = set()  # languages that have some
        self.langs = []
        self.ids = {}  # (lang, words of one class): number
        self.states = {}  # key: number
        self.table = []  # number: (edges, accepts, free, lang, verdict)

    def add(self, where, lang, section, text):
        if section in KINDS:
            for form in {text, *self.forms(text)}:
                self.kinds[form] = self.kinds.get(form, 0) | KINDS[section]
        elif section in self.spoken_in:
            for form in {text, *self.forms(text)}:
                self.spoken_in[section][form] = self.spoken_in[section].get(form, 0) | 1 << self.lang(lang)
        elif section == "common":
            self.commoners.add(lang)
            for form in {text, *self.forms(text)}:
                self.common[form] = self.common.get(form, 0) | 1 << self.lang(lang)
        elif section in LIKES:
            self.lines.append((lang, LIKES[section], text, where))
        else:
            self.classes.setdefault((lang, section[6:]), []).append(text)

    def grouped(self, lang, text):
        """With a class without a name in place of each group of alternatives."""
        def named(match):
            words = match[1].split("|")
            members = [w.strip() for w in words if w]
            before, behind = text[:match.start()], text[match.end():]
            alone = (not before or before[-1] in " )" or all(w[0] == " " for w in words if w)) and \
                (not behind or behind[0] in " (" or all(w[-1] == " " for w in words if w))
            alone = alone or lang in GLUED
            if not alone or re.search(r"[<>?*.]", match[1]):
                return match[0]
            name = self.groups.setdefault((lang, *members), f"group-{letters(len(self.groups))}")
            self.classes[lang, name] = members
            return f" <{name}>{'?' if '' in words else ''} "
        return GROUP.sub(named, text).strip()

    def texts(self):
        """Words of decision, in which slips are looked for."""
        for lang, verdict, text, _ in self.lines:
            if verdict in ("APPROVE", "YES", "REJECT", "NO"):
                for name, _ in ELEMENT.findall(text):
                    yield from self.members(lang, name) if name not in FREE else ()

    def members(self, lang, name):
        if name.startswith("<"):
            return self.classes.get((lang, name[1:-1]), [])
        return name.split("|")

    def lang(self, lang):
        if lang not in self.langs:
            self.langs.append(lang)
        return self.langs.index(lang)

    def spoken(self, langs):
        """Bits of the languages; all of them where one says nothing of its ordinary words."""
        if not all(lang in self.commoners for lang in langs):
            return 0xffffffff
        return sum(1 << self.lang(lang) for lang in langs)

    def number(self, lang, words):
        return self.ids.setdefault((lang, frozenset(words)), len(self.ids) + 1)

    def parsed(self, lang, text, where):
        out = []
        for item in text.split():
            match = ELEMENT.fullmatch(item)
            if not match or (match[1] in FREE and match[2]):
                self.fault(where, f"'{item}' is no part of a pattern")
                return None
            name, many = match[1], match[2]
            if name not in FREE and not self.members(lang, name):
                self.fault(where, f"no [class {name[1:-1]}] in this language")
                return None
            out.append((name, many))
        return tuple(out)

    def shared(self, lang, texts):
        """Members of several words: (first words, class of what may follow these), each once."""
        follow, out = {}, {}
        for first, *more in texts:
            follow.setdefault(first, set()).add(" ".join(more))
        for first, rests in follow.items():
            out.setdefault(tuple(sorted(rests)), set()).add(first)
        for rests, firsts in out.items():
            name = self.groups.setdefault((lang, *rests), f"group-{letters(len(self.groups))}")
            self.classes[lang, name] = list(rests)
            yield firsts, f"<{name}>"

    def edges(self, lang, verdict, parts, seen):
        """What may come next: (edges, accepts, free)."""
        if not parts:
            return set(), True, 0
        (name, many), rest = parts[0], parts[1:]
        if name in FREE:
            edges, accepts, free = self.edges(lang, verdict, rest, seen)
            return edges, accepts, max(free, FREE[name])
        after = parts if many in ("*", "+") else rest
        words = [tokens(lang, m) for m in self.members(lang, name)]
        edges = set()
        single = frozenset(w[0] for w in words if len(w) == 1)
        if single:
            edges.add((self.number(lang, single), self.state(lang, verdict, after)))
        for firsts, more in self.shared(lang, [w for w in words if len(w) > 1]):
            edges.add((self.number(lang, firsts), self.state(lang, verdict, ((more, ""),) + after)))
        if many:
            more, accepts, free = self.edges(lang, verdict, rest, seen)
            return edges | more, accepts, free
        return edges, False, 0

    def state(self, lang, verdict, parts):
        key = lang, verdict, parts
        if key not in self.states:
            self.states[key] = len(self.table)
            self.table.append(None)
            edges, accepts, free = self.edges(lang, verdict, parts, set())
            self.table[self.states[key]] = edges, accepts, free, lang, verdict
        return self.states[key]

    def compile(self):
        """State 0 starts all patterns but those that start with free words; they share one each."""
        start, open_starts = set(), {}
        self.table.append(None)
        for lang, verdict, text, where in self.lines:
            self.lang(lang)
            parts = self.parsed(lang, text, where)
            if not parts:
                continue
            edges, accepts, free = self.edges(lang, verdict, parts, set())
            if accepts:
                self.fault(where, "matches no words at all")
            if free:
                open_starts.setdefault((lang, verdict, free), set()).update(edges)
            else:
                start |= edges
        self.table[0] = start, False, 0, None, None
        self.open = []
        for (lang, verdict, free), edges in sorted(open_starts.items()):
            self.open.append(len(self.table))
            self.table.append((edges, False, free, lang, verdict))
        if len(self.langs) > LANGS_MAX or len(self.table) > STATES_MAX or \
                sum(len(edges) for edges, *_ in self.table) > EDGES_MAX:
            self.fault("languages", "too many patterns")

    def words(self):
        """Each word: (class numbers, languages it fills in, kinds)."""
        out = {}
        for (lang, words), number in self.ids.items():
            for word in words:
                for form in {word, *self.forms(word)}:
                    out.setdefault(form, (set(), set(), set()))[0].add(number)
        for (lang, name), members in self.classes.items():
            if name == "fill":
                for word in members:
                    for form in {word, *self.forms(word)}:
                        out.setdefault(form, (set(), set(), set()))[1].add(self.lang(lang))
        for word in [*self.kinds, *self.common, *(w for words in self.spoken_in.values() for w in words)]:
            out.setdefault(word, (set(), set(), set()))
        return out

    def print(self, quote):
        words = self.words()
        order = sorted(words, key=lambda w: w.encode())
        print("const char *const like_langs[] = {")
        for lang in self.langs:
            print(f"\t{quote(lang)},")
        print(f"}};\nconst size_t like_lang_count = {len(self.langs)};\n")
        known = 0
        for bits in self.spoken_in["if"].values():
            known |= bits
        print(f"const unsigned like_if_langs = {known}u;\n")
        at, ids = 0, []
        print("const struct like_word like_words[] = {")
        for word in order:
            numbers, fills, _ = words[word]
            mask = sum(1 << lang for lang in fills)
            print(f"\t{{ {quote(word)}, {mask}u, {self.common.get(word, 0)}u, "
                  f"{self.spoken_in['time'].get(word, 0)}u, {self.spoken_in['errand verb'].get(word, 0)}u, "
                  f"{self.spoken_in['if'].get(word, 0)}u, "
                  f"{at}, {self.kinds.get(word, 0)} }},")
            ids += sorted(numbers)
            at = len(ids)
        print(f"\t{{ NULL, 0, 0, 0, 0, 0, {at}, 0 }},\n}};\nconst size_t like_word_count = {len(order)};\n")
        self.numbers("like_classes", ids)
        at, edges_all = 0, []
        print("const struct like_state like_states[] = {")
        for edges, accepts, free, lang, verdict in self.table:
            mask = 0xffffffff if lang is None else 1 << self.lang(lang)
            ends = f"PHRASE_{verdict}" if accepts else "PHRASE_OTHER"
            strict = "PHRASE_OTHER" if verdict is None else f"PHRASE_{verdict}"
            print(f"\t{{ {at}, {mask}u, {ends}, {strict}, {free} }},")
            edges_all += sorted(edges)
            at = len(edges_all)
        print(f"\t{{ {at}, 0, PHRASE_OTHER, PHRASE_OTHER, 0 }},\n}};\n")
        print("const struct like_edge like_edges[] = {")
        for number, to in edges_all:
            print(f"\t{{ {number}, {to} }},")
        print("\t{ 0, 0 },\n};\n")
        self.numbers("like_open", self.open)
        print(f"const size_t like_open_count = {len(self.open)};\n")

    @staticmethod
    def numbers(name, values):
        print(f"const unsigned short {name}[] = {{")
        for value in values:
            print(f"\t{value},")
        print("\t0,\n};\n")
