"""Content types with their parameters, as Python's ``email`` reads them."""

from email.message import Message


def read(content_type: str | None) -> Message:
    """A message with this content type (``get_content_type``, ``get_content_charset``); none is binary."""
    mime: Message = Message()
    mime["Content-Type"] = content_type or "application/octet-stream"
    return mime
