"""Requests in a developer's words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.errors import InvalidInputError, LayerwiseError
from layerwise.generate.canonical import canonical, canonical_fields
from layerwise.generate.known import known_spec, propose
from layerwise.generate.problems import MissingFieldsError, SpecError
from layerwise.generate.reader import parse
from layerwise.generate.request import EXAMPLES, read_request, read_spec


@pytest.mark.parametrize(
    ("text", "entity", "blueprint"),
    [
        ("create a UserService", "User", "service"),
        ("UserService", "User", "service"),
        ("Create a user service.", "User", "service"),
        ("please create a service for users", "User", "service"),
        ("add a ProductRepository", "Product", "repository"),
        ("create a new user_repository please", "User", "repository"),
        ("I need a repo for order items", "OrderItem", "repository"),
        ("generate CRUD for invoices", "Invoice", "resource"),
        ("create an Order resource", "Order", "resource"),
        ("create an OrderItem", "OrderItem", "resource"),
        ("add a Product model", "Product", "resource"),
        ("make me a REST API for products", "Product", "resource"),
        ("Generate a schema for Category", "Category", "schema"),
        ("create endpoints for the blog posts", "BlogPost", "endpoint"),
        ("write tests for the UserService", "User", "test"),
        ("scaffold a blog backend with posts", "Post", "backend"),
        ("scaffold a FastAPI backend", "User", "backend"),
        ("scaffold a backend for invoices", "Invoice", "backend"),
        ("create a Task", "Task", "resource"),
        ("add a task repository", "Task", "repository"),
        ("add an async task for emails", "Email", "async-task"),
        ("add a people service", "Person", "service"),
        ("add a Status resource", "Status", "resource"),
        ("Order", "Order", "resource"),
        ("add auth", "", "auth"),
        ("add JWT authentication to my backend", "", "auth"),
        ("create login for users", "User", "auth"),
    ],
)
def test_the_words_name_an_entity_and_a_blueprint(text: str, entity: str, blueprint: str) -> None:
    request = read_request(text)
    assert (request.entity, request.blueprint) == (entity, blueprint)


@pytest.mark.parametrize(
    ("text", "entity", "login"),
    [
        ("scaffold a backend without login with posts", "Post", False),
        ("scaffold a blog backend with posts, but without authentication", "Post", False),
        ("create a backend with no auth", "User", False),
        ("create a UserService", "User", True),
        ("create a Page with text:str desc='shown without login'", "Page", True),
    ],
)
def test_a_login_can_be_declined(text: str, entity: str, login: bool) -> None:
    request = read_request(text)
    assert (request.entity, request.login) == (entity, login)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("create an Order resource with number:str and total:decimal(10,2)", "number:str, total:decimal(10,2)"),
        (
            "add a Product with fields: name:str(50)! unique, price:money ge=0.",
            "name:str(50)! unique, price:money ge=0",
        ),
        ("create a User with email:email unique and full_name:str(200)?", "email:email unique, full_name:str(200)?"),
        ("create a Post (title:str, kind:enum(a,b)=a)", "title:str, kind:enum(a,b)=a"),
    ],
)
def test_fields_with_types_are_taken_from_the_words(text: str, fields: str) -> None:
    request = read_request(text)
    assert request.fields == fields
    spec, _ = read_spec(request)
    assert spec == parse(request.entity, fields)


def test_every_example_can_be_read() -> None:
    for example in EXAMPLES:
        assert read_request(example).entity


def test_a_user_needs_no_fields_and_the_answer_says_so() -> None:
    spec, notices = read_spec(read_request("create a UserService"))
    assert spec == known_spec("User")
    assert {"email", "username", "password"} <= {field.name for field in spec.fields}
    assert {"hashed_password", "is_superuser"} <= {field.stored for field in spec.secret_fields}
    assert [field.name for field in spec.unique_fields] == ["email", "username"]
    assert "is_superuser" not in {field.name for field in (*spec.base_fields, *spec.create_only_fields)}
    assert "hashed_password" in notices[-1]


def test_options_are_added_to_a_known_entity() -> None:
    spec, _ = read_spec(read_request("create a UserService"), pagination="keyset")
    assert spec.pagination == "keyset"
    assert canonical_fields(spec) == canonical_fields(known_spec("User") or spec)


@pytest.mark.parametrize("entity", ["Order", "Product", "Invoice", "Post", "Widget"])
def test_unknown_fields_are_proposed_and_never_invented(entity: str) -> None:
    with pytest.raises(MissingFieldsError) as caught:
        read_spec(read_request(f"create a {entity}Service"))
    proposal = caught.value.proposal
    assert proposal in str(caught.value)
    accepted, _ = read_spec(read_request(proposal))
    assert accepted.name == entity
    assert parse(canonical(accepted)) == accepted


def test_fields_named_without_a_type_are_proposed_with_one() -> None:
    with pytest.raises(MissingFieldsError) as caught:
        read_spec(read_request("create a Product with name, price, is_active and launch date"))
    assert caught.value.proposal == propose("Product", ["name", "price", "is_active", "launch_date"])
    assert "price:money ge=0, is_active:bool=false, launch_date:date" in caught.value.proposal


def test_parts_people_and_usual_fields_are_proposed_as_what_they_are() -> None:
    assert parse(propose("Order", ["items", "status", "author"])) == parse(
        "Order(status:enum(draft, placed, paid, cancelled)=draft filter,"
        " items:has_many(OrderItem(name:str(200), quantity:int gt=0)), author:ref(User))"
    )


def test_a_backend_whose_name_alone_is_told_asks_for_its_resources() -> None:
    assert "'todo'" in read_request("build me a todo app backend").notices[0]
    assert read_request("build a todo backend with tasks").notices == ()
    assert read_request("create a backend for a todo app").entity == "Todo"
    assert read_request("create a FastAPI backend").notices == ()


def test_what_is_not_done_is_said() -> None:
    request = read_request("build a shop backend with products, orders and customers")
    assert request.entity == "Product"
    assert "Order, Customer" in request.notices[0]
    assert "error handling" in read_request("create a UserService with error handling").notices[0]


@pytest.mark.parametrize("text", ["", "hello how is the weather today", "create a service", "?!", "\x00"])
def test_words_without_an_entity_are_answered_with_examples(text: str) -> None:
    with pytest.raises(LayerwiseError, match=r"create a UserService|no class name"):
        read_request(text)


@pytest.mark.parametrize("name", ["class", "metadata", "../../evil", "Üser", "😀", "None"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(SpecError):
        read_request(f"create a {name} service")


def test_a_request_too_long_is_refused_unread() -> None:
    with pytest.raises(InvalidInputError):
        read_request("create a UserService " * 1000)


WORDS = [
    "create",
    "a",
    "an",
    "Order",
    "orders",
    "service",
    "for",
    "with",
    "UserService",
    "and",
    ":",
    "name:str",
    "(",
    ")",
    ",",
]


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=100), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
def test_any_words_are_a_request_or_a_clear_error(text: str) -> None:
    try:
        request = read_request(text)
        read_spec(request)
    except LayerwiseError as error:
        str(error).encode()
