"""What a file's cells are is judged by evidence; where there is none, that is said."""

from datetime import UTC, date, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from portal.ingest.files import amounts, dates, encodings, guess, maps, sniff
from portal.ingest.files.layout import DecimalMark, Layout, Order
from portal.ingest.files.limits import SAMPLE_BYTES
from portal.ingest.files.values import BadValue


@pytest.mark.parametrize(
    ("text", "order", "told"),
    [
        ("2017-10-20", "", (date(2017, 10, 20), None, None)),
        ("20171020", "", (date(2017, 10, 20), None, None)),
        ("10/20/2016", "mdy", (date(2016, 10, 20), None, None)),
        ("20.10.2016", "dmy", (date(2016, 10, 20), None, None)),
        ("5/5/17", "", (date(2017, 5, 5), None, None)),
        ("1/2/99", "dmy", (date(1999, 2, 1), None, None)),
        ("12/1/10 8:26", "mdy", (date(2010, 12, 1), time(8, 26), None)),
        ("3 März 2020", "", (date(2020, 3, 3), None, None)),
        ("Oct 20th, 2017 12:03 am", "", (date(2017, 10, 20), time(0, 3), None)),
        ("Fri, 20 Oct 2017 10:00:00 GMT", "", (date(2017, 10, 20), time(10), UTC)),
        (
            "2017-10-20T10:00:00.5+05:45",
            "",
            (date(2017, 10, 20), time(10, 0, 0, 500000), timezone(timedelta(hours=5, minutes=45))),
        ),
        ("1508493600", "epoch", (date(2017, 10, 20), time(10), UTC)),
        ("1508493600000", "epoch", (date(2017, 10, 20), time(10), UTC)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, order: Order, told: object) -> None:
    assert dates.parse(text, order) == told


@pytest.mark.parametrize(
    ("text", "order"),
    [("1/2/2017", ""), ("13/13/2017", "dmy"), ("2017-02-30", ""), ("soon", "dmy"), ("", "dmy"),
     ("2017-01-01 25:00", ""), ("2017-01-01 13:00 pm", ""), ("3 Foo 2017", "")],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_refused(text: str, order: Order) -> None:
    with pytest.raises(BadValue):
        dates.parse(text, order)


def test_one_day_above_twelve_tells_the_order() -> None:
    assert dates.guess(["1/2/2017", "3/4/2017", "5/13/2017"]) == ("mdy", False)
    assert dates.guess(["1/2/2017", "13/4/2017"]) == ("dmy", False)
    assert dates.guess(["1/2/2017", "3/4/2017"]) == ("", True)
    assert dates.guess(["2017-01-02", "3/3/2017"]) == ("", False)


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [("$1,234.50", ".", "1234.50"), ("1.234,50 €", ",", "1234.50"), ("(12.00)", ".", "-12.00"),
     ("1 234,5", ",", "1234.5"), ("−5", "", "-5"), ("12-", "", "-12"), ("USD 12.5", ".", "12.5"),
     ("1'234.50", ".", "1234.50"), ("12,34,567.8", ".", "1234567.8"), (".5", ".", "0.5")],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, mark: DecimalMark, number: str) -> None:
    assert amounts.parse(text, mark) == Decimal(number)


@pytest.mark.parametrize("text", ["1,23", "1e5", "", "-", "1.2.3", "abc", "12 apples", "0x10"])
def test_a_number_by_the_other_mark_is_refused_not_taken_for_another(text: str) -> None:
    with pytest.raises(BadValue):
        amounts.parse(text, ".")


def test_the_decimal_mark_is_told_by_the_cells_that_show_it() -> None:
    assert amounts.guess(["1,234", "12,5", "1.234,5"]) == ","
    assert amounts.guess(["1,234", "1234.5"]) == "."
    assert amounts.guess(["1,234", "12"]) == ""


def test_money_has_as_many_decimals_as_its_currency() -> None:
    assert amounts.minor(Decimal("12.3"), "USD") == 1230
    assert amounts.minor(Decimal(12), "JPY") == 12
    assert amounts.minor(Decimal("1.234"), "KWD") == 1234
    assert amounts.minor(Decimal("0.125"), "USD", rounded=True) == 13
    with pytest.raises(BadValue, match="more decimals than JPY"):
        amounts.minor(Decimal("12.5"), "JPY")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("name;city\nJürgen;Köln\nJosé;São Paulo\n", "cp1252"), ("Price €;5\nx;y\n", "cp1252"),
     ("имя;город\nИван;Москва\nОльга;Санкт-Петербург\n", "cp1251"), ("Łódź;Kraków\n", "utf-8"),
     ("名前,市\n山田,東京\n佐藤,大阪\n", "cp932"), ("a;b\nx;ü\n", "utf-16-le")],
)  # fmt: skip
def test_the_encoding_is_told_by_the_letters(text: str, encoding: str) -> None:
    assert encodings.guess(text.encode(encoding)) == encoding


