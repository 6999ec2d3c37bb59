"""plan: from a wish to the ChangeSet that makes it true, proved before it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from layerwise.changes.changeset import ChangeSet
from layerwise.changes.manifest import Generation, Manifest, read_manifest
from layerwise.errors import InvalidInputError, shorten
from layerwise.generate.account import NAME, complete_account
from layerwise.generate.backend import Draft, find_backend
from layerwise.generate.blueprint import read_blueprint
from layerwise.generate.canonical import canonical
from layerwise.generate.foundation import draft_backend, draft_login, draft_part, draft_task
from layerwise.generate.grow import grow, read_resource
from layerwise.generate.growth import Growth, read_growth
from layerwise.generate.known import default_account
from layerwise.generate.likeness.plan import BLUEPRINT as LIKENESS
from layerwise.generate.likeness.plan import find_home, plan_likeness
from layerwise.generate.likeness.removal import plan_removal
from layerwise.generate.overrides import FOLDER, read_overrides
from layerwise.generate.problems import MissingFieldsError
from layerwise.generate.prove import Review, prove_quick
from layerwise.generate.reader import parse, parse_document
from layerwise.generate.removal import remove
from layerwise.generate.request import read_request, read_spec
from layerwise.generate.resource import BLUEPRINT, draft_resource, find_unsupported
from layerwise.generate.spec import LAYERS, Spec
from layerwise.generate.trial import Progress, prove_full

# The blueprints that make no resource, and so need no fields; nor does a backend without login and so without users.
_OTHERS = ("pagination", "async-task", "auth")
_READ = {
    "public": "anyone may read", "user": "users may read", "superuser": "superusers may read",
    "owner": "owners read their own",
}  # fmt: skip
_WRITE = {
    "public": "anyone may write", "user": "writing needs a login", "superuser": "writing needs a superuser",
    "owner": "owners write their own",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a spec and the blueprint of it, or a name for a blueprint that makes no resource.

    Without `login`, a backend that has to be made first gets none.
    """

    what: Spec | str
    blueprint: str
    notices: tuple[str, ...] = ()
    login: bool = True


def plan(
    root: Path,
    *,
    request: str = "",
    name: str = "",
    fields: str = "",
    spec: Mapping[str, Any] | None = None,
    review: Review,
    verify: str = "quick",
    settings: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    stop: Event | None = None,
) -> ChangeSet:
    """The changes under `root` that make the wish true: a resource in the backend that is there, else a whole backend.

    The wish is `request` in words, `name` with `fields`, or `spec` as an object. `review` gives the findings in texts
    by path, a line each. With `verify="full"` a copy is built and its types, migrations and tests are run; `progress`
    hears (done, all, what), and setting `stop` calls it off. In a project that Layerwise did not lay out the resource
    is made in that project's own style; `settings` may name the `exemplar` that it follows; `login=no` makes a new
    backend without. The same wish and tree give the same change set; a wish that is true already gives none.
    Raises LayerwiseError when the wish cannot be read.
    """
    if verify not in ("quick", "full"):
        raise InvalidInputError(f"verify is 'quick' or 'full', not {verify!r}.")
    draft, manifest = Draft(find_backend(root), overrides=read_overrides(root)), read_manifest(root)
    resources, likenesses = manifest.made_by(BLUEPRINT), manifest.made_by(LIKENESS)
    growth = read_growth(request, {**resources, **likenesses}) if request and not (name or fields or spec) else None
    if growth and growth.name in likenesses:
        return _change_likeness(root, growth, manifest)
    if growth and growth.kind == "remove" and not growth.what:
        remove(draft, growth.name, manifest, forced=growth.forced)
    elif growth:
        grow(draft, growth, resources[growth.name])
    else:
        wish, settings = _read_wish(request, name, fields, spec or {}, resources), settings or {}
        if not draft.backend.exists and (home := find_home(root)):
            if isinstance(wish.what, str):
                raise InvalidInputError(_say_foreign(wish.blueprint))
            return plan_likeness(home, root, wish.what, settings, asked=_list_asked(wish.what, wish.blueprint))
        draft.notices += wish.notices
        _draft(draft, replace(wish, login=wish.login and _read_login(settings)), resources)
    return _conclude(draft, review, verify, progress, stop)


