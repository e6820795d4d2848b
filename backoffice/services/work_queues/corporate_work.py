"""Requests of companies that wait for the office."""

from typing import Any

from sqlalchemy import Select, func, or_

from backoffice.models import CorporateRequest
from backoffice.services.work_queues.kinds import Day, line


def corporate_requests(day: Day) -> Select[Any]:
    """New ones, and those whose quote the company has accepted or declined; the longest wait first."""
    asked_at = func.coalesce(CorporateRequest.quote_answered_at, CorporateRequest.created_at)
    return (
        line(
            "corporate_request",
            CorporateRequest.id,
            title=CorporateRequest.reference,
            what=CorporateRequest.topic,
            who=CorporateRequest.company_name,
            at=asked_at,
            status=CorporateRequest.status,
        )
        .where(
            or_(
                CorporateRequest.status == "pending",
                CorporateRequest.status.in_(("reviewing", "quoted"))
                & CorporateRequest.quote_answer.is_not(None),
            )
        )
        .order_by(asked_at, CorporateRequest.id)
    )
