"""Each small project in tests/projects/ gets a resource in its own style, through the command, and loses it again."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerwise.__main__ import main

PROJECTS = Path(__file__).parents[2] / "projects"
RUFF = ("ruff", "check", "--quiet", "--no-cache", "."), ("ruff", "format", "--quiet", "--no-cache", "--check", ".")
BLACK = (("black", "--quiet", "--check", "."),)


@dataclass(frozen=True, slots=True)
class Shape:
    """A project, the resource that is asked for, where it must be served, and the files that may change."""

    project: str
    name: str
    fields: str
    route: str
    created: str
    edited: str
    linters: tuple[tuple[str, ...], ...] = RUFF
    backend: str = "."

    def __str__(self) -> str:
        return f"{self.project}-{self.name}"


SHAPES = (
    Shape(
        "sqlmodel_sync", "Ticket", "subject:str(80), price:decimal(10,2), item:ref(Item)",
        "POST /api/v1/tickets/",
        "app/api/routes/tickets.py tests/test_tickets.py tests/utils/ticket.py",
        "app/api/main.py app/crud.py app/models.py",
    ),
    Shape(
        "layered_async", "Review", "headline:str(80) unique, stars:int, author:ref(Author)",
        "PATCH /api/v1/reviews/{review_id}",
        "app/api/v1/endpoints/reviews.py app/models/review.py app/repositories/review.py app/schemas/review.py "
        "app/services/review.py migrations/versions/0002_create_reviews.py tests/test_reviews.py",
        "app/api/deps.py app/api/v1/router.py app/models/__init__.py app/models/author.py migrations/env.py",
    ),
    Shape(
        "layered_async", "Loan", "until:date, note:text?, book:ref(Book)",
        "POST /api/v1/loans",
        "app/api/v1/endpoints/loans.py app/models/loan.py app/repositories/loan.py app/schemas/loan.py "
        "app/services/loan.py migrations/versions/0002_create_loans.py tests/test_loans.py",
        "app/api/deps.py app/api/v1/router.py app/models/__init__.py migrations/env.py",
    ),
    Shape(
        "crud_functions", "Comment", "subject:str(80), rank:int, project:ref(Project)",
        "PUT /comments/{comment_id}",
        "app/crud/comment.py app/models/comment.py app/routers/comments.py app/schemas/comment.py "
        "tests/test_comments.py",
        "app/main.py app/models/__init__.py app/models/project.py",
        BLACK,
    ),
    Shape(
        "feature_async", "Offer", "label:str(80) filter, amount:decimal(8,2), brand:ref(Brand)",
        "PATCH /api/offers/{offer_id}",
        "src/shop/offers/__init__.py src/shop/offers/models.py src/shop/offers/router.py src/shop/offers/schemas.py "
        "src/shop/offers/service.py tests/offers/__init__.py tests/offers/test_router.py",
        "src/shop/api.py",
    ),
    Shape(
        "app_factory", "Invoice", "number:str(30), amount:decimal(8,2), customer:ref(Customer)",
        "PATCH /invoices/{id}",
        "app/invoice/__init__.py app/invoice/endpoints.py app/invoice/repository.py app/invoice/schemas.py "
        "app/invoice/service.py app/models/invoice.py tests/invoice/__init__.py tests/invoice/test_endpoints.py",
        "app/app.py app/models/__init__.py",
    ),
    Shape(
        "dataclass_crud", "Photo", "caption:str(80), width:int, post:ref(Post)",
        "PATCH /api/v1/photo/{id}",
        "src/app/api/v1/photos.py src/app/crud/crud_photos.py src/app/models/photo.py src/app/schemas/photo.py "
        "tests/test_photos.py",
        "src/app/api/v1/__init__.py src/app/models/__init__.py",
    ),
    Shape(
        "repository_commits", "Chart", "short_label:str(80), scale:int, shelf:ref(Shelf)",
        "POST /api/charts",
        "app/models/chart.py app/repositories/chart.py app/routers/charts.py app/schemas/chart.py tests/test_charts.py",
        "app/models/__init__.py app/routers/__init__.py",
    ),
    Shape(
        "models_black", "Badge", "label:str(80), points:int, team:ref(Team)",
        "PUT /badges/{badge_id}",
        "app/routers/badges.py tests/test_badges.py",
        "app/main.py app/models.py app/schemas.py",
        BLACK,
    ),
    Shape(
        "sqlmodel_async", "Trip", "label:str(80), miles:int, driver:ref(Driver)",
        "GET /api/trips/{trip_id}",
        "app/models/trip.py app/routes/trips.py tests/test_trips.py",
        "app/main.py app/models/__init__.py",
    ),
    Shape(
        "module_layout", "Booth", "label:str(80), height:int, venue:ref(Venue)",
        "GET /booths/{pk}",
        "app/booth/__init__.py app/booth/api.py app/booth/model.py app/booth/schema.py app/booth/service.py "
        "tests/test_booth.py",
        "app/main.py",
    ),
    Shape(
        "monorepo", "Crate", "title:str(80), slots:int, room:ref(Room)",
        "POST /api/crates/",
        "backend/app/models/crate.py backend/app/routers/crates.py backend/tests/test_crates.py",
        "backend/app/main.py backend/app/models/__init__.py backend/app/schemas.py",
        backend="backend",
    ),
    Shape(
        "single_file", "Task", "label:str(80), hours:int, folder:ref(Folder)",
        "DELETE /tasks/{task_id}",
        "test_tasks.py",
        "main.py",
        (),
    ),
)  # fmt: skip


@pytest.fixture(params=SHAPES, ids=str)
def shape(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shape:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    chosen: Shape = request.param
    return chosen


def read_tree(root: Path) -> dict[str, bytes]:
    """Every file but what Python and the journal keep for themselves."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"__pycache__", "journal"} & set(path.parts)
    }


def run(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_resource_is_at_home_in_any_shape(shape: Shape, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / shape.project
    shutil.copytree(PROJECTS / shape.project, root, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    before = read_tree(root)
    wish = ["generate", shape.name, "--fields", shape.fields, "--root", str(root), "--apply"]

    assert main(wish) == 0
    told = capsys.readouterr().out
    assert "Served by" in told, told
    assert shape.route in told
    after = read_tree(root)
    assert after.keys() - before.keys() == {*shape.created.split(), ".layerwise/manifest.json"}
    assert {path for path in before if before[path] != after[path]} == set(shape.edited.split())

    for linter in shape.linters:
        run(root / shape.backend, *linter)
    tests = [path for path in shape.created.split() if "test_" in path]
    passed = run(root / shape.backend, "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
    assert "passed" in passed
    assert "skipped" not in passed
    assert tests

    assert main(wish) == 0
    assert "nothing has to change" in capsys.readouterr().out
    assert read_tree(root) == after
    assert main(["remove", shape.name, "--root", str(root), "--apply"]) == 0
    assert read_tree(root) == before
    assert main(["undo", "--root", str(root)]) == 0
    assert read_tree(root) == after
    assert main(["undo", "--root", str(root)]) == 0
    assert read_tree(root) == before
