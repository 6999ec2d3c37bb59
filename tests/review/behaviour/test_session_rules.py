"""What the session rules claim about SQLAlchemy's async sessions, seen on them."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


@asynccontextmanager
async def open_sessions(**options: Any) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """A session maker on a database in memory that holds one tag, `old`."""
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with async_sessionmaker(engine)() as session, session.begin():
            session.add(Tag(id=1, name="old"))
        yield async_sessionmaker(engine, **options)
    finally:
        await engine.dispose()


async def count(sessions: async_sessionmaker[AsyncSession]) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Tag)) or 0


@contextmanager
def dropped_coroutines() -> Iterator[None]:
    """Coroutines may go unawaited in here, as they do in the bad cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
        gc.collect()


@pytest.mark.proves("unawaited-session-call")
@pytest.mark.asyncio
@pytest.mark.parametrize(("awaited", "rows"), [(False, 1), (True, 2)])
async def test_a_commit_that_is_not_awaited_writes_nothing(awaited: bool, rows: int) -> None:
    async with open_sessions() as sessions:
        async with sessions() as session:
            session.add(Tag(name="new"))
            if awaited:
                await session.commit()
            else:
                with dropped_coroutines():
                    session.commit()  # type: ignore[unused-coroutine]
        assert await count(sessions) == rows


@pytest.mark.proves("awaited-sync-session-method")
@pytest.mark.asyncio
async def test_awaiting_add_fails_and_calling_it_does_not() -> None:
    async with open_sessions() as sessions, sessions() as session:
        session.add(Tag(name="new"))
        with pytest.raises(TypeError, match="await"):
            await session.add(Tag(name="newer"))  # type: ignore[func-returns-value]


@pytest.mark.proves("async-session-in-sync-route")
@pytest.mark.asyncio
@pytest.mark.parametrize(("is_async", "status"), [(False, 500), (True, 200)])
async def test_a_plain_route_cannot_use_an_async_session(is_async: bool, status: int) -> None:
    app = FastAPI()
    async with open_sessions() as sessions:

        async def get_db() -> AsyncIterator[AsyncSession]:
            async with sessions() as session:
                yield session

        def read(db: Annotated[AsyncSession, Depends(get_db)]) -> list[str]:
            found: Any = db.scalars(select(Tag.name))
            return list(found.all())

        async def read_async(db: Annotated[AsyncSession, Depends(get_db)]) -> list[str]:
            return list((await db.scalars(select(Tag.name))).all())

        app.get("/tags")(read_async if is_async else read)
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            with dropped_coroutines():
                answer = await client.get("/tags")
    assert answer.status_code == status


@pytest.mark.proves("expire-on-commit-default")
@pytest.mark.asyncio
@pytest.mark.parametrize("expires", [True, False])
async def test_an_attribute_is_gone_after_a_commit_unless_the_maker_says_otherwise(expires: bool) -> None:
    async with open_sessions(expire_on_commit=expires) as sessions, sessions() as session:
        tag = await session.get_one(Tag, 1)
        await session.commit()
        if expires:
            with dropped_coroutines(), pytest.raises(SQLAlchemyError, match="greenlet_spawn"):
                tag.name  # noqa: B018
        else:
            assert tag.name == "old"


@pytest.mark.proves("session-shared-across-tasks")
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.asyncio
async def test_two_tasks_cannot_write_through_one_session_but_through_one_each() -> None:
    async def write(session: AsyncSession, name: str) -> None:
        session.add(Tag(name=name))
        await session.flush()

    async with open_sessions() as sessions:
        async with sessions() as shared:
            outcomes = await asyncio.gather(*(write(shared, name) for name in "abc"), return_exceptions=True)
            assert any(isinstance(outcome, InvalidRequestError) for outcome in outcomes)
        async with sessions() as one, sessions() as two:
            await write(one, "a")
            await write(two, "b")


@pytest.mark.proves("integrity-error-without-savepoint")
@pytest.mark.asyncio
@pytest.mark.parametrize("savepoint", [False, True])
async def test_a_conflict_spoils_the_transaction_unless_it_happens_in_a_savepoint(savepoint: bool) -> None:
    async def insert(session: AsyncSession) -> None:
        if savepoint:
            async with session.begin_nested():
                session.add(Tag(name="old"))
        else:
            session.add(Tag(name="old"))
            await session.flush()

    async with open_sessions() as sessions, sessions() as session:
        with pytest.raises(IntegrityError):
            await insert(session)
        if savepoint:
            assert await session.scalar(select(Tag.id)) == 1
        else:
            with pytest.raises(PendingRollbackError):
                await session.scalar(select(Tag.id))


@pytest.mark.proves("commit-in-loop")
@pytest.mark.asyncio
@pytest.mark.parametrize(("in_loop", "rows"), [(True, 2), (False, 1)])
async def test_a_failure_after_a_commit_in_a_loop_leaves_half_of_the_rows(in_loop: bool, rows: int) -> None:
    async with open_sessions() as sessions:

        async def save(session: AsyncSession) -> None:
            for name in ("new", "old"):
                session.add(Tag(name=name))
                if in_loop:
                    await session.commit()
            await session.commit()

        async with sessions() as session:
            with pytest.raises(IntegrityError):
                await save(session)
        assert await count(sessions) == rows


@pytest.mark.proves("create-without-flush")
@pytest.mark.asyncio
@pytest.mark.parametrize("flushed", [False, True])
async def test_a_new_row_has_no_id_before_it_is_flushed(flushed: bool) -> None:
    async with open_sessions() as sessions, sessions() as session:
        tag = Tag(name="new")
        session.add(tag)
        if flushed:
            await session.flush()
        assert (tag.id is not None) == flushed


@pytest.mark.proves("yield-dependency-swallowing-exceptions")
@pytest.mark.asyncio
@pytest.mark.parametrize(("raises_again", "status"), [(False, 500), (True, 404)])
async def test_an_exception_that_a_dependency_swallows_becomes_a_500(raises_again: bool, status: int) -> None:
    async def get_db() -> AsyncIterator[str]:
        try:
            yield "session"
        except Exception:
            if raises_again:
                raise

    app = FastAPI()

    @app.get("/tags/{tag_id}")
    async def read(tag_id: int, db: str = Depends(get_db)) -> str:
        raise HTTPException(404)

    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/tags/7")).status_code == status
