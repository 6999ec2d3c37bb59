"""The login: a backend made without, and the blueprint that brings it later."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.errors import InvalidInputError
from layerwise.generate.plan import plan
from layerwise.jobs import review_texts

WITHOUT: Mapping[str, str] = {"login": "no"}


def make(root: Path, request: str = "", **wish: Any) -> ChangeSet:
    return plan(root, request=request, review=partial(review_texts, root), **wish)


def do(root: Path, request: str = "", **wish: Any) -> ChangeSet:
    planned = make(root, request, **wish)
    assert not planned.issues
    apply(planned)
    return planned


def read_backend(root: Path) -> dict[str, bytes]:
    home = root / "backend"
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A backend without login that has articles."""
    root = tmp_path / "bare"
    root.mkdir()
    do(root, name="Article", fields="title:str(50) unique", settings=WITHOUT)
    return root


def test_a_login_that_comes_later_is_the_one_that_comes_at_once(tmp_path: Path) -> None:
    at_once, later = tmp_path / "at_once", tmp_path / "later"
    for root in (at_once, later):
        root.mkdir()
    do(at_once, "create a UserService")
    do(later, "add pagination", settings=WITHOUT)
    bare = read_backend(later)
    do(later, "add auth")
    assert read_backend(later) == read_backend(at_once)
    assert not any("user" in path or "auth" in path or "security" in path for path in bare)
    assert not any(word in text for text in bare.values() for word in (b"SECRET_KEY", b"pyjwt", b"get_current_user"))


def test_articles_without_login_are_open_to_anyone_and_stay_so(bare: Path) -> None:
    routes = bare / "backend/app/api/v1/endpoints/articles.py"
    before = routes.read_bytes()
    assert b"get_current_user" not in before
    planned = do(bare, "add authentication to the backend")
    assert any("stay open to anyone" in notice for notice in planned.notices)
    assert routes.read_bytes() == before
    assert make(bare, "add auth").changes == ()
    assert any("writing needs a login" in notice for notice in do(bare, name="Note", fields="text:str(9)").notices)


def test_edits_of_the_shared_files_survive_the_login(bare: Path) -> None:
    readme, config = bare / "backend/README.md", bare / "backend/app/config.py"
    readme.write_text(readme.read_text(encoding="utf-8") + "\nAsk Ada first.\n", encoding="utf-8")
    config.write_text(
        config.read_text(encoding="utf-8").replace("    debug: bool", "    region: str = 'eu'\n    debug: bool"),
        encoding="utf-8",
    )
    do(bare, "add auth")
    assert "Ask Ada first." in readme.read_text(encoding="utf-8")
    assert "python -m app.superuser" in readme.read_text(encoding="utf-8")
    text = config.read_text(encoding="utf-8")
    assert "region: str = 'eu'" in text
    assert "secret_key: SecretStr = Field(min_length=32)" in text


def test_a_line_that_was_edited_where_the_login_needs_it_is_shown_and_nothing_is_written(bare: Path) -> None:
    settings = bare / "backend/.env.example"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("Every setting has a default.", "Copy, then fill in."), encoding="utf-8")
    planned = make(bare, "add auth")
    (issue,) = planned.issues
    assert "backend/.env.example was edited where it has to change" in issue
    assert "# Copy to .env. Copy, then fill in." in issue


def test_a_backend_without_login_needs_no_users(tmp_path: Path) -> None:
    do(tmp_path, "scaffold a backend without login")
    assert not (tmp_path / "backend/app/models/user.py").exists()
    assert (tmp_path / "backend/app/models/__init__.py").exists()


def test_users_bring_the_login_along(bare: Path) -> None:
    do(bare, "create a UserService")
    assert (bare / "backend/app/services/auth.py").is_file()
    assert b"get_user_service" in (bare / "backend/app/api/deps.py").read_bytes()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            {"spec": {"name": "Note", "fields": "text:str", "auth": "user"}},
            "Note: auth is 'user', but this backend has",
        ),
        ({"name": "Note", "fields": "text:str, by:ref(User) owner"}, "Note: auth is 'owner', but this backend has no"),
        ({"name": "Vault", "fields": "secret:password"}, "Vault.secret: hashes of passwords come with the login"),
        ({"request": "field Article secret:password?"}, "Article.secret: hashes of passwords come with the login"),
        ({"request": "add an async task SendReport"}, "works on users, as an example, and there are none yet"),
    ],
)
def test_what_needs_to_know_the_caller_names_what_to_ask_for_first(bare: Path, wish: dict[str, Any], said: str) -> None:
    planned = make(bare, **wish)
    assert any(said in issue and "'add auth'" in issue for issue in planned.issues)


def test_any_other_value_of_the_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="login is 'yes' or 'no', not 'never'"):
        make(tmp_path, name="Note", fields="text:str", settings={"login": "never"})
