"""Generated code broken on purpose: our review, or a generated test, notices every time.

A few breaks are drawn by a seed; `LAYERWISE_BREAKS=all pytest -v tests/generate/test_broken_code.py` makes them all.
"""

import os
import random
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from layerwise.changes.apply import apply
from layerwise.generate.plan import plan
from layerwise.jobs import review_texts

pytestmark = pytest.mark.slow

SPECS: list[dict[str, Any]] = [
    {"name": "User", "fields": "email:email unique, username:str(50) unique min=3, password:password"},
    {"name": "Tag", "fields": "name:str(30) unique"},
    {
        "name": "Note",
        "fields": "title:str(100) unique, code:slug unique on=title, secret:str(20)? writeonly",
        "relations": ["author:ref(User) owner cascade"],
        "mixins": ["timestamps", "soft_delete"],
        "pagination": "keyset",
        "id": "int",
    },
    {
        "name": "Order",
        "fields": "number:str(20) unique search, status:enum(draft,paid)=draft filter, total:money ge=0 sortable,"
        " placed_at:datetime, memo:text?",
        "relations": [
            "label:ref(Tag) restrict",
            "above:ref(self)? set_null",
            "tags:m2m(Tag) back=tagged_orders",
            "items:has_many(OrderItem(sku:str(64), quantity:int gt=0)) min=1",
            "lines:m2m(Tag) via=OrderLine(quantity:int ge=1) back=none",
        ],
        "mixins": ["timestamps", "versioned"],
        "auth": {"read": "public", "write": "user"},
    },
]


class Break(NamedTuple):
    """In `path`, the `number`th `old` becomes `new`."""

    path: str
    old: str
    new: str = ""
    number: int = 1


