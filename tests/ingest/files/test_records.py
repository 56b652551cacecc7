"""Rows are read one by one; a bad one says why, and the others are read all the same."""

from pathlib import Path

import pytest

from portal.ingest.files import records, sniff
from portal.ingest.files.layout import Column, Layout
from portal.ingest.files.limits import LINE_BYTES
from portal.ingest.files.values import BadFile


def rows_of(path: Path, layout: Layout | None = None) -> list[records.Record]:
    return list(records.records(path, layout or sniff.guess(path)))


def write(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"id,name\n1,Ann\n2,Bob\n",
        b"\xef\xbb\xbfid,name\r\n1,Ann\r\n2,Bob\r\n",
        b"id;name\n1;Ann\n2;Bob",
        b"id\tname\n1\tAnn\n2\tBob\n",
        b"  id   name\n  1   Ann\n  2   Bob\n",
        b"\nReport of May\n\nid,name\n1,Ann\n2,Bob\n",
        b'{"id": "1", "name": "Ann"}\n\n{"id": "2", "name": "Bob"}\n',
    ],
    ids=["csv", "bom", "semicolons", "tabs", "blanks", "preamble", "ndjson"],
)
def test_a_table_is_read_however_it_is_written(tmp_path: Path, data: bytes) -> None:
    found = rows_of(write(tmp_path, data))

    assert [record.row for record in found] == [
        {"id": "1", "name": "Ann"},
        {"id": "2", "name": "Bob"},
    ]
    assert not any(record.problem for record in found)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"2,B\0b", "NUL"),
        (b"2," + b"x" * (LINE_BYTES + 5), "longer than 64 KB"),
        (b"2,Bob,more", "3 cells, but 2 columns"),
        (b'2,"Bob', "quote is opened and not closed"),
        (b'2,"Bob"x', "quotes of this line"),
        (b"2,B\xff\xfeb", "is not utf-8"),
    ],
    ids=["nul", "long", "ragged", "open quote", "stray quote", "encoding"],
)
def test_a_bad_line_is_named_and_costs_no_other(tmp_path: Path, bad: bytes, words: str) -> None:
    path = write(tmp_path, b"id,name\n1,Ann\n" + bad + b"\n3,Cid\n" + b"4,D\n" * 300)

    found = rows_of(path, Layout(columns=(Column("id"), Column("name"))))

    assert [record.line for record in found if record.problem] == [3]
    assert words in found[1].problem
    assert [r.row["id"] for r in found if not r.problem] == ["1", "3", *["4"] * 300]


def test_reading_goes_on_from_any_place(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,text\n1,"a\nb"\n\n2,c\n3,d\n')
    layout = sniff.guess(path)
    whole = rows_of(path, layout)

    for number, record in enumerate(whole):
        rest = list(records.records(path, layout, record.end))

        assert rest == whole[number + 1 :]
    assert [record.line for record in whole] == [2, 5, 6]


def test_a_short_row_is_filled_and_trailing_separators_are_dropped(tmp_path: Path) -> None:
    found = rows_of(write(tmp_path, b"a,b,c\n1,2\n1,2,3,,\n"))

    assert [record.row for record in found] == [
        {"a": "1", "b": "2", "c": ""},
        {"a": "1", "b": "2", "c": "3"},
    ]


def test_a_row_of_blanks_with_too_few_cells_is_refused(tmp_path: Path) -> None:
    found = rows_of(write(tmp_path, b"a  b  c\n1  2\n" + b"1  2  3\n" * 20))

    assert found[0].problem == "2 cells, but 3 columns"


def test_objects_inside_objects_are_named_by_their_path(tmp_path: Path) -> None:
    found = rows_of(write(tmp_path, b'{"a": {"b": 1, "c": {"d": "x"}}, "e": [1]}\nnull\n{"a"\n'))

    assert found[0].row == {"a.b": 1, "a.c.d": "x", "e": [1]}
    assert [record.problem[:14] for record in found[1:]] == ["not a JSON obj", "not valid JSON"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b'[{"a": 1}, {"a": 2}]', "one JSON list"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n", "201 columns; at most 200"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        sniff.guess(write(tmp_path, data))


def test_a_quote_in_every_line_does_not_take_for_ever(tmp_path: Path) -> None:
    path = write(tmp_path, b"id,name\n" + b'1,"x\n' * 5001)

    assert len(rows_of(path, Layout(columns=sniff.guess(path).columns))) > 1000


def test_duplicate_and_empty_names_of_columns_are_told_apart(tmp_path: Path) -> None:
    layout = sniff.guess(write(tmp_path, b"a,b,,c\n1,2,3,4\n"))
    assert layout.names == ("a", "b", "column 3", "c")

    layout = sniff.guess(write(tmp_path, b"1,2,x\n1,2,y\n"))
    assert layout.names == ("column 1", "column 2", "column 3")
    assert not layout.has_header
