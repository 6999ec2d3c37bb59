"""Plans: what comes out for a wish and a tree, without building it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.changes.preview import preview
from layerwise.errors import InvalidInputError, OutsideRootError
from layerwise.generate.layout import format_source
from layerwise.generate.plan import plan
from layerwise.tokens import count_tokens

PRODUCT = "name:str(200)! search, sku:str(64)! unique, price:money ge=0, kind:enum(book,toy)=book filter"
SPECS: tuple[dict[str, Any], ...] = (
    {"name": "Product", "fields": PRODUCT},
    {"name": "Note", "fields": "title:str(100) unique, rank:int=1", "relations": ["author:ref(User) owner"],
     "mixins": ["timestamps", "soft_delete", "versioned"], "pagination": "keyset", "id": "int",
     "auth": {"read": "owner", "write": "owner"}},
    {"name": "MagazineArticleTranslation", "auth": {"read": "user", "write": "superuser"},
     "fields": "title_of_the_text:str(200)! search sortable, slug:slug unique on=title_of_the_text, class:int"},
    {"name": "Category", "fields": "name:str, parent:ref(self)? set_null, keeper:o2o(User)? cascade"},
    {"name": "Event", "fields": "at:datetime", "operations": ["list", "create"], "mixins": []},
)  # fmt: skip


def find_nothing(texts: Mapping[str, str]) -> list[str]:
    return []


def make(root: Path, **wish: Any) -> ChangeSet:
    return plan(root, review=find_nothing, **wish)


def texts_of(changeset: ChangeSet) -> dict[str, str]:
    return {change.path: (change.after or b"").decode() for change in changeset.changes}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ChangeSet:
    """The plan of a whole backend in an empty folder."""
    return make(tmp_path_factory.mktemp("empty"), request="create a UserService")


@pytest.fixture
def backend(whole: ChangeSet, tmp_path: Path) -> Path:
    """A folder with such a backend in it."""
    for path, text in texts_of(whole).items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return tmp_path


def test_an_empty_folder_gets_the_documents_layout(whole: ChangeSet) -> None:
    paths = {change.path.removeprefix("backend/") for change in whole.changes}
    assert not whole.issues
    assert paths >= {
        "app/main.py", "app/config.py", "app/api/v1/endpoints/users.py", "app/core/security.py",
        "app/core/exceptions.py", "app/models/user.py", "app/schemas/user.py", "app/services/user.py",
        "app/repositories/user.py", "app/repositories/base.py", "app/db/session.py", "tests/conftest.py",
        "alembic.ini", "requirements.txt",
    }  # fmt: skip


def test_the_user_has_the_five_schemas_of_the_document(whole: ChangeSet) -> None:
    text = texts_of(whole)["backend/app/schemas/user.py"]
    for name in ("UserBase(BaseModel)", "UserCreate(UserBase)", "UserUpdate(BaseModel)", "UserResponse(UserBase)"):
        assert f"class {name}:" in text
    assert "hashed_password" not in text.partition("class UserInDB(UserResponse):")[0]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["name"])
def test_a_resource_is_wired_in_and_as_black_writes_it(backend: Path, spec: dict[str, Any]) -> None:
    planned = make(backend, spec=spec)
    assert not planned.issues
    texts = texts_of(planned)
    assert {"backend/app/api/deps.py", "backend/app/api/v1/router.py", "backend/app/models/__init__.py"} <= texts.keys()
    for path, text in texts.items():
        if path.endswith(".py"):
            assert format_source(text) == text, path


def test_the_same_wish_gives_the_same_change_set(whole: ChangeSet, tmp_path: Path) -> None:
    assert make(tmp_path, request="create a UserService").id == whole.id


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["name"])
def test_a_wish_that_is_true_already_changes_nothing(backend: Path, spec: dict[str, Any]) -> None:
    apply(make(backend, spec=spec))
    again = make(backend, spec=spec)
    assert (again.changes, again.issues) == ((), ())
    assert any("nothing has to change" in notice for notice in again.notices)


def test_a_migration_stands_on_the_one_before(backend: Path) -> None:
    apply(make(backend, name="Product", fields=PRODUCT))
    (before,) = (backend / "backend/alembic/versions").glob("0002_create_products.py")
    later = texts_of(make(backend, name="Tag", fields="label:str(50) unique"))
    revision = before.read_text(encoding="utf-8").partition("\nrevision: str = ")[2].partition("\n")[0]
    assert f"down_revision: str | None = {revision}\n" in later["backend/alembic/versions/0003_create_tags.py"]


def test_a_file_with_other_content_is_never_overwritten(backend: Path) -> None:
    own = backend / "backend/app/services/product.py"
    own.write_text("# my own\n", encoding="utf-8")
    planned = make(backend, name="Product", fields=PRODUCT)
    assert any("app/services/product.py exists with other content" in issue for issue in planned.issues)
    assert "backend/app/services/product.py" not in texts_of(planned)


def test_a_service_brings_the_layers_it_stands_on_and_keeps_those_that_are_there(backend: Path) -> None:
    planned = make(backend, request="add a ProductService", fields=PRODUCT)
    paths = {path.removeprefix("backend/app/") for path in texts_of(planned)}
    assert {"models/product.py", "schemas/product.py", "repositories/product.py", "services/product.py"} <= paths
    assert "api/v1/endpoints/products.py" not in paths
    assert any("stands on" in notice for notice in planned.notices)

    apply(planned)
    schemas = backend / "backend/app/schemas/product.py"
    schemas.write_text(schemas.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    (backend / "backend/app/services/product.py").unlink()
    again = make(backend, request="add a ProductService", fields=PRODUCT)
    assert not again.issues
    assert list(texts_of(again)) == ["backend/app/services/product.py"]
    assert any("app/schemas/product.py is there already" in notice for notice in again.notices)


def test_a_root_that_is_the_backend_itself_is_found(backend: Path) -> None:
    paths = texts_of(make(backend / "backend", name="Product", fields=PRODUCT))
    assert "app/models/product.py" in paths


def test_a_reference_to_a_model_that_is_not_there_is_an_issue(backend: Path) -> None:
    planned = make(backend, name="Order", fields="customer:ref(Customer)")
    assert planned.changes == ()
    assert "Generate Customer first" in planned.issues[0]


def test_another_resource_in_an_empty_folder_comes_with_a_backend_and_its_users(tmp_path: Path) -> None:
    paths = texts_of(make(tmp_path, name="Product", fields=f"{PRODUCT}, seller:ref(User)"))
    assert {"backend/app/services/product.py", "backend/app/services/user.py", "backend/app/main.py"} <= paths.keys()


def test_a_user_of_ones_own_still_can_log_in_and_not_promote_themselves(tmp_path: Path) -> None:
    planned = make(tmp_path, name="User", fields="email:str(100), full_name:str(200)?, is_superuser:bool=false")
    schemas = texts_of(planned)["backend/app/schemas/user.py"]
    create = schemas.partition("class UserCreate")[2].partition("class UserResponse")[0]
    assert "full_name" in schemas
    assert "email: Email" in schemas
    assert "password" in create
    assert "is_superuser" not in create
    assert len([notice for notice in planned.notices if notice.startswith("User")]) == 4


@pytest.mark.parametrize(
    ("fields", "options", "said"),
    [
        ("meta:json(Meta)", {}, "json(Meta) needs an example"),
        ("meta:json(Meta)?", {}, "no module of app/schemas has a class Meta"),
        ("maker:ref(Tag) owner", {}, "the owner is a ref(User)"),
        ("a:int sortable", {"pagination": "keyset"}, "leave out sortable"),
    ],
)
def test_what_cannot_be_written_is_an_issue_and_writes_nothing(
    backend: Path, fields: str, options: dict[str, Any], said: str
) -> None:
    planned = make(backend, spec={"name": "Order", "fields": fields, **options})
    assert planned.changes == ()
    assert said in " ".join(planned.issues)


def test_a_broken_file_that_must_be_edited_is_an_issue(backend: Path) -> None:
    (backend / "backend/app/api/deps.py").write_text("def half(", encoding="utf-8")
    planned = make(backend, name="Product", fields=PRODUCT)
    assert any("app/api/deps.py cannot be parsed" in issue for issue in planned.issues)


def test_two_heads_of_migrations_are_an_issue(backend: Path) -> None:
    versions = backend / "backend/alembic/versions"
    for name in ("x", "y"):
        (versions / f"{name}.py").write_text(f'revision = "{name}"\ndown_revision = None\n', encoding="utf-8")
    planned = make(backend, name="Product", fields=PRODUCT)
    assert any("alembic merge heads" in issue for issue in planned.issues)


def test_names_that_postgresql_would_cut_are_an_issue(backend: Path) -> None:
    long = "a_name_that_goes_on_for_quite_a_while"
    planned = make(backend, name="VeryLongNamedThingOfMany", fields=f"{long}:int index")
    assert any("PostgreSQL keeps only 63" in issue for issue in planned.issues)


def test_a_file_that_is_not_utf_8_is_said_by_name(backend: Path) -> None:
    (backend / "backend/app/api/deps.py").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInputError, match=r"app/api/deps\.py is not UTF-8"):
        make(backend, name="Product", fields=PRODUCT)


def test_a_symbolic_link_is_not_followed(backend: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (backend / "backend/app/services/product.py").symlink_to(elsewhere / "product.py")
    with pytest.raises(OutsideRootError):
        make(backend, name="Product", fields=PRODUCT)


@pytest.mark.parametrize(
    "wish",
    [{}, {"request": "create a UserService", "name": "User"}, {"request": "create a UserService", "verify": "fast"}],
)
def test_a_wish_that_is_not_one_is_refused(tmp_path: Path, wish: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        make(tmp_path, **wish)


def test_the_record_tells_what_was_generated(backend: Path) -> None:
    record = make(backend, name="Product", fields=PRODUCT).record
    assert (record["name"], record["blueprint"]) == ("Product", "resource")
    assert record["spec"]["fields"][1]["name"] == "sku"


def test_a_reference_leads_back_in_the_other_model_and_that_model_stays_true_to_its_wish(backend: Path) -> None:
    apply(make(backend, name="Note", fields="title:str, author:ref(User)"))
    model = (backend / "backend/app/models/user.py").read_text(encoding="utf-8")
    assert 'notes: Mapped[list["Note"]] = relationship(back_populates="author", passive_deletes="all"' in model
    assert "if TYPE_CHECKING:\n    from app.models.note import Note\n" in model
    again = make(backend, request="create a UserService")
    assert (again.changes, again.issues) == ((), ())


def test_a_name_that_is_taken_in_the_other_model_is_an_issue(backend: Path) -> None:
    planned = make(backend, name="Note", fields="title:str, author:ref(User) back=email")
    assert any("User has an attribute email already" in issue for issue in planned.issues)


@pytest.mark.parametrize(
    ("fields", "auth", "said"),
    [
        ("title:str", None, "anyone may read, writing needs a login"),
        ("title:str, author:ref(User) owner", None, "owners read their own, owners write their own"),
        ("title:str", {"write": "superuser"}, "anyone may read, writing needs a superuser"),
    ],
)
def test_what_is_left_open_about_access_is_decided_and_said(
    backend: Path, fields: str, auth: dict[str, str] | None, said: str
) -> None:
    planned = make(backend, spec={"name": "Note", "fields": fields, "auth": auth})
    assert any(said in notice for notice in planned.notices)
    assert "Depends(get_current_" in texts_of(planned)["backend/app/api/v1/endpoints/notes.py"] or "author" in fields


def test_a_list_of_rows_to_come_says_how_it_comes_about(backend: Path) -> None:
    planned = make(backend, spec={"name": "Author", "fields": "name:str", "relations": ["books:has_many(Book)"]})
    assert any("author:ref(Author) back=books" in notice for notice in planned.notices)
    apply(planned)
    apply(make(backend, name="Book", fields="title:str, author:ref(Author) back=books"))
    assert 'books: Mapped[list["Book"]]' in (backend / "backend/app/models/author.py").read_text(encoding="utf-8")


def test_a_whole_backend_is_told_of_in_1500_tokens(tmp_path: Path) -> None:
    shown = preview(make(tmp_path, request="create a UserService"), max_tokens=1500)
    assert count_tokens(json.dumps(shown.data, separators=(",", ":"))) <= 1500
    assert count_tokens(shown.text) <= 1500
