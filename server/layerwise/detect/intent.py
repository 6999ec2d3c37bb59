"""What a prompt wants: create, modify, review, ask or other."""

from __future__ import annotations

from layerwise.detect.words import compile_vocabulary, cut, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from layerwise.detect.words import Vocabulary


_TERMS = {
    "create": (
        "add adds added adding create* creating implement* build builds write writes generate* make new "
        "introduc* scaffold* feat feature* support setup добав* созда* реализ* crea crear anad* agreg* crie "
        "criar cria adicion* erstell* hinzufug* fuge ajout* creer cree 添加 新增 创建 增加 实现 追加 作成 "
        "実装 추가 생성 구현 neue nouvelle nouveau nueva nuevo nova novo"
    ),
    "modify": (
        "format formatted lint refine close clarify asyncify otimiz* 移除 fix fixes fixed fixing update* "
        "chang* refactor* remov* delete* replac* improv* rename* move* migrat* convert* switch upgrade* "
        "drop* bump use set sets make allow* adjust* correct* clean* adapt* split merge merges revert* "
        "optimi* handle* ensure* return* expose* extend* simplif* enforce* rework* tweak* restructur* "
        "rewrite* enhance* mark* исправ* фикс* измен* удал* рефактор* поправ* обнов* перев* corrig* "
        "actualiz* atualiz* alter* modific* modifi* ajust* refator* korrigier* ander* entfern* aktualisier* "
        "corrige* 修复 修改 更新 删除 重构 优化 修正 変更 削除 改善 수정 변경 삭제 개선 리팩토링"
    ),
    "review": (
        "review* audit* assess* inspect* проверь проверка revis* uberpruf* relis* relire 审查 检查 レビュー 리뷰 검토"
    ),
    "ask": (
        "bug bugs error* exception* warning* traceback* wonder compare difference* how why what which where "
        "should explain* is are does do can почему как зачем como porque wie warum welche comment pourquoi "
        "如何 怎么 为什么 どう なぜ 方法 어떻게 왜"
    ),
}
_PHRASES = {
    "create": (
        "set up",
        "can you add",
        "can you create",
        "could you add",
        "please add",
        "we need",
    ),
    "modify": (
        "can you fix",
        "could you fix",
        "get rid of",
        "can you change",
        "clean up",
    ),
    "review": (
        "be careful",
        "find problems",
        "look over",
        "is it safe",
        "any problems",
        "are there any issues",
        "seems like you",
    ),
    "ask": (
        "never awaited",
        "not working",
        "not being",
        "doesn t",
        "doesn t work",
        "does not work",
        "is there a way",
        "best practice*",
    ),
}
_SOON = 14
_START = 400


def compile_intents() -> Vocabulary:
    """The words that tell an intent, made ready for `read_intent`; kept with the compiled triggers."""
    terms = {term: intent for intent, words in _TERMS.items() for term in words.split()}
    terms |= {phrase: intent for intent, phrases in _PHRASES.items() for phrase in phrases}
    return compile_vocabulary(terms.items())


def read_intent(prompt: str, intents: Vocabulary) -> str:
    """The intent of `prompt`, from its first telling words; "other" when it has none."""
    tokens = cut(prompt[:_START], intents)
    found = [(concept, at) for concept, at, _ in find(tokens, intents)]
    if not found:
        return "ask" if _asks(prompt) else "other"
    if any(concept == "review" for concept, at in found if at < _SOON):
        return "review"
    first, at = found[0]
    if first == "ask":
        return "ask" if at == 0 or _asks(prompt) else next((other for other, _ in found if other != "ask"), "other")
    if _asks(prompt) and at > 2:
        return "ask"
    return first


def _asks(prompt: str) -> bool:
    return prompt.rstrip().endswith("?") or "\uff1f" in prompt
