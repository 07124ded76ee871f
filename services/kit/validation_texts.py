"""The words for what can be wrong with a field, by our code; and our code for each of pydantic's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _text(et: str, ru: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"et": et, "ru": ru, "en": en})


TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "required": _text("väärtus on kohustuslik", "значение обязательно", "a value is required"),
        "unknown-field": _text(
            "siin on tundmatu väli", "здесь неизвестное поле", "there is an unknown field here"
        ),
        "wrong-type": _text("väärtus on vale tüüpi", "неверный тип значения", "the value has the wrong type"),
        "wrong-form": _text(
            "väärtus on vale kujuga", "неверная форма значения", "the value has the wrong form"
        ),
        "wrong-value": _text("väärtus ei sobi", "значение не подходит", "the value does not fit"),
        "not-in-list": _text(
            "väärtus ei ole loetelus", "значения нет в перечне", "the value is not one of the allowed"
        ),
        "too-long": _text("tekst on liiga pikk", "текст слишком длинный", "the text is too long"),
        "too-short": _text("tekst on liiga lühike", "текст слишком короткий", "the text is too short"),
        "too-many": _text("elemente on liiga palju", "слишком много элементов", "there are too many items"),
        "too-few": _text("elemente on liiga vähe", "слишком мало элементов", "there are too few items"),
        "too-large": _text("arv on liiga suur", "число слишком большое", "the number is too large"),
        "too-small": _text("arv on liiga väike", "число слишком малое", "the number is too small"),
        "not-a-number": _text(
            "väärtus ei ole sobiv arv", "не подходящее число", "the value is no such number"
        ),
        "not-a-date": _text(
            "kuupäeva kuju on 2017-03-02", "дата имеет вид 2017-03-02", "a date looks like 2017-03-02"
        ),
        "not-an-instant": _text(
            "aja kuju on 2017-03-02T14:05:00Z või ajavööndiga",
            "время имеет вид 2017-03-02T14:05:00Z или с поясом",
            "an instant looks like 2017-03-02T14:05:00Z or with an offset",
        ),
        "personal-code-form": _text(
            "isikukoodis on ainult numbrid",
            "в личном коде только цифры",
            "a personal code has digits only",
        ),
        "personal-code-length": _text(
            "isikukoodis on 11 numbrit", "в личном коде 11 цифр", "a personal code has 11 digits"
        ),
        "personal-code-century": _text(
            "isikukood algab numbriga 1 kuni 8",
            "личный код начинается с цифры от 1 до 8",
            "a personal code begins with 1 to 8",
        ),
        "personal-code-date": _text(
            "isikukoodis ei ole päris sünnikuupäeva",
            "в личном коде нет настоящей даты рождения",
            "the personal code holds no real date of birth",
        ),
        "personal-code-check-digit": _text(
            "isikukoodi kontrollnumber ei sobi",
            "контрольная цифра личного кода не подходит",
            "the check digit of the personal code does not fit",
        ),
    }
)

_BY_CODE: Final[Mapping[str, str]] = {
    "required": "missing missing_argument missing_keyword_only_argument missing_positional_only_argument "
    "union_tag_not_found",
    "unknown-field": "extra_forbidden unexpected_keyword_argument",
    "wrong-type": "string_type int_type float_type bool_type list_type tuple_type set_type dict_type "
    "model_type model_attributes_type none_required is_instance_of mapping_type frozen_set_type "
    "dataclass_type decimal_type bytes_type iterable_type invalid_key",
    "wrong-form": "string_pattern_mismatch uuid_type uuid_parsing uuid_version string_unicode "
    "string_not_ascii url_type url_parsing url_syntax_violation url_scheme bool_parsing",
    "not-in-list": "literal_error enum union_tag_invalid",
    "too-long": "string_too_long bytes_too_long url_too_long",
    "too-short": "string_too_short bytes_too_short",
    "too-many": "too_long",
    "too-few": "too_short",
    "too-large": "less_than less_than_equal decimal_max_digits decimal_whole_digits",
    "too-small": "greater_than greater_than_equal",
    "not-a-number": "int_parsing int_parsing_size int_from_float float_parsing finite_number decimal_parsing "
    "multiple_of decimal_max_places",
    "not-a-date": "date_type date_parsing date_from_datetime_parsing date_from_datetime_inexact date_past "
    "date_future",
    "not-an-instant": "datetime_type datetime_parsing datetime_object_invalid datetime_from_date_parsing "
    "datetime_past datetime_future timezone_naive timezone_aware timezone_offset time_type time_parsing",
}

TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {kind: code for code, kinds in _BY_CODE.items() for kind in kinds.split()}
)
