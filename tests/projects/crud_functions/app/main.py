from fastapi import FastAPI

from app import models
from app.database import engine
from app.routers import projects, tasks

models.task.Base.metadata.create_all(bind=engine)

app = FastAPI()

app.include_router(projects.router, prefix="/projects", tags=["projects"])
app.include_router(tasks.router, prefix="/tasks", tags=["tasks"])
