"""The engine: evidence from prompt, code, diff, path and project, combined into matches."""

from __future__ import annotations

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH113, PTH118, PTH119
import math
import os

from layerwise.detect.context import Context, Detection, Evidence, Match, NextCall
from layerwise.detect.features import MAX_PROMPT, Features, Spans, read_features
from layerwise.detect.intent import read_intent
from layerwise.detect.paths import is_silent
from layerwise.detect.subject import read_subject
from layerwise.detect.triggers import FILE, load
from layerwise.errors import InvalidInputError
from layerwise.skill_folders import find_skill_folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from layerwise.detect.snippet import Snippet
    from layerwise.detect.triggers import TriggerSet


MAX_CODE = 50_000
_THRESHOLD = 0.5
_SUBJECT = 1_000
_QUOTE = 160
_QUOTES = 4
_TELLING = 0.3
_CODE_CONFIDENCE = 0.95


def match(context: Context, *folders: str) -> Detection:
    """What fires for `context` among the skills in `folders` (default: those that are found for `context.root`).

    Raises InvalidInputError when a part of the context is not text or the triggers of one of `folders` are malformed;
    a skill that was found and is malformed is left out and told in the notices.
    """
    return match_with(context, [load(folder) for folder in folders]) if folders else _match_found(context)


def _match_found(context: Context) -> Detection:
    found = find_skill_folders([context.root] if context.root and isinstance(context.root, str) else [])
    skills, notices = [], [*found.refusals]
    for folder in found.folders:
        if not os.path.isfile(os.path.join(folder.path, FILE)):
            continue
        try:
            skills.append(load(folder.path))
        except InvalidInputError as error:
            notices.append(f"Skill {os.path.basename(folder.path)!r} is refused: {error}")
    detection = match_with(context, skills)
    return detection._replace(notices=(*detection.notices, *notices)) if notices else detection


def match_with(context: Context, skills: list[TriggerSet]) -> Detection:
    """What fires for `context` among compiled skills. Raises InvalidInputError when a part of it is not text."""
    context = Context(*(_read_text(name, value) for name, value in zip(Context._fields, context, strict=True)))
    fenced = _find_fences(context.prompt)
    snippets = _read_snippets(context, fenced)
    matches = [found for skill in skills for found in _match_skill(context, fenced, snippets, skill)]
    matches.sort(key=lambda found: (-found.confidence, found.skill, found.name))
    intent = read_intent(context.prompt, skills[0]["intents"]) if context.prompt and skills else "other"
    entity, layer = read_subject(context.prompt[:_SUBJECT])
    call = _choose_call(context, matches, intent, entity, layer)
    return Detection(tuple(matches), intent, entity, layer, call, _list_notices(context))


def _match_skill(
    context: Context, fenced: list[tuple[str, int, int]], snippets: list[Snippet], triggers: TriggerSet
) -> list[Match]:
    words = _blank(context.prompt, fenced)
    features, spans = read_features(words, context.path, triggers)
    if context.path and is_silent(context.path, [name[5:] for name in features if name[:5] == "path:"], triggers):
        return []
    if context.root and _is_other_project(context, triggers):
        return []
    shapes = _find_evidence(snippets, triggers)
    scope = _weigh(triggers["scope"], features) if context.prompt.strip() else 0.0
    matches = []
    for row in triggers["triggers"]:
        name = row["name"]
        said = scope * _weigh(row, features) if scope else 0.0
        shown = _CODE_CONFIDENCE if name in shapes else 0.0
        confidence = round(1 - (1 - said) * (1 - shown), 2)
        if confidence >= _THRESHOLD:
            quotes = [*(_quote_features(row, spans, context) if said else ()), *shapes.get(name, ())]
            matches.append(Match(triggers["skill"], name, min(confidence, 0.99), tuple(quotes[:_QUOTES])))
    return matches


