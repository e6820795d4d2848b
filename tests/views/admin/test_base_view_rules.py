"""What a screen must write out, and what it may not switch on."""

from typing import Any

import pytest

from backoffice.models import CourseType
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.export import ExportColumn


def screen(**attributes: object) -> Any:
    return type("Screen", (AdminView,), {"column_list": ("code",), "form_columns": (), **attributes})


def test_a_screen_that_writes_out_its_columns_is_accepted() -> None:
    assert issubclass(screen(), AdminView)


@pytest.mark.parametrize("missing", ["column_list", "form_columns"])
def test_a_screen_without_its_columns_written_out_is_refused(missing: str) -> None:
    with pytest.raises(TypeError, match=f"must write out {missing}"):
        screen(**{missing: None})


@pytest.mark.parametrize(
    "name",
    [
        "column_editable_list",
        "column_filters",
        "column_searchable_list",
        "column_sortable_list",
        "inline_models",
    ],
)
def test_what_stock_screens_get_wrong_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        screen(**{name: ("code",)})


def test_an_export_needs_its_columns_written_out() -> None:
    with pytest.raises(TypeError, match="export_columns"):
        screen(can_export=True)
    screen(can_export=True, export_columns=(ExportColumn("Code", CourseType.code),))


def test_a_new_screen_can_neither_create_edit_delete_nor_export() -> None:
    made = screen()
    assert not (made.can_create or made.can_edit or made.can_delete or made.can_export)


def test_the_stock_bulk_actions_and_list_editing_have_no_address() -> None:
    addresses = {url for url, *_ in screen()._urls}
    assert "/action/" not in addresses
    assert "/ajax/update/" not in addresses
