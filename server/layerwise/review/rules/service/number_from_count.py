"""The next number is worked out from how many there are.

## Why is this bad?
Two requests at once count the same rows and give out the same number; after a deletion one number comes twice.

## Example
```python
count = await session.scalar(select(func.count()).select_from(Invoice))
invoice = Invoice(number=f"INV-{count + 1}")
```

## Use instead
```python
invoice = Invoice()
session.add(invoice)
await session.flush()
invoice.number = f"INV-{invoice.id}"
```

## When to ignore
When a lock or a unique constraint with a retry stands behind it.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SVC006",
    severity="warning",
    confidence="medium",
    profile="strict",
    statements=("repository.create", "service.rules"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import func, select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def make_invoice(session: AsyncSession) -> Invoice:
                count = await session.scalar(select(func.count()).select_from(Invoice))
                return Invoice(number=f"INV-{count + 1}")  # !
            """
        ),
        Bad(
            """
            from sqlalchemy.orm import Session


            def next_estimate_number(db: Session, customer_id: int) -> str:
                count = db.query(Estimate).filter(Estimate.customer_id == customer_id).count()
                return ESTIMATE_NUMBER.format(count + 1)  # !
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def make_invoice(session: AsyncSession) -> Invoice:
                invoice = Invoice()
                session.add(invoice)
                await session.flush()
                invoice.number = f"INV-{invoice.id}"
                return invoice
            """
        ),
        Good(
            """
            from sqlalchemy import func, select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def count_pages(session: AsyncSession, size: int) -> int:
                total = await session.scalar(select(func.count()).select_from(Invoice))
                return total // size + 1
            """
        ),
        Good(
            """
            from sqlalchemy.orm import Session


            def describe(names: list[str], session: Session) -> str:
                count = names.count("new")
                return f"the {count + 1}. of {session.info}"
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import func, select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def name_round(session: AsyncSession) -> str:
                count = await session.scalar(select(func.count()).select_from(Round))
                return f"Round {count + 1}"  # !
            """,
            why="a name that people may see twice harms nobody",
        ),
        Miss(
            """
            async def make_invoice(invoices: InvoiceRepository) -> Invoice:
                return Invoice(number=await invoices.count() + 1)
            """,
            why="that another module counts rows is not followed",
        ),
    ),
    evidence=("mozilla-ai/clawbolt 807d9930",),
)
_COUNTS = re.compile(r"\bfunc\.count\(|\.query\(.*\.count\(\)", re.DOTALL)


@RULE.on(ast.BinOp)
def check(context: Context, node: ast.BinOp) -> Iterator[Problem]:
    one = node.right
    if not isinstance(node.op, ast.Add) or not isinstance(one, ast.Constant) or one.value != 1:
        return
    counted = node.left.values[0] if isinstance(node.left, ast.BoolOp) else node.left
    function = context.tree.runner(node)
    if function is None or not isinstance(counted, ast.Name) or not _becomes_text(context, node):
        return
    if any(_COUNTS.search(context.source.segment(value)) for value in context.tree.assigned(function, counted.id)):
        yield Problem(node, f"Two requests at once both work out `{context.text(node)}`, and get the same number.")


def _becomes_text(context: Context, node: ast.expr) -> bool:
    """Whether a number goes into a text, as numbers that are given out do: an f-string, or `format`."""
    parent = context.tree.parent(node)
    return isinstance(parent, ast.FormattedValue) or (
        isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "format"
    )
