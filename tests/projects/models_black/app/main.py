from fastapi import FastAPI

from app.routers import members


def create_app() -> FastAPI:
    app = FastAPI()
    app.include_router(members.router, prefix='/members', tags=['members'])
    return app


app = create_app()
