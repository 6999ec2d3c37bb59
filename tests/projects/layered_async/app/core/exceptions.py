class AppError(Exception):
    status_code = 400


class NotFoundError(AppError):
    status_code = 404

    def __init__(self, entity: str, key: int) -> None:
        super().__init__(f"{entity} {key} not found")


class ConflictError(AppError):
    status_code = 409
