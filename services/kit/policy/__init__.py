r"""Who may do what, on which resources, for which purpose: one table, three forms of the same answer.

A *caller* has *appointments* (role and attributes). A *rule* of the table allows roles some operations on
the resources that stand in a *relation* to the appointment, in some states, for some purposes, and tells
which classes of fields are shown. Nothing is allowed without a rule; a deny wins over every allow.

**Relations.** ``{resource attribute: expression}``, a conjunction; ``{}`` is *anywhere*. The expression
names an attribute of the appointment, several joined by ``@``, or ``subject`` (the caller itself). The
resource's attribute is a string (equal), a collection (contains) or None (never). So ``own-agency:
{agencies: agency@region}`` lets an agency member of the police in Põlva see the cases whose ``agencies``
contain ``police@polva``. An appointment that lacks an attribute of the expression stands in the relation to
nothing.

**Denies** hold for everybody (``roles: any``) and compare with the caller alone (``subject``) or not at
all, so that ending an appointment never widens what somebody sees. A deny with ``fields`` takes those
classes away; one without hides the resource.

**A service that speaks** for somebody has its own role ``service:<name>`` beside theirs. That role opens a
rule for X-Road clients, workers and the service itself; for a person only where the rule says ``for:
[member, …]``. So no service can lend its rights to a person who calls through it.

**The forms.** ``Permit.on(resource)`` decides on one resource, ``Permit.sql(columns, state)`` filters a
list, ``Permit.facts()`` gives row-level security what it needs to say the same. For each relation there is
a fact ``turvavork.<relation>`` (``-`` becomes ``_``), and ``turvavork.not_<relation>`` where a deny hides
resources: a list joined by commas of the *values* for which the relation holds (attributes of a conjunction
joined by ``|``; of *anywhere*: ``on``; nothing: empty, and ``off`` for *anywhere*). A rule with states
gives ``value#state`` for each of them in place of ``value``. No value contains a separator: appointments
and callers that do cannot be made. With ``told`` of ``kit.schema.session_facts``, the policies of a table
with ``region`` and ``status`` read::

    ... USING ((SELECT told('anywhere')) && ARRAY['on', 'on#' || status]
        OR (SELECT told('same_region')) && ARRAY[region, region || '#' || status]
        OR EXISTS (SELECT FROM case_agency a WHERE a.case_id = id AND (SELECT told('own_agency'))
                   && ARRAY[a.agency || '@' || a.region, a.agency || '@' || a.region || '#' || status]))
    -- and for each deny that hides, a restrictive policy:
    ... AS RESTRICTIVE USING (NOT (SELECT told('not_anywhere')) && ARRAY['on', 'on#' || status])

The inner SELECT is worked out once a statement, not once a row. Outside a transaction with facts every list
is empty: no row is seen.
"""

from services.kit.policy.caller import Appointment, Caller, Kind, is_value, subject_kind
from services.kit.policy.permit import Columns, Decision, Grant, IncompleteResourceError, Permit
from services.kit.policy.table import Cell, Policy, PolicyError, Rule

__all__ = [
    "Appointment",
    "Caller",
    "Cell",
    "Columns",
    "Decision",
    "Grant",
    "IncompleteResourceError",
    "Kind",
    "Permit",
    "Policy",
    "PolicyError",
    "Rule",
    "is_value",
    "subject_kind",
]
