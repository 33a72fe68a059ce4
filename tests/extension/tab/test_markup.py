"""HTML of the tab: every text in it is escaped, and the figures are right."""

from __future__ import annotations

import re

import pytest
from cefr_sentences.extension.tab.charts import Curve, line_chart
from cefr_sentences.extension.tab.markup import Markup, bar, clock, element, gigabytes, join, note, records, table

EVIL = "<script>alert(1)</script>\" onload='x"


@pytest.mark.parametrize(
    "shown",
    [
        element("p", EVIL),
        join(EVIL),
        note(EVIL),
        bar(0.5, EVIL),
        table([EVIL], [["x"]]),
        table(["x"], [[EVIL]], kind="prose"),
        records([EVIL]),
        line_chart([Curve(EVIL, "red", [(0, 1.0), (1, 2.0)])], 1, "step"),
        line_chart([Curve("loss", "red", [(0, 1.0), (1, 2.0)])], 1, EVIL),
    ],
)
def test_texts_are_escaped(shown: str) -> None:
    assert isinstance(shown, Markup)
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_attributes_are_escaped_and_named_as_in_html() -> None:
    assert element("p", "a", class_='x" y="', style=None) == '<p class="x&quot; y=&quot;">a</p>'
    assert element("line", stroke_width=2, viewBox="0") == '<line stroke-width="2" viewBox="0"></line>'


def test_ready_parts_are_kept() -> None:
    assert element("p", "a<", element("b", "c<"), 3) == "<p>a&lt;<b>c&lt;</b>3</p>"


def test_a_note_has_its_kind_and_nothing_is_no_note() -> None:
    assert note("a", "error") == '<div class="cefr-note error" role="status">a</div>'
    assert note("", "error") == ""


def test_a_bar_is_filled_by_its_share() -> None:
    assert 'style="width:25.0%"' in bar(0.25, "a")
    assert 'style="width:100.0%"' in bar(2, "a")
    assert 'style="width:0.0%"' in bar(-1, "a")
    assert "busy" not in bar(0, "a")
    assert 'class="cefr-bar busy"' in bar(None, "a")
    assert "width" not in bar(None, "a")


def test_numbers_of_a_table_are_aligned_on_the_right() -> None:
    shown = table(["a", "b"], [[1234, "x"], ["-2.5 %", "y"]], [1])
    assert shown.count('class="number"') == 3  # the head of the column, too
    assert "1,234" in shown
    assert re.findall(r'<tr class="flag">(.*?)</tr>', shown) == ['<td class="number">-2.5 %</td><td>y</td>']
    assert "number" not in table(["a"], [[1]], kind="figures")
    assert table(["a"], []).count("<tr>") == 1


def test_a_line_chart_draws_its_points_inside() -> None:
    shown = line_chart([Curve("a", "red", [(0, 2.0), (10, 1.0)]), Curve("b", "blue", [])], 10, "step")
    path = re.findall(r'points="(.*?)"', shown)
    assert len(path) == 1
    (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in path[0].split())
    assert (x1, x2) == (72, 618)
    assert 16 < y1 < y2 < 208  # the higher loss is drawn higher
    assert shown.count("<circle") == 2
    assert "● </span>b" in shown
    assert 'aria-label="a 1.00"' in shown
    assert line_chart([Curve("a", "red", [])], 10, "step") == ""


def test_a_line_of_many_points_has_no_dots() -> None:
    assert "<circle" not in line_chart([Curve("a", "red", [(i, 1.0) for i in range(12)])], 10, "step")


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00 min"), (75, "1:15 min"), (3700, "1:01 h")])
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_gigabytes() -> None:
    assert gigabytes(2_540_000_000) == "2.5 GB"
