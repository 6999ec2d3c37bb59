from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from app.database import Base


class Team(Base):
    __tablename__ = 'team'

    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False)

    members = relationship('Member', back_populates='team')


class Member(Base):
    __tablename__ = 'member'

    id = Column(Integer, primary_key=True)
    nickname = Column(String(50), nullable=False)
    level = Column(Integer, nullable=False)
    team_id = Column(Integer, ForeignKey('team.id'), nullable=False)

    team = relationship('Team', back_populates='members')
