"""The errors of this service: what is refused because of its content, its version, its state, its epoch."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class ReferralInvalid(Problem):
    """The referral can be read, but breaks a rule; ``errors`` says where."""

    slug = "referral-invalid"
    kind = Kind.MALFORMED
    titles = MappingProxyType(
        {
            "et": "Pöördumine ei vasta reeglitele",
            "ru": "Обращение не соответствует правилам",
            "en": "The referral breaks a rule",
        }
    )


class ReferralVersionExists(Problem):
    """This version of the sender's referral is already here with other content; the first one stands."""

    slug = "referral-version-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Sama versioon on juba saadetud teise sisuga",
            "ru": "Эта версия уже отправлена с другим содержанием",
            "en": "This version was already sent with other content",
        }
    )


class ReferralVersionUnexpected(Problem):
    """The sender speaks of another version than the last; ``errors`` says which one is expected."""

    slug = "referral-version-unexpected"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Oodatakse pöördumise teist versiooni",
            "ru": "Ожидается другая версия обращения",
            "en": "Another version of the referral is expected",
        }
    )


class ReferralWithdrawn(Problem):
    """The sender has withdrawn the referral: there is nothing left to correct."""

    slug = "referral-withdrawn"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Saatja on pöördumise tagasi võtnud",
            "ru": "Отправитель отозвал обращение",
            "en": "The sender has withdrawn the referral",
        }
    )


class TransitionRefused(Problem):
    """The referral's state does not allow the action."""

    slug = "transition-refused"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Pöördumise seis ei luba seda toimingut",
            "ru": "Состояние обращения не допускает этого действия",
            "en": "The state of the referral does not allow this",
        }
    )


class ChildNoticeSettled(Problem):
    """The notice about a child has left, was stopped, or lacks nothing: there is nothing left to decide."""

    slug = "child-notice-settled"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Teate kohta ei ole enam midagi otsustada",
            "ru": "По уведомлению больше нечего решать",
            "en": "There is nothing left to decide about the notice",
        }
    )


class ChildNoticeStopped(Problem):
    """A person has stopped the notice about a child: it does not leave."""

    slug = "child-notice-stopped"
    kind = Kind.GONE
    titles = MappingProxyType(
        {
            "et": "Inimene on teate peatanud",
            "ru": "Человек остановил уведомление",
            "en": "A person has stopped the notice",
        }
    )


class MunicipalityUnknown(Problem):
    """Nobody knows yet in which municipality the child lives, so nobody can be told."""

    slug = "municipality-unknown"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Lapse elukoha omavalitsus ei ole teada",
            "ru": "Самоуправление по месту жительства ребёнка неизвестно",
            "en": "The municipality where the child lives is not known",
        }
    )


class OfficeNotYours(Problem):
    """The caller's offices do not give this one."""

    slug = "office-not-yours"
    kind = Kind.FORBIDDEN
    titles = MappingProxyType(
        {
            "et": "Seda ametikohta ei saa teie anda ega lõpetada",
            "ru": "Вы не вправе предоставлять или прекращать эту роль",
            "en": "This office is not yours to give or to end",
        }
    )


class TwoPersons(Problem):
    """Nobody approves what they proposed themselves, and nobody gives an office to themselves."""

    slug = "two-persons"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Vaja on teist inimest",
            "ru": "Нужен второй человек",
            "en": "A second person is needed",
        }
    )


class AppointmentExists(Problem):
    """The member holds this office, or it is proposed, on one of those days already."""

    slug = "appointment-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Ametikoht on sel ajal juba antud või pakutud",
            "ru": "Роль на это время уже предоставлена или предложена",
            "en": "The office is given or proposed for that time already",
        }
    )


class DeputyUnsuitable(Problem):
    """The deputy holds none of the offices that let somebody stand in, or names oneself."""

    slug = "deputy-unsuitable"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "See isik ei saa asendada",
            "ru": "Это лицо не может замещать",
            "en": "This person cannot stand in",
        }
    )


class AbsenceExists(Problem):
    """There is a deputy for one of those days already."""

    slug = "absence-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Asendaja on sel ajal juba määratud",
            "ru": "Заместитель на это время уже назначен",
            "en": "A deputy is named for that time already",
        }
    )


