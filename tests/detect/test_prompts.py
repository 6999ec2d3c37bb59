from collections.abc import Callable

import pytest

from layerwise.detect.context import Detection

Detect = Callable[..., Detection]
Fired = Callable[..., set[str]]


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("add an endpoint that lists a user's orders", {"route"}),
        ("GET /orders/{id} should return 404 when the order does not exist", {"route"}),
        ("add a nullable phone column to the users table", {"model"}),
        ("the sync call blocks the event loop, run it in a thread pool", {"async"}),
        ("add a field_validator that lower-cases the email in UserCreate", {"schema"}),
        ("Create models, schemas and endpoints for the blog module", {"route", "model", "schema"}),
    ],
)
def test_a_request_in_the_stack_fires_what_it_names(fired: Fired, prompt: str, names: set[str]) -> None:
    assert fired(prompt) == names


@pytest.mark.parametrize(
    "prompt",
    [
        "add a test for the login endpoint",
        "fix the nested routes of the React Router",
        "fine-tune the model on our data set",
        "add a Django model for invoices with a foreign key to Customer",
        "Create a Flask route for login",
        "create an Express route for file uploads",
        "mongoose schema for blog posts",
        "use async/await in the useOrders hook",
        "update README with the new endpoints",
        "Bump pydantic from 2.7 to 2.9",
        "commit and push",
        "thanks, looks good",
        "",
        "   \n\t",
    ],
)
def test_work_of_another_kind_is_silent(fired: Fired, prompt: str) -> None:
    assert fired(prompt) == set()


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("新增一个查询订单列表的接口", "route"),
        ("Agrega un endpoint para listar los pedidos de un cliente", "route"),
        ("adiciona a coluna telefone na tabela clientes", "model"),
        ("Neue Spalte telefon in der Tabelle users", "model"),
        ("crée un schéma Pydantic pour la réponse des commandes", "schema"),
        ("Добавь эндпоинт для получения списка заказов", "route"),
        ("usersテーブルにphoneカラムを追加する", "model"),
        ("注文一覧を返すエンドポイントを追加してください", "route"),
        ("await 누락된 코루틴 수정", "async"),
    ],
)
def test_requests_fire_in_nine_languages(fired: Fired, prompt: str, name: str) -> None:
    assert name in fired(prompt)


def test_creating_a_service_names_its_entity_and_layer_and_the_call_that_generates_it(detect: Detect) -> None:
    found = detect("create a UserService")
    assert found.matches
    assert (found.intent, found.entity, found.layer) == ("create", "User", "service")
    assert found.next_call is not None
    assert found.next_call.tool == "generate_code"
    assert found.next_call.arguments == {"request": "create a UserService"}


def test_a_request_about_a_route_leads_to_guidance_for_what_fired(detect: Detect) -> None:
    found = detect("fix the status code of the delete endpoint")
    assert found.next_call is not None
    assert (found.next_call.tool, found.next_call.arguments) == ("get_guidance", {"triggers": ["route"]})


def test_nothing_fired_means_no_next_call(detect: Detect) -> None:
    assert detect("make the button blue").next_call is None


@pytest.mark.parametrize(
    ("prompt", "intent"),
    [
        ("add an endpoint for refunds", "create"),
        ("fix the status code on missing order", "modify"),
        ("review the endpoints in orders.py", "review"),
        ("How do I declare an optional header parameter in FastAPI?", "ask"),
        ("thanks", "other"),
    ],
)
def test_the_intent_is_read_from_the_first_telling_words(detect: Detect, prompt: str, intent: str) -> None:
    assert detect(prompt).intent == intent


@pytest.mark.parametrize(
    ("prompt", "entity", "layer"),
    [
        ("add a ProductRepository", "Product", "repository"),
        ("UserResponse leaks the password", "User", "schema"),
        ("add an endpoint for invoices", "Invoice", "route"),
        ("Add a comments table", "Comment", "model"),
        ("commit and push", None, None),
    ],
)
def test_entity_and_layer_are_named_when_the_prompt_names_them(
    detect: Detect, prompt: str, entity: str | None, layer: str | None
) -> None:
    found = detect(prompt)
    assert (found.entity, found.layer) == (entity, layer)


def test_evidence_quotes_the_prompt_exactly(detect: Detect) -> None:
    prompt = "Füge dem Router 🚀 einen Endpunkt hinzu, FastAPI"
    found = detect(prompt)
    quotes = [evidence for item in found.matches for evidence in item.evidence]
    assert quotes
    for evidence in quotes:
        assert evidence.text == prompt[evidence.start : evidence.end]
    assert {"Router", "Endpunkt"} <= {evidence.text for evidence in quotes}


@pytest.mark.parametrize(
    "path",
    [
        "tests/api/test_orders.py",
        "frontend/src/api/orders.ts",
        "internal/api/orders.go",
        "docs/orders.md",
        "app/orders.sql",
    ],
)
def test_a_path_of_tests_docs_or_another_language_silences_the_prompt(fired: Fired, path: str) -> None:
    prompt = "add an endpoint that lists orders"
    assert fired(prompt, path="app/api/orders.py") == {"route"}
    assert fired(prompt, path=path) == set()


def test_a_path_says_what_a_short_title_leaves_open(fired: Fired) -> None:
    assert "route" in fired("Adds bulk delete", path="app/routers/items.py")
    assert fired("Adds bulk delete") == set()


def test_code_in_a_fence_counts_as_code_and_not_as_words(fired: Fired) -> None:
    python = "what is this?\n```python\nclass Item(BaseModel):\n    name: str\n```\n"
    assert fired(python) == {"schema"}
    assert fired(python.replace("python", "ts")) == set()


def test_confidence_grows_with_the_evidence(detect: Detect) -> None:
    weak, strong = detect("new API for refunds"), detect("add a FastAPI router with GET and POST endpoints for refunds")
    assert weak.matches[0].confidence < strong.matches[0].confidence <= 0.99
    assert all(found.confidence >= 0.5 for found in (*weak.matches, *strong.matches))


def test_a_long_prompt_is_read_to_a_limit_that_the_answer_states(detect: Detect) -> None:
    found = detect("add an endpoint. " * 1000)
    assert [found.name for found in found.matches] == ["route"]
    assert found.notices == ("Only the first 8,000 of 17,000 characters of the prompt were looked at.",)
