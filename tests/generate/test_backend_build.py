"""Backends that are really built: linted, typed, migrated both ways and tested on SQLite and PostgreSQL."""

from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.generate.plan import plan

pytestmark = pytest.mark.slow

EVERY_TYPE = (
    "a_str:str(40) unique, b_text:text search, c_ci:ci_str(30), d_char:char(3), e_email:email?, f_url:url,"
    " g_slug:slug unique on=a_str, h_phone:phone, i_color:color?, j_currency:currency=EUR, k_country:country,"
    " l_locale:locale, m_tz:tz, n_int:int ge=0 index, o_small:smallint le=100 filter, p_big:bigint, q_float:float,"
    " r_dec:decimal(8,3) sortable, s_money:money?, t_pct:percent, u_bool:bool=false, v_date:date unique, w_time:time,"
    " x_dt:datetime=now, y_dur:duration, z_uuid:uuid=random, aa_enum:enum(low,in-progress)=low filter check,"
    " ab_json:json={}, ac_list:int[]=[], ad_point:point?, ae_bytes:bytes, af_ip:ip, ag_cidr:cidr, ah_file:file?,"
    " ai_secret:password, class:str(20), json:str(10)?, aj_only:str(10) writeonly, ak_given:int=5 readonly,"
    " al_fixed:str(9) immutable, am_days:date[], seller:ref(User) filter, parent:ref(self)? set_null"
)
NOTE: dict[str, Any] = {
    "name": "Note",
    "fields": "title:str(100) unique, rank:int=1",
    "relations": ["author:ref(User) owner cascade", "gadget:o2o(Gadget)? restrict"],
    "mixins": ["timestamps", "soft_delete", "versioned"],
    "pagination": "keyset",
    "id": "int",
    "auth": {"read": "owner", "write": "owner"},
    "indexes": [{"columns": ["rank", "created_at"]}],
    "checks": [{"name": "rank_positive", "sql": "rank >= 0"}],
    "unique": [["rank", "title"]],
}

ITEMS: dict[str, Any] = {
    "name": "items",
    "kind": "has_many",
    "target": "OrderItem",
    "on_delete": "cascade",
    "min": 1,
    "fields": "sku:str(64), quantity:int gt=0",
}
ORDER: dict[str, Any] = {"name": "Order", "fields": "number:str(20) unique", "relations": [ITEMS, "tags:m2m(Tag)"]}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ChangeSet:
    """The full proof of a third resource in a backend that has its users and a resource of every type."""
    root = tmp_path_factory.mktemp("project")
    for wish in ({"request": "create a UserService"}, {"name": "Gadget", "fields": EVERY_TYPE}):
        planned = plan(root, review=lambda texts: [], **wish)
        assert not planned.issues
        apply(planned)
    return plan(root, spec=NOTE, review=lambda texts: [], verify="full")


def check_proof(built: ChangeSet) -> None:
    assert not built.issues
    assert not built.warnings
    steps = {step["name"]: step for step in built.evidence["steps"]}
    assert steps.keys() == {
        "ruff", "black", "mypy", "migrations on sqlite", "tests on sqlite", "migrations on postgresql",
        "tests on postgresql",
    }  # fmt: skip
    assert all(step["ran"] and step["ok"] for step in steps.values())


def test_everything_that_is_generated_passes_every_gate(built: ChangeSet) -> None:
    check_proof(built)


def test_an_order_passes_every_gate_as_does_a_backend_before_its_login_comes(tmp_path: Path) -> None:
    tag: dict[str, Any] = {"name": "Tag", "fields": "name:str(30) unique", "settings": {"login": "no"}}
    bare = plan(tmp_path, review=lambda texts: [], verify="full", **tag)
    check_proof(bare)
    apply(bare)
    apply(plan(tmp_path, request="add auth", review=lambda texts: []))
    planned = plan(tmp_path, spec=ORDER, review=lambda texts: [], verify="full")
    check_proof(planned)
    apply(planned)
    assert not plan(tmp_path, spec=ORDER, review=lambda texts: []).changes


def test_the_proof_leaves_the_users_tree_alone(built: ChangeSet) -> None:
    backend = Path(built.root) / "backend"
    assert not (backend / "app/models/note.py").exists()
    assert not list(backend.rglob("__pycache__"))
