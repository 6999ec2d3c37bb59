"""read_request: from a developer's words to the entity, the blueprint and the fields that they name."""

import re
from dataclasses import dataclass, replace
from typing import Any

from layerwise.errors import InvalidInputError, shorten
from layerwise.generate.canonical import canonical_fields
from layerwise.generate.known import USER_NOTICE, require_fields
from layerwise.generate.names import class_case, singularize, snake_case, words
from layerwise.generate.problems import Problem, SpecError
from layerwise.generate.reader import Fields, parse
from layerwise.generate.reading import check_class_name, check_field_name
from layerwise.generate.spec import Spec

MAX_REQUEST = 10_000

EXAMPLES = (
    "create a UserService",
    "create an Order resource with number:str and total:decimal(10,2)",
    "add a ProductRepository",
    "scaffold a blog backend with posts",
    "generate CRUD for invoices",
)

# The words for what is to be made, and the blueprint that makes it.
_BLUEPRINTS = {
    "backend": "backend application app project skeleton boilerplate",
    "resource": "resource crud model entity table api feature module",
    "service": "service",
    "repository": "repository repo dao",
    "schema": "schema dto serializer",
    "endpoint": "endpoint route router controller view handler",
    "test": "test",
    "async-task": "task job worker",
    "auth": "auth authentication login signup",
}


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_BLUEPRINT_OF = {word: blueprint for blueprint, listed in _BLUEPRINTS.items() for word in listed.split()}
# These also name entities: they do so where another word says what is to be made, or no other word is there.
_NOUNS = _set("task job project test view model module feature table entity app")
_VERBS = _set(
    "create make add generate scaffold build write implement need want give set define design develop produce bring",
    "provide start new crud",
)
_FILLERS = _VERBS | _set(
    "a all an and another async asynchronous basic can code complete could database do each fastapi file files for",
    "from full function good help i in into is it its just layer layers like management me my needs of on one our",
    "pattern please postgres postgresql put pydantic python requirements rest restful simple some sqlalchemy that then",
    "the this to up us use using we will with would you your",
)
# What a developer may ask for beside fields, and gets anyway or by an option.
_FEATURES = _set(
    "auth authentication authorization caching docker endpoints error errors fields handling jwt layers logging login",
    "methods migration migrations operations pagination postgres postgresql routes security sqlalchemy test tests",
    "types validation crud async support",
)
_WITH = re.compile(r"\s(?:with|having|that has|which has|containing|including|whose)\s|:\s|\s(?=\()", re.IGNORECASE)
_TYPED = re.compile(r"\b[a-z_][A-Za-z0-9_]*\s*:\s*[A-Za-z_]")
_LEAD = re.compile(
    r"^(?:the\s+|these\s+|following\s+)*(?:fields?|columns?|attributes?|properties)\s*:?\s*", re.IGNORECASE
)
_AND = re.compile(r"\s*,?\s+and\s+(?=[A-Za-z_]\w*\s*:)")
_ADD = r"(?:add|create|generate)\s+"
_HERE = r"(?:\s+(?:to|for|in)\s+(?:the\s+|my\s+)?(?:backend|app|project|api))?"
_LOGIN = r"(?:auth|authentication|log-?in)"
_PAGINATION = re.compile(rf"{_ADD}pagination{_HERE}", re.IGNORECASE)
_AUTH = re.compile(rf"{_ADD}(?:an?\s+)?(?:jwt\s+)?{_LOGIN}{_HERE}", re.IGNORECASE)
_NO_LOGIN = re.compile(
    rf",?\s+(?:but\s+)?(?:without|with\s+no)\s+(?:an?\s+|any\s+)?(?:{_LOGIN}|users)(?=\s+with\s|\s*$)",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\s*[A-Za-z_]\w*\s*\(")


@dataclass(frozen=True, slots=True)
class Request:
    """What a developer asked for.

    `entity` is a class name, `blueprint` a folder of `templates/`. `fields` is a text of the field grammar, empty where
    no types were named; `names` are fields named without a type. `whole` is the text of a spec in canonical form.
    Without `login`, a backend that has to be made first gets none.
    """

    entity: str
    blueprint: str
    fields: str = ""
    names: tuple[str, ...] = ()
    whole: str = ""
    notices: tuple[str, ...] = ()
    login: bool = True


def read_request(text: str) -> Request:
    """The request that the words make.

    Raises InvalidInputError with examples where they name no entity, SpecError where they name one badly.
    """
    if not isinstance(text, str) or len(text) > MAX_REQUEST:
        raise InvalidInputError(f"A request is a text of at most {MAX_REQUEST} characters. {_examples()}")
    line = " ".join(text.split()).strip(" .")
    if _WHOLE.match(line):
        spec = parse(line)
        return Request(spec.name, "resource", whole=line)
    if _PAGINATION.fullmatch(line):
        return Request("", "pagination")
    if _AUTH.fullmatch(line):
        return Request("", "auth")
    kept = _NO_LOGIN.sub("", line)
    return replace(_read_words(kept), login=kept == line)


def read_spec(request: Request, fields: Fields = (), **options: Any) -> tuple[Spec, tuple[str, ...]]:
    """The Spec that a request asks for, and notices about it; `fields` and `options` add to it, as `parse` takes them.

    Raises SpecError, and MissingFieldsError with a proposal where the fields are not known.
    """
    if request.whole:
        return parse(request.whole, fields, **options), request.notices
    given = fields or request.fields
    if given or options.get("relations"):
        return parse(request.entity, given, **options), request.notices
    spec = require_fields(request.entity, request.names)
    if options:
        spec = parse(spec.name, canonical_fields(spec), **options)
    return spec, (*request.notices, USER_NOTICE)


def _read_words(line: str) -> Request:
    head, tail = _split_tail(line)
    found = _read_head(head)
    if found is None and tail:
        found = _read_head(f"{head} for {tail}") if not _TYPED.search(tail) else None
        tail = ""
    if found is None:
        raise InvalidInputError(f"No entity can be read from {shorten(line)!r}. {_examples()}")
    request = _read_tail(found, tail)
    if fault := check_class_name(request.entity):
        raise SpecError([Problem("request", fault.code, fault.message, suggestion=fault.suggestion)])
    return request


def _examples() -> str:
    return "Write it such as: " + "; ".join(f'"{example}"' for example in EXAMPLES) + "."


def _split_tail(line: str) -> tuple[str, str]:
    """What is asked for, and what it is to hold."""
    found = _WITH.search(line)
    return (line[: found.start()], line[found.end() :].strip()) if found else (line, "")


def _read_head(head: str) -> Request | None:
    tokens = [token for token in (part.strip("\"'`,;:.()!?") for part in head.split()) if token]
    for index, token in enumerate(tokens):
        if request := _read_compound(token):
            testing = any(_kind(other) == "test" for other in tokens[:index])
            return replace(request, blueprint="test") if testing else request
    if "for" in (lowered := [token.lower() for token in tokens]):
        asked, named = tokens[: lowered.index("for")], tokens[lowered.index("for") + 1 :]
        wanted = _find_blueprint(asked) or _find_blueprint(named) or "resource"
        if entity := _join(_content(named, nouns=wanted != "backend")):
            return Request(entity, wanted)
    strong = [index for index, token in enumerate(tokens) if _is_strong(token)]
    blueprint = _find_blueprint(tokens)
    if blueprint == "backend":
        return Request("", "backend", notices=_tell_subject(_content(tokens, nouns=False)))
    if blueprint is None and len(tokens) > 1 and not _VERBS.intersection(lowered):
        return None
    before = tokens[: strong[0]] if strong else tokens
    content = (
        _content(before, nouns=bool(strong)) or _content(tokens, nouns=bool(strong)) or _content(tokens, nouns=True)
    )
    if not strong and content and all(_kind(token) in _NOUNS for token in content):
        blueprint = "resource"
    entity = _join(content)
    return Request(entity, blueprint or "resource") if entity else None


def _tell_subject(subject: list[str]) -> tuple[str, ...]:
    """That a backend's own name says nothing of what it holds."""
    if not subject:
        return ()
    name = shorten(" ".join(subject))
    return (f"{name!r} does not say what the backend holds. Ask next for its resources, by name.",)


def _read_compound(token: str) -> Request | None:
    """`UserService` or `user_repository`: entity and kind in one word."""
    parts = words(token)
    kind = singularize(parts[-1]) if parts else ""
    blueprint = _BLUEPRINT_OF.get(kind)
    if (
        token.lower() in _FILLERS
        or len(parts) < 2
        or blueprint is None
        or (kind in _NOUNS and kind not in ("test", "model"))
    ):
        return None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", token):
        return None
    stem = token[: -len(parts[-1])].rstrip("_")
    return Request(class_case(stem), blueprint)


def _kind(token: str) -> str:
    return singularize(token.lower())


def _is_strong(token: str) -> bool:
    return _kind(token) in _BLUEPRINT_OF and _kind(token) not in _NOUNS


def _find_blueprint(tokens: list[str]) -> str | None:
    """The blueprint that the words name, by a word that is no entity's if there is one."""
    strong = [token for token in tokens if _is_strong(token)]
    other = [token for token in tokens if _kind(token) in _NOUNS and _kind(token) in _BLUEPRINT_OF]
    return next((_BLUEPRINT_OF[_kind(token)] for token in (*strong, *other)), None)


def _content(tokens: list[str], *, nouns: bool) -> list[str]:
    """The last run of words that name something; `nouns` lets words such as task be among them."""
    runs: list[list[str]] = [[]]
    for token in tokens:
        kind = _kind(token)
        known = kind in _BLUEPRINT_OF and not (nouns and kind in _NOUNS)
        if known or token.lower() in _FILLERS:
            runs.append([])
        else:
            runs[-1].append(token)
    return next((run for run in reversed(runs) if run), [])


def _join(tokens: list[str]) -> str:
    """Words as a class name in the singular; a word that is no name is kept, so that it can be refused."""
    if not tokens:
        return ""
    if strange := [token for token in tokens if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", token)]:
        return strange[0]
    *first, last = tokens
    ending = words(last)[-1]
    given = last[-len(ending) :]
    single = singularize(ending)
    last = last[: -len(ending)] + (single.capitalize() if given[0].isupper() else single)
    return "".join(class_case(token) for token in (*first, last))


def _read_tail(found: Request, tail: str) -> Request:
    """The request with what its words after `with` name: fields, or the entities of a backend."""
    text = _LEAD.sub("", tail).strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    if _TYPED.search(text):
        fields = _AND.sub(", ", text)
        return replace(found, entity=found.entity or "User", fields=fields)
    pieces = [piece.split() for piece in re.split(r",|;|\band\b|&", text) if piece.strip()]
    named = [[word for word in piece if word.lower() not in _FILLERS] for piece in pieces]
    features = [" ".join(piece) for piece in named if any(word.lower() in _FEATURES for word in piece)]
    named = [piece for piece in named if piece and " ".join(piece) not in features]
    notices: tuple[str, ...] = (f"Not read as fields: {shorten(', '.join(features))}.",) if features else ()
    if found.blueprint == "backend" and not found.entity:
        entities = [_join(piece) for piece in named if len(piece) <= 3]
        if not entities:
            return replace(found, entity="User", notices=(*found.notices, *notices))
        if len(entities) > 1:
            notices += (f"One resource at a time: ask next for {', '.join(entities[1:])}.",)
        return replace(found, entity=entities[0], notices=notices)
    names = tuple(snake_case("_".join(piece)) for piece in named if len(piece) <= 3)
    return replace(found, names=tuple(name for name in names if name and not check_field_name(name)), notices=notices)
