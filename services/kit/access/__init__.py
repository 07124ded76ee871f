"""The door of every route: token, appointments, purpose, policy; in this order, and a refusal by the first.

``Depends(permit("get_case"))`` gives the :class:`~services.kit.policy.Permit` of the operation. It reads from
``app.state`` the ``verifier`` (tokens.TokenVerifier), ``policy`` (policy.Policy) and ``appointments``
(AppointmentSource), and leaves on ``request.state``, each as soon as it is known, ``operation``, ``caller``,
``purpose`` and ``permit`` for whoever records a refusal; ``identity`` for what needs a fresh login.

Who the caller is:

* access token: the person, with her appointments;
* service token for a person: the same person with the same appointments, and the role ``service:<name>``,
  which opens only the rules that say ``for: [member]``. The service's own rights are not lent to her
  (INV-36);
* service token for an X-Road client: roles ``xroad-client`` and ``service:<name>``, which is bound as well by
  what the client works for, where a rule of the operation asks about it (``app.state.works_for``: attributes
  by subject); for a worker: its own name and ``service:<name>``; for the service itself: ``service:<name>``.

Appointments are asked for when a rule of the operation names a role of persons, not else: a service all
of whose rules name services needs no source and stands when the source is down. ``X-Purpose`` must be one
that the table knows; with a service token it must be the token's own.
"""

from services.kit.access.appointments import AppointmentSource, NoAppointments, RemoteAppointments
from services.kit.access.door import PermitFor, permit

__all__ = ["AppointmentSource", "NoAppointments", "PermitFor", "RemoteAppointments", "permit"]
