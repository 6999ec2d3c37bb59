"""The foundation: a whole backend, with its users or without, and the parts of it that may be asked for alone."""

from collections.abc import Iterable
from typing import Any

from layerwise.generate import wiring
from layerwise.generate.account import complete_account, login_names
from layerwise.generate.backend import Draft
from layerwise.generate.blueprint import Blueprint, read_blueprint
from layerwise.generate.grow import merge_file
from layerwise.generate.known import default_account
from layerwise.generate.names import snake_case
from layerwise.generate.render import render
from layerwise.generate.resource import BLUEPRINT, draft_resource
from layerwise.generate.spec import Spec
from layerwise.generate.target import KEYS

_MAIN = "app/main.py"
_FACTORY = '''def get_background(request: Request) -> Background:
    """Return what starts work that goes on after the answer."""
    background: Background = request.app.state.background
    return background


BackgroundDep = Annotated[Background, Depends(get_background)]
'''


def draft_backend(draft: Draft, account: Spec | None) -> None:
    """Add a whole backend to the draft, with a login and these users; with neither where `account` is None."""
    account = _complete(draft, account) if account else None
    kind = "with its users" if account else "without login; 'add auth' brings one"
    draft.notices.append(f"There is no backend yet, so a whole one is made in {draft.backend.prefix}, {kind}.")
    blueprint = read_blueprint("backend")
    _begin(draft, blueprint, blueprint.name)
    for path, text in _render(draft, blueprint, _describe(account), blueprint.layers).items():
        draft.write(path, text)
    if account:
        _draft_users(draft, account)


def draft_login(draft: Draft, account: Spec) -> None:
    """Add a login and these users to a backend that has neither."""
    account, backend = _complete(draft, account), read_blueprint("backend")
    before, after = (_render(draft, backend, _describe(users), backend.layers) for users in (None, account))
    _begin(draft, read_blueprint("auth"), "auth")
    for path in after:
        if after[path] != before[path]:
            merge_file(draft, path, before[path], after[path])
    _draft_users(draft, account)


def draft_part(draft: Draft, name: str, account: Spec | None) -> None:
    """Add the layers of the backend that the blueprint called `name` wants, where they are missing."""
    blueprint = read_blueprint(name)
    _begin(draft, blueprint, blueprint.name)
    for path, text in _render(draft, read_blueprint(blueprint.extends), _describe(account), blueprint.wants).items():
        draft.write(path, text, asked=False)


def draft_task(draft: Draft, name: str, account: Spec | None) -> None:
    """Add the background task called `name`, what runs such tasks, and its place in the application."""
    if account is None:
        draft.issues.append("A task works on users, as an example, and there are none yet. Ask for 'add auth' first.")
        return
    blueprint, snake = read_blueprint("async-task"), snake_case(name)
    _begin(draft, blueprint, f"task {snake}")
    context = _describe(account) | {"snake": snake, "label": snake.replace("_", " ")}
    for path, text in _render(draft, blueprint, context, blueprint.layers, snake=snake).items():
        draft.write(path, text, asked=snake in path)
    backend = read_blueprint("backend")
    base, theirs = (
        _render(draft, backend, _describe(account) | {"background": background}, ["application"])[_MAIN]
        for background in (False, True)
    )
    merge_file(draft, _MAIN, base, theirs)
    imports = {("fastapi", "Request", ""), ("app.core.background", "Background", "")}
    draft.edit("app/api/deps.py", lambda text: wiring.wire_factory(text, imports, "get_background", _FACTORY))
    draft.notices.append(
        f"The task works on users, as an example: change app/tasks/{snake}.py. An endpoint starts it with "
        f'background.start({snake}(get_sessionmaker(), user_ids), "{snake}"), where background is a BackgroundDep.'
    )


def _complete(draft: Draft, account: Spec) -> Spec:
    account, notices = complete_account(account)
    draft.notices += notices
    return account


def _draft_users(draft: Draft, account: Spec) -> None:
    """Add the files of the login, and the users as a resource."""
    blueprint = read_blueprint("auth")
    for path, text in _render(draft, blueprint, _describe(account), blueprint.layers).items():
        draft.write(path, text)
    draft_resource(draft, account, tuple(read_blueprint(BLUEPRINT).layers), account=True)


def _begin(draft: Draft, blueprint: Blueprint, name: str) -> None:
    draft.begin({"name": name, "blueprint": blueprint.name, "version": blueprint.version})


def _render(
    draft: Draft, blueprint: Blueprint, context: dict[str, Any], layers: Iterable[str], **names: str
) -> dict[str, str]:
    return render(blueprint, context, names, layers, tests=True, overrides=draft.overrides)


def _describe(account: Spec | None) -> dict[str, Any]:
    """The variables of the templates; `account` is None in a backend without login."""
    login, account = account is not None, account or default_account()
    return {
        "login": login,
        "key": KEYS[account.id_type],
        "unknown_key": "2**31 - 1" if account.id_type == "int" else "uuid4()",
        "login_names": login_names(account),
        "account": account,
        "background": False,
    }