def test_evidence_is_looked_for_all_over_the_file(tmp_path: Path) -> None:
    """Sorted by date, and no day above twelve in the first half megabyte."""
    path = tmp_path / "file"
    early = "".join(f"{n},1/{n % 12 + 1}/2017\n" for n in range(60_000))
    path.write_text("id,day\n" + early + "60000,1/13/2017\n" * 2000)

    assert path.stat().st_size > 2 * SAMPLE_BYTES
    assert sniff.guess(path).column("day").dates == "mdy"


def layout_of(folder: Path, text: str) -> Layout:
    path = folder / "file"
    path.write_text(text)
    return sniff.guess(path)


def test_columns_are_taken_for_fields_by_name_and_content(tmp_path: Path) -> None:
    layout = layout_of(
        tmp_path, "Deal ID,Created,Deal Stage,Amount,Sales Rep,Account\n"
        'a,13/1/2017,Closed Won,"1.200,50",Ann,Acme\nb,14/1/2017,Prospecting,"7,5",Bob,Bolt\n'
    )  # fmt: skip

    fact = guess.propose("leads", layout).facts[0]

    assert {name: source.column for name, source in fact.fields.items()} == {
        "external_id": "Deal ID", "occurred_at": "Created", "stage": "Deal Stage",
        "value_minor": "Amount", "owner": "Sales Rep", "company": "Account",
    }  # fmt: skip
    assert fact.fields["stage"].values == {"Closed Won": "won", "Prospecting": "new"}
    assert fact.fields["occurred_at"].dates == "dmy"
    assert fact.fields["value_minor"].decimal == ","


def test_a_column_that_repeats_is_no_id(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "invoice_id,date,amount\n1,2017-01-01,5\n1,2017-01-01,6\n")

    fact = guess.propose("payments", layout).facts[0]

    assert fact.fields["external_id"].row
    assert fact.fields["invoice_id"].column == "invoice_id"


def test_one_closing_date_is_won_or_lost_by_status(tmp_path: Path) -> None:
    layout = layout_of(
        tmp_path, "deal_id,opened_at,status,close_date\n"
        "a,2017-01-01,Won,2017-02-01\nb,2017-01-01,Lost,2017-02-02\n"
    )  # fmt: skip

    made = guess.propose("jobs", layout)

    fields = made.facts[0].fields
    assert (fields["won_at"].column, fields["won_at"].when[0].among) == ("close_date", ("Won",))
    assert (fields["lost_at"].column, fields["lost_at"].when[0].among) == ("close_date", ("Lost",))
    assert maps.problems(made, layout) == []


def test_a_shipped_map_is_offered_for_a_file_with_its_columns(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "customer_id date number_of_cds dollar_value\n1 19970101 1 2.5\n")

    assert maps.fitting(layout) == ["cdnow"]


def test_what_a_map_lacks_is_said(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "a,b\n1,2\n")
    made = maps.decode(
        '{"facts": [{"kind": "jobs", "fields": {"external_id": {"column": "c"}, "x": {"column":'
        ' "a"}}}, {"kind": "dreams", "fields": {}}]}'
    )

    assert maps.problems(made, layout) == [
        "the file has no column “c”",
        "jobs has no field “x”",
        "jobs needs occurred_at",
        "jobs needs status",
        "jobs needs lead_id or contact_id",
        "there is no kind of fact named “dreams”",
    ]
