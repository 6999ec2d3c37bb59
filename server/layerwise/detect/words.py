"""Words of a prompt: cut into tokens in any language, then matched with the terms of a vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Vocabulary = dict[str, Any]


Token = tuple[str, int, int]

PATH, FILE, ATTRIBUTE = "{path}", "{file}", "{attribute}"
"""Tokens, in a text and in a term, for a URL path such as `/users/{id}`, the name of a file, and `User.is_active`."""

_CHUNK = re.compile(r"[^\s\"'`(),;|\[\]]+|[(),;|\[\]\n]")
_RUN = re.compile(r"\w+|[^\w\s]")
_IGNORED = frozenset("*~_-")
_VOICED = "\u3099\u309a"
_ATTRIBUTE = re.compile(r"[A-Z][A-Za-z]+\.[a-z]\w*|[a-z]\w*\.(?:is|has)_\w+|[a-z]\w*\.\w+_(?:id|at|count)")


def cut(text: str, vocabulary: Vocabulary) -> list[Token]:
    """`text` as tokens (folded word, start, end); offsets count the characters of `text`.

    `snake_case`, `kebab-case` and `CamelCase` come as their words, unless the vocabulary knows the whole (FastAPI) or,
    written `*service`, the end of a class name (UserService). Words that it spells in capitals (GET) are met only so.
    Chinese, Japanese and Korean are cut where the vocabulary's terms are found.
    """
    tokens: list[Token] = []
    for chunk in _CHUNK.finditer(text):
        start, end = chunk.span()
        whole = _read_whole(chunk[0], vocabulary)
        if whole:
            tokens.append((whole, start, end))
            continue
        for found in _RUN.finditer(text, start, end):
            run = found[0]
            if run[0].isalnum() or (run[0] == "_" and len(run) > 1):
                tokens.extend(_cut_run(run, found.start(), vocabulary))
            elif run not in _IGNORED:
                tokens.append((run, found.start(), found.end()))
        if "." in chunk[0] and text[end : end + 1] != "(" and _ATTRIBUTE.fullmatch(chunk[0]):
            tokens.append((ATTRIBUTE, start, end))
    return tokens


def _read_whole(chunk: str, vocabulary: Vocabulary) -> str:
    """The token for all of a chunk that is a URL path, a file or a name such as Next.js; empty for other chunks."""
    name = chunk.strip("@*:.!?")
    stem, dot, extension = name.rpartition(".")
    if dot and stem and extension.lower() in vocabulary["extensions"]:
        joined = fold(stem) + extension.lower()
        return joined if joined in vocabulary["words"] else FILE
    is_path = len(chunk) > 1 and chunk[0] == "/" and (chunk[1].islower() or chunk[1] in "{<")
    return PATH if is_path else ""


def fold(word: str) -> str:
    """Lower case without accents, so that `Índice` and `indice` are one word; voiced kana stay what they are."""
    if word.isascii():
        return word.lower()
    # Most prompts are ASCII throughout, and loading this library is a tenth of a prompt hook's time.
    import unicodedata

    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return unicodedata.normalize(
        "NFC", "".join(char for char in decomposed if char in _VOICED or not unicodedata.combining(char))
    )


def _cut_run(run: str, start: int, vocabulary: Vocabulary) -> Iterator[Token]:
    """The tokens of letters, digits and underscores: cut where one kind of character follows another."""
    if run.isascii() and run.isalpha():
        yield from _cut_word(run, start, vocabulary["words"])
        return
    at = 0
    while at < len(run):
        kind, end = _kind(run[at]), at + 1
        while end < len(run) and _kind(run[end]) == kind:
            end += 1
        if kind == "cjk":
            yield from _cut_cjk(run[at:end], start + at, vocabulary["cjk"])
        elif kind == "word":
            yield from _cut_word(run[at:end], start + at, vocabulary["words"])
        elif kind == "number":
            yield run[at:end], start + at, start + end
        at = end


def _kind(char: str) -> str:
    if char == "_":
        return "line"
    if "\u3040" <= char <= "\u30ff" or "\u3400" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af":
        return "cjk"
    if char.isalpha():
        return "word"
    if char.isascii():
        return "number"
    import unicodedata

    return "word" if unicodedata.combining(char) else "number"


def _cut_word(word: str, start: int, known: dict[str, int]) -> Iterator[Token]:
    folded, end = fold(word), start + len(word)
    if word in known:
        yield word, start, end
    elif folded in known or word[1:].islower() or len(word) == 1 or word.isupper():
        yield folded, start, end
    else:
        pieces = _cut_camel(word)
        if len(pieces) > 1 and word[0].isupper() and (ending := f"*{fold(word[pieces[-1] :])}") in known:
            yield ending, start, end
            return
        for at, to in zip(pieces, [*pieces[1:], len(word)], strict=True):
            yield fold(word[at:to]), start + at, start + to


def _cut_camel(word: str) -> list[int]:
    """Where the words of a CamelCase name start: capitals in a row are one word, save the last before a small one."""
    starts = [0]
    for at in range(1, len(word)):
        before, here, after = word[at - 1], word[at], word[at + 1 : at + 2]
        if here.isupper() and (not before.isupper() or after.islower()):
            starts.append(at)
    return starts


def _cut_cjk(run: str, start: int, known: dict[str, list[str]]) -> Iterator[Token]:
    at = gap = 0
    while at < len(run):
        word = next((word for word in known.get(run[at], ()) if run.startswith(word, at)), "")
        if not word:
            at += 1
            continue
        if gap < at:
            yield run[gap:at], start + gap, start + at
        yield word, start + at, start + at + len(word)
        at = gap = at + len(word)
    if gap < at:
        yield run[gap:at], start + gap, start + at


def compile_vocabulary(terms: Iterable[tuple[str, str]], extensions: Iterable[str] = ()) -> Vocabulary:
    """Plain data for `cut` and `find`, from (term, concept) pairs and the extensions by which files are told.

    A word of a term that ends in `*` stands for all that begin so.

    Raises ValueError, naming the term, when a term is empty, stands for two concepts or has a `*` for a word.
    """
    words: dict[str, int] = {}
    cjk: dict[str, list[str]] = {}
    split = [(term, concept, [_fold_term(word) for word in term.split()]) for term, concept in terms]
    for word in (word for _, _, parts in split for word in parts):
        words[word] = 1
        if _kind(word[0]) == "cjk":
            cjk.setdefault(word[0], []).append(word)
    trie: dict[str, Any] = {}
    for term, concept, parts in split:
        if not parts or "*" in parts:
            raise ValueError(f"{term!r} {'holds no word' if not parts else 'has a * alone, which stands for any word'}")
        if (other := _plant(trie, parts, concept)) != concept:
            raise ValueError(f"{term!r} stands for both {other!r} and {concept!r}")
    prefixes = {word[:-1]: 1 for word in words if word.endswith("*")}
    for known in cjk.values():
        known.sort(key=lambda word: (-len(word), word))
    return {
        "trie": trie,
        "words": words,
        "cjk": {first: list(dict.fromkeys(known)) for first, known in sorted(cjk.items())},
        "extensions": dict.fromkeys(sorted(extensions), 1),
        "prefixes": prefixes,
        "lengths": sorted({len(prefix) for prefix in prefixes}, reverse=True),
    }


def _plant(trie: dict[str, Any], parts: list[str], concept: str) -> str:
    """Put a term into the trie, in which a word leads to a concept or, where longer terms go on, to a table."""
    for part in parts[:-1]:
        node = trie.setdefault(part, {})
        if isinstance(node, str):
            node = trie[part] = {"": node}
        trie = node
    last = trie.setdefault(parts[-1], concept)
    return str(last.setdefault("", concept) if isinstance(last, dict) else last)


def _fold_term(word: str) -> str:
    return word if word.isascii() and word.isupper() and len(word) > 2 else fold(word)


def find(tokens: list[Token], vocabulary: Vocabulary) -> list[tuple[str, int, int]]:
    """(concept, first token, token after) of the longest term at each place, left to right, without overlap."""
    trie, prefixes, lengths = vocabulary["trie"], vocabulary["prefixes"], vocabulary["lengths"]
    keys: dict[str, list[str]] = {}
    begins: set[str] = set()
    for word, _, _ in tokens:
        if word not in keys:
            folded = fold(word)
            stems = [f"{folded[:n]}*" for n in lengths if folded[:n] in prefixes and len(folded) >= n]
            keys[word] = [word, *stems] if word == folded else [word, folded, *stems]
            if any(key in trie for key in keys[word]):
                begins.add(word)
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(tokens):
        concept, end = _longest(tokens, at, trie, keys) if tokens[at][0] in begins else ("", at)
        if concept:
            found.append((concept, at, end))
        at = max(end, at + 1)
    return found


def _longest(tokens: list[Token], at: int, trie: dict[str, Any], keys: dict[str, list[str]]) -> tuple[str, int]:
    best, best_end = "", at
    nodes = [trie]
    for place in range(at, len(tokens)):
        found = [node[key] for node in nodes for key in keys[tokens[place][0]] if key in node]
        concepts = (node if isinstance(node, str) else node.get("", "") for node in found)
        if concept := next(filter(None, concepts), ""):
            best, best_end = concept, place + 1
        nodes = [node for node in found if isinstance(node, dict)]
        if not nodes:
            break
    return best, best_end