def _list_asked(wish: Spec, blueprint: str) -> tuple[str, ...]:
    """The layers that are asked for where it is not a whole resource."""
    chosen = read_blueprint(blueprint)
    if chosen.extends:
        return ("tests",) if chosen.only == "tests" else tuple(each for each in chosen.wants if each in wish.layers)
    return () if wish.layers == LAYERS else wish.layers


def _say_foreign(blueprint: str) -> str:
    return (
        f"{blueprint} goes into a backend that Layerwise laid out, but this project has a layout of its own. Ask for "
        "guidance instead, or for a resource, which is made like the project's own."
    )


def _change_likeness(root: Path, growth: Growth, manifest: Manifest) -> ChangeSet:
    """A resource in a project's own style may go as a whole; its parts are the project's own code by now."""
    if growth.kind != "remove" or growth.what:
        raise InvalidInputError(
            f"{growth.name} was made in this project's own style, so Layerwise cannot change parts of it. Change it by "
            f"hand, or 'remove {growth.name}' and generate it anew with other fields."
        )
    return plan_removal(root, growth.name, manifest, forced=growth.forced)


def find_missing_fields(root: Path, *, request: str = "", name: str = "") -> MissingFieldsError | None:
    """What `plan` would ask for when given this wish without fields; None when it has what it needs.

    Raises LayerwiseError when the wish cannot be read.
    """
    manifest = read_manifest(root)
    resources = manifest.made_by(BLUEPRINT)
    if read_growth(request, {**resources, **manifest.made_by(LIKENESS)}):
        return None
    try:
        _read_wish(request, name, "", {}, resources)
    except MissingFieldsError as error:
        return error
    return None


def _conclude(draft: Draft, review: Review, verify: str, progress: Progress | None, stop: Event | None) -> ChangeSet:
    """The draft as a change set, proved; of a draft with issues nothing is written."""
    changes = draft.changes()
    if not changes and not draft.issues:
        draft.notices.append("Everything is there already; nothing has to change.")
    draft.notices += [f"{FOLDER}/{path} stands in for the shipped template." for path in sorted(draft.overrides.used)]
    evidence = prove_quick(draft, review)
    if verify == "full" and changes and not draft.issues:
        evidence |= prove_full(draft, progress, stop)
    return ChangeSet(
        draft.backend.root,
        changes,
        issues=tuple(draft.issues),
        warnings=tuple(draft.warnings),
        notices=tuple(draft.notices),
        next_steps=_next_steps(draft) if changes else (),
        evidence=evidence,
        record=draft.records[0] if len(draft.records) == 1 else {"records": draft.records} if draft.records else {},
    )


def _read_login(settings: Mapping[str, str]) -> bool:
    value = settings.get("login", "yes")
    if value not in ("yes", "no"):
        raise InvalidInputError(f"login is 'yes' or 'no', not {shorten(value)!r}.")
    return value == "yes"


def _settle_access(draft: Draft, wish: Spec, *, login: bool) -> Spec:
    """The wish with `auth` decided where it was left open, and a notice of what was decided."""
    settled = _settle(wish, login=login)
    auth = settled.auth
    if auth != wish.auth and wish.name != NAME:
        draft.notices.append(f"Of {wish.plural}: {_READ[auth.read]}, {_WRITE[auth.write]}; auth= says otherwise.")
    return settled


def _settle(wish: Spec, *, login: bool) -> Spec:
    return replace(wish, auth=wish.auth.settle(owned=wish.owner is not None, login=login))


