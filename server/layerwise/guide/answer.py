"""Answer a wish for guidance: choose sections, hand out as many as the budget holds, list the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from layerwise.errors import InvalidInputError, nearest, shorten
from layerwise.guide.guidance import Guidance, Piece, Reading
from layerwise.guide.library import Choice, Library, open_library
from layerwise.skills import Skill, find_examples
from layerwise.tokens import count_tokens

MIN_TOKENS = 100
MAX_TOKENS = 20_000
MAX_QUERY = 10_000

_NEAR = 0.55
_TOPICS_SEARCHED = 3
_NEXT_SHARE = 0.15


def answer(
    skills: Mapping[str, Skill],
    query: str = "",
    *,
    topics: Iterable[str] = (),
    triggers: Iterable[str] = (),
    max_tokens: int = 1500,
) -> Guidance:
    """What `skills` say to a question, about topics (`sessions`, `sessions#why`) and for triggers (`route`).

    A query that is a topic's address or a statement id is read as that. With nothing asked the answer is the index.
    The answer costs at most `max_tokens` (four characters each) in either of its forms; above 20,000 it is capped.
    Raises UnknownNameError for a topic, section or trigger that is not there, InvalidInputError for other bad input.
    """
    query, topics, triggers = _check_query(query), _check_names("topics", topics), _check_names("triggers", triggers)
    budget, notices = _check_budget(max_tokens)
    library = open_library(skills)
    choices = [choice for address in topics for choice in library.find(address)]
    others: list[str] = []
    if not topics or query:
        found, others = _choose(library, query, triggers)
        choices = list(dict.fromkeys(choices + found))
    elif triggers:
        others = library.find_serving(triggers)
    if choices:
        return _pack(library, choices, others, Guidance(notices=notices), budget)
    if query:
        notices = (*notices, _explain_miss(library, query))
    return _list_topics(library, Guidance(notices=notices), budget)


def _check_query(query: str) -> str:
    if not isinstance(query, str):
        raise InvalidInputError(f"query must be text, not {type(query).__name__}.")
    if len(query) > MAX_QUERY:
        raise InvalidInputError(f"query has {len(query)} characters; at most {MAX_QUERY}. Ask one question.")
    return query.strip()


def _check_names(field: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise InvalidInputError(f"{field} must be a list of names, not {type(names).__name__}.")
    listed = list(names)
    for name in listed:
        if not isinstance(name, str):
            raise InvalidInputError(f"{field} must be a list of names; {shorten(repr(name))} is no text.")
    return tuple(dict.fromkeys(listed))


def _check_budget(max_tokens: int) -> tuple[int, tuple[str, ...]]:
    if not isinstance(max_tokens, int) or isinstance(max_tokens, bool):
        raise InvalidInputError(f"max_tokens must be a whole number, not {type(max_tokens).__name__}.")
    if max_tokens < MIN_TOKENS:
        raise InvalidInputError(f"max_tokens is {max_tokens}; it must be {MIN_TOKENS} to {MAX_TOKENS} (default 1500).")
    if max_tokens > MAX_TOKENS:
        return MAX_TOKENS, (f"max_tokens was capped at {MAX_TOKENS}.",)
    return max_tokens, ()


def _choose(library: Library, query: str, triggers: Sequence[str]) -> tuple[list[Choice], list[str]]:
    """Sections for the query and the triggers, best first, and the names of further topics that fit."""
    serving = library.find_serving(triggers)
    if query.partition("#")[0] in library.topics:
        return library.find(query), serving
    if stating := library.find_stating(query):
        return _lead(library, stating), serving
    if not query:
        return _lead(library, serving), []
    ranked = library.index.rank_topics(query)
    if serving:
        ranked = sorted(((name, score * (1.5 if name in serving else 1)) for name, score in ranked), key=_by_score)
    if not ranked:
        return _lead(library, serving), []
    near = [name for name, score in ranked if score >= _NEAR * ranked[0][1]]
    return _focus(library, near[:_TOPICS_SEARCHED], query), list(dict.fromkeys((*near, *serving)))


def _by_score(pair: tuple[str, float]) -> float:
    return -pair[1]


def _lead(library: Library, names: Iterable[str]) -> list[Choice]:
    """The first sections of all of `names`, which say what to do, then their second ones, and so on."""
    rows = zip_longest(*(library.list_sections(name) for name in names))
    return [choice for row in rows for choice in row if choice]


def _focus(library: Library, names: Sequence[str], query: str) -> list[Choice]:
    """The sections of `names` for a question: of the best topic nearly all comes before the second is opened."""
    columns: list[list[Choice]] = []
    for name in names:
        first, *rest = library.list_sections(name)
        order = [section.anchor for section in library.index.rank_sections(name, query)]
        columns.append([first, *sorted(rest, key=lambda choice: order.index(choice.section.anchor))])
    best, others = columns[0], columns[1:]
    leads = [column[0] for column in others]
    return [*best[:2], *leads[:1], *best[2:], *leads[1:], *(choice for column in others for choice in column[1:])]


def _pack(
    library: Library, choices: Sequence[Choice], others: Iterable[str], guidance: Guidance, budget: int
) -> Guidance:
    """As many of `choices` as fit, leaving a share of the budget to name what was left out.

    A topic whose first offered section does not fit is left out whole: examples without their rule mislead.
    """
    refused: set[str] = set()
    for choice in choices:
        grown = None if choice.name in refused else _add(guidance, choice, budget * (1 - _NEXT_SHARE))
        if grown:
            guidance = grown
        elif not _has(guidance, choice.name):
            refused.add(choice.name)
    order = [piece.topic for piece in guidance.pieces]
    together = tuple(sorted(guidance.pieces, key=lambda piece: order.index(piece.topic)))
    return _name_next(library, choices, others, replace(guidance, pieces=together), budget)


def _add(guidance: Guidance, choice: Choice, budget: float) -> Guidance | None:
    for text in _list_forms(choice, guidance):
        piece = Piece(choice.name, choice.section.anchor, text)
        grown = replace(guidance, pieces=(*guidance.pieces, piece))
        if grown.tokens <= budget:
            return grown
    return None


def _has(guidance: Guidance, topic: str) -> bool:
    return any(piece.topic == topic for piece in guidance.pieces)


def _list_forms(choice: Choice, guidance: Guidance) -> list[str]:
    """The section's text in full, then without its Incorrect examples; a topic's first piece is headed by its title."""
    text = choice.section.text
    if not _has(guidance, choice.name):
        holds = f"\n\nHolds for {', '.join(choice.topic.versions)}." if choice.topic.versions else ""
        text = f"# {choice.topic.title}{holds}\n\n{text}"
    short = text
    for example in reversed(find_examples(text)):
        if not example.correct:
            start, end = example.span
            short = short[:start] + short[end:]
    return [text] if short == text else [text, short]


def _name_next(
    library: Library, choices: Sequence[Choice], others: Iterable[str], guidance: Guidance, budget: int
) -> Guidance:
    given = {(piece.topic, piece.section) for piece in guidance.pieces}
    names = dict.fromkeys(choice.name for choice in choices)
    left = [choice for choice in choices if (choice.name, choice.section.anchor) not in given]
    reads = [Reading(choice.address, count_tokens(choice.section.text), choice.section.title) for choice in left]
    related = [near for name in names for near in library.topics[name].see_also if near in library.topics]
    reads.extend(_read_whole(library, name) for name in dict.fromkeys((*others, *related)) if name not in names)
    if not guidance.pieces:
        notice = f"No section fits; the first costs {reads[0].tokens} tokens. Raise max_tokens."
        guidance = replace(guidance, notices=(*guidance.notices, notice))
    return _fill(guidance, reads, budget)


def _read_whole(library: Library, name: str) -> Reading:
    topic = library.topics[name]
    return Reading(name, count_tokens(topic.text), topic.summary)


def _fill(guidance: Guidance, reads: Sequence[Reading], budget: int) -> Guidance:
    """`guidance` with as many of `reads` as fit, in their order."""
    for count in range(len(reads), 0, -1):
        grown = replace(guidance, next_reads=tuple(reads[:count]))
        if grown.tokens <= budget:
            return grown
    return guidance


def _list_topics(library: Library, guidance: Guidance, budget: int) -> Guidance:
    """The index: every topic with its summary, or by name alone where the budget is small."""
    reads = [_read_whole(library, name) for name in library.topics]
    whole = replace(guidance, next_reads=tuple(reads))
    if whole.tokens <= budget:
        return whole
    bare = [replace(read, summary="") for read in reads]
    notice = "Not all of the index fits; raise max_tokens."
    return _fill(replace(guidance, notices=(*guidance.notices, notice)), bare, budget)


def _explain_miss(library: Library, query: str) -> str:
    match = nearest(query, library.topics)
    guess = f" Did you mean the topic {match!r}?" if match else ""
    return f"Nothing here answers {shorten(repr(query), 60)}.{guess} These are the topics."