SERVICE, REPOSITORY, SCHEMA = "app/services/order.py", "app/repositories/order.py", "app/schemas/order.py"
ROUTES, MODEL, BASE = "app/api/v1/endpoints/orders.py", "app/models/order.py", "app/repositories/base.py"
UNIQUE_CHECK = "        await self._ensure_unique(values, except_id=order_id)\n"
UNIQUE_HANDLING = """        except IntegrityError as error:
            raise ConflictError("The values contradict what is stored.") from error
"""
BREAKS = {
    "create does not flush": Break(BASE, "        await self.session.flush()\n"),
    "update does not flush": Break(BASE, "        await self.session.flush()\n", number=2),
    "delete does not flush": Break(BASE, "        await self.session.flush()\n", number=3),
    "delete is not awaited": Break(BASE, "await self.session.delete(row)", "self.session.delete(row)"),
    "flush is not awaited": Break(BASE, "await self.session.flush()", "self.session.flush()"),
    "pages ignore what to skip": Break(BASE, ".offset(skip)"),
    "the session does not commit": Break("app/db/session.py", "            await session.commit()\n"),
    "the session does not roll back": Break("app/db/session.py", "            await session.rollback()\n"),
    "rows expire on commit": Break("app/db/session.py", ", expire_on_commit=False"),
    "the commit comes after the answer": Break("app/api/deps.py", ', scope="function"'),
    "foreign keys are not enforced": Break("app/db/session.py", '"PRAGMA foreign_keys=ON"', '"PRAGMA foreign_keys=OFF"'),
    "get declares no answer": Break(ROUTES, "service: OrderServiceDep) -> OrderResponse:", "service: OrderServiceDep):", 2),
    "create needs no login": Break(ROUTES, ", dependencies=[Depends(get_current_user)]"),
    "update needs no login": Break(ROUTES, ", dependencies=[Depends(get_current_user)]", number=2),
    "delete needs no login": Break(ROUTES, ", dependencies=[Depends(get_current_user)]", number=3),
    "create answers 200": Break(ROUTES, "status_code=status.HTTP_201_CREATED, "),
    "delete answers 200": Break(ROUTES, "status_code=status.HTTP_204_NO_CONTENT, "),
    "the service is not awaited": Break(ROUTES, "return await service.create", "return service.create"),
    "a conflict in create is not caught": Break(
        SERVICE, f"            row = await self.repository.create(**values)\n{UNIQUE_HANDLING}",
        "            row = await self.repository.create(**values)\n        except KeyError:\n            raise\n",
    ),
    "a conflict in update is not caught": Break(SERVICE, UNIQUE_HANDLING, number=2),
    "create does not look for who is taken": Break(SERVICE, "        await self._ensure_unique(values)\n"),
    "update does not look for who is taken": Break(SERVICE, "        await self._ensure_unique(values, except_id=order_id)\n"),
    "a row is in its own way": Break(SERVICE, ", except_id=order_id"),
    "references are not looked up": Break(SERVICE, "        await self._ensure_references(values)\n"),
    "a row may be above itself": Break(SERVICE, "if order_id in (above_id, *chain)", "if order_id in chain and False"),
    "a row may be above what is above it": Break(SERVICE, "(above_id, *chain)", "(above_id,)"),
    "unknown links are left out": Break(SERVICE, "        if missing:\n", "        if missing and False:\n"),
    "a version is not compared": Break(SERVICE, '.pop("version", found.version) != found.version', '.pop("version", 0) < 0'),
    "a version does not move": Break(MODEL, '    __mapper_args__: Mapping[str, Any] = {"version_id_col": version}\n'),
    "new items do not move the version": Break(REPOSITORY, '            flag_modified(row, "number")\n', "            pass\n"),
    "what is left out is written": Break(SERVICE, "data.model_dump(exclude_unset=True)", "dict(data)"),
    "what does not exist is updated": Break(SERVICE, "        if row is None:\n            raise NotFoundError", "        if False:\n            raise NotFoundError", 2),
    "deleting nothing is fine": Break(SERVICE, "        if not deleted:\n", "        if False:\n"),
    "tags are not loaded": Break(REPOSITORY, "selectinload(Order.tags)"),
    "items are not loaded": Break(REPOSITORY, "selectinload(Order.items),"),
    "old lines are not flushed away": Break(REPOSITORY, "            await self.session.flush()\n", number=2),
    "a filter narrows nothing": Break(REPOSITORY, "matching = matching.where(Order.status == status)", "pass"),
    "a search takes wildcards": Break(REPOSITORY, ", autoescape=True"),
    "sorting is turned round": Break(REPOSITORY, 'sort.startswith("-")', 'not sort.startswith("-")'),
    "everything is sortable": Break(SCHEMA, 'sort: Literal["id", "-id", "total", "-total", "created_at", "-created_at"]', "sort: str"),
    "the total is that of the page": Break(REPOSITORY, "self.count(matching)", "self.count(matching.limit(limit))"),
    "a page has no upper bound": Break("app/schemas/pagination.py", "ge=1, le=100", "ge=1"),
    "a page has no lower bound": Break("app/schemas/pagination.py", "ge=1, le=100", "le=100"),
    "unknown keys are taken": Break(SCHEMA, '    model_config = ConfigDict(extra="forbid")\n'),
    "an amount has no lower bound": Break(SCHEMA, ", ge=Decimal(\"0\")"),
    "a list may be empty": Break(SCHEMA, "min_length=1, "),
    "null empties what is required": Break(SCHEMA, "    status: OrderStatus | MISSING = MISSING", "    status: OrderStatus | None | MISSING = MISSING"),
    "a number is not unique": Break(MODEL, "String(20), unique=True", "String(20)"),
    "a delete takes its rows along": Break(MODEL, 'ondelete="RESTRICT"', 'ondelete="CASCADE"'),
    "a relationship loads by itself": Break(MODEL, 'lazy="raise"', 'lazy="select"'),
    "owners see what is others'": Break("app/services/note.py", ", author_id=author_id)", ")"),
    "owners reach what is others'": Break("app/services/note.py", " or row.author_id != author_id"),
    "a row gets no owner": Break("app/services/note.py", '        values["author_id"] = author_id\n'),
    "what is deleted is still read": Break("app/repositories/note.py", ".where(Note.deleted_at.is_(None))"),
    "a page repeats the last row": Break("app/repositories/note.py", "Note.id > after", "Note.id >= after"),
    "a deleted title stays taken": Break("app/models/note.py", '            postgresql_where=text("deleted_at IS NULL"),\n            sqlite_where=text("deleted_at IS NULL"),\n'),
    "a secret is shown": Break("app/schemas/note.py", "    author_id: UUID\n", "    author_id: UUID\n    secret: str | None\n"),
    "a hash is shown": Break("app/schemas/user.py", "    id: UUID\n", "    id: UUID\n    hashed_password: str\n"),
    "a password is kept as it is": Break("app/services/user.py", "await hash_password(password)", "password"),
    "a hash is not awaited": Break("app/services/user.py", "await hash_password(password)", "hash_password(password)"),
    "hashing stops the loop": Break("app/core/security.py", "await asyncio.to_thread(get_hasher().hash, password)", "get_hasher().hash(password)"),
    "any password will do": Break("app/core/security.py", "return matches and hashed_password is not None", "return True"),
    "tokens never end": Break("app/core/security.py", '        "exp": now + timedelta(minutes=settings.access_token_expire_minutes),\n', '        "exp": now + timedelta(days=9999),\n'),
    "who is inactive may enter": Break("app/services/auth.py", " or not user.is_active", "", 1),
    "everyone is an admin": Break("app/api/deps.py", "if not current_user.is_superuser:", "if False:"),
    "everyone reaches everyone": Break("app/api/deps.py", "if current_user.id != user_id and", "if False and"),
    "addresses heed capitals": Break("app/schemas/types.py", "Email = Annotated[EmailStr, AfterValidator(str.lower)]", "Email = Annotated[EmailStr, AfterValidator(str)]"),
    "moments may be naive": Break("app/db/types.py", '            raise ValueError("a datetime needs a UTC offset")', "            return value"),
    "conflicts answer 400": Break("app/core/problems.py", "ConflictError: 409", "ConflictError: 400"),
    "errors show what was sent": Break("app/core/problems.py", '"msg": item["msg"],', '"msg": item["msg"], "input": str(item["input"]),'),
    "bodies have no limit": Break("app/core/limits.py", "if read > self.max_bytes:", "if False:"),
    "a page begins one later": Break(REPOSITORY, ".offset(skip)", ".offset(skip + 1)"),
    "a page holds one more": Break(REPOSITORY, ".limit(limit)", ".limit(limit + 1)"),
    "a page may be one longer": Break("app/schemas/pagination.py", "ge=1, le=100", "ge=1, le=101"),
    "the last page goes on": Break("app/services/note.py", "if len(rows) > params.limit", "if rows"),
    "conflicts come before what is not found": Break(
        SERVICE, "        values = data.model_dump(exclude_unset=True)\n", f"        values = data.model_dump(exclude_unset=True)\n{UNIQUE_CHECK}"
    ),
    "create declares no answer": Break(ROUTES, "service: OrderServiceDep) -> OrderResponse:", "service: OrderServiceDep):"),
    "a list declares no answer": Break(ROUTES, " -> Paginated[OrderResponse]:", ":"),
    "a list needs no tie-breaker": Break(REPOSITORY, "sorted_by.asc(), Order.id)", "sorted_by.asc())"),
    "a change leaves no time": Break("app/db/base.py", ", onupdate=utc_now"),
    "items are turned round": Break(MODEL, 'order_by="OrderItem.position"', 'order_by="OrderItem.position.desc()"'),
    "a new password is forgotten": Break("app/services/user.py", "        await self._hash_secrets(values)\n", "", 2),
    "anyone signs up as a superuser": Break("app/schemas/user.py", "    password: SecretStr = Field(min_length=8, max_length=128)\n", "    password: SecretStr = Field(min_length=8, max_length=128)\n    is_superuser: bool = False\n"),
    "a token need not end": Break("app/core/security.py", '            options={"require": ["exp", "sub"]},\n'),
    "who is inactive stays in": Break("app/services/auth.py", " or not user.is_active", "", 2),
    "the login tells who exists": Break("app/services/auth.py", "        if user is None or not matches", '        if user is None:\n            raise AuthenticationError("There is no such user.")\n        if not matches'),
    "a key may be short": Break("app/config.py", "Field(min_length=32)", "Field()"),
    "any origin may call": Break("app/main.py", "allow_origins=settings.cors_origins", 'allow_origins=["*"]'),
    "who is ready need not ask the database": Break("app/api/v1/endpoints/health.py", "        await ping(session)\n", "        pass\n"),
    "the migration lacks a rule": Break("alembic/versions/0004_create_orders.py", '        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),\n'),
    "the migration lacks an index": Break("alembic/versions/0004_create_orders.py", '    op.create_index(op.f("ix_orders_label_id"), "orders", ["label_id"])\n'),
}  # fmt: skip

