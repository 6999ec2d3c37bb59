"""The migration of a resource in a project's own style goes up, says what the model says, and goes down again."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layerwise.generate.plan import plan

PROJECTS = Path(__file__).parents[2] / "projects"
INI = "[alembic]\nscript_location = alembic\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///tracker.db\n"
ENV = """\
from alembic import context
from sqlalchemy import create_engine

from app.database import Base
from app import models

config = context.config

with create_engine(config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST = '''\
"""first tables

Revision ID: 3f1c5a7e9b20
Revises:
Create Date: 2024-03-01 10:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '3f1c5a7e9b20'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('projects',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_index(op.f('ix_projects_id'), 'projects', ['id'], unique=False)
    op.create_table('tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('done', sa.Boolean(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(), server_default=sa.text('(CURRENT_TIMESTAMP)'), nullable=True),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_tasks_id'), 'tasks', ['id'], unique=False)
    op.create_index(op.f('ix_tasks_title'), 'tasks', ['title'], unique=False)


def downgrade():
    op.drop_index(op.f('ix_tasks_title'), table_name='tasks')
    op.drop_index(op.f('ix_tasks_id'), table_name='tasks')
    op.drop_table('tasks')
    op.drop_index(op.f('ix_projects_id'), table_name='projects')
    op.drop_table('projects')
'''
WALK = """
from alembic import command
from alembic.config import Config
config = Config("alembic.ini")
command.upgrade(config, "head")
command.check(config)
command.downgrade(config, "-1")
command.upgrade(config, "head")
command.downgrade(config, "base")
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))


def copy(name: str, root: Path) -> Path:
    return Path(shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")))


def add_migrations(root: Path) -> None:
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(INI, encoding="utf-8")
    (root / "alembic" / "env.py").write_text(ENV, encoding="utf-8")
    (versions / "2024_03_01_1000-3f1c5a7e9b20_first_tables.py").write_text(FIRST, encoding="utf-8")


@pytest.mark.parametrize(
    ("project", "name", "fields"),
    [
        ("layered_async", "Loan", "until:date, note:text?, book:ref(Book)"),
        ("crud_functions", "Comment", "subject:str(80) unique, rank:int index, project:ref(Project)"),
    ],
)
def test_a_migration_goes_up_says_what_the_model_says_and_goes_down(
    project: str, name: str, fields: str, tmp_path: Path
) -> None:
    root = copy(project, tmp_path / project)
    if project == "crud_functions":
        add_migrations(root)
    answer = plan(root, name=name, fields=fields, review=lambda texts: ())
    assert answer.issues == ()
    assert any("/versions/" in change.path for change in answer.changes)
    for change in answer.changes:
        (root / change.path).parent.mkdir(parents=True, exist_ok=True)
        (root / change.path).write_bytes(change.after or b"")

    done = subprocess.run([sys.executable, "-B", "-c", WALK], cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
