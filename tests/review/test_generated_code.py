"""All that the templates write, our own review accepts: no rule of any profile says a word about it."""

from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.generate.plan import plan
from layerwise.project.index import read_project
from layerwise.review.run import review

ITEMS = {
    "name": "items", "kind": "has_many", "target": "OrderItem", "on_delete": "cascade", "min": 1,
    "fields": "sku:str(64), quantity:int gt=0",
}  # fmt: skip
SPECS: dict[str, dict[str, Any]] = {
    "open to all": {"name": "Product", "fields": "name:str(200)! search, sku:str(64)! unique, price:money ge=0"},
    "owned, by key set": {
        "name": "Note", "fields": "title:str(100) unique, rank:int=1", "relations": ["author:ref(User) owner"],
        "mixins": ["timestamps", "soft_delete", "versioned"], "pagination": "keyset", "id": "int",
        "auth": {"read": "owner", "write": "owner"},
    },
    "read by users, written by superusers": {
        "name": "Article", "fields": "title:str(200)! search sortable, slug:slug unique on=title, body:text",
        "auth": {"read": "user", "write": "superuser"},
    },
    "written by users": {"name": "Tag", "fields": "label:str(40) unique", "auth": {"read": "public", "write": "user"}},
    "a tree": {"name": "Category", "fields": "name:str, parent:ref(self)? set_null, keeper:o2o(User)? cascade"},
    "a few operations": {"name": "Event", "fields": "at:datetime", "operations": ["list", "create"], "mixins": []},
    "a parent with its items": {
        "name": "Order", "fields": "number:str(20) unique", "relations": [ITEMS, "buyer:ref(User) owner"],
        "auth": {"read": "owner", "write": "owner"},
    },
}  # fmt: skip


def say_nothing(_texts: object) -> list[str]:
    return []


def findings(root: Path) -> list[tuple[str, str, int, str]]:
    """What the strictest review says about the tree."""
    result = review(["."], root=root, profile="strict", project=read_project(root))
    assert result.errors == ()
    assert result.coverage.files > 20
    return [(finding.name, finding.path, finding.line, finding.message) for finding in result.findings]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_no_rule_says_a_word_about_a_generated_backend_with_a_resource(spec: dict[str, Any], tmp_path: Path) -> None:
    planned = plan(tmp_path, spec=spec, review=say_nothing)
    assert not planned.issues
    apply(planned)
    assert findings(tmp_path) == []


def test_no_rule_says_a_word_about_a_backend_that_has_them_all(tmp_path: Path) -> None:
    for spec in SPECS.values():
        planned = plan(tmp_path, spec=spec, review=say_nothing)
        assert not planned.issues
        apply(planned)
    many = {"name": "Label", "fields": "text:str(20) unique", "relations": ["products:m2m(Product)"]}
    apply(plan(tmp_path, spec=many, review=say_nothing))
    assert findings(tmp_path) == []
