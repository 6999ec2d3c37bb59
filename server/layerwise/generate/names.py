"""Names in the forms that code needs: class, snake, kebab, plural and singular, clear of reserved words."""

import re

from layerwise.generate import reserved

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")

# Only what the rules below get wrong.
_IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "mouse": "mice", "ox": "oxen", "datum": "data", "medium": "media", "criterion": "criteria",
    "phenomenon": "phenomena", "curriculum": "curricula", "bacterium": "bacteria", "analysis": "analyses",
    "basis": "bases", "crisis": "crises", "diagnosis": "diagnoses", "hypothesis": "hypotheses", "thesis": "theses",
    "axis": "axes", "oasis": "oases", "synthesis": "syntheses", "parenthesis": "parentheses", "index": "indexes",
    "matrix": "matrices", "vertex": "vertices", "appendix": "appendices", "quiz": "quizzes", "leaf": "leaves",
    "shelf": "shelves", "half": "halves", "knife": "knives", "life": "lives", "wife": "wives", "wolf": "wolves",
    "thief": "thieves", "loaf": "loaves", "self": "selves", "calf": "calves", "hero": "heroes", "potato": "potatoes",
    "tomato": "tomatoes", "echo": "echoes", "veto": "vetoes", "embargo": "embargoes", "cargo": "cargoes",
    "gas": "gases", "bus": "buses", "alias": "aliases", "status": "statuses", "virus": "viruses", "campus": "campuses",
    "bonus": "bonuses", "census": "censuses", "corpus": "corpora", "genus": "genera", "cactus": "cacti",
    "alumnus": "alumni", "stimulus": "stimuli", "fungus": "fungi", "nucleus": "nuclei", "radius": "radii",
    "syllabus": "syllabi", "canvas": "canvases", "atlas": "atlases", "lens": "lenses", "movie": "movies",
    "cookie": "cookies", "die": "dice", "tie": "ties", "pie": "pies", "zombie": "zombies", "cache": "caches",
    "archive": "archives", "move": "moves", "cafe": "cafes", "house": "houses", "horse": "horses",
}  # fmt: skip
_UNCOUNTED = frozenset(
    {
        "equipment", "information", "series", "species", "news", "money", "rice", "fish", "sheep", "deer", "aircraft",
        "software", "hardware", "metadata", "feedback", "staff", "furniture", "luggage", "inventory_data", "police",
        "merchandise", "evidence", "advice", "knowledge", "research", "traffic", "weather", "homework", "offspring",
        "headquarters", "means", "analytics", "logistics", "jeans",
    }
)  # fmt: skip
_SINGULAR = {plural: singular for singular, plural in _IRREGULAR.items()}


def words(name: str) -> list[str]:
    """The lower-case words of `name`, whichever case it is written in: `HTTPRequest2` gives http, request2."""
    return [word.lower() for part in re.split(r"[^A-Za-z0-9]+", name) for word in _WORD.findall(part)]


def snake_case(name: str) -> str:
    """`OrderItem` as `order_item`."""
    return "_".join(words(name))


def kebab_case(name: str) -> str:
    """`order_items` as `order-items`."""
    return "-".join(words(name))


def class_case(name: str) -> str:
    """`order_item` as `OrderItem`; inner capitals are kept, so `APIKey` stays."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", name) if part]
    return "".join(part[0].upper() + part[1:] for part in parts)


def pluralize(name: str) -> str:
    """The plural of the last word of a snake-case `name`: `order_item` gives `order_items`."""
    head, _, word = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    if word in _UNCOUNTED or word in _SINGULAR:
        return name
    if word in _IRREGULAR:
        return prefix + _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{prefix}{word[:-1]}ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    if word.endswith("man") and word not in ("human", "german", "roman", "shaman", "talisman"):
        return f"{prefix}{word[:-3]}men"
    return f"{name}s"


def singularize(name: str) -> str:
    """The singular of the last word of a snake-case `name`; a name that is not plural comes back as it is."""
    head, _, word = name.rpartition("_")
    prefix = f"{head}_" if head else ""
    if word in _UNCOUNTED or word in _IRREGULAR:
        return name
    if word in _SINGULAR:
        return prefix + _SINGULAR[word]
    if word.endswith("men") and len(word) > 3:
        return f"{prefix}{word[:-3]}man"
    candidates = [
        word[: -len(ending)] + stem
        for ending, stem in (("ies", "y"), ("es", ""), ("s", ""))
        if word.endswith(ending) and len(word) > len(ending)
    ]
    return next((prefix + candidate for candidate in candidates if pluralize(candidate) == word), name)


def is_reserved(name: str) -> bool:
    """Whether `name` as an attribute of a model or schema would break or hide something."""
    return (
        name in reserved.PYTHON
        or name in reserved.BUILTINS
        or name in reserved.SQLALCHEMY
        or name in reserved.PYDANTIC
        or name in reserved.GENERATED
        or name.startswith(reserved.PYDANTIC_PREFIX)
    )


def attribute_name(name: str) -> str:
    """`name` as an attribute: where it is reserved an underscore follows, where it begins `model_` a `field_` leads."""
    if name.startswith(reserved.PYDANTIC_PREFIX):
        return f"field_{name}"
    return f"{name}_" if is_reserved(name) else name
