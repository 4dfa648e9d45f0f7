"""A search among the newest tickets names the buckets that these are in, and no others."""

import pytest

from helpdesk.domain.search_index import entries
from helpdesk.domain.ticket_lists.search_postgresql_terms import Range, limit_to_newest
from helpdesk.domain.ticket_lists.search_request import Search
from helpdesk.models.user import User


def named(*buckets: int, is_wide: bool = False) -> dict[str, str]:
    return {"newest": " | ".join(f"'{entries.bucket_word(bucket, is_wide)}'" for bucket in buckets)}


@pytest.mark.parametrize(
    ("last", "wanted", "expected"),
    [
        (20_024, 9_408, named(9, 8, 7, 6, 5)),
        (20_024, 1_593, named(9)),  # from 18,432 on
        (20_024, 1_594, named(9, 8)),
        (20_480, 1, named(10)),
        (1_000_000, 400_000, named(*range(15, 8, -1), is_wide=True)),
        (20_024, 20_024, {}),
        (10, 5, {}),
    ],
)
def test_buckets_of_the_newest_tickets(last, wanted, expected):
    assert limit_to_newest(Range(Search(User(), (), newest=last)), wanted) == expected
