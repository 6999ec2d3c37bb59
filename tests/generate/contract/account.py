"""What must hold of the users: nobody reaches another, promotes themselves or sees a secret."""

from api import PASSWORD, PREFIX, Api

URL = f"{PREFIX}/users"


async def check_account(api: Api) -> None:
    """Sign-up, login and what users may do to each other."""
    bob = api.people["bob"][0]
    body = {"email": "carol@example.com", "username": "carol", "password": PASSWORD}
    created = await api.call("POST", URL, body=body)
    for text in (created.text, (await api.call("GET", URL, who="admin")).text):
        if PASSWORD in text or "argon2" in text or "hashed" in text:
            api.fault("users", "an answer shows a secret")
    await api.expect(409, "POST", URL, "a taken address", body=body | {"username": "other"})
    await api.expect(409, "POST", URL, "a taken address in capitals", body=body | {"email": "CAROL@example.com"})
    for key, value in (("is_superuser", True), ("hashed_password", "x"), ("id", bob), ("unknown", 1)):
        await api.expect(422, "POST", URL, f"sign-up takes {key}", body=body | {key: value})
    statuses = await api.together(
        [
            {
                "method": "POST",
                "path": URL,
                "body": {"email": "dan@example.com", "username": "dan", "password": PASSWORD},
            }
            for _ in range(5)
        ]
    )
    if statuses != [201, 409, 409, 409, 409]:
        api.fault("users", f"of five equal sign-ups at once: {statuses}")
    await api.expect(401, "GET", f"{URL}/me", "nobody is me")
    await api.expect(401, "GET", URL, "a list for nobody")
    await api.expect(403, "GET", URL, "a list for a user", who="alice")
    await api.expect(404, "GET", f"{URL}/{bob}", "another user", who="alice")
    await api.expect(404, "PATCH", f"{URL}/{bob}", "another user", who="alice", body={})
    await api.expect(404, "DELETE", f"{URL}/{bob}", "another user", who="alice")
    await api.expect(422, "PATCH", f"{URL}/me", "promotion", who="alice", body={"is_superuser": True})
    await api.expect(422, "PATCH", f"{URL}/me", "no password", who="alice", body={"password": None})
    for form in ({"username": "bob@example.com", "password": "wrong-password"}, {"username": "no", "password": "no"}):
        await api.expect(401, "POST", f"{PREFIX}/auth/login", "a wrong login", data=form)
    await api.expect(422, "POST", f"{PREFIX}/auth/login", "an empty login", data={})
