#!/usr/bin/env python3
"""The house rules that a compiler does not know.

    house.py                run from the tree's root; prints file:line: rule
    house.py --ldd BUILD    the daemon and the tool need no parser's library
    house.py --self-test    each rule fires on a small bad sample

Exits 1 when there is an offender. Two comments on the line before (or, for
memory, at the end of the line) mark what is right although it looks wrong:

    /* house: library callback */   a library dictates these parameters
    /* house: wide on purpose */    more than four, and a struct reads worse
    /* house: library memory */     free() of what a library handed out
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile

# What a folder may include besides itself (the design's house plan).
LAYERS = {
    'base': '',
    'text': 'base',
    'model': 'base',
    'config': 'base model',
    'store': 'base model',
    'rules': 'base model config',
    'mail': 'base text model',
    'net': 'base',
    'ai': 'base text net',
    'helpdesk': 'base text net',
    'flow': 'base text model store rules mail ai helpdesk',
    'web': 'base text model store rules net flow config',
    'cli': 'base text model config store rules mail net flow ai helpdesk',
    'parser': 'base text mail/letter.h',
    'mailbox': 'base text mail/imap_wire.h model/login.h',
    'daemon': 'base text model config store rules mail net ai helpdesk flow web',
}

LONGEST_FUNCTION = 60
LONGEST_FILE = 600
MOST_PARAMETERS = 4

BANNED = '''sprintf vsprintf strcpy stpcpy strcat strncpy strncat atoi atol atoll
    strtol strtoul strtoll strtoull system popen gets alloca'''.split()
MEMORY = 'malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf'.split()
TIME_AND_CHANCE = '''time clock_gettime gettimeofday localtime localtime_r mktime gmtime
    gmtime_r getrandom getentropy rand srand rand_r random srandom drand48 arc4random
    RAND_bytes RAND_bytes_ex RAND_priv_bytes'''.split()
NOW_IN = {'base', 'daemon', 'cli'}

SQL = re.compile(r'\b(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\b|UPDATE\s+\w|DELETE\s+FROM\b|'
                 r'CREATE\s+(TABLE|INDEX|UNIQUE|TRIGGER|VIEW)\b|DROP\s+TABLE\b|ALTER\s+TABLE\b|'
                 r'BEGIN\s+IMMEDIATE\b|PRAGMA\s)')
UNFINISHED = re.compile(r'\b(TODO|FIXME|XXX)\b')
FORBIDDEN_LIBRARIES = re.compile(r'^\s*(lib(?:etpan|xml2|uchardet)\S*)', re.M)

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
MARK = re.compile(r'/\* house: ([a-z ]+) \*/')


def call(names):
    """A call of one of names, and no member function or longer name."""
    return re.compile(r'(?<![\w.])(?<!->)(' + '|'.join(names) + r')\s*\(')


BANNED_CALL, MEMORY_CALL = call(BANNED), call(MEMORY)
TIME_CALL, NOW_CALL = call(TIME_AND_CHANCE), call(['clock_now'])


class Source:
    """A file: its lines, the lines without comments and strings, its literals."""

    def __init__(self, path, text):
        self.path = path
        self.lines = text.splitlines()
        self.literals = []
        self.bare = TOKEN.sub(lambda m: self.blank(text, m), text).splitlines()

    def blank(self, text, match):
        token = match[0]
        if token[0] == '"':
            self.literals.append((text.count('\n', 0, match.start()) + 1, token))
        kept = token[0] * 2 if token[0] in '"\'' else ''
        return kept + re.sub(r'[^\n]', ' ', token[len(kept):])

    def is_marked(self, line, what):
        """Is line (from 1) or the line before it marked so?"""
        near = self.lines[max(line - 2, 0):line]
        return any(what in MARK.findall(text) for text in near)

    def folder(self):
        parts = self.path.split('/')
        at = 1 if parts[0] == 'src' else 2
        return parts[at] if len(parts) > at + 1 else ''


def functions(source):
    """(name, first line, last line, parameters) of each definition, lines from 1."""
    bare = source.bare
    for brace, line in enumerate(bare):
        if line.rstrip() != '{':
            continue
        first = brace
        while first > 0 and bare[first - 1].strip() and not re.search(r'[;}]\s*$|^#', bare[first - 1]):
            first -= 1
        head = '\n'.join(bare[first:brace])
        match = re.search(r'(\w+)\s*\((.*)\)', head, re.S)
        if not match or '=' in head[:match.start()]:
            continue
        last = brace
        while last < len(bare) - 1 and not bare[last].startswith('}'):
            last += 1
        start = first + head.count('\n', 0, match.start())
        yield match[1], start + 1, last + 1, split_parameters(match[2])


def split_parameters(text):
    parts, depth, part = [], 0, ''
    for c in text:
        depth += (c in '([') - (c in ')]')
        if c == ',' and depth == 0:
            parts.append(part)
            part = ''
        else:
            part += c
    parts = [' '.join(p.split()) for p in parts + [part]]
    return [] if parts in ([''], ['void']) else parts


def counted(parameters):
    """How many count: not where to fill the error and in which transaction, not
    the length right after its bytes, not what follows a format."""
    n, before = 0, ''
    for p in parameters:
        is_length = re.match(r'(const )?(size_t|int|unsigned)\b[^*\[]*\*?\w+$', p) and \
            re.search(r'(n|len|size|count|room|_len|_size|_count)$', p) and \
            re.search(r'[*\[]', before) and '(' not in before
        if p != '...' and not is_length and not re.match(r'struct (err|tx) \*\w+$', p):
            n += 1
        before = p
    return n


def check_sizes(source):
    if len(source.lines) > LONGEST_FILE:
        yield len(source.lines), f'long file: {len(source.lines)} lines, at most {LONGEST_FILE}'
    for name, first, last, _ in functions(source):
        if last - first + 1 > LONGEST_FUNCTION:
            yield first, f'long function: {name} has {last - first + 1} lines, ' \
                f'at most {LONGEST_FUNCTION}'


def check_parameters(source):
    for name, first, _, parameters in functions(source):
        n = counted(parameters)
        # The return type may stand on a line of its own above the name.
        marked = any(source.is_marked(line, what) for line in (first, first - 1)
                     for what in ('library callback', 'wide on purpose'))
        if n > MOST_PARAMETERS and not marked:
            yield first, f'many parameters: {name} has {n}, at most {MOST_PARAMETERS}, use a struct'


def check_layers(source):
    folder = source.folder()
    if folder not in LAYERS:
        yield 1, f'layers: folder {folder} is not in the table'
        return
    allowed = LAYERS[folder].split() + [folder]
    for number, line in enumerate(source.lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, path = match.groups()
        if path.startswith('assent/'):
            path = path[len('assent/'):]
            if path.split('/')[0] not in allowed and path not in allowed:
                yield number, f'layers: {folder} may not include {path}'
        elif kind == '"' and path.split('/')[0] != folder and '/' in path:
            yield number, f"layers: {path} is another folder's private header"


def check_calls(source):
    folder = source.folder()
    for number, line in enumerate(source.bare, 1):
        for match in BANNED_CALL.finditer(line):
            yield number, f'banned call: {match[1]}'
        if source.path != 'src/base/mem.c' and not source.is_marked(number, 'library memory'):
            for match in MEMORY_CALL.finditer(line):
                yield number, f'banned call: {match[1]}, use base/mem'
        if folder != 'base':
            for match in TIME_CALL.finditer(line):
                yield number, f'time and chance: {match[1]} outside base'
        if folder not in NOW_IN and NOW_CALL.search(line):
            yield number, 'time and chance: clock_now below daemon and cli, take it as an argument'


def check_words(source):
    for number, line in enumerate(source.lines, 1):
        match = UNFINISHED.search(line)
        if match:
            yield number, f'unfinished: {match[1]}'
    if source.folder() == 'store':
        return
    for number, literal in source.literals:
        found = SQL.search(literal)
        # Expressions of rules are computed by an SQLite that has no tables.
        if found and not (source.folder() == 'rules' and found[0].startswith('SELECT')):
            yield number, 'sql outside store'


def check_pragma(source):
    if source.path.endswith('.h') and '#pragma once' not in (line.strip() for line in source.lines):
        yield 1, 'no #pragma once'


PRODUCT = [check_sizes, check_parameters, check_layers, check_calls, check_words, check_pragma]
TESTS = [check_sizes]


def check_text(path, text):
    source = Source(path, text)
    for check in TESTS if path.startswith('tests/') else PRODUCT:
        for line, rule in check(source):
            yield line, rule


def tree_files():
    for top in ('include', 'src', 'tests'):
        for folder, _, names in sorted(os.walk(top)):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    yield os.path.join(folder, name).replace(os.sep, '/')


def check_tree():
    offenders = 0
    for path in tree_files():
        with open(path, encoding='utf-8', errors='replace') as f:
            text = f.read()
        for line, rule in check_text(path, text):
            print(f'{path}:{line}: {rule}')
            offenders += 1
    return offenders


def check_libraries(program, listing):
    for library in FORBIDDEN_LIBRARIES.findall(listing):
        yield f'{program}:1: library: needs {library}, only the jailed children may'


def check_ldd(build):
    offenders = 0
    for program in ('assentd', 'assent'):
        path = os.path.join(build, program)
        listing = subprocess.run(['ldd', path], capture_output=True, text=True, check=False)
        found = [f'{path}:1: library: ldd cannot read it'] if listing.returncode else \
            list(check_libraries(path, listing.stdout))
        for offender in found:
            print(offender)
        offenders += len(found)
    return offenders


# --- self-test ---------------------------------------------------------------

def body(lines):
    return 'int\nf(void)\n{\n' + '\tg();\n' * (lines - 3) + '}\n'


WIDE = 'int\nf(int a, int b, int c, int d, int e)\n{\n\treturn a;\n}\n'

# path, text, and the rule that must fire on which line (None: nothing may fire)
SAMPLES = [
    ('src/base/a.c', body(60), None),
    ('src/base/a.c', '\n' + body(61), (3, 'long function')),
    ('tests/unit/test_a.c', body(61), (2, 'long function')),
    ('src/base/a.c', '\n' * 600, None),
    ('src/base/a.c', '\n' * 601, (601, 'long file')),
    ('tests/unit/test_a.c', '\n' * 601, (601, 'long file')),
    ('src/base/a.c', WIDE, (2, 'many parameters')),
    ('src/base/a.c', '/* house: library callback */\n' + WIDE, None),
    ('src/base/a.c', '/* house: wide on purpose */\nstatic ' + WIDE, None),
    ('src/base/a.c', '/* house: something else */\n' + WIDE, (3, 'many parameters')),
    ('src/store/a.c', 'static int\nf(struct tx *tx, const void *bytes, size_t n, int a,\n'
     '    int b, int (*c)(int, int), struct err *err)\n{\n}\n', None),
    ('src/store/a.c', 'static int\nf(struct tx *tx, const void *bytes, int a,\n'
     '    int b, int (*c)(int, int), size_t n, struct err *err)\n{\n}\n', (2, 'many parameters')),
    ('src/base/a.c', 'static const struct row rows[] =\n{\n\tX(1, 2, 3, 4, 5),\n};\n', None),
    ('src/text/a.c', '#include <assent/base/str.h>\n#include <assent/text/a.h>\n', None),
    ('src/base/a.c', '\n#include <assent/text/a.h>\n', (2, 'layers')),
    ('include/assent/model/a.h', '#pragma once\n#include <assent/store/db.h>\n', (2, 'layers')),
    ('src/flow/a.c', '#include <assent/web/page.h>\n', (1, 'layers')),
    ('src/flow/a.c', '#include <assent/net/http.h>\n', (1, 'layers')),
    ('src/parser/a.c', '#include <assent/mail/letter.h>\n', None),
    ('src/parser/a.c', '#include <assent/mail/compose.h>\n', (1, 'layers')),
    ('src/daemon/a.c', '#include <assent/web/page.h>\n', None),
    ('src/cli/a.c', '#include <assent/web/page.h>\n', (1, 'layers')),
    ('src/web/a.c', '#include "store/db_priv.h"\n', (1, 'layers')),
    ('src/web/a.c', '#include "page_priv.h"\n#include "web/page_priv.h"\n', None),
    ('src/nowhere/a.c', '\n', (1, 'layers')),
    ('src/base/a.h', 'int f(void);\n', (1, 'no #pragma once')),
    ('include/assent/base/a.h', '/* #pragma once */\n', (1, 'no #pragma once')),
    ('src/base/a.c', '\n\tf(free_fn(p), x->free(p), my_free(p));\n', None),
    ('src/base/a.c', '\t/* free(p) */ s = "strcpy(a)";\n', None),
    ('src/base/mem.c', '\tfree(p);\n', None),
    ('src/flow/a.c', '\tfree(p);\n', (1, 'banned call')),
    ('src/flow/a.c', '\tfree(p); /* house: library memory */\n', None),
    ('src/flow/a.c', '\t/* house: library memory */\n\tfree(p);\n', None),
    ('src/base/a.c', '\tclock_gettime(0, &t);\n', None),
    ('src/net/a.c', '\tn = timeout(x) + at.time(NULL);\n', None),
    ('src/flow/a.c', '\tnow = clock_now();\n', (1, 'time and chance')),
    ('src/daemon/a.c', '\tnow = clock_now();\n', None),
    ('src/web/a.c', '\tq = "SELECT id FROM t";\n', (1, 'sql outside store')),
    ('src/web/a.c', '\tq = "DELETE FROM t";\n', (1, 'sql outside store')),
    ('src/rules/a.c', '\tq = "SELECT CASE";\n', None),
    ('src/rules/a.c', '\tq = "DELETE FROM t";\n', (1, 'sql outside store')),
    ('src/web/a.c', '\tq = "INSERT OR IGNORE INTO t";\n', (1, 'sql outside store')),
    ('src/web/a.c', '\tq = "UPDATE t SET a = 1";\n', (1, 'sql outside store')),
    ('src/web/a.c', '\tq = "DELETE"; r = "please select one"; /* SELECT x */\n', None),
    ('src/store/a.c', '\tq = "SELECT id FROM t";\n', None),
    ('src/base/a.c', '\tmkostemp("a.XXXXXX");\n', None),
]
SAMPLES += [('src/base/a.c', f'\n\tx = {name}(y);\n', (2, 'banned call'))
            for name in BANNED + MEMORY]
SAMPLES += [('src/web/a.c', f'\n\tx = {name}(y);\n', (2, 'time and chance'))
            for name in TIME_AND_CHANCE]
SAMPLES += [('src/base/a.c', f'\n/* {word}: later */\n', (2, 'unfinished'))
            for word in ('TO' + 'DO', 'FIX' + 'ME', 'X' * 3)]

LISTINGS = [
    ('\tlibc.so.6 => /lib/libc.so.6\n\tlibgmime-3.0.so.0 => /lib/x\n', 0),
    ('\tlibxml2.so.2 => /lib/libxml2.so.2\n', 1),
    ('\tlibuchardet.so.0 => not found\n\tlibetpan.so.20 => /lib/y\n', 2),
]


def self_test_texts():
    wrong = 0
    for path, text, want in SAMPLES:
        got = [(line, rule.split(':')[0]) for line, rule in check_text(path, text)]
        if got != ([want] if want else []):
            print(f'self-test: {path}: {text[:60]!r}: wanted {want}, got {got}')
            wrong += 1
    for listing, want in LISTINGS:
        got = len(list(check_libraries('assentd', listing)))
        if got != want:
            print(f'self-test: ldd {listing!r}: wanted {want}, got {got}')
            wrong += 1
    return wrong


def self_test_tree():
    """The walk itself: one bad file among good ones, in a tree of its own."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, 'src/base'))
        with open(os.path.join(root, 'src/base/good.c'), 'w', encoding='utf-8') as f:
            f.write(body(5))
        with open(os.path.join(root, 'src/base/bad.h'), 'w', encoding='utf-8') as f:
            f.write('int f(void);\n')
        os.chdir(root)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            offenders = check_tree()
        os.chdir(here)
    wrong = offenders != 1 or not said.getvalue().startswith('src/base/bad.h:1: no #pragma once')
    if wrong:
        print(f'self-test: the tree has 1 offender, found {offenders}: {said.getvalue()}')
    return wrong


def self_test():
    wrong = self_test_texts() + self_test_tree()
    total = len(SAMPLES) + len(LISTINGS) + 1
    print(f'house rules, self-test: {total - wrong} passed, {wrong} failed')
    return wrong


def main(arguments):
    if arguments == ['--self-test']:
        return self_test() > 0
    if len(arguments) == 2 and arguments[0] == '--ldd':
        return check_ldd(arguments[1]) > 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    offenders = check_tree()
    print(f'house rules: {offenders} offenders')
    return offenders > 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
