"""Logging a browser in: a key is shown once and a cookie taken for it, so that pictures and sockets carry it too."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, Field

from allaprima.server.security import COOKIE

router = APIRouter(tags=["session"])


class LogIn(BaseModel):
    """A key, as `allaprima keys add` printed it."""

    key: str = Field(min_length=1, max_length=200)


class Who(BaseModel):
    """Whether keys are asked for here, and under which name the caller is known; null where it is not."""

    needs_key: bool
    owner: str | None


@router.get("/api/session")
async def who(request: Request) -> Who:
    """Whether a key is needed, and who the caller is."""
    return Who(needs_key=request.app.state.configuration.policy.needs_key, owner=request.scope.get("owner"))


@router.post("/api/session", responses={401: {"description": "The key is not known."}})
async def log_in(body: LogIn, request: Request, response: Response) -> Who:
    """Take a cookie for a key."""
    owner = request.app.state.keys.owner(body.key)
    if owner is None:
        raise HTTPException(401, "The key is not known.")
    response.set_cookie(
        COOKIE, request.app.state.sessions.open(body.key), httponly=True, samesite="strict",
        secure=request.url.scheme == "https", max_age=30 * 24 * 3600,
    )  # fmt: skip
    return Who(needs_key=request.app.state.configuration.policy.needs_key, owner=owner)


@router.delete("/api/session", status_code=204)
async def log_out(request: Request, response: Response) -> None:
    """Give the cookie up."""
    request.app.state.sessions.close(request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE)
