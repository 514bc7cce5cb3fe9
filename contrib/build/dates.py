#!/usr/bin/python3
"""Print the C file that holds languages/absence.dates: dates.py FILE.

The file itself says what each section means. Forms without accents are worked
out here. Exits 1 with file:line of each fault.
"""
import sys
import unicodedata

sys.dont_write_bytecode = True
from words import folded  # noqa: E402

NUMBERED = {"month": (1, 12), "weekday": (0, 6)}
SECTIONS = [*NUMBERED, "until", "back", "to", "from", "after", "next", "tomorrow", "th", "of",
            "clock"]
LETTERS = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "ı": "i"})
SHORT = 3  # a word of fewer letters keeps its accents


def plain(text):
    if len(text) < SHORT or not unicodedata.name(text[0], "").startswith("LATIN"):
        return {text}
    parts = unicodedata.normalize("NFD", text.translate(LETTERS))
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return {text, unicodedata.normalize("NFC", bare),
            text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")}


def read(path, phrases, faults):
    section = None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), 1):
            if not line or line.startswith("# "):
                continue
            if line.startswith("[") and line[1:-1] in SECTIONS:
                section = line[1:-1]
                continue
            value, text = "0", line
            if section in NUMBERED:
                value, _, text = line.partition(" ")
                low, high = NUMBERED[section]
                if not value.isdigit() or not low <= int(value) <= high or not text:
                    faults.append(f"{path}:{number}: a number from {low} to {high}, then the word")
                    continue
            if section is None or text != text.strip().lower():
                faults.append(f"{path}:{number}: a phrase stands in a section, in lower case")
                continue
            forms = plain(text)
            if section == "month" and "\u05d0" <= text[0] <= "\u05ea":
                forms.add("\u05d1" + text)  # Hebrew writes "in" as a letter before it
            for form in forms:
                phrases.setdefault(folded(form), {})[section] = int(value)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    phrases, faults = {}, []
    for path in sys.argv[1:]:
        read(path, phrases, faults)
    if faults:
        print("\n".join(faults), file=sys.stderr)
        return 1
    # Of phrases with one beginning the longest comes first.
    texts = sorted(phrases, key=lambda t: (t.encode()[0], -len(t.encode()), t))
    print("/* Made by contrib/build/dates.py from languages/absence.dates. */")
    print('#include "text/absence_priv.h"\n\nconst struct date_word date_words[] = {')
    for text in texts:
        kinds = phrases[text]
        bits = " | ".join("DATE_" + s.upper() for s in SECTIONS if s in kinds)
        value = max(kinds.values())
        print(f"\t{{ {bits}, {value}, {len(text.encode())}, {quote(text)} }},")
    print("};\n\n/* Where the words that begin with each byte start. */")
    print("const unsigned short date_word_from[257] = {")
    for byte in range(257):
        print(f"\t{sum(t.encode()[0] < byte for t in texts)},")
    print("};")
    return 0


if __name__ == "__main__":
    sys.exit(main())
