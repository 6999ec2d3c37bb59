from pydantic import BaseModel, ConfigDict


class MemberBase(BaseModel):
    nickname: str
    level: int
    team_id: int


class MemberCreate(MemberBase):
    pass


class MemberRead(MemberBase):
    model_config = ConfigDict(from_attributes=True)

    id: int
