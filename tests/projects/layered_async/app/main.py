from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.api.v1.router import router
from app.core.exceptions import AppError

app = FastAPI(title="Library")
app.include_router(router)


@app.exception_handler(AppError)
async def handle_app_error(request: Request, error: AppError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=error.status_code)
