#!/usr/bin/python3
"""Print the C file that holds languages/*.words: words.py FILE...

docs/REPLIES.md says what each section means. A phrase stands as fold.c leaves
it; a `_` at its end is a blank. What people leave out (accents, apostrophes,
hyphens) and the slips of their fingers in longer words are worked out here,
wherever that gives no other word of the lexicon. `(you |)can (order|buy)` are
four phrases. Exits 1 with file:line of each fault.
"""
import itertools
import re
import sys
import unicodedata

import patterns
from wordset import print_set

PHRASES = {"approve": "APPROVE", "yes": "YES", "reject": "REJECT", "no": "NO",
           "neutral": "NEUTRAL", "ask": "ASK"}
# What a whole clause says where our mail was in that language, whatever it says elsewhere.
OWN = {"own yes": "YES", "own no": "NO", "own neutral": "NEUTRAL"}
# What is approved or rejected stands behind the phrase, or before it.
PERFORMS = {"approve of": ("APPROVE", 0), "reject of": ("REJECT", 0),
            "approve last": ("APPROVE", 1), "reject last": ("REJECT", 1)}
DOUBTS = ("condition", "hedge", "delegation", "negation", "retraction", "positive", "negative",
          "question", "number", "items", "contrast", "past", "regret", "elsewhere")
LISTS = {"greeting": "intent_greetings", "signoff": "intent_signoffs",
         "harmless": "intent_harmless", "bare": "intent_bare", "agree": "intent_agrees", "informed": "intent_informed", "name": "intent_names", "suspicion": "intent_suspicions",
         "all": "batch_all_words", "but": "batch_but_words", "and": "batch_and_words",
         "to": "batch_to_words", "filler": "batch_fillers", "is": "batch_is_words",
         "others": "batch_other_words", "one": "batch_one_words", "plural": "batch_plural_words", "soft": "batch_soft_tails",
         "why": "batch_why_words", "open": "batch_open_words", "not": "batch_not_words", "both": "batch_both_words", "article": "batch_articles",
         "item yes": "batch_yes_words", "item no": "batch_no_words", "ending": "batch_endings",
         "label": "batch_label_words", "none": "batch_none_words", "only": "batch_only_words",
         "wrote": "reply_verbs", "opener": "reply_openers", "forward": "reply_forwards",
         "original": "reply_originals", "begin": "reply_begins", "device": "reply_devices",
         "device-end": "reply_device_ends", "banner": "reply_banners",
         "disclaimer": "reply_disclaimers", "closing": "reply_closings", "above": "reply_above"}
AFFIXES = {"lead": "intent_leads", "trail": "intent_trails"}
NUMBERED = {"ordinal": "batch_ordinals", "count": "batch_counts"}
# Lists whose words end a run of letters without blanks.
CUTTING = "all", "but", "and", "to", "filler", "is", "others", "one", "both", "ordinal", "count"
HEADERS = "from", "to", "cc", "date", "subject", "other"
# Scripts that put no blank between words, or put it as they like.
GLUED = *patterns.GLUED, "th"
# In these a line of many variants is a pattern.
COMPACT = *patterns.GLUED, "ru", "ar", "he"
PLAIN_LINE = re.compile("[^<>?*+.,:;!]+")
VARIANTS_FEW = 12
EAST = "\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3々"
HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff々]+")
# Simplified Chinese letters and the traditional ones; zh.words is written in the former.
TRADITIONAL = str.maketrans(
    "过没问题时后购买采单订续费约执办进继请烦劳谢绝驳决销终说话这个们为么应该当对确认许赞项两"
    "几别还样议异无见条价钱贵报发给让转领导经总财务会计师听据觉虑尽额暂缓迟点现将开关钓鱼诈骗"
    "误错电脑机备坏旧换减优讲压级复获阅读员长书责权归属轮谁吗里边实试够万块张间东动离职业产从"
    "仅余并倾划则刚却厂双变号团场坚处头妈审岂币帮废弃强恳惯愿戏挂搁数晓来汇况满灯爱犹盗监着礼"
    "称笔纠绍结统综绿编缩罢联兴节补视讨论设评询详调谈负货资赶较选遗邮释门队陈随难顶顺须预马刘",
    "過沒問題時後購買採單訂續費約執辦進繼請煩勞謝絕駁決銷終說話這個們為麼應該當對確認許贊項兩"
    "幾別還樣議異無見條價錢貴報發給讓轉領導經總財務會計師聽據覺慮盡額暫緩遲點現將開關釣魚詐騙"
    "誤錯電腦機備壞舊換減優講壓級覆獲閱讀員長書責權歸屬輪誰嗎裡邊實試夠萬塊張間東動離職業產從"
    "僅餘並傾劃則剛卻廠雙變號團場堅處頭媽審豈幣幫廢棄強懇慣願戲掛擱數曉來匯況滿燈愛猶盜監著禮"
    "稱筆糾紹結統綜綠編縮罷聯興節補視討論設評詢詳調談負貨資趕較選遺郵釋門隊陳隨難頂順須預馬劉")
