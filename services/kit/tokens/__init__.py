"""Signed tokens (JWT): who asks, never what they may.

* **access token**: ``typ`` at+jwt, from ``urn:turvavork:access`` (after a login), the development issuer
  or an OIDC issuer; lives ≤ 15 min; ``sub`` a person, ``aud`` all services (``turvavork``).
* **service token**: ``typ`` service+jwt, from ``urn:turvavork:service:<name>``; lives ≤ 60 s; ``sub`` for
  whom (a person, an X-Road client, a worker or the service itself), ``act`` the service, ``aud`` one
  service, ``purpose``.
* **ID token**: ``typ`` JWT or none, from an OIDC issuer; says who logged in; taken at ``/sessions``
  alone.

Ours are signed with Ed25519. A verifier knows for each issuer the keys, the algorithms, the type, the
audience and the longest life; the header may hold ``alg``, ``kid``, ``typ`` and a certificate's
thumbprint, nothing else, so that no token brings its own key. Whatever is wrong, the answer is the same
Unauthenticated; the log has the code.
"""

from services.kit.tokens.logout import Logout, OidcLogoutVerifier
from services.kit.tokens.oidc import Login, OidcIdTokenVerifier, OidcKeys
from services.kit.tokens.signing import AccessTokenIssuer, ServiceSigner
from services.kit.tokens.verifying import Identity, Issuer, StaticKeys, TokenVerifier

__all__ = [
    "AccessTokenIssuer",
    "Identity",
    "Issuer",
    "Login",
    "Logout",
    "OidcIdTokenVerifier",
    "OidcKeys",
    "OidcLogoutVerifier",
    "ServiceSigner",
    "StaticKeys",
    "TokenVerifier",
]
