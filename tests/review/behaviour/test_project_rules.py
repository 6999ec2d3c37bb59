"""What the project rules claim about the libraries, seen on the libraries themselves."""

import asyncio
import gc
import time
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Query
from httpx2 import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool


@contextmanager
def lazy_load_fails() -> Iterator[None]:
    """Expect MissingGreenlet, alone or inside a StatementError; the coroutine that it drops is no matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(SQLAlchemyError, match="greenlet_spawn has not been called"):
            yield
        gc.collect()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(80), default="secret")
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed: Mapped[str | None] = mapped_column(String(80), onupdate=func.lower("NOW"))


class EagerPost(Base):
    __tablename__ = "eager_posts"
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    changed: Mapped[str | None] = mapped_column(String(80), onupdate=func.lower("NOW"))


class World:
    """An in-memory database and what a test runs against it."""

    def __init__(self) -> None:
        self.engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def __aenter__(self) -> "World":
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.sessions() as session, session.begin():
            session.add(User(id=1, email="a@example.com", posts=[Post(id=1, title="one")]))
            session.add(User(id=2, email="b@example.com"))
            session.add(EagerPost(id=1, title="one"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.dispose()


async def ask(app: FastAPI, path: str, method: str = "GET", **extra: Any) -> Any:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, **extra)


@pytest.mark.proves("lazy-relationship-access")
@pytest.mark.asyncio
@pytest.mark.parametrize(("options", "loaded"), [((), False), ((selectinload(User.posts),), True)])
async def test_a_relationship_that_the_query_did_not_load_cannot_be_read(options: Any, loaded: bool) -> None:
    async with World() as world, world.sessions() as session:
        user = await session.scalar(select(User).where(User.id == 1).options(*options))
        assert user is not None
        if loaded:
            assert [post.title for post in user.posts] == ["one"]
        else:
            with lazy_load_fails():
                user.posts  # noqa: B018


@pytest.mark.proves("attribute-after-rollback")
@pytest.mark.asyncio
async def test_a_row_cannot_be_read_after_a_rollback_even_when_a_commit_does_not_expire_it() -> None:
    async with World() as world, world.sessions() as session:
        user = await session.get_one(User, 1)
        email = user.email
        user.email = "b@example.com"
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()
        assert email == "a@example.com"
        with lazy_load_fails():
            user.email  # noqa: B018


@pytest.mark.proves("onupdate-without-eager-defaults")
@pytest.mark.asyncio
async def test_what_the_database_sets_on_update_cannot_be_read_unless_it_is_fetched_at_once() -> None:
    async with World() as world, world.sessions() as session:
        late, eager = await session.get_one(Post, 1), await session.get_one(EagerPost, 1)
        late.title = eager.title = "two"
        await session.commit()
        assert eager.changed == "now"
        with lazy_load_fails():
            late.changed  # noqa: B018


@pytest.mark.proves("commit-after-response")
@pytest.mark.asyncio
@pytest.mark.parametrize(("scope", "status"), [("function", 500), (None, 200)])
async def test_a_failing_commit_is_an_error_only_when_it_comes_before_the_response(scope: Any, status: int) -> None:
    async def get_db() -> AsyncIterator[str]:
        yield "session"
        raise RuntimeError("the commit failed")

    app = FastAPI()

    @app.post("/items")
    async def create(session: Annotated[str, Depends(get_db, scope=scope)]) -> str:
        return session

    assert (await ask(app, "/items", "POST")).status_code == status


@pytest.mark.proves("orm-returned-without-response-model")
@pytest.mark.asyncio
async def test_a_row_without_a_response_type_is_sent_with_its_hash() -> None:
    class UserOut(BaseModel):
        email: str

    app = FastAPI()

    @app.get("/leaking")
    async def leaking():  # type: ignore[no-untyped-def]
        return User(id=3, email="c@example.com", hashed_password="hash")

    @app.get("/filtered", response_model=UserOut)
    async def filtered() -> Any:
        return {"email": "c@example.com", "hashed_password": "hash"}

    assert (await ask(app, "/leaking")).json()["hashed_password"] == "hash"
    assert (await ask(app, "/filtered")).json() == {"email": "c@example.com"}


@pytest.mark.proves("shadowed-route")
@pytest.mark.asyncio
@pytest.mark.parametrize(("parameter_first", "status"), [(True, 422), (False, 200)])
async def test_a_route_behind_one_with_a_parameter_never_answers(parameter_first: bool, status: int) -> None:
    async def by_id(user_id: int) -> int:
        return user_id

    async def me() -> str:
        return "me"

    app = FastAPI()
    ways: list[tuple[str, Any]] = [("/users/{user_id}", by_id), ("/users/me", me)]
    for path, handler in ways if parameter_first else reversed(ways):
        app.get(path)(handler)
    assert (await ask(app, "/users/me")).status_code == status


@pytest.mark.proves("patch-without-exclude-unset")
@pytest.mark.parametrize(("limits", "nick"), [({}, None), ({"exclude_unset": True}, "kept")])
def test_a_partial_update_overwrites_what_was_not_sent_unless_unset_fields_stay_out(
    limits: dict[str, Any], nick: str | None
) -> None:
    class UserUpdate(BaseModel):
        email: str | None = None
        nick: str | None = None

    stored: dict[str, Any] = {"email": "old", "nick": "kept"}
    stored |= UserUpdate.model_validate({"email": "new"}).model_dump(**limits)
    assert stored == {"email": "new", "nick": nick}


@pytest.mark.proves("secret-in-response-schema")
def test_an_inherited_secret_is_part_of_what_a_schema_sends() -> None:
    class UserInDB(BaseModel):
        hashed_password: str

    class UserResponse(UserInDB):
        id: int

    assert "hashed_password" in UserResponse(id=1, hashed_password="hash").model_dump_json()


@pytest.mark.proves("unawaited-coroutine")
@pytest.mark.asyncio
async def test_a_coroutine_that_nobody_awaits_does_nothing() -> None:
    saved = []

    async def save() -> None:
        saved.append(1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        save()
        gc.collect()
    assert saved == []
    await save()
    assert saved == [1]


@pytest.mark.proves("transitive-blocking-call", "blocking-call-in-async")
@pytest.mark.asyncio
@pytest.mark.parametrize(("in_thread", "beats_at_least", "beats_at_most"), [(False, 0, 0), (True, 2, 99)])
async def test_a_blocking_helper_stops_every_other_task(
    in_thread: bool, beats_at_least: int, beats_at_most: int
) -> None:
    beats = []

    async def beat() -> None:
        while True:
            await asyncio.sleep(0.01)
            beats.append(1)

    def helper() -> None:
        time.sleep(0.2)

    task = asyncio.create_task(beat())
    await asyncio.sleep(0)
    if in_thread:
        await asyncio.to_thread(helper)
    else:
        helper()
    counted = len(beats)
    task.cancel()
    assert beats_at_least <= counted <= beats_at_most


@pytest.mark.proves("check-then-insert-race", "check-without-unique")
@pytest.mark.asyncio
async def test_a_check_before_an_insertion_does_not_stop_the_second_of_two() -> None:
    async def register(session: AsyncSession, both_looked: asyncio.Barrier) -> None:
        found = await session.scalar(select(User).where(User.email == "new@example.com"))
        await both_looked.wait()
        if found is None:
            session.add(User(email="new@example.com"))
        await session.commit()

    async with World() as world, world.sessions() as one, world.sessions() as two:
        barrier = asyncio.Barrier(2)
        results = await asyncio.gather(register(one, barrier), register(two, barrier), return_exceptions=True)
        assert [type(result) for result in results].count(IntegrityError) == 1


@pytest.mark.proves("privileged-field-mass-assignment")
@pytest.mark.asyncio
async def test_a_privileged_field_of_the_request_reaches_the_row() -> None:
    class Profile(BaseModel):
        email: str
        hashed_password: str = "unset"

    sent = Profile.model_validate({"email": "x@example.com", "hashed_password": "chosen by the client"})
    assert User(**sent.model_dump()).hashed_password == "chosen by the client"


@pytest.mark.proves("depends-outside-injection")
def test_a_plain_call_gets_the_marker_that_only_fastapi_fills_in() -> None:
    def load(session: object = Depends(object), limit: object = Query(10)) -> tuple[object, object]:
        return session, limit

    given = load()
    assert [type(each).__name__ for each in given] == ["Depends", "Query"]


@pytest.mark.proves("loop-run-by-helper", "asyncio-run-in-async")
@pytest.mark.asyncio
async def test_no_helper_starts_a_loop_inside_a_running_one() -> None:
    async def load() -> int:
        return 1

    def load_now(coroutine: Coroutine[None, None, int]) -> int:
        try:
            return asyncio.run(coroutine)
        finally:
            coroutine.close()

    with pytest.raises(RuntimeError, match="running event loop"):
        load_now(load())
    assert await asyncio.to_thread(load_now, load()) == 1