def _read_wish(
    request: str, name: str, fields: str, spec: Mapping[str, Any], resources: Mapping[str, Generation]
) -> Wish:
    """What the words ask for. The fields of a resource that is there need not be said again."""
    if sum(map(bool, (request, name, spec))) != 1:
        raise InvalidInputError(
            "Give one of: a request such as 'create a UserService', a name with fields, or a spec object."
        )
    if spec:
        return Wish(parse_document(spec), BLUEPRINT)
    if name and (fields or "(" in name):
        return Wish(parse(name, fields), BLUEPRINT)
    wish = read_request(request or f"create a {name} resource")
    if wish.blueprint in _OTHERS or (wish.blueprint, wish.entity, wish.login) == ("backend", NAME, False):
        return Wish(wish.entity, wish.blueprint, wish.notices, wish.login)
    if wish.entity in resources and not (fields or wish.fields or wish.names or wish.whole):
        return Wish(read_resource(resources[wish.entity])[0], wish.blueprint, wish.notices)
    found, notices = read_spec(wish, fields)
    return Wish(found, wish.blueprint, notices, wish.login)


def _draft(draft: Draft, wish: Wish, resources: Mapping[str, Generation]) -> None:
    account = _find_account(draft, wish, resources)
    if isinstance(wish.what, str):
        if not draft.backend.exists:
            draft_backend(draft, account)
        if wish.blueprint == "auth":
            _draft_auth(draft, account)
        elif wish.blueprint == "async-task":
            draft_task(draft, wish.what, account)
        elif wish.blueprint != "backend":
            draft_part(draft, wish.blueprint, account)
        return
    spec = _settle_access(draft, wish.what, login=account is not None)
    draft.issues += find_unsupported(spec, login=account is not None)
    if draft.issues:
        return
    comes_with_login = spec.name == NAME and not draft.has_login
    if not draft.backend.exists:
        draft_backend(draft, account)
    elif comes_with_login:
        _draft_auth(draft, account)
    if not comes_with_login:
        _draft_resource(draft, spec, wish.blueprint, resources)


def _find_account(draft: Draft, wish: Wish, resources: Mapping[str, Generation]) -> Spec | None:
    """The users that the backend has or will have; None where it is to do without login."""
    if isinstance(wish.what, Spec) and wish.what.name == NAME and NAME not in resources:
        return _settle(wish.what, login=True)
    wanted = wish.blueprint == "auth" or (draft.has_login if draft.backend.exists else wish.login)
    if not wanted:
        return None
    return read_resource(resources[NAME])[0] if NAME in resources else _settle(default_account(), login=True)


def _draft_auth(draft: Draft, account: Spec | None) -> None:
    """Bring the login, with these users, where it is missing."""
    if account and not draft.has_login:
        draft.notices.append("The login comes along with its users; resources that are there stay open to anyone.")
        draft_login(draft, account)


def _draft_resource(draft: Draft, wish: Spec, blueprint: str, resources: Mapping[str, Generation]) -> None:
    every, chosen = tuple(read_blueprint(BLUEPRINT).layers), read_blueprint(blueprint)
    layers = chosen.wants if chosen.extends and draft.backend.exists else every
    layers = tuple(layer for layer in layers if layer in wish.layers)
    if wish.name == NAME:
        wish, notices = complete_account(wish)
        draft.notices += notices
        layers = every
    before: tuple[str, ...] = ()
    if wish.name in resources:
        spec, before = read_resource(resources[wish.name])
        if chosen.only == "tests":
            wish, layers = replace(spec, layers=LAYERS), before
        elif spec != wish:
            draft.issues.append(
                f"{wish.name} was generated with other fields or options: {canonical(spec)}. "
                f"Change it with a request such as 'field {wish.name} note:text?', or 'remove {wish.name}' first."
            )
            return
    asked = () if chosen.only == "tests" else layers
    draft_resource(draft, wish, layers, asked=asked, account=wish.name == NAME, there=before)
    brought = [layer for layer in read_blueprint(BLUEPRINT).expand(layers) if layer not in layers]
    if brought:
        draft.notices.append(f"The {blueprint} stands on {', '.join(brought)}; what of these was missing comes along.")


def _next_steps(draft: Draft) -> tuple[str, ...]:
    backend = draft.backend
    folder = backend.prefix.rstrip("/") or "."
    steps = [f"cd {folder}"] if backend.prefix else []
    if not backend.exists:
        steps.append("python -m venv .venv && .venv/bin/pip install -r requirements-dev.txt")
        steps.append(f"cp .env.example .env{', and set SECRET_KEY in it' if draft.has_login else ''}")
    return (*steps, "alembic upgrade head", "pytest")
