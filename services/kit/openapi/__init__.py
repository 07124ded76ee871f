"""The published document of a service, and its readable page."""

from services.kit.openapi.document import Document, build, permit_operation, problems, render
from services.kit.openapi.page import CONTENT_SECURITY_POLICY, page

__all__ = ["CONTENT_SECURITY_POLICY", "Document", "build", "page", "permit_operation", "problems", "render"]
