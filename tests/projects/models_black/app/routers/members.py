from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app import models, schemas
from app.database import get_db

router = APIRouter()


@router.get('/', response_model=list[schemas.MemberRead])
def read_members(skip: int = 0, limit: int = 100, db: Session = Depends(get_db)):
    return db.query(models.Member).order_by(models.Member.id).offset(skip).limit(limit).all()


@router.get('/{member_id}', response_model=schemas.MemberRead)
def read_member(member_id: int, db: Session = Depends(get_db)):
    member = db.get(models.Member, member_id)
    if member is None:
        raise HTTPException(status_code=404, detail='Member not found')
    return member


@router.post('/', response_model=schemas.MemberRead, status_code=201)
def create_member(body: schemas.MemberCreate, db: Session = Depends(get_db)):
    member = models.Member(**body.model_dump())
    db.add(member)
    db.commit()
    db.refresh(member)
    return member


@router.put('/{member_id}', response_model=schemas.MemberRead)
def update_member(member_id: int, body: schemas.MemberCreate, db: Session = Depends(get_db)):
    member = db.get(models.Member, member_id)
    if member is None:
        raise HTTPException(status_code=404, detail='Member not found')
    for key, value in body.model_dump().items():
        setattr(member, key, value)
    db.commit()
    return member
