"""Growing and removing by the command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_resource_grows_and_goes_by_the_command(run: Run) -> None:
    run("generate", "create a UserService", "--apply")
    before = {path: path.read_bytes() for path in Path("backend").rglob("*") if path.is_file()}
    run("generate", "Product", "--fields", "name:str(50)", "--apply")

    preview = run("generate", "field", "Product", "weight:int=1 filter, note:text?")
    assert (preview.code, "nothing written yet" in preview.out) == (0, True)
    assert "weight" not in Path("backend/app/models/product.py").read_text(encoding="utf-8")

    assert run("generate", "field", "Product", "weight:int=1 filter, note:text?", "--apply").code == 0
    assert "weight" in Path("backend/app/models/product.py").read_text(encoding="utf-8")
    assert run("remove", "Product", "weight", "note", "--apply").code == 0
    assert "weight" not in Path("backend/app/models/product.py").read_text(encoding="utf-8")

    removed = json.loads(run("remove", "Product", "--apply", "--json").out)
    assert removed["applied"]
    assert {path: path.read_bytes() for path in Path("backend").rglob("*") if path.is_file()} == before


def test_an_edited_file_makes_removal_end_with_1_and_force_with_0(run: Run) -> None:
    run("generate", "create a UserService", "--apply")
    run("generate", "Product", "--fields", "name:str(50)", "--apply")
    model = Path("backend/app/models/product.py")
    model.write_text(model.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    refused = run("remove", "Product", "--apply")
    assert (refused.code, "app/models/product.py was edited" in refused.out) == (1, True)
    assert model.exists()
    assert run("remove", "Product", "--force", "--apply").code == 0
    assert not model.exists()


def test_an_unknown_resource_ends_with_2_and_what_there_is(run: Run) -> None:
    run("generate", "create a UserService", "--apply")
    done = run("remove", "Usr")
    assert (done.code, "Did you mean 'User'" in done.err) == (2, True)
