"""Growing: a resource that is there changed through every layer and taken out again, edits of one's own kept."""

import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.changes.undo import undo
from layerwise.errors import InvalidInputError, LayerwiseError, UnknownNameError
from layerwise.generate.plan import plan
from layerwise.jobs import review_texts

PRODUCT = "name:str(200)! search, sku:str(64)! unique, kind:enum(book,toy)=book filter check"
ORDER: dict[str, Any] = {
    "name": "Order",
    "fields": "number:str(20) unique, product:ref(Product), items:has_many(OrderItem(sku:str(64), count:int gt=0))",
    "relations": ["tags:m2m(Tag)"],
}
MODEL = "backend/app/models/product.py"


def find_nothing(texts: Mapping[str, str]) -> list[str]:
    return []


def make(root: Path, request: str = "", **wish: Any) -> ChangeSet:
    return plan(root, request=request, review=find_nothing, **wish)


def do(root: Path, request: str = "", **wish: Any) -> ChangeSet:
    """Plan and apply; fails where something stands in the way."""
    planned = make(root, request, **wish)
    assert not planned.issues
    apply(planned)
    return planned


def read_tree(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and ".layerwise/journal" not in path.as_posix())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def edit(root: Path, path: str, before: str, after: str) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert before in text
    (root / path).write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backend with users, products and tags."""
    root = tmp_path_factory.mktemp("made")
    do(root, "create a UserService")
    do(root, name="Product", fields=PRODUCT)
    do(root, name="Tag", fields="label:str(30) unique")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "project"))


GROWTHS = (
    "field Product weight:int=3 ge=0, note:text?",
    "add token:uuid=random unique to Product",
    "relation Product seller:ref(User)?",
    "relation Product tags:m2m(Tag)",
    "relation Product parts:has_many(ProductPart(label:str(30), count:int=1)) cascade",
)


@pytest.mark.parametrize("growth", GROWTHS)
def test_what_is_added_and_removed_leaves_the_tree_as_it_was_byte_for_byte(root: Path, growth: str) -> None:
    before = read_tree(root)
    grown = do(root, growth)
    names = [name for name in ("weight", "note", "token", "seller", "tags", "parts") if f"{name}:" in growth]
    layers = {change.path.split("/")[2] for change in grown.changes}
    assert {"models", "schemas", "versions"} <= layers
    do(root, f"remove Product {' '.join(names)}")
    assert read_tree(root) == before


@pytest.mark.parametrize("growth", GROWTHS)
def test_a_second_call_changes_nothing(root: Path, growth: str) -> None:
    do(root, growth)
    again = make(root, growth)
    assert (again.changes, again.issues) == ((), ())


def test_growing_can_be_undone(root: Path) -> None:
    before = read_tree(root)
    do(root, GROWTHS[0])
    undo(root)
    assert read_tree(root) == before


def test_a_resource_is_removed_without_a_trace(root: Path) -> None:
    before = read_tree(root)
    do(root, spec=ORDER)
    do(root, "field Order note:text?")
    do(root, "remove Order")
    assert read_tree(root) == before


WIRED = {
    "ref": "product:ref(Product)",
    "o2o": "product:o2o(Product)",
    "nullable ref": "product:ref(Product)? set_null back=own_notes",
    "m2m": "products:m2m(Product)",
    "m2m with a payload": "lines:m2m(Product) via=NoteLine(quantity:int=1)",
    "two": "first:ref(Product) back=first_notes, second:ref(Product) back=second_notes, marks:m2m(Product)",
}


@pytest.mark.parametrize("relations", WIRED.values(), ids=WIRED)
def test_a_removed_resource_takes_what_it_wired_into_other_models_along(root: Path, relations: str) -> None:
    edit(root, MODEL, "    sku: ", "    # the supplier's number\n    sku: ")
    do(root, name="Review", fields="stars:int, product:ref(Product)")
    before = read_tree(root)
    do(root, name="Note", fields=f"title:str(30), {relations}")
    wired = (root / MODEL).read_bytes() != before[MODEL]
    assert wired or "via=" in relations
    do(root, "remove Note")
    assert read_tree(root) == before


def test_findings_in_text_of_ones_own_do_not_stand_in_the_way(root: Path) -> None:
    path = "backend/app/services/product.py"
    own = "    async def own(self) -> None:\n        self.repository.session.commit()\n\n    async def get("
    edit(root, path, "    async def get(", own)
    reviewed = partial(review_texts, root)
    text = (root / path).read_text(encoding="utf-8")
    assert reviewed({path: text})
    grown = plan(root, request="field Product color:str(9)? unique", review=reviewed)
    assert path in {change.path for change in grown.changes}
    assert grown.issues == ()


def test_a_resource_that_came_with_its_backend_is_removed_alone(tmp_path: Path) -> None:
    do(tmp_path, name="Product", fields=PRODUCT)
    removed = do(tmp_path, "remove Product")
    assert (tmp_path / "backend/app/api/deps.py").exists()
    assert {change.op for change in removed.changes} == {"delete", "modify"}
    assert not list(tmp_path.rglob("*product*"))


def test_edits_of_ones_own_survive_growth_and_its_removal(root: Path) -> None:
    edit(root, MODEL, "    sku: ", "    # the supplier's number\n    sku: ")
    edit(root, MODEL, "class Product(", "LIMIT = 3\n\n\nclass Product(")
    edit(
        root,
        "backend/app/services/product.py",
        "    async def get(",
        "    def own(self) -> int:\n        return 1\n\n    async def get(",
    )
    before = read_tree(root)
    do(root, "field Product weight:int=3, seller:ref(User)?")
    text = (root / MODEL).read_text(encoding="utf-8")
    assert "    # the supplier's number\n    sku: " in text
    assert "    weight: Mapped[int]" in text
    do(root, "remove Product weight seller")
    assert read_tree(root) == before


def test_where_an_edit_stands_in_the_way_nothing_is_written_and_the_hunks_come_back(root: Path) -> None:
    edit(
        root,
        "backend/app/services/product.py",
        "repository: ProductRepository)",
        "repository: ProductRepository, x: int)",
    )
    planned = make(root, "relation Product seller:ref(User)?")
    (issue,) = planned.issues
    assert "app/services/product.py was edited where it has to change" in issue
    assert "x: int" in issue
    assert "users: UserRepository" in issue
    with pytest.raises(LayerwiseError):
        apply(planned)


def test_a_file_that_was_deleted_stays_away(root: Path) -> None:
    (root / "backend/tests/services/test_product.py").unlink()
    planned = do(root, "field Product note:text?, seller:ref(User)?")
    assert any("test_product.py is not there any more" in notice for notice in planned.notices)
    assert not (root / "backend/tests/services/test_product.py").exists()


def test_a_column_that_must_hold_something_comes_in_three_steps(root: Path) -> None:
    grown = do(root, "field Product weight:int=3")
    (text,) = [(change.after or b"").decode() for change in grown.changes if "versions" in change.path]
    steps = ['add_column(sa.Column("weight", sa.Integer(), nullable=True))', '.values({"weight": 3})', "nullable=False"]
    assert sorted(steps, key=text.index) == steps


@pytest.mark.parametrize("field", ["weight:int", "code:str(9)=x unique", "seller:ref(User)"])
def test_a_column_that_rows_would_have_no_value_for_is_an_issue(root: Path, field: str) -> None:
    planned = make(root, f"field Product {field}")
    assert "no value for" in planned.issues[0]


def test_a_filter_reaches_schema_and_repository_without_a_migration(root: Path) -> None:
    grown = do(root, "filter Product sku, name sortable")
    paths = {change.path.removeprefix("backend/") for change in grown.changes}
    assert paths >= {"app/schemas/product.py", "app/repositories/product.py", "tests/api/v1/endpoints/test_products.py"}
    assert not any("versions" in path for path in paths)
    assert (make(root, "filter Product sku").changes) == ()


def test_an_endpoint_is_added_to_a_service_and_an_operation_to_an_endpoint(root: Path) -> None:
    do(root, spec={"name": "Note", "fields": "title:str(50)", "operations": ["list", "create"]})
    grown = do(root, "endpoint Note delete")
    routes = (root / "backend/app/api/v1/endpoints/notes.py").read_text(encoding="utf-8")
    assert "async def delete_note" in routes
    assert "async def update_note" not in routes
    assert not any("versions" in change.path for change in grown.changes)

    do(root, "create a CardService with title:str(50)")
    assert not (root / "backend/app/api/v1/endpoints/cards.py").exists()
    do(root, "endpoint Card")
    assert (root / "backend/app/api/v1/endpoints/cards.py").exists()
    assert "cards_router" in (root / "backend/app/api/v1/router.py").read_text(encoding="utf-8")


def test_edited_files_are_removed_only_by_force_and_named(root: Path) -> None:
    do(root, name="Note", fields="title:str(50)")
    edit(root, "backend/app/services/note.py", "class", "# mine\nclass")
    refused = make(root, "remove Note")
    assert "app/services/note.py was edited" in " ".join(refused.issues)
    assert not make(root, "remove Note --force").issues


def test_what_others_stand_on_is_not_removed(root: Path) -> None:
    do(root, spec=ORDER)
    assert "Order.product refers to Product" in " ".join(make(root, "remove Product").issues)
    assert "login stands on User" in " ".join(make(root, "remove User").issues)
    (root / "backend/app/own.py").write_text("from app.models.order import Order\n", encoding="utf-8")
    assert "app/own.py still imports app.models.order" in " ".join(make(root, "remove Order").issues)
    with pytest.raises(InvalidInputError, match="login stands on this"):
        make(root, "remove User email")


@pytest.mark.parametrize("evidence", ["git", "database", "later"])
def test_a_table_that_may_be_there_is_dropped_by_a_migration(root: Path, evidence: str) -> None:
    planned = do(root, name="Note", fields="title:str(50)")
    backend = root / "backend"
    if evidence == "git":
        for command in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
        ):
            subprocess.run(["git", "-C", str(root), *command], check=True)
    elif evidence == "database":
        (text,) = [(change.after or b"").decode() for change in planned.changes if "versions" in change.path]
        revision = text.partition('revision: str = "')[2][:12]
        with closing(sqlite3.connect(backend / "app.db")) as connection, connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    else:
        do(root, name="Card", fields="title:str(50)")
    removed = do(root, "remove Note")
    assert [change.path for change in removed.changes if change.op == "create"]
    (dropping,) = backend.glob("alembic/versions/*_drop_notes.py")
    assert 'op.drop_table("notes")' in dropping.read_text(encoding="utf-8")
    assert list(backend.glob("alembic/versions/*_create_notes.py"))

    do(root, name="Note", fields="title:str(50)")
    assert len(list(backend.glob("alembic/versions/*_create_notes.py"))) == 2


def test_the_fields_of_a_resource_that_is_there_need_not_be_said_again(root: Path) -> None:
    assert make(root, "create a ProductService").changes == ()
    (issue,) = make(root, name="Product", fields="title:str").issues
    assert "was generated with other fields" in issue


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("field Prodct note:text?", "Did you mean 'Product'"),
        ("remove Product nme", "Did you mean 'name'"),
        ("filter Product nme", "Did you mean 'name'"),
        ("filter Product name serch", "Did you mean 'search'"),
        ("endpoint Product delte", "Did you mean 'delete'"),
        ("field Product note:txt", "Did you mean 'text'"),
        ("field Product sku:int", "has sku already"),
        ("field Product", "What is to be added"),
        ("field Product (", "never closed"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_can(root: Path, request_: str, said: str) -> None:
    with pytest.raises(LayerwiseError, match=said):
        make(root, request_)


def test_a_resource_that_layerwise_did_not_make_is_not_grown(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="manifest"):
        make(tmp_path, "remove Order")
