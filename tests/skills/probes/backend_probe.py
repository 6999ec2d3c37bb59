"""Run inside the backend that the skill's Correct examples make up: they do what the topics promise."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from app.core.exceptions import ConflictError
from app.core.files import read_file
from app.core.slugs import make_slug
from app.db.session import SessionFactory, engine
from app.main import app
from app.models import Base, Order, Product, Tag, User
from app.models.product import ProductStatus
from app.repositories.feed import FeedRepository
from app.repositories.order import OrderRepository
from app.repositories.owned_order import OwnedOrderRepository
from app.repositories.product import ProductRepository
from app.repositories.search import SearchRepository
from app.repositories.sorting import PRODUCT_ORDER
from app.repositories.stock import StockRepository
from app.repositories.tag import TagRepository
from app.repositories.user import UserRepository
from app.schemas.coupon import CouponCreate
from app.schemas.order import OrderCreate
from app.schemas.product import ProductUpdate
from app.services.dashboard import DashboardService
from app.services.order import OrderService
from app.services.product import ProductService
from httpx2 import ASGITransport, AsyncClient
from pydantic import ValidationError
from sqlalchemy import Result, Select, event, func, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

USER = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}


async def create_user(session: AsyncSession) -> User:
    return await UserRepository(session).create(email="ada@example.org", username="ada", hashed_password="x")


async def create_product(session: AsyncSession, sku: str, stock: int = 0) -> Product:
    return await ProductRepository(session).create(sku=sku, name=f"A {sku}", price=Decimal("9.90"), stock=stock)


@pytest.mark.asyncio
async def test_the_commit_comes_before_the_response_so_a_failing_one_is_no_201() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)

    def refuse(connection: object) -> None:
        raise RuntimeError("the disk is full")

    transport = ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        event.listen(engine.sync_engine, "commit", refuse)
        failed = await client.post("/api/v1/users", json=USER)
        event.remove(engine.sync_engine, "commit", refuse)
        assert failed.status_code == 500

        assert (await client.post("/api/v1/users", json=USER)).status_code == 201
        assert (await client.post("/api/v1/users", json=USER)).status_code == 409

    async with SessionFactory() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
    await engine.dispose()


@pytest.mark.asyncio
async def test_an_order_takes_stock_or_fails_whole(db_session: AsyncSession) -> None:
    user, product = await create_user(db_session), await create_product(db_session, "pen", stock=3)
    service = OrderService(OrderRepository(db_session), StockRepository(db_session))
    wish = OrderCreate.model_validate({"items": [{"product_id": product.id, "quantity": 2}]})

    placed = await service.place(user.id, wish)
    with pytest.raises(ConflictError, match="out of stock"):
        await service.place(user.id, wish)

    assert [line.quantity for line in placed.items] == [2]
    await db_session.refresh(product)
    assert product.stock == 1


@pytest.mark.asyncio
async def test_relationships_are_loaded_by_the_statement_or_raise(db_session: AsyncSession) -> None:
    user = await create_user(db_session)
    order = await OrderRepository(db_session).create(user_id=user.id)
    db_session.expunge_all()

    (loaded,) = await OrderRepository(db_session).get_for_user(user.id)
    assert loaded.items == []
    db_session.expunge_all()
    bare = await OrderRepository(db_session).get_by_id(order.id)
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = bare and bare.items
    assert await OwnedOrderRepository(db_session, user.id).get_by_id(order.id)
    assert await OwnedOrderRepository(db_session, user.id + 1).get_by_id(order.id) is None


@pytest.mark.asyncio
async def test_keyset_pages_neither_repeat_nor_lose_a_row(db_session: AsyncSession) -> None:
    user = await create_user(db_session)
    orders = [await OrderRepository(db_session).create(user_id=user.id) for _ in range(5)]
    for order in orders:
        order.created_at = orders[0].created_at
    await db_session.flush()

    seen: list[int] = []
    position = None
    while page := await FeedRepository(db_session).list_before(position, limit=2):
        seen += [order.id for order in page]
        position = (page[-1].created_at, page[-1].id)

    assert seen == [order.id for order in reversed(orders)]
    assert orders[0].created_at.tzinfo is not None


@pytest.mark.asyncio
async def test_get_or_create_survives_the_other_request_being_first(
    db_session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = TagRepository(db_session)
    first = await tags.create(name="new")
    execute = db_session.execute
    statements = iter([select(Tag).where(Tag.id == -1)])

    async def miss_once(statement: Select[Tag]) -> Result[Tag]:
        return await execute(next(statements, statement))

    monkeypatch.setattr(db_session, "execute", miss_once)

    assert (await tags.get_or_create("new")).id == first.id
    assert (await tags.get_or_create("other")).id != first.id


@pytest.mark.asyncio
async def test_products_are_searched_counted_sorted_and_patched(db_session: AsyncSession) -> None:
    pen, ink = await create_product(db_session, "pen"), await create_product(db_session, "ink")
    products = ProductRepository(db_session)
    service = ProductService(products)

    assert await SearchRepository(db_session).find_product_ids("' OR 1=1 --") == []
    assert await SearchRepository(db_session).find_product_ids("pen") == [pen.id]
    assert await products.get_by_sku("pen") is pen
    assert list(await products.get_many([ink.id, pen.id])) == [pen, ink]
    assert (await products.count(), await products.count(ProductStatus.ACTIVE)) == (2, 0)
    ordered = await db_session.scalars(select(Product).order_by(*PRODUCT_ORDER["name"]))
    assert ordered.all() == [ink, pen]

    patched = await service.update(pen.id, ProductUpdate.model_validate({"status": "active", "description": None}))
    assert (patched.status, patched.name) == (ProductStatus.ACTIVE, "A pen")
    with pytest.raises(ValidationError, match="not null"):
        ProductUpdate.model_validate({"price": None})


@pytest.mark.asyncio
async def test_concurrent_queries_have_a_session_each(tmp_path: Path) -> None:
    file_engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'app.db'}")
    async with file_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)

    counts = await DashboardService(async_sessionmaker(file_engine)).count_products()

    assert counts == {ProductStatus.DRAFT: 0, ProductStatus.ACTIVE: 0}
    await file_engine.dispose()


@pytest.mark.asyncio
async def test_files_are_read_off_the_loop_and_deleted_orders_take_their_items(
    tmp_path: Path, db_session: AsyncSession
) -> None:
    (tmp_path / "note").write_bytes(b"hello")
    assert await asyncio.wait_for(read_file(tmp_path / "note"), timeout=5) == b"hello"
    user = await create_user(db_session)
    order = await OrderRepository(db_session).create(user_id=user.id)
    assert await OrderRepository(db_session).delete(order.id)
    assert await db_session.get(Order, order.id) is None


def test_coupons_are_checked_across_fields_and_slugs_are_free() -> None:
    coupon = {"code": "spring-26", "kind": "percent", "value": "20", "starts_at": "2026-03-01T00:00Z"}

    assert CouponCreate.model_validate(coupon | {"ends_at": "2026-04-01T00:00Z"}).code == "SPRING-26"
    for wrong in ({"ends_at": "2026-02-01T00:00Z"}, {"ends_at": "2026-04-01T00:00Z", "value": "101"}):
        with pytest.raises(ValidationError):
            CouponCreate.model_validate(coupon | wrong)
    assert make_slug("Hello, World", {"hello-world"}) == "hello-world-2"
