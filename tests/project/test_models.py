"""Models, schemas and routes as they are read off the index."""

from collections.abc import Mapping
from textwrap import dedent

import pytest

from layerwise.project.index import Project, build_project
from layerwise.project.models import Model


def project_of(texts: Mapping[str, str]) -> Project:
    return build_project({path: dedent(text) for path, text in texts.items()})


def only_model(text: str) -> Model:
    (model,) = project_of({"models.py": text}).models.values()
    return model


MAPPED = """
    from datetime import datetime
    from typing import Annotated
    from sqlalchemy import ForeignKey, String, UniqueConstraint, func
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    id_key = Annotated[int, mapped_column(primary_key=True)]

    class Base(DeclarativeBase):
        pass

    class Stamped:
        updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    class Post(Stamped, Base):
        __tablename__ = "posts"
        __table_args__ = (UniqueConstraint("owner_id", "slug"), {"schema": "blog"})
        id: Mapped[id_key]
        slug: Mapped[str] = mapped_column(String(80), index=True)
        token: Mapped[str | None] = mapped_column(unique=True)
        owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
        tags: Mapped[list["Tag"]] = relationship(back_populates="posts", lazy="selectin")
        owner: Mapped["User"] = relationship()
    """


def test_columns_are_read_with_keys_constraints_and_what_mixins_add() -> None:
    post = only_model(MAPPED)
    assert (post.name, post.table) == ("Post", "posts")
    found = {column.name: column for column in post.columns}
    assert set(found) == {"updated_at", "id", "slug", "token", "owner_id"}
    assert (found["id"].primary_key, found["id"].python) == (True, "int")
    assert (found["slug"].type, found["slug"].index, found["slug"].nullable) == ("String(80)", True, False)
    assert (found["token"].nullable, found["token"].unique) == (True, True)
    assert found["owner_id"].foreign_key == "users.id"
    assert found["updated_at"].onupdate == "func.now()"
    assert post.is_unique(frozenset({"slug", "owner_id"}))
    assert post.is_unique(frozenset({"id", "slug"}))
    assert not post.is_unique(frozenset({"slug"}))


def test_relationships_say_whom_they_reach_and_whether_it_is_many() -> None:
    tags, owner = only_model(MAPPED).relationships
    assert (tags.target, tags.collection, tags.lazy, tags.back_populates) == ("Tag", True, "selectin", "posts")
    assert (owner.target, owner.collection, owner.lazy) == ("User", False, "")


@pytest.mark.parametrize(
    "text",
    [
        """
        from sqlalchemy.orm import declarative_base
        Base = declarative_base()
        class User(Base):
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            email = Column(String, nullable=False)
        """,
        """
        from sqlmodel import Field, SQLModel
        class UserBase(SQLModel):
            email: str
        class User(UserBase, table=True):
            id: int | None = Field(default=None, primary_key=True)
        """,
        """
        from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, Mapped, mapped_column
        class Base(MappedAsDataclass, DeclarativeBase): pass
        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True, init=False)
            email: Mapped[str]
        """,
    ],
    ids=["declarative_base", "sqlmodel", "dataclass"],
)
def test_every_style_of_mapping_is_a_model(text: str) -> None:
    user = only_model(dedent(text))
    assert user.name == "User"
    email, key = user.column("email"), user.column("id")
    assert email is not None
    assert key is not None
    assert (email.nullable, key.primary_key) == (False, True)


def test_bases_mixins_and_abstract_classes_are_no_models() -> None:
    project = project_of(
        {
            "models.py": """
            from sqlalchemy.orm import DeclarativeBase
            class Base(DeclarativeBase):
                id: Mapped[int] = mapped_column(primary_key=True)
            class Audited(Base):
                __abstract__ = True
                by: Mapped[str]
            """
        }
    )
    assert project.models == {}


def test_schemas_inherit_fields_and_configuration() -> None:
    project = project_of(
        {
            "schemas.py": """
            from pydantic import BaseModel, ConfigDict, Field
            class UserBase(BaseModel):
                model_config = ConfigDict(from_attributes=True)
                email: str
                nick: str | None = None
            class UserInDB(UserBase):
                hashed_password: str = Field(..., exclude=True)
                age: int = Field(default=3)
            """,
            "config.py": """
            from pydantic_settings import BaseSettings
            class Settings(BaseSettings):
                debug: bool = False
            """,
        }
    )
    schema = project.schemas["schemas.py::UserInDB"]
    assert schema.from_attributes
    assert [(field.name, field.type, field.optional, field.required) for field in schema.fields] == [
        ("email", "str", False, True),
        ("nick", "str", True, False),
        ("hashed_password", "str", False, True),
        ("age", "int", False, False),
    ]
    assert [field.excluded for field in schema.fields] == [False, False, True, False]
    assert [settings.name for settings in project.settings.values()] == ["Settings"]