SOME = 5


def draw_breaks() -> list[str]:
    if os.environ.get("LAYERWISE_BREAKS") == "all":
        return list(BREAKS)
    return random.Random(os.environ.get("LAYERWISE_BREAKS", "1")).sample(list(BREAKS), SOME)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("broken")
    for spec in SPECS:
        planned = plan(root, spec=spec, review=lambda texts: [])
        assert not planned.issues
        apply(planned)
    return root / "backend"


def run_tests(backend: Path, *selection: str) -> bool:
    """Whether the generated tests pass."""
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *selection]
    environment = {**os.environ, "SECRET_KEY": secrets.token_hex(32), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=backend, env=environment, capture_output=True, check=False)
    # 5 says that no test was selected.
    return done.returncode in (0, 5)


def replace(text: str, broken: Break) -> str:
    """`text` with the break in it."""
    parts = text.split(broken.old)
    assert len(parts) > broken.number, f"{broken.path} does not hold {broken.old!r} {broken.number} times"
    return broken.old.join(parts[: broken.number]) + broken.new + broken.old.join(parts[broken.number :])


@pytest.mark.parametrize("name", draw_breaks())
def test_a_break_is_noticed(backend: Path, name: str) -> None:
    broken = BREAKS[name]
    path = backend / broken.path
    before = path.read_text(encoding="utf-8")
    after = replace(before, broken)
    if review_texts(backend, {broken.path: after}):
        return
    path.write_text(after, encoding="utf-8")
    try:
        near = path.stem.rstrip("s")
        assert not run_tests(backend, "-k", near) or not run_tests(backend), f"nobody notices that {name}"
    finally:
        path.write_text(before, encoding="utf-8")


def test_nothing_is_noticed_where_nothing_is_broken(backend: Path) -> None:
    assert run_tests(backend)
