from .project import Project
from .task import Task
