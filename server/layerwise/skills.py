"""Skill, Topic, Section, Example: what a skill folder says, read whole. A malformed folder is refused by name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any
from urllib.parse import unquote

from layerwise.errors import InvalidInputError, LayerwiseError, nearest, shorten
from layerwise.skill_folders import list_skills

MAX_FILES = 512
MAX_SKILL_BYTES = 16 * 1024 * 1024
MAX_TEXT_BYTES = 256 * 1024
MAX_LENGTHS = {"name": 64, "description": 1024, "compatibility": 500, "title": 100, "summary": 200}

_SKILL_KEYS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
_TOPIC_LISTS = ("statements", "triggers", "versions", "keywords", "see_also")
_TOPIC_KEYS = ("title", "summary", *_TOPIC_LISTS)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]*\]\(<?([^)>\s]+)>?[^)\n]*\)")
_EXAMPLES = re.compile(r"^(Correct|Incorrect):\n+((?:```python\n(?:(?!```).*\n)*```\n*)+)", re.MULTILINE)
_CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """The Python blocks under one label, `Correct:` or `Incorrect:`; `span` is where they stand, the label included."""

    correct: bool
    blocks: tuple[str, ...]
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Section:
    """A `## ` part of a topic: heading, the anchor that addresses it as `topic#anchor`, text with the heading."""

    title: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One `references/*.md`: `text` is the file without its frontmatter, `sections` the same text cut at headings."""

    name: str
    title: str
    summary: str
    text: str
    sections: tuple[Section, ...]
    statements: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Skill:
    """A skill folder. `topics` stand in the order in which SKILL.md links them; `files` are POSIX, relative, sorted."""

    name: str
    description: str
    folder: Path
    frontmatter: Mapping[str, Any]
    body: str
    topics: Mapping[str, Topic]
    files: tuple[str, ...]


def load(folder: Path) -> Skill:
    """The skill in `folder`, kept in memory until one of its files changes.

    Raises InvalidInputError with the skill's name, the file at fault and the reason.
    """
    folder = folder.absolute()
    try:
        return _read_skill(folder, _list_files(folder))
    except (_FaultError, OSError) as fault:
        raise InvalidInputError(f"Skill {shorten(folder.name)!r} is refused: {fault}") from fault


def load_all(paths: Iterable[Path]) -> dict[str, Skill]:
    """The skills under `paths` by name; a path is a skill folder or a folder of skill folders (dot folders left out).

    Raises InvalidInputError that lists every refused skill, every name met twice and every path that is no folder.
    """
    skills: dict[str, Skill] = {}
    refusals: list[str] = []
    for folder in (Path(found) for path in paths for found in list_skills(str(path))):
        try:
            skill = load(folder)
        except LayerwiseError as error:
            refusals.append(str(error))
            continue
        if skill.name in skills and skills[skill.name].folder != folder:
            first = skills[skill.name].folder
            refusals.append(f"Skill {skill.name!r} is in {first} and in {folder}; rename or remove one.")
        skills.setdefault(skill.name, skill)
    if refusals:
        raise InvalidInputError("\n".join(refusals))
    return skills


def check_name(name: str) -> None:
    """Refuse what cannot be a skill's name. Raises InvalidInputError."""
    if not _NAME.fullmatch(name) or len(name) > MAX_LENGTHS["name"]:
        raise InvalidInputError(
            f"A skill's name is lower-case letters, digits and single hyphens between them, at most "
            f"{MAX_LENGTHS['name']} characters, not {shorten(name)!r}. Such as: billing-rules."
        )


def find_examples(text: str) -> tuple[Example, ...]:
    """The labelled Python examples of a topic's or a section's text, in order."""
    return tuple(
        Example(found[1] == "Correct", tuple(_CODE.findall(found[2])), found.span())
        for found in _EXAMPLES.finditer(text)
    )


class _FaultError(Exception):
    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


