"""The entity and the layer that a prompt names: "UserService" is the service of User."""

import re

_SUFFIXES = {
    "service": ("Service",),
    "repository": ("Repository", "Repo", "DAO"),
    "route": ("Router", "Controller", "Endpoint"),
    "model": ("Model", "Entity"),
    "schema": ("Schema", "Create", "Update", "Response", "Request", "Read", "Public", "DTO", "Dto", "Out", "In"),
}
_LAYERS = {suffix: layer for layer, suffixes in _SUFFIXES.items() for suffix in suffixes}
_NO_STEM = ("Base", "Async")
_CLASS = re.compile(r"\b[A-Z][A-Za-z0-9]{1,80}\b")
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
_LAYER = "|".join(_WORDS)
_PHRASE = re.compile(
    rf"\b(?:(?P<before>[A-Za-z][a-z]{{2,40}})[ \t]+(?P<layer>{_LAYER})"
    rf"|(?P<layer_first>{_LAYER})[ \t]+(?:for|of)[ \t]+(?:(?:an?|the)[ \t]+)?`?(?P<after>[A-Za-z][a-z]{{2,40}}))\b",
    re.IGNORECASE,
)
_OTHER_WORDS = (
    "a an the new this that our your my all some any each every no rest http api get post put patch delete create add "
    "update fix implement build make write fastapi sqlalchemy pydantic async sync response request base database data "
    "and for with from into public private internal bulk single main whole missing simple single web backend crud "
    "endpoint endpoints route routes router table model models schema schemas service repository layer it them its "
    "domain orm business input output nested json graphql generic other another first last same right wrong"
)
_NO_ENTITY = frozenset(_OTHER_WORDS.split())


def read_subject(text: str) -> tuple[str | None, str | None]:
    """The entity, in singular CamelCase and layer (service, repository, route, model, schema, resource), or None."""
    for found in _CLASS.finditer(text):
        name = found[0]
        for suffix, layer in _LAYERS.items():
            stem = name[: -len(suffix)]
            if (
                name.endswith(suffix)
                and stem
                and (stem[-1].islower() or stem[-1].isdigit())
                and stem not in ("Base", "Async")
            ):
                return stem, layer
    layer_only: str | None = None
    for phrase in _PHRASE.finditer(text):
        layer = _WORDS[(phrase["layer"] or phrase["layer_first"]).lower()]
        noun = phrase["before"] or phrase["after"]
        layer_only = layer_only or layer
        if noun.lower() not in _NO_ENTITY:
            return _singular(noun[0].upper() + noun[1:]), layer
    return None, layer_only


def _singular(noun: str) -> str:
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun
