"""Words as a whole, in scripts with spaces between words and in those without."""

from helpdesk.markup import whole_words


def test_words_are_found_in_scripts_with_and_without_spaces():
    for word, text, is_found in (
        ("返品", "この商品を返品したいです。", True),
        ("vpn", "社内のＶＰＮが切れる", True),
        ("คืนเงิน", "ขอคืนเงินค่ะ", True),
        ("can't", "We can’t print", True),
        ("c++", "A C++ client", True),
        ("fund", "A refund", False),
        ("dan", "Daniel", False),
        ("إلغاء", "أريد إلغاء الطلب", True),
    ):
        assert whole_words.contains_word(whole_words.fold(text), word) == is_found, word
