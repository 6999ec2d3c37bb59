"""Blueprints: what each brings into a backend that is there, and what it says about it."""

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.errors import LayerwiseError
from layerwise.generate.blueprint import list_blueprints, parse_blueprint, read_blueprint
from layerwise.generate.plan import plan
from layerwise.jobs import review_texts

FIELDS = "number:str(20) unique, total:money ge=0"


def make(root: Path, request: str = "", **wish: Any) -> ChangeSet:
    """A plan in which neither the proof nor our own review finds anything."""
    planned = plan(root, request=request, review=partial(review_texts, root), **wish)
    assert not planned.issues
    return planned


def paths_of(planned: ChangeSet, folder: str = "app/") -> set[str]:
    paths = (change.path.removeprefix("backend/") for change in planned.changes)
    return {path.removeprefix(folder) for path in paths if path.startswith(folder)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backend with its users."""
    root = tmp_path_factory.mktemp("made")
    apply(make(root, "create a UserService"))
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "project"))


LAYERS: Mapping[str, set[str]] = {
    "add an OrderSchema": {"models/order.py", "schemas/order.py"},
    "add an OrderRepository": {"models/order.py", "schemas/order.py", "repositories/order.py"},
    "create an OrderService": {"models/order.py", "schemas/order.py", "repositories/order.py", "services/order.py"},
    "add an OrderEndpoint": {
        "models/order.py", "schemas/order.py", "repositories/order.py", "services/order.py",
        "api/v1/endpoints/orders.py",
    },
}  # fmt: skip


@pytest.mark.parametrize("request_", LAYERS)
def test_a_layer_brings_what_it_stands_on_and_says_so(root: Path, request_: str) -> None:
    planned = make(root, request_, fields=FIELDS)
    wiring = {"models/__init__.py", "api/deps.py", "api/v1/router.py"}
    assert paths_of(planned) - wiring == LAYERS[request_]
    assert any("stands on" in notice for notice in planned.notices)
    apply(planned)
    assert make(root, request_).changes == ()


def test_tests_alone_come_back_and_code_stays_as_it_is(root: Path) -> None:
    apply(make(root, name="Order", fields=FIELDS))
    service = root / "backend/app/services/order.py"
    service.write_text(service.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    for path in ("tests/services/test_order.py", "tests/factories/order.py"):
        (root / "backend" / path).unlink()
    planned = make(root, "write tests for Order")
    assert paths_of(planned, "tests/") == {"services/test_order.py", "factories/order.py"}
    assert paths_of(planned) == set()


def test_an_async_task_comes_with_what_runs_it_and_its_place_in_the_application(root: Path) -> None:
    planned = make(root, "add an async task SendReport")
    assert paths_of(planned) == {
        "core/background.py", "tasks/__init__.py", "tasks/send_report.py", "main.py", "api/deps.py"
    }  # fmt: skip
    assert paths_of(planned, "tests/") == {
        "core/test_background.py", "tasks/__init__.py", "tasks/test_send_report.py"
    }  # fmt: skip
    apply(planned)
    main = (root / "backend/app/main.py").read_text(encoding="utf-8")
    assert "async with open_background() as application.state.background:" in main
    assert make(root, "add an async task SendReport").changes == ()
    assert paths_of(make(root, "create a background job Cleanup")) == {"tasks/cleanup.py"}


def test_an_application_that_was_edited_takes_a_task_too(root: Path) -> None:
    main = root / "backend/app/main.py"
    main.write_text(
        main.read_text(encoding="utf-8").replace("    return route.name", "    return route.name or ''"),
        encoding="utf-8",
    )
    apply(make(root, "add an async task SendReport"))
    text = main.read_text(encoding="utf-8")
    assert "return route.name or ''" in text
    assert "open_background() as application.state.background" in text


def test_pagination_comes_back_where_it_is_missing_and_to_a_resource_as_its_list(root: Path) -> None:
    assert make(root, "add pagination to the backend").changes == ()
    (root / "backend/app/schemas/pagination.py").unlink()
    planned = make(root, "add pagination")
    assert paths_of(planned) == {"schemas/pagination.py"}
    apply(planned)

    apply(make(root, spec={"name": "Note", "fields": "title:str(50)", "operations": ["create", "get"]}))
    apply(make(root, "add pagination to Note"))
    routes = (root / "backend/app/api/v1/endpoints/notes.py").read_text(encoding="utf-8")
    assert "async def list_notes" in routes


@pytest.mark.parametrize("request_", ["add auth", "add pagination", "add an async task SendReport"])
def test_parts_of_a_backend_are_not_forced_upon_a_project_of_another_layout(tmp_path: Path, request_: str) -> None:
    app = (
        'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/")\nasync def home() -> str:\n    return "hi"\n'
    )
    (tmp_path / "main.py").write_text(app, encoding="utf-8")
    with pytest.raises(LayerwiseError, match="but this project has a layout of its own"):
        plan(tmp_path, request=request_, review=lambda texts: [])


def test_every_blueprint_is_read_and_says_what_it_is() -> None:
    assert set(list_blueprints()) >= {
        "backend", "resource", "service", "repository", "schema", "endpoint", "test", "async-task", "pagination",
        "auth",
    }  # fmt: skip
    for name in list_blueprints():
        assert read_blueprint(name).description.endswith(".")


GOOD = (
    'name = "thing"\ndescription = "A thing."\nversion = "1"\nsample = "x"\nextends = "resource"\nlayers = ["model"]\n'
)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace('"model"', '"modl"'), "layers names 'modl'; allowed: model"),
        (GOOD.replace('"resource"', '"resorce"'), "Did you mean 'resource'"),
        (GOOD.replace('["model"]', "1"), "layers must be a list of texts"),
        (GOOD + 'only = "code"\n', "only is 'tests'"),
        (GOOD.replace('extends = "resource"\nlayers = ["model"]\n', 'only = "tests"\n'), "only goes with extends"),
    ],
)
def test_a_malformed_blueprint_is_refused_by_file_and_key(tmp_path: Path, text: str, fault: str) -> None:
    home = tmp_path / "thing"
    home.mkdir()
    (home / "blueprint.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LayerwiseError, match=fault):
        parse_blueprint(home)
