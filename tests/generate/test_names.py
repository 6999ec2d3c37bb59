"""Names: plurals, cases, and words that mean something else already."""

import keyword

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase

from layerwise.generate import names, reserved
from layerwise.generate.names import (
    attribute_name,
    class_case,
    is_reserved,
    kebab_case,
    pluralize,
    singularize,
    snake_case,
)
from layerwise.generate.problems import SpecError
from layerwise.generate.reader import parse


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("user", "users"),
        ("category", "categories"),
        ("day", "days"),
        ("status", "statuses"),
        ("address", "addresses"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("dish", "dishes"),
        ("person", "people"),
        ("child", "children"),
        ("order_child", "order_children"),
        ("woman", "women"),
        ("salesman", "salesmen"),
        ("human", "humans"),
        ("analysis", "analyses"),
        ("leaf", "leaves"),
        ("hero", "heroes"),
        ("photo", "photos"),
        ("cache", "caches"),
        ("movie", "movies"),
        ("datum", "data"),
        ("data", "data"),
        ("equipment", "equipment"),
        ("series", "series"),
        ("news", "news"),
        ("bus", "buses"),
        ("process", "processes"),
        ("quiz", "quizzes"),
        ("company_series", "company_series"),
    ],
)
def test_plurals_that_developers_expect(singular: str, plural: str) -> None:
    assert pluralize(singular) == plural
    assert pluralize(plural) == plural or plural not in ("people", "children", "data")
    if singular != "data":
        assert singularize(plural) == singular


@pytest.mark.parametrize(
    ("name", "snake", "kebab", "class_"),
    [
        ("OrderItem", "order_item", "order-item", "OrderItem"),
        ("order_item", "order_item", "order-item", "OrderItem"),
        ("order-item", "order_item", "order-item", "OrderItem"),
        ("HTTPRequest", "http_request", "http-request", "HTTPRequest"),
        ("APIKey", "api_key", "api-key", "APIKey"),
        ("Oauth2Token", "oauth2_token", "oauth2-token", "Oauth2Token"),
    ],
)
def test_cases(name: str, snake: str, kebab: str, class_: str) -> None:
    assert (snake_case(name), kebab_case(name), class_case(name)) == (snake, kebab, class_)


@given(st.from_regex(r"[A-Z][a-z]{1,8}([A-Z][a-z]{1,8}){0,3}", fullmatch=True))
def test_snake_case_and_back_keep_the_class_name(name: str) -> None:
    assert class_case(snake_case(name)) == name


@given(st.from_regex(r"[a-z]{2,12}", fullmatch=True))
def test_the_plural_of_a_singular_is_its_own_plural_undone(word: str) -> None:
    plural = pluralize(word)
    # "ga" gives "gas", which is a word of its own in the singular: nobody could tell which was meant.
    assume(plural not in names._IRREGULAR)
    assert pluralize(singularize(plural)) == plural


def test_every_attribute_of_a_pydantic_model_is_reserved() -> None:
    public = {name for name in dir(BaseModel) if not name.startswith("_")}
    assert {name for name in public if not is_reserved(name)} == set()


def test_every_attribute_of_a_declarative_base_is_reserved() -> None:
    class Base(DeclarativeBase):
        pass

    public = {name for name in dir(Base) if not name.startswith("_")}
    assert public <= reserved.SQLALCHEMY


@pytest.mark.parametrize("name", sorted(keyword.kwlist))
def test_a_keyword_gets_an_underscore(name: str) -> None:
    assert attribute_name(name).isidentifier()
    assert not keyword.iskeyword(attribute_name(name))


@pytest.mark.parametrize(
    "name", ["str", "int", "list", "dict", "schema", "copy", "json", "model_config", "model_name", "dt"]
)
def test_a_name_that_would_hide_something_is_changed(name: str) -> None:
    assert attribute_name(name) != name
    assert not is_reserved(attribute_name(name))


@pytest.mark.parametrize(
    "name", ["date", "time", "datetime", "type", "order", "user", "uuid", "decimal", "email", "match"]
)
def test_a_name_that_hides_nothing_is_kept(name: str) -> None:
    assert attribute_name(name) == name


@pytest.mark.parametrize(
    ("name", "code", "suggestion"),
    [
        ("", "name_missing", None),
        ("   ", "name_missing", None),
        ("class", "name_reserved", "ClassRecord"),
        ("None", "name_reserved", "NoneRecord"),
        ("metadata", "name_reserved", "MetadataRecord"),
        ("Base", "name_reserved", "BaseRecord"),
        ("Session", "name_reserved", "SessionRecord"),
        ("../../evil", "name_invalid", "Evil"),
        ("Üser", "name_invalid", "User"),
        ("😀", "name_invalid", "Item"),
        ("3D", "name_invalid", "D"),
        ("Order Item", "name_invalid", "OrderItem"),
        ("a\x00b", "name_invalid", "AB"),
        ("\ud800", "name_invalid", "Item"),
        ("x" * 5000, "name_too_long", None),
    ],
)
def test_a_name_that_cannot_be_a_class_is_refused_with_a_better_one(
    name: str, code: str, suggestion: str | None
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(name, "a:str")
    (problem,) = caught.value.errors
    assert (problem.code, problem.suggestion) == (code, suggestion)
    assert len(str(caught.value)) < 400
    str(caught.value).encode()
    if suggestion:
        assert parse(suggestion, "a:str").name == suggestion
