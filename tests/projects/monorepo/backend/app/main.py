from fastapi import FastAPI

from .routers import jars

app = FastAPI()
app.include_router(jars.router, prefix="/api")
