"""The words by which a person or a company is found, kept by trigger.

Row level security keeps PostgreSQL from using a text index (the operators are not leakproof); this table is read through a
function that filters on the tenant itself.
"""

from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, tenant_key


class SearchEntry(Model):
    __tablename__ = "search_entries"
    __table_args__ = (
        tenant_key(),
        Index(
            "ix_search_entries_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 64},
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)
