"""Triggers of a skill: `triggers.toml` and, where weights were learned, `weights.toml` beside it.

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
    attributes                  # names assigned in a class body, such as __tablename__
    excluded_bases, excluded_attributes   # a class with such a one, and all in it, does not fire
    fires, stays_silent         # example prompts, which `check` evaluates

    [scope]                     # bias and weights, optional: whether the skill is meant at all

    A trigger's confidence is its own probability times that of the scope; 0.5 and more fires.

`weights.toml` holds a table for `scope` and each trigger: bias and weights, in place of those above.
"""

from __future__ import annotations

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH116, PTH118, PTH119, PTH123
import os

from layerwise.detect.cache import read_compiled, write_compiled
from layerwise.detect.intent import compile_intents
from layerwise.detect.paths import index_patterns
from layerwise.detect.words import compile_vocabulary
from layerwise.errors import InvalidInputError, nearest, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    TriggerSet = dict[str, Any]


FILE = "triggers.toml"
WEIGHTS = "weights.toml"
MAX_BYTES = 512 * 1024

_SHAPES = ("bases", "decorators", "calls", "calls_in_async", "annotations", "attributes")
_EXCLUSIONS = ("excluded_bases", "excluded_attributes")
_APPLIES = ("dependencies", "other_dependencies", "other_packages", "unrelated_packages", "extensions", "silent_paths")
_TABLES = ("applies", "assume", "words", "paths")
_EXAMPLES = ("fires", "stays_silent")
_TRIGGER = ("name", "summary", "bias", "weights", *_SHAPES, *_EXCLUSIONS, *_EXAMPLES)

_loaded: dict[str, tuple[tuple[tuple[int, int], ...], TriggerSet]] = {}


def load(folder: str) -> TriggerSet:
    """The compiled triggers of the skill in `folder`, as plain data; kept until one of the two files changes.

    Raises InvalidInputError, naming file, row and key, when they are missing or malformed.
    """
    stamps = tuple(_stamp(os.path.join(folder, name)) for name in (FILE, WEIGHTS))
    kept = _loaded.get(folder)
    if kept and kept[0] == stamps:
        return kept[1]
    sources = [_read_file(os.path.join(folder, name), required=name == FILE) for name in (FILE, WEIGHTS)]
    skill = os.path.basename(os.path.normpath(folder))
    compiled = read_compiled(skill, sources)
    if compiled is None:
        compiled = compile_triggers(skill, *map(_decode, (FILE, WEIGHTS), sources))
        write_compiled(skill, sources, compiled)
    _loaded[folder] = (stamps, compiled)
    return compiled


def compile_triggers(skill: str, source: str, weights_source: str = "") -> TriggerSet:
    """The triggers that `source` describes, checked and made ready for the engine.

    Raises InvalidInputError, naming file, row and key.
    """
    data = _parse(FILE, source)
    if data.pop("version", None) != 1:
        raise _fault(FILE, "version", "must be 1; this is the first form of the file")
    rows, pairs, scope = data.pop("trigger", []), data.pop("pairs", []), data.pop("scope", {"bias": 10})
    _check_keys(FILE, "the file", data, _TABLES)
    tables = {name: _table(FILE, f"[{name}]", data.get(name, {})) for name in _TABLES}
    applies, assume, words, paths = tables.values()
    _check_keys(FILE, "[applies]", applies, _APPLIES)
    compiled: TriggerSet = {
        **{key: _texts(FILE, f"[applies] {key}", applies.get(key, [])) for key in _APPLIES},
        "assume": {key: _text(FILE, f"[assume] {key}", value) for key, value in assume.items()},
        "path_classes": list(paths),
        "paths": index_patterns({key: _texts(FILE, f"[paths] {key}", value) for key, value in paths.items()}),
        "vocabulary": _compile_words(words, paths),
        "intents": compile_intents(),
        "skill": skill,
    }
    compiled["pairs"] = [_pair(number, pair, compiled, words) for number, pair in enumerate(pairs, start=1)]
    for name in compiled["silent_paths"]:
        _check_known(FILE, "[applies] silent_paths", name, compiled["path_classes"])
    if not isinstance(rows, list) or not rows:
        raise _fault(FILE, "[[trigger]]", "must stand at least once, one table for each trigger")
    learned = _parse(WEIGHTS, weights_source)
    compiled["scope"] = _weigh(FILE, "[scope]", scope, compiled, words)
    compiled["triggers"] = [_compile_row(number, row, compiled, words) for number, row in enumerate(rows, start=1)]
    compiled["shapes"] = {kind: _index_shapes(kind, compiled["triggers"]) for kind in (*_SHAPES, *_EXCLUSIONS)}
    compiled["shape_packages"] = sorted(
        {text.partition(".")[0] for kind in _SHAPES for row in compiled["triggers"] for text in row[kind]} - {"*"}
    )
    compiled["hints"] = _list_hints(compiled)
    for row in compiled["triggers"]:
        for kind in (*_SHAPES, *_EXCLUSIONS):
            del row[kind]
    names = [row["name"] for row in compiled["triggers"]]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _fault(FILE, "[[trigger]] name", f"{twice!r} stands twice")
    for name, table in learned.items():
        _check_known(WEIGHTS, f"[{name}]", name, ["scope", *names])
        row = compiled["scope"] if name == "scope" else compiled["triggers"][names.index(name)]
        bias = _table(WEIGHTS, f"[{name}]", table).get("bias", 0)
        weights = {key: value for key, value in table.items() if key != "bias"}
        row.update(_weigh(WEIGHTS, f"[{name}]", {"bias": bias, "weights": weights}, compiled, words))
    return compiled


