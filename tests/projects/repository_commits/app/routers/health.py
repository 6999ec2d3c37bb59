from fastapi import APIRouter

router = APIRouter()


@router.get("")
def check_health() -> dict[str, bool]:
    return {"ok": True}
