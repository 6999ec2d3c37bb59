from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.crud import project as crud
from app.database import get_db
from app.schemas.project import ProjectCreate, ProjectRead

router = APIRouter()


@router.post("/", response_model=ProjectRead, status_code=201)
def create_project(project: ProjectCreate, db: Session = Depends(get_db)):
    return crud.create_project(db, project)