def _list_files(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, modification time and size of every file; a change of any makes the kept skill stale."""
    if folder.is_symlink() or not folder.is_dir():
        raise _FaultError(str(folder), "not a folder (symbolic links are not followed)")
    files: list[tuple[str, int, int]] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(map(_is_hidden, name.split("/"))):
            continue
        if path.is_symlink():
            raise _FaultError(name, "is a symbolic link; put the file itself there")
        if path.is_file():
            stat = path.stat()
            files.append((name, stat.st_mtime_ns, stat.st_size))
    if len(files) > MAX_FILES or sum(size for _, _, size in files) > MAX_SKILL_BYTES:
        raise _FaultError(str(folder), f"holds more than {MAX_FILES} files or {MAX_SKILL_BYTES // 1024**2} MiB")
    return tuple(files)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


@lru_cache(maxsize=64)
def _read_skill(folder: Path, listing: tuple[tuple[str, int, int], ...]) -> Skill:
    files = tuple(name for name, _, _ in listing)
    if "SKILL.md" not in files:
        raise _FaultError("SKILL.md", "is missing; a skill folder holds one, spelled so")
    meta, body = _read_document(folder, "SKILL.md")
    if meta is None:
        raise _FaultError("SKILL.md", "has no frontmatter; begin it with YAML between two lines '---'")
    _check_skill(folder, meta)
    _check_links("SKILL.md", body, files)
    topics = _read_topics(folder, files)
    order = [name for target in _find_links(body) if (name := PurePosixPath(target).stem) in topics]
    ordered = {name: topics[name] for name in dict.fromkeys((*order, *topics))}
    return Skill(meta["name"], meta["description"], folder, meta, body, ordered, files)


def _read_topics(folder: Path, files: tuple[str, ...]) -> dict[str, Topic]:
    home = PurePosixPath("references")
    paths = [path for path in map(PurePosixPath, files) if path.parent == home and path.suffix == ".md"]
    topics = {path.stem: _read_topic(folder, path, files) for path in paths}
    for topic in topics.values():
        for name in topic.see_also:
            if name not in topics:
                raise _FaultError(f"references/{topic.name}.md", f"see_also names no topic: {_guess(name, topics)}")
    return topics


def _read_topic(folder: Path, path: PurePosixPath, files: tuple[str, ...]) -> Topic:
    file = path.as_posix()
    if not _NAME.fullmatch(path.stem):
        raise _FaultError(file, "a topic's file name is lower-case letters, digits and single hyphens, then .md")
    meta, text = _read_document(folder, file)
    meta = meta or {}
    _check_keys(file, meta, _TOPIC_KEYS)
    _check_links(file, text, files)
    for key in _TOPIC_LISTS:
        value = meta.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _FaultError(file, f"{key!r} must be a list of quoted strings")
    title = _check_text(file, "title", meta.get("title", _first(r"^# +(.+)$", text)))
    summary = _check_text(file, "summary", meta.get("summary", _first(r"^(\w.*)$", text)))
    lists = {key: tuple(meta.get(key, ())) for key in _TOPIC_LISTS}
    return Topic(path.stem, title, summary, text, _cut_sections(title, text), **lists)


def _first(pattern: str, text: str) -> str | None:
    """What a reference written without frontmatter says of itself: its heading, its first line of prose."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip()[: MAX_LENGTHS["title"]] if found else None


def _cut_sections(title: str, text: str) -> tuple[Section, ...]:
    fences = [found.span() for found in _FENCE.finditer(text)]
    heads = [
        found
        for found in re.finditer(r"^## +(.+?)[ #]*$", text, re.MULTILINE)
        if not any(start <= found.start() < end for start, end in fences)
    ]
    if not heads:
        return (Section(title, _slug(title), text.strip() + "\n"),)
    ends = [*(found.start() for found in heads[1:]), len(text)]
    return tuple(
        Section(found[1], _slug(found[1]), text[found.start() : end].strip() + "\n")
        for found, end in zip(heads, ends, strict=True)
    )


def _slug(title: str) -> str:
    return re.sub(r"[^\w]+", "-", title.casefold()).strip("-_")


def _read_document(folder: Path, file: str) -> tuple[dict[str, Any] | None, str]:
    """Frontmatter (None when the file has none) and the text after it, line ends as `\\n`."""
    data = (folder / file).read_bytes()
    if len(data) > MAX_TEXT_BYTES:
        raise _FaultError(file, f"is {len(data)} bytes; at most {MAX_TEXT_BYTES} are read")
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _FaultError(file, f"is not UTF-8 (byte {error.start})") from error
    if text.startswith("\ufeff") or "\0" in text:
        raise _FaultError(file, "holds a byte-order mark or a NUL; save it as plain UTF-8 text")
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return _parse_yaml(file, lines[1:number]), "\n".join(lines[number + 1 :])
    raise _FaultError(file, "its frontmatter is not closed; put a line '---' after the YAML")


def _parse_yaml(file: str, lines: list[str]) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    keys = [found[1] for line in lines if (found := re.match(r"([\w-]+) *:", line))]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise _FaultError(file, f"its frontmatter has {shorten(twice)!r} twice")
    try:
        meta = yaml.load("\n".join(lines), Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 2}" if mark else ""
        raise _FaultError(file, f"its frontmatter is not YAML{where}; quote every value") from error
    if not isinstance(meta, dict) or not all(isinstance(key, str) for key in meta):
        raise _FaultError(file, "its frontmatter is not a list of 'key: value' lines")
    return meta


def _check_skill(folder: Path, meta: dict[str, Any]) -> None:
    _check_keys("SKILL.md", meta, _SKILL_KEYS)
    for key in ("name", "description", *(key for key in ("license", "compatibility", "allowed-tools") if key in meta)):
        _check_text("SKILL.md", key, meta.get(key))
    name = meta["name"]
    if not _NAME.fullmatch(name):
        raise _FaultError(
            "SKILL.md", f"name {name!r} must be lower-case letters, digits and single hyphens between them"
        )
    if name != folder.name:
        raise _FaultError("SKILL.md", f"name {name!r} must equal its folder's name {shorten(folder.name)!r}")
    metadata = meta.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for pair in metadata.items() for text in pair):
        raise _FaultError("SKILL.md", "metadata maps strings to strings; quote every value")