def test_a_route_has_the_paths_of_all_routers_on_the_way() -> None:
    project = project_of(
        {
            "app/__init__.py": "",
            "app/config.py": 'class Settings:\n    PREFIX: str = "/api"\nsettings = Settings()\n',
            "app/users.py": """
                from fastapi import APIRouter, Depends
                router = APIRouter(prefix="/users", dependencies=[Depends(authenticate)])

                @router.get("/{user_id}", response_model=UserOut)
                async def get_user(user_id: int, db=Depends(get_db)): ...

                @router.api_route("/many", methods=["PUT", "PATCH"], status_code=202)
                async def many(): ...
                """,
            "app/items.py": """
                from fastapi import APIRouter
                router = APIRouter()

                @router.post('/items')
                def add(): ...
                """,
            "app/main.py": """
                from fastapi import APIRouter, FastAPI
                from app import items, users
                from app.config import settings

                def create_app() -> FastAPI:
                    app = FastAPI()
                    v1 = APIRouter(prefix="/v1")
                    for module in (users, items):
                        v1.include_router(module.router)
                    app.include_router(v1, prefix=settings.PREFIX)

                    @app.get("/health")
                    def health(): ...

                    return app
                """,
        }
    )
    found = {route.function.rpartition("::")[2]: route for route in project.api.routes}
    assert {name: (route.methods, route.paths) for name, route in found.items()} == {
        "get_user": (("GET",), ("/api/v1/users/{user_id}",)),
        "many": (("PUT", "PATCH"), ("/api/v1/users/many",)),
        "add": (("POST",), ("/api/v1/items",)),
        "create_app.health": (("GET",), ("/health",)),
    }
    assert found["get_user"].response_model == "UserOut"
    assert found["get_user"].dependencies == ("get_db",)
    assert found["get_user"].guards == ("authenticate",)
    assert found["many"].status == "202"


def test_routers_that_include_each_other_end() -> None:
    project = project_of(
        {
            "a.py": """
            from fastapi import APIRouter
            one = APIRouter(prefix="/one")
            two = APIRouter(prefix="/two")
            one.include_router(two)
            two.include_router(one)

            @one.get("/x")
            def x(): ...
            """
        }
    )
    assert len(project.api.routes) == 1


def test_a_decorator_called_get_that_is_no_route_is_left_alone() -> None:
    project = project_of({"a.py": "@cache.get('key')\ndef load(): ...\n\n@mock.patch('x')\ndef test(): ...\n"})
    assert project.api.routes == ()


@pytest.mark.parametrize("options", ['{"lazy": "selectin"}', 'dict(lazy="selectin")'])
def test_the_loading_of_a_sqlmodel_relationship_is_read_off_its_options(options: str) -> None:
    text = f"""
    from sqlmodel import Field, Relationship, SQLModel

    class Team(SQLModel, table=True):
        id: int = Field(primary_key=True)
        members: list["User"] = Relationship(sa_relationship_kwargs={options})
    """
    (members,) = only_model(text).relationships
    assert (members.collection, members.lazy) == (True, "selectin")


@pytest.mark.parametrize(
    ("find", "call", "loads"),
    [
        ("def find(session: Session) -> User:\n    return session.get(User, 1)", "find(session)", None),
        ("def find(session: Session) -> User:\n    return session.query(User).one()", "find(session)", None),
        ("async def find(session: AsyncSession) -> User:\n    return await session.get(User, 1)",
         "await find(session)", frozenset()),
    ],
)  # fmt: skip
def test_what_a_row_of_a_sync_session_has_loaded_is_left_open(
    find: str, call: str, loads: frozenset[str] | None
) -> None:
    head = "from sqlalchemy.orm import Session\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
    model = "from m import User\n"
    project = build_project(
        {
            "m.py": 'class User(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column(primary_key=True)\n',
            "store.py": f"{head}{model}\n\n{find}\n\n\nasync def use(session):\n    user = {call}\n",
        }
    )
    (user,) = project.entities.of("store.py::use")
    assert (user.name, user.loads) == ("user", loads)


def test_a_row_that_was_taken_out_of_its_session_is_no_row_of_it() -> None:
    project = build_project(
        {
            "m.py": 'class User(Base):\n    __tablename__ = "users"\n    id: Mapped[int] = mapped_column(primary_key=True)\n',
            "store.py": "from m import User\n\n\nasync def find(session) -> User:\n    user = await session.get(User, 1)\n"
            "    session.expunge(user)\n    return user\n\n\nasync def use(session):\n    user = await find(session)\n",
        }
    )
    assert project.entities.of("store.py::use") == ()
