"""SOAP messages to partners: written once by their WSDL, checked against their schema before they go."""

from functools import cache
from typing import Final

from lxml import etree

from services.exchange.model.contract import SoapContract
from services.exchange.model.xroad import Headers
from services.exchange.wire import calls
from services.exchange.wire.calls import Words
from services.exchange.wire.foreign import Foreign
from services.kit import datafile

CONTENT_TYPE: Final = calls.CONTENT_TYPE


def render(contract: SoapContract, words: Words, headers: Headers) -> bytes:
    """The bytes of one message to a partner.

    Args:
        contract: the operation, and the partner's WSDL among our data.
        words: content of the wrapper.
        headers: who calls (us), the id of the logical message, our reference of the case as issue.

    Raises:
        NoticeUnfit: the words do not fit the schema (zeep itself would send them).
    """
    return _foreign(contract.wsdl).write(headers, contract.service, words, contract.fields)


def fits(contract: SoapContract, payload: etree._Element) -> bool:
    """Whether a wrapper is as the partner's own schema has it."""
    return _foreign(contract.wsdl).fits(payload)


@cache
def _foreign(wsdl: str) -> Foreign:
    return Foreign.load(datafile.read_bytes("services.exchange", wsdl))
