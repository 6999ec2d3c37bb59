"""The entity and the layer that a prompt names: "UserService" is the service of User."""

_SUFFIXES = {
    "service": ("Service",),
    "repository": ("Repository", "Repo", "DAO"),
    "route": ("Router", "Controller", "Endpoint"),
    "model": ("Model", "Entity"),
    "schema": ("Schema", "Create", "Update", "Response", "Request", "Read", "Public", "DTO", "Dto", "Out", "In"),
}
_LAYERS = {suffix: layer for layer, suffixes in _SUFFIXES.items() for suffix in suffixes}
_NO_STEM = ("", "Base", "Async")
_WORDS = {
    "service": "service",
    "repository": "repository",
    "endpoint": "route",
    "endpoints": "route",
    "route": "route",
    "routes": "route",
    "router": "route",
    "api": "route",
    "table": "model",
    "model": "model",
    "schema": "schema",
    "schemas": "schema",
    "resource": "resource",
    "crud": "resource",
}
_ARTICLES = ("a", "an", "the")
_MARKS = "`'\"()[]{}<>*"
_STOPS = ",.;:!?"
_OTHER_WORDS = (
    "a an the new this that our your my all some any each every no rest http api get post put patch delete create add "
    "update fix implement build make write fastapi sqlalchemy pydantic async sync response request base database data "
    "and for with from into public private internal bulk single main whole missing simple single web backend crud "
    "endpoint endpoints route routes router table model models schema schemas service repository layer it them its "
    "domain orm business input output nested json graphql generic other another first last same right wrong"
)
_NO_ENTITY = frozenset(_OTHER_WORDS.split())


def read_subject(text: str) -> tuple[str | None, str | None]:
    """The entity, in singular CamelCase, and layer (service, repository, route, model, schema, resource), or None."""
    words = [word.strip(_MARKS) for word in text.split()]
    for word in words:
        if named := _read_class(word.strip(_STOPS)):
            return named
    layer_only = None
    for at, word in enumerate(words):
        layer = _WORDS.get(word.strip(_STOPS).lower())
        if not layer:
            continue
        layer_only = layer_only or layer
        if at and _is_noun(words[at - 1]):
            return _name(words[at - 1]), layer
        after = [word for word in words[at + 1 : at + 4] if word.lower() not in _ARTICLES]
        if len(after) > 1 and after[0].lower() in ("for", "of") and _is_noun(after[1].rstrip(_STOPS)):
            return _name(after[1].rstrip(_STOPS)), layer
    return None, layer_only


def _read_class(word: str) -> tuple[str, str] | None:
    if not (word[:1].isupper() and word.isalnum()):
        return None
    for suffix, layer in _LAYERS.items():
        stem = word.removesuffix(suffix)
        if stem != word and stem not in _NO_STEM and not stem[-1].isupper():
            return stem, layer
    return None


def _is_noun(word: str) -> bool:
    return word.isalpha() and word[1:].islower() and len(word) > 2 and word.lower() not in _NO_ENTITY


def _name(noun: str) -> str:
    return _singular(noun[0].upper() + noun[1:])


def _singular(noun: str) -> str:
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun
