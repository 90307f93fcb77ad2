from lectern.tutor.concepts.renewing import in_reading_order


def test_documents_are_read_in_the_order_of_their_numbers() -> None:
    names = ["week_10/a.md", "week_2/b.md", "Week_1.md", "intro.md", "2.md", "10.md"]
    assert in_reading_order(names) == [
        "2.md",
        "10.md",
        "intro.md",
        "Week_1.md",
        "week_2/b.md",
        "week_10/a.md",
    ]
