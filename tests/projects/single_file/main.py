from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Folder(Base):
    __tablename__ = "folders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    pages: Mapped[int]
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))


class NoteIn(BaseModel):
    title: str
    pages: int
    folder_id: int


class NoteOut(NoteIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


def get_session():
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


@app.get("/notes")
def list_notes(session: SessionDep) -> list[NoteOut]:
    return [NoteOut.model_validate(note) for note in session.scalars(select(Note).order_by(Note.id))]


@app.get("/notes/{note_id}")
def get_note(note_id: int, session: SessionDep) -> NoteOut:
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "Note not found")
    return NoteOut.model_validate(note)


@app.post("/notes", status_code=201)
def create_note(body: NoteIn, session: SessionDep) -> NoteOut:
    note = Note(**body.model_dump())
    session.add(note)
    session.commit()
    return NoteOut.model_validate(note)


@app.delete("/notes/{note_id}", status_code=204)
def delete_note(note_id: int, session: SessionDep) -> None:
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(404, "Note not found")
    session.delete(note)
    session.commit()