SLIP_MIN = 6  # letters of a word in which slips are looked for
PLAIN_MIN = 4  # letters of a word that may lose its accents
PLAIN_PHRASE_MIN = 6  # letters of a phrase in which every word may
VARIANTS_MAX = 600  # of one line
DROPPED = re.compile("[\u0001-\u0008\u000e-\u001f*\u007f-\u0084\u0086-\u009f\u00ad\u0591-\u05bd"
                     "\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u180e\u200b-\u200f"
                     "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "`": "'", "\u00b4": "'", "\u201c": '"',
                       "\u201d": '"', "\u00ab": '"', "\u00bb": '"', "\u2013": "-",
                       "\u2014": "-", "\u00a0": " ", "\u3000": " ", "\u3001": ",",
                       "\u3002": ".", "\u061f": "?", "\u060c": ",", "\u061b": ";",
                       "\u301c": "~", "\u05be": "-", "\u05f3": "'", "\u05f4": '"'} |
                      {chr(c): '"' for c in range(0x3008, 0x3012)})
# Letters that people write one for the other.
SAME = str.maketrans("أإآٱىیةکё", "اااايىهكе".replace("ى", "ي"))
# What has no canonical decomposition.
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})


def folded(s):
    s = DROPPED.sub("", s).translate(PLAIN)
    s = "".join("i" if c in "İıI" else c.lower() for c in s).translate(SAME)
    s = "".join(chr(ord(c) - 0xfee0) if "！" <= c <= "～" else c for c in s)
    return re.sub(r"\s+", " ", s).strip()


def variants(line):
    """What a line with `(one|other|)` in it stands for."""
    parts = re.split(r"\(([^()]*\|[^()]*)\)", line)
    choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    return [re.sub(" +", " ", "".join(c)).strip() for c in itertools.product(*choices)]


def compact(s):
    """Without blanks between letters of the east, as script_compact() leaves it."""
    return re.sub(f"(?<=[{EAST}]) (?=[{EAST}])", "", s)


class Lexicon:
    def __init__(self):
        self.faults = []
        self.phrases = {}  # text: (class, where)
        self.doubts = {}  # text: set of sections
        self.lists = {name: {} for name in [*LISTS, *AFFIXES, *NUMBERED, *PERFORMS]}
        self.owns = {}  # (lang, text): section
        self.headers = {}
        self.typos = {}  # wrong: (right, where)
        self.weak = set()
        self.spoken = {}  # text of a doubt: languages
        self.past = {}  # lang: [text]
        self.patterns = patterns.Patterns(self.fault, forms_of_letters)

    def fault(self, where, text):
        self.faults.append(f"{where}: {text}")

    def phrase(self, where, section, text):
        text = compact(text)
        old = self.phrases.setdefault(text, (section, where))
        if old[0] != section:
            self.fault(where, f"'{text}' is [{section}] here and [{old[0]}] at {old[1]}")

    def add(self, where, lang, section, text):
        if section in PHRASES:
            self.phrase(where, section, text)
        elif section in DOUBTS:
            self.doubts.setdefault(text, set()).add(section)
            self.spoken.setdefault(text, set()).add(lang)
            if section == "past":
                self.past.setdefault(lang, []).append(text)
        elif patterns.known(section):
            self.patterns.add(where, lang, section, text)
        elif section == "weak":
            self.weak |= {text, *shorter_forms(text)}
        elif section in OWN:
            self.owns[lang, text] = section
        elif section == "typo":
            wrong, equals, right = text.partition(" = ")
            self.typos[wrong] = right, where
            if not equals:
                self.fault(where, "a typo is written 'wrong = right'")
        elif section in AFFIXES:
            text, blank = compact(text), "" if lang in GLUED else " "
            self.lists[section][text + blank if section == "lead" else blank + text] = where
        elif section.startswith("header ") and section[7:] in HEADERS:
            self.headers.setdefault(text, section[7:])
        elif section in NUMBERED:
            number, _, word = text.partition(" ")
            self.lists[section][word] = int(number)
        else:
            self.lists[section][compact(text) if section in PERFORMS else text] = where


def known(section):
    return section in PHRASES or section in DOUBTS or section == "typo" or section in LISTS or \
        section in PERFORMS or section in AFFIXES or section in NUMBERED or \
        section == "weak" or section in OWN or patterns.known(section) or \
        (section.startswith("header ") and section[7:] in HEADERS)


def read(lexicon, path):
    lang, section, phrases = path.split("/")[-1].split(".")[0], None, 0
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if not line or line.startswith("# "):
            continue
        if line.startswith("[") and line.endswith("]") and known(line[1:-1]):
            section = line[1:-1]
            continue
        if section is None or "\t" in line or line != line.strip():
            lexicon.fault(where, "a phrase stands in a section that is known, and without blanks "
                          "or tabs around it")
            continue
        phrases += 1
        into, texts = section, variants(line)
        if section in PHRASES and lang in COMPACT and line.count("(") > 1 and \
                len(texts) > VARIANTS_FEW and PLAIN_LINE.fullmatch(line):
            into = section + " like"
        if into in patterns.LIKES:
            texts = variants(lexicon.patterns.grouped(lang, line))
        if len(texts) > VARIANTS_MAX:
            lexicon.fault(where, f"{len(texts)} variants, more than {VARIANTS_MAX}")
        for text in texts:
            if folded(text) != text or not text:
                lexicon.fault(where, f"not in folded form: '{folded(text)}'")
            lexicon.add(where, lang, into, text[:-1] + " " if text.endswith("_") else text)
            if lang == "zh" and not section.startswith("header") and into not in patterns.LIKES:
                lexicon.add(where, lang, into, text.translate(TRADITIONAL))
    # Where a language does not say what is about something else, all of the past is.
    if "[elsewhere]" not in lines:
        for text in lexicon.past.get(lang, ()):
            lexicon.doubts[text].add("elsewhere")
    if phrases == 0:
        lexicon.fault(path, "holds no phrase")


def bare(word, shortest=PLAIN_MIN):
    """Without its accents, where the script is Latin."""
    if len(word) < shortest or not unicodedata.name(word[0], "").startswith("LATIN"):
        return word
    parts = unicodedata.normalize("NFD", word.translate(LETTERS))
    return "".join(c for c in parts if not unicodedata.combining(c))


def shorter_forms(text):
    """As people write it who have no accents, apostrophes or hyphens at hand."""
    forms = {text, re.sub(r"(?<=\w)-(?=\w)", " ", text), re.sub(r"(?<=n)'(?=t\b)", "", text)}
    forms |= {re.sub(r"\w+", lambda m: bare(m[0]), f) for f in forms}
    if " " in text and len(text) >= PLAIN_PHRASE_MIN:
        forms |= {re.sub(r"\w+", lambda m: bare(m[0], 1), f) for f in forms}
    # The way of German and Danish.
    forms |= {f.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("å", "aa")
              .replace("ø", "oe") for f in forms}
    return forms - {text}


def forms_of_letters(text):
    """... and one letter of Chinese, which a pattern reads in both writings."""
    return shorter_forms(text) | ({text.translate(TRADITIONAL)} - {text} if len(text) == 1 else set())


def add_shorter_forms(lexicon):
    for text, (section, where) in list(lexicon.phrases.items()):
        for form in shorter_forms(text):
            lexicon.phrases.setdefault(form, (section, where))
    for text, bits in list(lexicon.doubts.items()):
        for form in shorter_forms(text):
            if len(form) >= PLAIN_MIN:
                lexicon.doubts.setdefault(form, set()).update(bits)
                lexicon.spoken.setdefault(form, set()).update(lexicon.spoken[text])
    for name in [*AFFIXES, *PERFORMS, "harmless", "greeting", "signoff", "suspicion"]:
        for text, where in list(lexicon.lists[name].items()):
            for form in shorter_forms(text):
                lexicon.lists[name].setdefault(form, where)


def slips(word):
    """A letter left out or doubled, or two swapped, not at the start."""
    out = set()
    for i in range(1, len(word)):
        out.add(word[:i] + word[i + 1:])
        out.add(word[:i] + word[i] + word[i:])
        if i + 1 < len(word):
            out.add(word[:i] + word[i + 1] + word[i] + word[i + 2:])
    out.discard(word)
    return out


def distance(a, b):
    """Letters left out, put in, exchanged, or swapped with the next."""
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def near_keys(word):
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word))}


def latin(word):
    return re.fullmatch(r"[a-zß-ɏа-ґ]+", word) is not None


class Words:
    """Every word of the lexicon, and those near to another."""

    def __init__(self, lexicon):
        texts = [*lexicon.phrases, *lexicon.doubts, *lexicon.lists["harmless"],
                 *lexicon.lists["lead"], *lexicon.lists["trail"], *lexicon.patterns.texts(),
                 *(t for name in PERFORMS for t in lexicon.lists[name])]
        self.all = {w for t in texts for w in re.findall(r"[^\W\d_]+", t)}
        self.meaning = {t: section for t, (section, _) in lexicon.phrases.items()}
        self.index = {}
        for word in self.all:
            for key in near_keys(word):
                self.index.setdefault(key, set()).add(word)

    def as_near(self, wrong, right):
        """Another word, of another meaning, that wrong may as well stand for."""
        meaning = self.meaning.get(right)
        limit = distance(wrong, right)
        near = self.all if limit > 1 else set().union(*(self.index.get(k, ()) for k in near_keys(wrong)))
        return next((w for w in near if w != right and
                     (meaning is None or self.meaning.get(w) != meaning) and abs(len(w) - len(wrong)) <= limit and
                     distance(wrong, w) <= limit), None)


def check_typos(lexicon, words):
    for wrong, (right, where) in lexicon.typos.items():
        if right not in words.all:
            lexicon.fault(where, f"'{right}' is no word of the lexicon")
        elif wrong in words.all:
            lexicon.fault(where, f"'{wrong}' is a word of the lexicon itself")
        elif len(right) >= SLIP_MIN and words.as_near(wrong, right):
            lexicon.fault(where, f"'{wrong}' is as near to '{words.as_near(wrong, right)}'")


def add_slips(lexicon, words):
    texts = [t for t, (section, _) in lexicon.phrases.items() if section != "neutral"]
    decisive = {w for t in [*texts, *lexicon.patterns.texts()]
                for w in re.findall(r"[^\W\d_]+", t) if len(w) >= SLIP_MIN and latin(w)}
    for right in sorted(decisive):
        for wrong in slips(right):
            if wrong not in words.all and wrong not in lexicon.typos and \
                    not words.as_near(wrong, right):
                lexicon.typos[wrong] = right, None


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def in_bytes(texts):
    return sorted(texts, key=lambda t: t.encode())


def print_intent(lexicon):
    print_set("intent_phrases", sorted(t.encode() for t in lexicon.phrases))
    print("const uint8_t intent_phrase_classes[] = {")
    for text in in_bytes(lexicon.phrases):
        print(f"\tPHRASE_{PHRASES[lexicon.phrases[text][0]]},")
    print("};\n")
    print("const struct doubt_word intent_doubts[] = {")
    texts = in_bytes(lexicon.doubts)
    for text in texts:
        bits = " | ".join("DOUBT_" + b.upper() for b in DOUBTS if b in lexicon.doubts[text])
        print(f"\t{{ {bits}, {lexicon.patterns.spoken(lexicon.spoken[text])}u, {int(text in lexicon.weak)}, {quote(text)} }},")
    print("};\n/* Where the words that begin with each byte start. */")
    print("const unsigned short intent_doubt_from[257] = {")
    for byte in range(257):
        print(f"\t{sum(t.encode()[0] < byte for t in texts)},")
    print("};\n")
    for section, at in ("lead", 0), ("trail", -1):
        texts = sorted(lexicon.lists[section], key=lambda t: (t.encode()[at], -len(t.encode()), t))
        print(f"const struct affix {AFFIXES[section]}[] = {{")
        for text in texts:
            print(f"\t{{ {quote(text)}, {len(text.encode())} }},")
        print(f"\t{{ NULL, 0 }},\n}};\nconst unsigned short intent_{section}_from[257] = {{")
        for byte in range(257):
            print(f"\t{sum(t.encode()[at] < byte for t in texts)},")
        print("};\n")
    print("const struct own_phrase intent_owns[] = {")
    for (lang, text), section in sorted(lexicon.owns.items()):
        print(f"\t{{ {1 << lexicon.patterns.lang(lang)}u, PHRASE_{OWN[section]}, {quote(text)} }},")
    print("\t{ 0, PHRASE_OTHER, NULL },\n};\n")
    print("const struct perform intent_performs[] = {")
    for section, (meaning, last) in PERFORMS.items():
        for text in in_bytes(lexicon.lists[section]):
            print(f"\t{{ PHRASE_{meaning}, {last}, {quote(text)}, {len(text.encode())} }},")
    print("\t{ PHRASE_OTHER, 0, NULL, 0 },\n};\n")
    print_typos({wrong: right for wrong, (right, _) in lexicon.typos.items()})


def print_typos(typos):
    rights = in_bytes(set(typos.values()))
    number = {right: i for i, right in enumerate(rights)}
    print_set("intent_typos", sorted(t.encode() for t in typos))
    print("const uint16_t intent_typo_rights[] = {")
    for wrong in in_bytes(typos):
        print(f"\t{number[typos[wrong]]},")
    print("};\nconst char *const intent_rights[] = {")
    for right in rights:
        print(f"\t{quote(right)},")
    print("};\n")


def print_lists(lexicon):
    for section, name in LISTS.items():
        print(f"const char *const {name}[] = {{")
        for text in in_bytes(lexicon.lists[section]):
            print(f"\t{quote(text)},")
        print("\tNULL,\n};\n")
    for section, name in NUMBERED.items():
        print(f"const struct numbered {name}[] = {{")
        for text in in_bytes(lexicon.lists[section]):
            print(f"\t{{ {lexicon.lists[section][text]}, {quote(text)} }},")
        print("\t{ 0, NULL },\n};\n")
    listed = {t for name in CUTTING for t in lexicon.lists[name] if HAN.fullmatch(t)}
    print("const char *const script_listed[] = {")
    for text in in_bytes(listed):
        print(f"\t{quote(text)},")
    print(f"}};\nconst size_t script_listed_count = {len(listed)};\n")
    print("const struct header_word reply_headers[] = {")
    for text in in_bytes(lexicon.headers):
        print(f"\t{{ HEADER_{lexicon.headers[text].upper()}, {quote(text)} }},")
    print("\t{ HEADER_NONE, NULL },\n};")


def main():
    lexicon = Lexicon()
    for path in sys.argv[1:]:
        read(lexicon, path)
    add_shorter_forms(lexicon)
    lexicon.patterns.compile()
    words = Words(lexicon)
    check_typos(lexicon, words)
    add_slips(lexicon, words)
    if lexicon.faults:
        print("\n".join(lexicon.faults), file=sys.stderr)
        return 1
    print("/* Made by contrib/build/words.py from languages/. */")
    print('#include "text/intent_batch_priv.h"\n#include "text/intent_like_priv.h"\n#include "text/reply_priv.h"\n')
    print_intent(lexicon)
    lexicon.patterns.print(quote)
    print_lists(lexicon)
    return 0


if __name__ == "__main__":
    sys.exit(main())