def _weigh(row: dict[str, Any], features: Features) -> float:
    """The probability that the trigger is meant, by its weights."""
    weights = row["weights"]
    total = row["bias"] + sum(weights[name] * value for name, value in features.items() if name in weights)
    for names, weight in row["joint"]:
        if all(name in features for name in names):
            total += weight * min(features[name] for name in names)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _quote_features(row: dict[str, Any], spans: Spans, context: Context) -> list[Evidence]:
    """The places of the features that speak for the trigger: first concepts and paths, then single words."""
    weights = row["weights"]
    joint = [(weight, names) for names, weight in row["joint"] if all(name in spans for name in names)]
    found = [*((weights[name], [name]) for name in spans if name in weights), *joint]
    telling = [item for item in found if item[0] > _TELLING] or [max(found)] if found else []
    telling.sort(key=lambda item: (item[1][0][:5] == "word:", -item[0], item[1]))
    places = [spans[name][0] for _, names in telling for name in names]
    return [
        Evidence(source, start, end, getattr(context, source)[start:end])
        for source, start, end in dict.fromkeys(places)
    ]


def _read_snippets(context: Context, fenced: list[tuple[str, int, int]]) -> list[Snippet]:
    if not (context.code or context.diff or fenced):
        return []
    from layerwise.detect.sources import read_snippets

    return read_snippets(context, fenced)


def _find_evidence(snippets: list[Snippet], triggers: TriggerSet) -> dict[str, list[Evidence]]:
    if not snippets:
        return {}
    from layerwise.detect.sources import find_evidence

    return find_evidence(snippets, triggers)


def _is_other_project(context: Context, triggers: TriggerSet) -> bool:
    from layerwise.detect.stack import read_dependencies

    found = read_dependencies(context.root, context.path)
    return bool(found & set(triggers["other_dependencies"])) and found.isdisjoint(triggers["dependencies"])


def _choose_call(
    context: Context, matches: list[Match], intent: str, entity: str | None, layer: str | None
) -> NextCall | None:
    if not matches:
        return None
    names: list[object] = [found.name for found in matches]
    if context.diff and not context.prompt:
        return NextCall("review_code", {"diff": context.diff[:MAX_CODE]})
    if context.code and (intent == "review" or not context.prompt):
        arguments: dict[str, object] = {"code": context.code[:MAX_CODE]}
        return NextCall("review_code", arguments | ({"path": context.path} if context.path else {}))
    if intent == "review":
        return NextCall("review_code", {"paths": [context.path]} if context.path else {})
    if intent == "create" and entity and layer in ("service", "repository", "resource"):
        return NextCall("generate_code", {"request": context.prompt[:MAX_PROMPT]})
    return NextCall("get_guidance", {"triggers": names})


def _find_fences(prompt: str) -> list[tuple[str, int, int]]:
    """(language, start, end) of the code between Markdown fences; an unclosed fence runs to the end."""
    fences: list[tuple[str, int, int]] = []
    language, opened, at = "", -1, 0
    if "```" not in prompt and "~~~" not in prompt:
        return fences
    for line in prompt[:MAX_PROMPT].splitlines(keepends=True):
        mark = line.lstrip()[:3]
        if mark in ("```", "~~~"):
            if opened < 0:
                language, opened = line.strip().strip("`~").strip().lower(), at + len(line)
            else:
                fences.append((language, opened, at))
                opened = -1
        at += len(line)
    if opened >= 0:
        fences.append((language, opened, at))
    return fences


def _blank(prompt: str, fenced: list[tuple[str, int, int]]) -> str:
    """`prompt` with spaces in place of its code, so that offsets stay."""
    parts, at = [], 0
    for _, start, end in fenced:
        parts += [prompt[at:start], " " * (end - start)]
        at = end
    return "".join((*parts, prompt[at:]))


def _read_text(name: str, value: Any) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name} must be text, not {type(value).__name__}; leave it empty when there is none.")
    return value


def _list_notices(context: Context) -> tuple[str, ...]:
    limits = {"prompt": MAX_PROMPT, "code": MAX_CODE, "diff": MAX_CODE}
    return tuple(
        f"Only the first {limit:,} of {len(getattr(context, name)):,} characters of the {name} were looked at."
        for name, limit in limits.items()
        if len(getattr(context, name)) > limit
    )
