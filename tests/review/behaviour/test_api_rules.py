"""What the rules for FastAPI, Pydantic, asyncio and tests claim, seen on the libraries."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import jwt
import pydantic
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient
from httpx2 import AsyncClient
from pydantic import BaseModel, ConfigDict, field_validator
from pydantic.errors import PydanticImportError
from pydantic_settings import BaseSettings


@pytest.mark.proves("http-exception-caught-by-broad-except")
@pytest.mark.parametrize(("passes_on", "status"), [(False, 500), (True, 404)])
def test_a_broad_except_turns_the_404_of_its_own_try_into_a_500(passes_on: bool, status: int) -> None:
    app = FastAPI()

    @app.get("/users")
    def read() -> None:
        try:
            raise HTTPException(404)
        except Exception as error:
            if passes_on and isinstance(error, HTTPException):
                raise
            raise HTTPException(500) from error

    assert TestClient(app).get("/users").status_code == status


@pytest.mark.proves("called-dependency")
def test_a_dependency_that_is_called_where_it_is_declared_is_refused() -> None:
    def get_db() -> str:
        return "session"

    app = FastAPI()
    with pytest.raises(TypeError, match="not a callable"):

        @app.get("/called")
        def called(db: str = Depends(get_db())) -> str:  # type: ignore[arg-type]
            return db

    @app.get("/declared")
    def declared(db: str = Depends(get_db)) -> str:
        return db

    assert TestClient(app).get("/declared").json() == "session"


@pytest.mark.proves("body-with-no-content-status")
def test_a_204_cannot_have_a_body() -> None:
    app = FastAPI()
    with pytest.raises(AssertionError, match="204"):

        @app.delete("/users", status_code=204)
        def remove() -> dict[str, bool]:
            return {"ok": True}

    @app.delete("/posts", status_code=204)
    def remove_silently() -> None:
        return None

    assert TestClient(app).delete("/posts").content == b""


@pytest.mark.proves("cors-wildcard-with-credentials")
@pytest.mark.parametrize(("origins", "allowed"), [(["*"], True), (["https://ours.example"], False)])
def test_a_wildcard_with_credentials_trusts_every_site(origins: list[str], allowed: bool) -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)
    app.get("/")(lambda: None)
    headers = {"Origin": "https://evil.example", "Cookie": "session=1"}
    answer = TestClient(app).get("/", headers=headers)
    assert (answer.headers.get("access-control-allow-origin") == "https://evil.example") == allowed


@pytest.mark.proves("override-not-cleared")
def test_an_override_that_is_not_cleared_reaches_the_next_test() -> None:
    def get_db() -> str:
        return "real"

    app = FastAPI()

    @app.get("/")
    def read(db: str = Depends(get_db)) -> str:
        return db

    app.dependency_overrides[get_db] = lambda: "fake"
    assert TestClient(app).get("/").json() == "fake"
    app.dependency_overrides.clear()
    assert TestClient(app).get("/").json() == "real"


@pytest.mark.proves("deprecated-on-event")
def test_startup_handlers_are_deprecated_and_do_not_run_beside_a_lifespan() -> None:
    started: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        started.append("lifespan")
        yield

    app = FastAPI(lifespan=lifespan)
    with pytest.warns(DeprecationWarning, match="on_event"):
        app.on_event("startup")(lambda: started.append("event"))
    with TestClient(app):
        assert started == ["lifespan"]


@pytest.mark.proves("removed-asyncclient-app")
def test_the_client_takes_no_app() -> None:
    with pytest.raises(TypeError, match="app"):
        AsyncClient(app=FastAPI())  # type: ignore[call-arg]


@pytest.mark.proves("validator-without-return")
@pytest.mark.parametrize(("returns", "age"), [(False, None), (True, 7)])
def test_a_validator_that_returns_nothing_empties_the_field(returns: bool, age: int | None) -> None:
    class User(BaseModel):
        age: int

        @field_validator("age")
        @classmethod
        def check(cls, value: int) -> Any:
            return value if returns else None

    assert User(age=7).age == age


@pytest.mark.proves("missing-from-attributes")
@pytest.mark.parametrize("configured", [False, True])
def test_a_schema_reads_objects_only_when_it_is_told_to(configured: bool) -> None:
    class Row:
        id = 1

    class Read(BaseModel):
        model_config = ConfigDict(from_attributes=configured)
        id: int

    if configured:
        assert Read.model_validate(Row()).id == 1
    else:
        with pytest.raises(pydantic.ValidationError):
            Read.model_validate(Row())


@pytest.mark.proves("v1-settings-import")
def test_settings_are_no_longer_in_pydantic() -> None:
    with pytest.raises(PydanticImportError):
        pydantic.BaseSettings  # noqa: B018
    assert issubclass(BaseSettings, BaseModel)


@pytest.mark.proves("v1-method", "v1-config-class")
def test_the_names_of_the_first_pydantic_are_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="class-based `config`"):

        class Old(BaseModel):
            class Config:
                extra = "forbid"

    with pytest.warns(DeprecationWarning, match="model_dump"):
        Old().dict()


@pytest.mark.proves("validation-skipped")
def test_what_is_constructed_is_not_validated() -> None:
    class User(BaseModel):
        age: int

    assert User.model_construct(age="old").age == "old"  # type: ignore[comparison-overlap]
    with pytest.raises(pydantic.ValidationError):
        User.model_validate({"age": "old"})


@pytest.mark.proves("unverified-token")
def test_a_forged_token_passes_when_the_signature_is_not_verified() -> None:
    forged = jwt.encode({"sub": "admin"}, "x" * 32, algorithm="HS256")
    assert jwt.decode(forged, options={"verify_signature": False})["sub"] == "admin"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, "y" * 32, algorithms=["HS256"])


@pytest.mark.proves("jwt-without-expiry")
def test_only_a_token_that_says_when_it_ends_ends() -> None:
    key = "k" * 32
    assert jwt.decode(jwt.encode({"sub": "1"}, key, algorithm="HS256"), key, algorithms=["HS256"]) == {"sub": "1"}
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(jwt.encode({"sub": "1", "exp": 1}, key, algorithm="HS256"), key, algorithms=["HS256"])


@pytest.mark.proves("lru-cache-on-async")
@pytest.mark.asyncio
async def test_a_cached_coroutine_can_be_awaited_once() -> None:
    @lru_cache
    async def load() -> int:
        return 1

    assert await load() == 1
    with pytest.raises(RuntimeError, match="already awaited"):
        await load()


@pytest.mark.proves("asyncio-run-in-async")
@pytest.mark.asyncio
async def test_a_second_loop_cannot_be_run_inside_the_first() -> None:
    async def load() -> int:
        return 1

    coroutine = load()
    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(coroutine)
    assert await coroutine == 1


@pytest.mark.proves("thread-lock-across-await")
@pytest.mark.asyncio
async def test_a_thread_lock_that_is_held_over_an_await_is_not_free_for_the_next_task() -> None:
    lock, right = threading.Lock(), asyncio.Lock()
    refused: list[bool] = []

    async def hold() -> None:
        with lock:
            await asyncio.sleep(0.05)

    async def ask() -> None:
        taken = lock.acquire(blocking=False)
        refused.append(not taken)

    async def wait() -> None:
        async with right:
            await asyncio.sleep(0)

    await asyncio.gather(hold(), ask())
    assert refused == [True]  # a blocking acquire would stop the loop, and with it the task that holds the lock
    await asyncio.gather(wait(), wait())
