"""The index: what names stand for, what values are, who calls whom."""

from collections.abc import Mapping
from textwrap import dedent

import pytest

from layerwise.project.annotations import Type, session_kind
from layerwise.project.index import Project, build_project


def project_of(texts: Mapping[str, str]) -> Project:
    return build_project({path: dedent(text) for path, text in texts.items()})


LAYERED = project_of(
    {
        "backend/app/__init__.py": "",
        "backend/app/models/__init__.py": "from .user import User\nfrom app.models.base import *\n",
        "backend/app/models/base.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n",
        "backend/app/models/user.py": """
            from .base import Base

            class User(Base):
                def full_name(self) -> str: ...
            """,
        "backend/app/db.py": """
            from collections.abc import AsyncIterator
            from typing import Annotated
            from fastapi import Depends
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

            engine = create_async_engine("sqlite+aiosqlite://")
            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

            async def get_db() -> AsyncIterator[AsyncSession]:
                async with SessionLocal() as session:
                    yield session
                    await session.commit()

            SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]
            """,
        "backend/app/repositories.py": """
            from app.models import User
            from sqlalchemy.ext.asyncio import AsyncSession

            class Repository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def save(self, user: User) -> User:
                    self.session.add(user)
                    await self.session.flush()
                    return user

            class UserRepository(Repository):
                async def by_email(self, email: str) -> User | None: ...
            """,
        "backend/app/services.py": """
            from app.repositories import UserRepository

            class UserService:
                def __init__(self, users: UserRepository) -> None:
                    self.users = users

                @property
                def repository(self) -> UserRepository:
                    return self.users

                async def rename(self, email: str):
                    user = await self.users.by_email(email)
                    user.full_name()
                    await self.repository.save(user)

            def get_service(session):
                return UserService(UserRepository(session))

            mailer = UserService(None)
            """,
        "backend/app/api.py": """
            import app.services as services
            from app.db import SessionDep
            from app.services import get_service, mailer
            from fastapi import Depends
            import time

            async def route(
                session: SessionDep, service: services.UserService = Depends(get_service), other=Depends(get_service)
            ):
                await service.rename("x")
                await other.rename("y")
                await mailer.rename("z")
                await session.execute(1)
                time.sleep(1)
                for item in session.new:
                    item.close()
            """,
    }
)
API = "backend/app/api.py"


@pytest.mark.parametrize(
    ("path", "name", "symbol"),
    [
        ("backend/app/repositories.py", "User", "backend/app/models/user.py::User"),
        ("backend/app/models/__init__.py", "Base", "backend/app/models/base.py::Base"),
        (API, "services.UserService", "backend/app/services.py::UserService"),
        (API, "Depends", "fastapi.Depends"),
        (API, "time.sleep", "time.sleep"),
        (API, "undefined", "undefined"),
        ("backend/app/models/user.py", "User.full_name", "backend/app/models/user.py::User.full_name"),
    ],
)
def test_a_name_is_resolved_through_imports_re_exports_and_stars(path: str, name: str, symbol: str) -> None:
    assert LAYERED.resolve(path, name) == symbol


def test_module_names_start_at_the_folder_that_imports_start_from() -> None:
    assert LAYERED.names.roots == ("backend",)
    assert LAYERED.modules["backend/app/models/__init__.py"].name == "app.models"


def test_calls_are_resolved_through_aliases_factories_singletons_and_base_classes() -> None:
    targets = [found.target for found in LAYERED.calls.of(f"{API}::route")]
    rename = "backend/app/services.py::UserService.rename"
    session = "sqlalchemy.ext.asyncio.AsyncSession"
    assert targets == [rename, rename, rename, f"{session}.execute", "time.sleep"]
    assert [found.target for found in LAYERED.calls.of(rename)] == [
        "backend/app/repositories.py::UserRepository.by_email",
        "backend/app/models/user.py::User.full_name",
        "backend/app/repositories.py::Repository.save",
    ]


def test_an_async_function_gives_a_coroutine_and_a_generator_what_it_yields() -> None:
    rename = LAYERED.types.returned("backend/app/services.py::UserService.rename")
    assert rename == Type("coroutine", "", (None,))
    assert session_kind(LAYERED.types.provided("backend/app/db.py::get_db")) == "async"


def test_the_dependency_behind_an_alias_is_found_with_its_scope() -> None:
    module = LAYERED.modules[API]
    parameter = module.functions["route"].parameters[0]
    found = LAYERED.types.annotations.injection(module, parameter)
    assert found is not None
    assert (found.factory, found.scope) == ("backend/app/db.py::get_db", "function")


def test_the_session_dependency_says_that_it_commits_after_its_yield() -> None:
    (dependency,) = LAYERED.sessions.dependencies
    assert (dependency.symbol, dependency.kind, dependency.commits) == ("backend/app/db.py::get_db", "async", "after")
    (maker,) = LAYERED.sessions.makers
    assert (maker.kind, maker.expires) == ("async", False)


@pytest.mark.parametrize("qualname", ["UserService.rename", "get_service"])
def test_the_tree_of_one_function_stands_at_its_true_position(qualname: str) -> None:
    module = LAYERED.modules["backend/app/services.py"]
    node = module.node(qualname)
    assert node is not None
    assert (node.lineno, node.end_lineno) == (module.functions[qualname].line, module.functions[qualname].end_line)
    assert node.col_offset == (4 if "." in qualname else 0)


def test_a_decorator_that_is_not_known_makes_no_promise_about_awaiting() -> None:
    project = project_of(
        {
            "a.py": """
            import celery

            @celery.task
            async def unknown(): ...

            def traced(function):
                async def wrapper(*args):
                    return await function(*args)
                return wrapper

            @traced
            async def known(): ...
            """
        }
    )
    assert project.types.returned("a.py::unknown") is None
    assert project.types.returned("a.py::known") == Type("coroutine", "", (None,))


def test_circular_imports_aliases_and_bases_end() -> None:
    project = project_of(
        {
            "a.py": "from b import X, A\nclass A(X): pass\nY = Z\nZ = Y\n",
            "b.py": "from a import A, X\nclass B(A): pass\nfrom b import B\n",
        }
    )
    assert "a.py::A" not in project.classes.ancestors("a.py::A")
    assert project.resolve("a.py", "Y")
    assert project.types.chain("a.py::<module>", "Y.q()", 9) is None


def test_of_two_applications_each_imports_its_own_modules() -> None:
    files = {}
    for name in ("one", "two"):
        files |= {
            f"{name}/app/__init__.py": "",
            f"{name}/app/core.py": "class Settings: pass\n",
            f"{name}/app/main.py": "from app.core import Settings\n",
        }
    project = project_of(files)
    assert project.resolve("one/app/main.py", "Settings") == "one/app/core.py::Settings"
    assert project.resolve("two/app/main.py", "Settings") == "two/app/core.py::Settings"


def test_a_relative_import_reaches_parents_and_packages() -> None:
    project = project_of(
        {
            "p/__init__.py": "VERSION = 1\n",
            "p/q/__init__.py": "",
            "p/q/r.py": "from .. import VERSION\nfrom ..s import T\nfrom . import u\n",
            "p/q/u.py": "def go(): ...\n",
            "p/s.py": "class T: pass\n",
        }
    )
    assert project.resolve("p/q/r.py", "VERSION") == "p/__init__.py::VERSION"
    assert project.resolve("p/q/r.py", "T") == "p/s.py::T"
    assert project.resolve("p/q/r.py", "u.go") == "p/q/u.py::go"