def _compile_row(number: int, row: Any, compiled: TriggerSet, words: dict[str, Any]) -> dict[str, Any]:
    row = _table(FILE, f"[[trigger]] {number}", row)
    name = _text(FILE, f"[[trigger]] {number} name", row.get("name"))
    if not name.replace("-", "").isalnum() or name != name.lower():
        raise _fault(FILE, f"[[trigger]] {number} name", f"{shorten(name)!r} must be lower-case letters and hyphens")
    where = f"[[trigger]] {name!r}"
    _check_keys(FILE, where, row, _TRIGGER)
    return {
        "name": name,
        "summary": _text(FILE, f"{where} summary", row.get("summary")),
        **_weigh(FILE, where, {key: row[key] for key in ("bias", "weights") if key in row}, compiled, words),
        **{key: _texts(FILE, f"{where} {key}", row.get(key, [])) for key in (*_SHAPES, *_EXCLUSIONS, *_EXAMPLES)},
    }


def _index_shapes(kind: str, rows: list[dict[str, Any]]) -> list[Any]:
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


def _list_hints(compiled: TriggerSet) -> list[Any]:
    """Words, and endings of words, without one of which code cannot hold a shape."""
    patterns = [text for kind in _SHAPES for row in compiled["triggers"] for text in row[kind]]
    words = {word for text in patterns for word in text.split(".")[-2:] if "*" not in word}
    names = [*compiled["assume"], *(text.rpartition(".")[2] for text in patterns)]
    endings = {text[1:] for text in names if text.startswith("*") and len(text) > 1}
    return [sorted(words.union(name for name in names if "*" not in name)), sorted(endings)]


def _pair(number: int, pair: Any, compiled: TriggerSet, words: dict[str, Any]) -> list[str]:
    names = _texts(FILE, f"pairs, row {number}", pair)
    for name in names:
        _check_known(FILE, f"pairs, row {number}", name, _features(compiled, words))
    return names


def _features(compiled: TriggerSet, words: dict[str, Any]) -> list[str]:
    return [*words, *(f"{kind}:{name}" for kind in ("path", "file") for name in compiled["path_classes"])]


def _compile_words(words: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    pairs = [(term, name) for name, terms in words.items() for term in _texts(FILE, f"[words] {name}", terms)]
    extensions = {pattern[2:] for patterns in paths.values() for pattern in patterns if pattern.startswith("*.")}
    try:
        return compile_vocabulary(pairs, extensions)
    except ValueError as error:
        raise _fault(FILE, "[words]", str(error)) from error


def _weigh(file: str, where: str, row: Any, compiled: TriggerSet, words: dict[str, Any]) -> dict[str, Any]:
    """The bias, and pairs of (features that must all be there, weight) in the file's order."""
    _check_keys(file, where, _table(file, where, row), ("bias", "weights"))
    known = _features(compiled, words)
    weights = []
    for key, value in _table(file, f"{where} weights", row.get("weights", {})).items():
        features = [feature.strip() for feature in key.split("&")]
        for feature in features:
            _check_known(file, f"{where} weights", feature, known)
        weights.append([features, _number(file, f"{where} {key}", value)])
    return {"bias": _number(file, f"{where} bias", row.get("bias", -3)), "weights": weights}


def _parse(file: str, source: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _fault(file, "the file", f"is not TOML: {error}") from error


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)


def _read_file(path: str, *, required: bool) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if not required:
            return b""
        raise InvalidInputError(f"{path} is missing; a skill's triggers are in it.") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise InvalidInputError(f"{path} is longer than {MAX_BYTES // 1024} KiB; split the skill.")
    return data


def _decode(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _fault(file, "the file", f"is not UTF-8 (byte {error.start})") from error


def _fault(file: str, where: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"{file}, {where}: {reason}.")


def _check_keys(file: str, where: str, table: dict[str, Any], allowed: tuple[str, ...]) -> None:
    for key in table:
        _check_known(file, where, key, allowed)


def _check_known(file: str, where: str, name: str, known: Any) -> None:
    if name in known:
        return
    match = nearest(name, known)
    guess = f" Did you mean {match!r}?" if match else f" Known: {', '.join(known)}"
    raise _fault(file, where, f"{shorten(name)!r} is not known.{guess}")


def _table(file: str, where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _fault(file, where, "must be a table")
    return value


def _text(file: str, where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _fault(file, where, "must be a string with something in it")
    return value


def _texts(file: str, where: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _fault(file, where, "must be a list of strings with something in them")
    return value


def _number(file: str, where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 100:
        raise _fault(file, where, "must be a number between -100 and 100")
    return float(value)
