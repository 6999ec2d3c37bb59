from ..models.post import Post
from ..schemas.post import PostCreateInternal, PostUpdate
from .base import CRUDBase

CRUDPost = CRUDBase[Post, PostCreateInternal, PostUpdate]
crud_posts = CRUDPost(Post)
