"""From the text of `triggers.toml` and `weights.toml` to the plain data that the engine runs on.

    version = 1
    pairs = [["a", "b"], ...]   # features that mean more together; weights are learned for them too

    [applies]
    dependencies = [...]        # packages of a project that the skill is for
    other_dependencies = [...]  # packages that make a project another stack's, unless it has one of the former too
    other_packages = [...]      # packages whose import makes a file another stack's
    unrelated_packages = [...]  # packages whose names are like ours but mean something else
    extensions = [...]          # of the files that the skill is for; a path with another one is silent
    silent_paths = [...]        # path classes where nothing fires
    [assume]                    # what an unresolved name means in code: Base = "sqlalchemy.orm.DeclarativeBase"
    [words]                     # concept = [terms]: words or phrases in any language, cut as the text is; `word*` is
                                # every word that begins so, `{path}` a URL path such as /users/{id}
    [paths]                     # class = [patterns]: "a/" or "a/b/" is a folder on the way, "x_*" or "*.y" a file name

    [[trigger]]
    name, summary               # lower-case word; one line
    bias, weights               # log-odds; weights maps a feature or "x & y" (both there) to what it adds; a feature
                                # is a concept, "path:<class>" or, for a file that the prompt names, "file:<class>"
    bases, decorators, calls, annotations   # code shapes: resolved dotted names, in which one `*` stands for anything
    calls_in_async              # calls that fire inside an `async def`
    exceptions                  # what an `except` catches
    attributes                  # names assigned in a class body, such as __tablename__
    excluded_bases, excluded_attributes   # a class with such a one, and all in it, does not fire
    fires, stays_silent         # examples: a prompt, or a table of prompt, code, diff and path

    [scope]                     # bias and weights, optional: whether the skill is meant at all

    A trigger's confidence is its own probability times that of the scope; 0.5 and more fires.

`weights.toml` holds a table for `scope` and each trigger: bias and weights, in place of those above, and in `words` the
weights of single words, which are features too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerwise.detect.form import check_name, parse, read_number, read_table, read_text, read_texts, refuse
from layerwise.detect.intent import compile_intents
from layerwise.detect.paths import index_patterns
from layerwise.detect.words import compile_vocabulary
from layerwise.errors import shorten

if TYPE_CHECKING:
    from layerwise.detect.triggers import TriggerSet

_FILE, _WEIGHTS = "triggers.toml", "weights.toml"
_SHAPES = ("bases", "decorators", "calls", "calls_in_async", "exceptions", "annotations", "attributes")
_EXCLUSIONS = ("excluded_bases", "excluded_attributes")
_APPLIES = ("dependencies", "other_dependencies", "other_packages", "unrelated_packages", "extensions", "silent_paths")
_TABLES = ("applies", "assume", "words", "paths")
_TOP = ("version", "pairs", *_TABLES, "trigger", "scope")
_EXAMPLES = ("fires", "stays_silent")
_EXAMPLE = ("prompt", "code", "diff", "path")
_LOG_ODDS = ("bias", "weights")
_TRIGGER = ("name", "summary", *_LOG_ODDS, *_SHAPES, *_EXCLUSIONS, *_EXAMPLES)
_ALWAYS = {"bias": 10}

Row = dict[str, Any]


def compile_triggers(skill: str, source: bytes, weights: bytes = b"") -> TriggerSet:
    """The triggers of `skill` that the two files describe, checked and made ready for the engine.

    Raises InvalidInputError, naming file, row and key.
    """
    data = read_table(_FILE, "the file", parse(_FILE, source), _TOP)
    if data.get("version") != 1:
        raise refuse(_FILE, "version", "must be 1; this is the first form of the file")
    applies, assume, words, paths = (read_table(_FILE, f"[{name}]", data.get(name, {})) for name in _TABLES)
    features = [*words, *(f"{kind}:{name}" for kind in ("path", "file") for name in paths)]
    rows = _compile_rows(data.get("trigger"), features)
    scope = _read_weights(_FILE, "[scope]", data.get("scope", _ALWAYS), features)
    _put_learned(parse(_WEIGHTS, weights), {"scope": scope} | {row["name"]: row for row in rows}, features)
    shown = (*_SHAPES, *_EXCLUSIONS)
    return {
        "skill": skill,
        **_read_applies(applies, list(paths)),
        "assume": {key: read_text(_FILE, f"[assume] {key}", value) for key, value in assume.items()},
        "paths": index_patterns({key: read_texts(_FILE, f"[paths] {key}", value) for key, value in paths.items()}),
        "vocabulary": _compile_words(words, paths),
        "intents": compile_intents(),
        "pairs": _read_pairs(data.get("pairs", []), features),
        "shapes": {kind: _index_shapes(kind, rows) for kind in shown},
        "shape_packages": sorted(
            {text.partition(".")[0] for kind in _SHAPES for row in rows for text in row[kind]} - {"*"}
        ),
        "hints": _list_hints(rows, assume),
        "learned_words": _list_words([scope, *rows]),
        "scope": scope,
        "triggers": [{key: value for key, value in row.items() if key not in shown} for row in rows],
    }


def _compile_rows(rows: object, features: list[str]) -> list[Row]:
    if not isinstance(rows, list) or not rows:
        raise refuse(_FILE, "[[trigger]]", "must stand at least once, one table for each trigger")
    compiled = [_compile_row(number, row, features) for number, row in enumerate(rows, start=1)]
    names = [row["name"] for row in compiled]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refuse(_FILE, "[[trigger]] name", f"{twice!r} stands twice")
    return compiled


def _compile_row(number: int, value: object, features: list[str]) -> Row:
    row = read_table(_FILE, f"[[trigger]] {number}", value)
    name = read_text(_FILE, f"[[trigger]] {number} name", row.get("name"))
    if not name.replace("-", "").isalnum() or name != name.lower() or name == "scope":
        reason = f"{shorten(name)!r} must be lower-case letters and hyphens, and not 'scope'"
        raise refuse(_FILE, f"[[trigger]] {number} name", reason)
    where = f"[[trigger]] {name!r}"
    read_table(_FILE, where, row, _TRIGGER)
    weights = {key: row[key] for key in _LOG_ODDS if key in row}
    return {
        "name": name,
        "summary": read_text(_FILE, f"{where} summary", row.get("summary")),
        **_read_weights(_FILE, where, weights, features),
        **{key: read_texts(_FILE, f"{where} {key}", row.get(key)) for key in (*_SHAPES, *_EXCLUSIONS)},
        **{key: _read_examples(f"{where} {key}", row.get(key, [])) for key in _EXAMPLES},
    }


def _read_examples(where: str, value: object) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise refuse(_FILE, where, "must be a list of prompts, or of tables of prompt, code, diff and path")
    examples = []
    for number, item in enumerate(value, start=1):
        place = f"{where} {number}"
        parts = {"prompt": item} if isinstance(item, str) else read_table(_FILE, place, item, _EXAMPLE)
        examples.append({key: read_text(_FILE, f"{place} {key}", text) for key, text in parts.items()})
    return examples


def _read_weights(file: str, where: str, value: object, features: list[str]) -> Row:
    """The bias, the weight of each feature, and (features that must all be there, weight) where there are several."""
    row = read_table(file, where, value, _LOG_ODDS)
    single, joint = {}, []
    for key, value in read_table(file, f"{where} weights", row.get("weights", {})).items():
        names = [name.strip() for name in key.split("&")]
        for name in names:
            check_name(file, f"{where} weights", name, features)
        weight = read_number(file, f"{where} {key}", value)
        if len(names) == 1:
            single[names[0]] = weight
        else:
            joint.append([names, weight])
    return {"bias": read_number(file, f"{where} bias", row.get("bias", -3)), "weights": single, "joint": joint}


def _put_learned(tables: Row, rows: dict[str, Row], features: list[str]) -> None:
    """Put the weights that were learned in place of those of the scope and the triggers."""
    for name, value in tables.items():
        where = f"[{name}]"
        check_name(_WEIGHTS, where, name, rows)
        table = read_table(_WEIGHTS, where, value)
        weights = {key: weight for key, weight in table.items() if key not in ("bias", "words")}
        rows[name] |= _read_weights(_WEIGHTS, where, {"bias": table.get("bias", 0), "weights": weights}, features)
        for word, weight in read_table(_WEIGHTS, f"{where} words", table.get("words", {})).items():
            rows[name]["weights"][f"word:{word}"] = read_number(_WEIGHTS, f"{where} words {word}", weight)


def _list_words(rows: list[Row]) -> dict[str, int]:
    """The words that have a weight, as keys, by which the plain data of a compiled skill are looked up fast."""
    return dict.fromkeys(sorted(name[5:] for row in rows for name in row["weights"] if name.startswith("word:")), 1)


def _read_applies(applies: Row, classes: list[str]) -> Row:
    read_table(_FILE, "[applies]", applies, _APPLIES)
    lists = {key: read_texts(_FILE, f"[applies] {key}", applies.get(key)) for key in _APPLIES}
    for name in lists["silent_paths"]:
        check_name(_FILE, "[applies] silent_paths", name, classes)
    return lists


def _read_pairs(value: object, features: list[str]) -> list[list[str]]:
    if not isinstance(value, list):
        raise refuse(_FILE, "pairs", "must be a list of lists of features")
    pairs = [read_texts(_FILE, f"pairs, row {number}", pair) for number, pair in enumerate(value, start=1)]
    for number, pair in enumerate(pairs, start=1):
        for name in pair:
            check_name(_FILE, f"pairs, row {number}", name, features)
    return pairs


def _compile_words(words: Row, paths: Row) -> Row:
    terms = [(term, name) for name, value in words.items() for term in read_texts(_FILE, f"[words] {name}", value)]
    extensions = {pattern[2:] for patterns in paths.values() for pattern in patterns if pattern.startswith("*.")}
    try:
        return compile_vocabulary(terms, extensions)
    except ValueError as error:
        raise refuse(_FILE, "[words]", str(error)) from error


def _index_shapes(kind: str, rows: list[Row]) -> list[Any]:
    """Exact patterns to trigger names, and (pattern, trigger name) for those with a `*`."""
    exact: dict[str, list[str]] = {}
    wild = []
    for row in rows:
        for pattern in row[kind]:
            if "*" in pattern:
                wild.append([pattern, row["name"]])
            else:
                exact.setdefault(pattern, []).append(row["name"])
    return [exact, wild]


def _list_hints(rows: list[Row], assume: Row) -> list[list[str]]:
    """Words, and endings of words, without one of which code cannot hold a shape."""
    patterns = [text for kind in _SHAPES for row in rows for text in row[kind]]
    words = {word for text in patterns for word in text.split(".")[-2:] if "*" not in word}
    names = [*assume, *(text.rpartition(".")[2] for text in patterns)]
    endings = {text[1:] for text in names if text.startswith("*") and len(text) > 1}
    return [sorted(words.union(name for name in names if "*" not in name)), sorted(endings)]