class NetworkMemberExists(Problem):
    """This agency, under this unit, sits in the network on one of those days already."""

    slug = "network-member-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Asutus on sel ajal juba võrgustiku liige",
            "ru": "Учреждение в это время уже входит в сеть",
            "en": "The agency sits in the network at that time already",
        }
    )


class BasisMissing(Problem):
    """The legal basis does not carry the share; ``errors`` says what it lacks."""

    slug = "basis-missing"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Andmete jagamiseks puudub kehtiv õiguslik alus",
            "ru": "Нет действующего правового основания для обмена данными",
            "en": "There is no valid legal basis for sharing",
        }
    )


class OffersStopped(Problem):
    """The person objects to being offered services (OAS § 7(5)): offers stop at once."""

    slug = "offers-stopped"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Inimene on vastu: teenuste pakkumine on peatatud",
            "ru": "Человек возражает: предложение услуг остановлено",
            "en": "The person objects: offers of services have stopped",
        }
    )


class EpochEnded(Problem):
    """The cursor is of an earlier epoch: after a restore the feed is read from zero."""

    slug = "epoch-ended"
    kind = Kind.GONE
    titles = MappingProxyType(
        {
            "et": "Sündmuste voog algas uuesti",
            "ru": "Лента событий началась заново",
            "en": "The feed began anew",
        }
    )


class LogoutRefused(Problem):
    """A logout token that is not good, or was heard before: nothing has ended by it."""

    slug = "logout-refused"
    kind = Kind.BAD_REQUEST
    titles = MappingProxyType(
        {
            "et": "Väljalogimise teadet ei võeta vastu",
            "ru": "Сообщение о выходе не принимается",
            "en": "The logout token is refused",
        }
    )


class LoginUnavailable(Problem):
    """This installation has no OIDC issuer."""

    slug = "login-unavailable"
    kind = Kind.UPSTREAM_UNAVAILABLE
    titles = MappingProxyType(
        {
            "et": "Sisselogimine ei ole seadistatud",
            "ru": "Вход в систему не настроен",
            "en": "Login is not set up here",
        }
    )


class MeetingNotYet(Problem):
    """A meeting is held on its day or after it, not before."""

    slug = "meeting-not-yet"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Koosoleku päev ei ole veel käes",
            "ru": "День собрания ещё не наступил",
            "en": "The day of the meeting has not come",
        }
    )


class MeetingNotHeld(Problem):
    """There are minutes of a meeting that was held."""

    slug = "meeting-not-held"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Koosolekut ei ole peetud",
            "ru": "Собрание не состоялось",
            "en": "The meeting was not held",
        }
    )


class SafetyPlanExists(Problem):
    """There is a plan for the same person, or the family, already: that one is amended."""

    slug = "safety-plan-exists"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Sellele inimesele on turvaplaan juba olemas",
            "ru": "Для этого человека план безопасности уже есть",
            "en": "There is a safety plan for this person already",
        }
    )


class AgendaClosed(Problem):
    """The agenda has closed, or the meeting is over; what cannot wait goes on with a reason until then."""

    slug = "agenda-closed"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Päevakord on suletud",
            "ru": "Повестка закрыта",
            "en": "The agenda is closed",
        }
    )


class AlreadyOnAgenda(Problem):
    """The case is on an agenda of that date: it is discussed once on one day."""

    slug = "already-on-agenda"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Juhtum on selle päeva päevakorras juba olemas",
            "ru": "Случай уже в повестке этого дня",
            "en": "The case is on an agenda of that day already",
        }
    )


class ConfidentialityUnsigned(Problem):
    """What is said of people at a meeting is shown to who has signed for that meeting, and to nobody else."""

    slug = "confidentiality-unsigned"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Konfidentsiaalsuskinnitus on andmata",
            "ru": "Обязательство о конфиденциальности не подписано",
            "en": "Confidentiality has not been signed for this meeting",
        }
    )


class TransferPending(Problem):
    """The case is proposed to another network already: that is answered first, or withdrawn."""

    slug = "transfer-pending"
    kind = Kind.CONFLICT
    titles = MappingProxyType(
        {
            "et": "Juhtumi üleandmine juba ootab vastust",
            "ru": "Передача случая уже ожидает ответа",
            "en": "A transfer of the case waits for its answer already",
        }
    )
