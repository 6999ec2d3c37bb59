from fastapi import FastAPI

from app.ticket.endpoints import router as ticket_router


def create_app() -> FastAPI:
    app = FastAPI(title='Desk')
    app.include_router(ticket_router)
    return app


app = create_app()
