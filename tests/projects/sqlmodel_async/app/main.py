from fastapi import FastAPI

from app.routes import cars

app = FastAPI()

for router in [cars.router]:
    app.include_router(router, prefix="/api")
