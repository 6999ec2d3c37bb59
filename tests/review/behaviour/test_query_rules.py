"""What the query and model rules claim about SQLAlchemy, seen on it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import JSON, DateTime, ForeignKey, String, create_engine, delete, event, func, select, text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime)
    posts: Mapped[list["Post"]] = relationship()
    roles: Mapped[list["Role"]] = relationship()


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Role(Base):
    __tablename__ = "roles"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Settings(Base):
    __tablename__ = "settings"
    id: Mapped[int] = mapped_column(primary_key=True)
    chosen: Mapped[dict[str, str]] = mapped_column(JSON)


class Frozen(Base):
    __tablename__ = "frozen"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(default=uuid4())


class Fresh(Base):
    __tablename__ = "fresh"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(default=uuid4)


@pytest.fixture
def session() -> Iterator[Session]:
    """Two users; the first has three posts and three roles."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add(User(id=1, name="a", posts=[Post() for _ in range(3)], roles=[Role() for _ in range(3)]))
        opened.add(User(id=2, name="b"))
        opened.flush()
        yield opened
    engine.dispose()


def statements_of(session: Session) -> list[str]:
    """The statements that the session sends from now on."""
    sent: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", keep)
    return sent


@pytest.mark.proves("python-operator-in-filter")
def test_an_operator_of_python_compares_the_column_object_and_not_the_rows(session: Session) -> None:
    wrong = select(User).where(User.removed_at is None)
    right = select(User).where(User.removed_at.is_(None))
    assert (session.scalars(wrong).all(), len(session.scalars(right).all())) == ([], 2)


@pytest.mark.proves("result-consumed-twice")
def test_a_result_is_empty_when_it_is_read_again(session: Session) -> None:
    result = session.scalars(select(User))
    kept = result.all()
    assert (len(kept), len(result.all())) == (2, 0)


@pytest.mark.proves("discarded-statement-step")
def test_a_step_that_is_thrown_away_is_not_part_of_the_statement(session: Session) -> None:
    statement = select(User)
    statement.where(User.name == "a")
    assert len(session.scalars(statement).all()) == 2
    statement = statement.where(User.name == "a")
    assert len(session.scalars(statement).all()) == 1


@pytest.mark.proves("none-check-after-scalar-one")
def test_a_missing_row_is_an_exception_before_anyone_can_check_for_none(session: Session) -> None:
    nobody = select(User).where(User.name == "c")
    with pytest.raises(NoResultFound):
        session.execute(nobody).scalar_one()
    assert session.execute(nobody).scalar_one_or_none() is None


@pytest.mark.proves("rows-instead-of-scalars")
def test_execute_gives_rows_that_hold_the_objects(session: Session) -> None:
    (row, _) = session.execute(select(User).order_by(User.id)).all()
    with pytest.raises(AttributeError):
        row.name  # noqa: B018
    assert session.scalars(select(User).order_by(User.id)).all()[0].name == "a"


@pytest.mark.proves("joined-collections")
@pytest.mark.parametrize(("load", "rows"), [(joinedload, 10), (selectinload, 2)])
def test_two_joined_collections_multiply_the_rows(session: Session, load: Any, rows: int) -> None:
    statement = select(User).options(load(User.posts), load(User.roles))
    sent = statements_of(session)
    assert len(session.scalars(statement).unique().all()) == 2
    assert len(session.connection().exec_driver_sql(sent[0]).all()) == rows


@pytest.mark.proves("query-in-loop")
def test_a_query_in_a_loop_is_a_round_trip_for_each_turn(session: Session) -> None:
    sent = statements_of(session)
    names = [session.scalar(select(User.name).where(User.id == each)) for each in (1, 2)]
    assert len(sent) == 2
    assert list(session.scalars(select(User.name).where(User.id.in_([1, 2])))) == names
    assert len(sent) == 3


@pytest.mark.proves("rows-loaded-to-count")
def test_counting_in_python_reads_every_row(session: Session) -> None:
    sent = statements_of(session)
    assert len(session.scalars(select(Post)).all()) == session.scalar(select(func.count()).select_from(Post)) == 3
    assert ["count" in statement for statement in sent] == [False, True]


@pytest.mark.proves("dml-without-where")
def test_a_deletion_without_a_condition_takes_every_row(session: Session) -> None:
    session.execute(delete(Post).where(Post.id == 1))
    assert session.scalar(select(func.count()).select_from(Post)) == 2
    session.execute(delete(Post))
    assert session.scalar(select(func.count()).select_from(Post)) == 0


@pytest.mark.proves("interpolated-sql")
def test_a_value_in_the_text_of_a_statement_can_change_the_statement(session: Session) -> None:
    given = "nobody' OR '1'='1"
    assert len(session.execute(text(f"SELECT id FROM users WHERE name = '{given}'")).all()) == 2
    assert session.execute(text("SELECT id FROM users WHERE name = :name"), {"name": given}).all() == []


@pytest.mark.proves("default-evaluated-at-import")
@pytest.mark.parametrize(("model", "keys"), [(Frozen, 1), (Fresh, 2)])
def test_a_default_that_is_a_value_is_the_same_for_every_row(session: Session, model: Any, keys: int) -> None:
    session.add_all([model(), model()])
    session.flush()
    assert len(set(session.scalars(select(model.key)))) == keys


@pytest.mark.proves("naive-utcnow", "naive-datetime-column")
def test_a_time_without_a_zone_cannot_be_compared_with_one_that_has_it(session: Session) -> None:
    session.get_one(User, 1).removed_at = datetime(2026, 1, 1, tzinfo=UTC)
    session.flush()
    session.expire_all()
    read = session.get_one(User, 1).removed_at
    assert read is not None
    assert read.tzinfo is None
    with pytest.raises(TypeError, match="offset-naive"):
        assert read < datetime.now(UTC)


@pytest.mark.proves("json-changed-in-place")
def test_what_changes_inside_a_json_column_is_never_written(session: Session) -> None:
    session.add(Settings(id=1, chosen={}))
    session.commit()
    settings = session.get_one(Settings, 1)
    settings.chosen["theme"] = "dark"
    session.commit()
    assert session.scalar(select(Settings.chosen)) == {}
    settings.chosen = {**settings.chosen, "theme": "dark"}
    session.commit()
    assert session.scalar(select(Settings.chosen)) == {"theme": "dark"}


@pytest.mark.proves("missing-row-used")
def test_a_look_up_of_an_unknown_id_gives_none_and_get_one_says_so(session: Session) -> None:
    assert session.get(User, 99) is None
    assert session.scalar(select(User).where(User.id == 99)) is None
    with pytest.raises(NoResultFound):
        session.get_one(User, 99)