def _check_keys(file: str, meta: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for key in meta:
        if key not in allowed:
            raise _FaultError(file, f"unknown key {_guess(key, allowed)} Allowed: {', '.join(allowed)}.")


def _check_text(file: str, key: str, value: object) -> str:
    limit = MAX_LENGTHS.get(key, MAX_LENGTHS["description"])
    if value is None:
        raise _FaultError(file, f"{key!r} is missing")
    if not isinstance(value, str) or not value.strip():
        raise _FaultError(file, f"{key!r} must be a string with something in it; quote it")
    if len(value) > limit:
        raise _FaultError(file, f"{key!r} has {len(value)} characters; at most {limit} are allowed")
    return value


def _guess(name: str, known: Iterable[str]) -> str:
    match = nearest(name, known)
    return f"{shorten(name)!r}." + (f" Did you mean {match!r}?" if match else "")


def _find_links(text: str) -> list[str]:
    """Relative link targets outside code, without fragments."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))
    targets = (unquote(found[1]).partition("#")[0] for found in _LINK.finditer(prose))
    return [target for target in targets if target and not re.match(r"[a-zA-Z][\w+.-]*:", target)]


def _check_links(file: str, text: str, files: tuple[str, ...]) -> None:
    for target in _find_links(text):
        path = normpath(str(PurePosixPath(file).parent / target))
        if path not in files and not any(name.startswith(f"{path}/") for name in files):
            raise _FaultError(file, f"links to {shorten(target)!r}, which is not in the skill")
