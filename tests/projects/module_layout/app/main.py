from fastapi import FastAPI

from app.event.api import router as event_router


def register_routers(app: FastAPI) -> None:
    app.include_router(event_router, prefix='/events', tags=['events'])


app = FastAPI()
register_routers(app)
