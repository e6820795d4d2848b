"""Errors in Stripe's shape: https://docs.stripe.com/api/errors."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """A refusal. `is_kept`: it was decided while executing, so the same idempotency key gets it again."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        kind: str = "invalid_request_error",
        is_kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.is_kept = status, is_kept
        named = {"code": code, "message": message, "param": param, "type": kind}
        self.error: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if code:
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, param: str | None = None) -> StripeError:
    return StripeError(message, param=param)


def no_such(noun: str, id_: str, param: str = "id", status: int = 404) -> StripeError:
    """404 where the address names it, 400 where a parameter does."""
    return StripeError(f"No such {noun}: '{id_}'", code="resource_missing", param=param, status=status)
