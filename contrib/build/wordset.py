"""Sets of texts as the smallest automaton that reads them, for src/text/wordset.c.

An edge is a number: byte, bit 8 for the last edge of its state, bit 9 where a text may end behind
it, from bit 10 the first edge of the state behind it (0: none). The skip of an edge is how many
texts of the set that begin like it come before those that go on with it.
"""


class State:
    def __init__(self):
        self.edges, self.ends, self.count, self.first = {}, False, 0, 0

    def key(self):
        return tuple((byte, id(to)) for byte, to in self.edges.items()), self.ends


def automaton(texts):
    """The root for texts, which are sorted bytes (Daciuk and others, 2000)."""
    known, path, before = {}, [State()], b""

    def freeze(depth):
        while len(path) > depth + 1:
            state = path.pop()
            path[-1].edges[before[len(path) - 1]] = known.setdefault(state.key(), state)

    for text in texts:
        same = next((i for i, (a, b) in enumerate(zip(text, before)) if a != b),
                    min(len(text), len(before)))
        freeze(same)
        for byte in text[same:]:
            path[-1].edges[byte] = State()
            path.append(path[-1].edges[byte])
        path[-1].ends, before = True, text
    freeze(0)
    return path[0]


def settle(root):
    """All states with edges, numbered by their first edge, the root first; counts set."""
    order, seen, stack = [], set(), [root]
    while stack:
        state = stack.pop()
        if id(state) in seen or not state.edges:
            continue
        seen.add(id(state))
        order.append(state)
        stack.extend(state.edges.values())
    at = 0
    for state in order:
        state.first, at = at, at + len(state.edges)
    count(root)
    return order


def count(root):
    stack = [(root, False)]
    while stack:
        state, done = stack.pop()
        if done:
            state.count = state.ends + sum(to.count for to in state.edges.values())
        elif not state.count:
            stack.append((state, True))
            stack.extend((to, False) for to in state.edges.values())


def print_numbers(kind, name, numbers):
    print(f"static const {kind} {name}[] = {{")
    for i in range(0, len(numbers), 16):
        print("\t" + " ".join(f"{n}," for n in numbers[i:i + 16]))
    print("};")


def print_set(name, texts):
    """C for `const struct wordset name`; texts are numbered in the order of their bytes."""
    edges, skips = [], []
    for state in settle(automaton(texts)):
        skip, last = int(state.ends), list(state.edges)[-1]
        for byte, to in state.edges.items():
            edges.append(byte | (byte == last) << 8 | to.ends << 9 | to.first << 10)
            skips.append(skip)
            skip += to.count
    if max(edges) >= 1 << 32:
        raise SystemExit("words.py: more edges than src/text/wordset.c can number")
    print_numbers("uint32_t", name + "_edges", edges)
    print_numbers("uint32_t", name + "_skips", skips)
    print(f"const struct wordset {name} = {{ {name}_edges, {name}_skips, {len(texts)} }};\n")
