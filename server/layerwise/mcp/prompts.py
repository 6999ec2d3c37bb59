"""The prompts that a user can pick by name."""

from typing import Annotated, Any

from mcp.server.mcpserver.prompts import Prompt
from pydantic import Field


def create_service(
    name: Annotated[str, Field(description="The entity, such as User or UserService")],
    fields: Annotated[str, Field(description="Its fields, such as 'number:str(20)! unique, total:money'")] = "",
) -> str:
    """A service with the layers that it stands on."""
    wish = f"{name.removesuffix('Service')}Service"
    call = f"generate_code(request={f'create a {wish}'!r}" + (f", fields={fields!r})" if fields else ")")
    return (
        f"Create a {wish} in this project with Layerwise.\n"
        f"1. Call {call}. It only previews.\n"
        "2. If it asks for fields, propose them to me before you call again.\n"
        "3. Show me the files and the notices, then call apply_changes with the id.\n"
        "4. Run the generated tests and call review_code on what was written."
    )


def create_resource(
    name: Annotated[str, Field(description="The resource in singular, such as Order")],
    fields: Annotated[str, Field(description="Its fields, such as 'number:str(20)! unique, customer:ref(User)'")],
) -> str:
    """A resource through every layer: model, schemas, repository, service, endpoints, migration, tests."""
    return (
        f"Add the resource {name} to this backend with Layerwise.\n"
        f"1. Call generate_code(name={name!r}, fields={fields!r}). It only previews.\n"
        "2. Show me the files, warnings and notices; ask me when something is unclear.\n"
        "3. Call apply_changes with the id, run the migration and the tests, then review_code on the new files."
    )


def review_backend(
    path: Annotated[str, Field(description="A file or folder; the whole project when left out")] = "",
) -> str:
    """A review of the backend, with its safe fixes applied."""
    call = f"review_code(paths={[path]!r})" if path else "review_code(paths=['.'])"
    return (
        "Review this backend with Layerwise.\n"
        f"1. Call {call} and read the coverage: say what could not be seen.\n"
        "2. Group the findings by severity and explain each in one line.\n"
        "3. Call it again with fix='safe', show me the diff, and apply_changes when I agree.\n"
        "4. For the rest, call get_guidance with the topic of the finding and propose an edit."
    )


def build_prompts() -> list[Prompt]:
    """All prompts, in the order in which they are listed."""
    titles: list[tuple[Any, str]] = [
        (create_service, "Create a service"),
        (create_resource, "Create a resource"),
        (review_backend, "Review the backend"),
    ]
    return [Prompt.from_function(function, title=title) for function, title in titles]
