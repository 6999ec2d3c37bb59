from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..database import get_db
from ..models import Jar
from ..schemas import JarCreate, JarPublic

router = APIRouter(prefix="/jars", tags=["jars"])


@router.get("/", response_model=list[JarPublic])
def read_jars(db: Session = Depends(get_db)):
    return db.scalars(select(Jar).order_by(Jar.id)).all()


@router.get("/{jar_id}", response_model=JarPublic)
def read_jar(jar_id: int, db: Session = Depends(get_db)):
    jar = db.get(Jar, jar_id)
    if jar is None:
        raise HTTPException(status_code=404, detail="Jar not found")
    return jar


@router.post("/", response_model=JarPublic, status_code=201)
def create_jar(body: JarCreate, db: Session = Depends(get_db)):
    jar = Jar(**body.model_dump())
    db.add(jar)
    db.commit()
    return jar
