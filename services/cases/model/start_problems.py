"""What is refused on a region's way to its first meeting."""

from types import MappingProxyType

from services.kit.problem import Kind, Problem


class RegionNotReady(Problem):
    """Something obligatory is neither confirmed nor explained; ``errors`` says what."""

    slug = "region-not-ready"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Piirkond ei ole esimeseks koosolekuks valmis",
            "ru": "Регион не готов к первому совещанию",
            "en": "The region is not ready for its first meeting",
        }
    )


class StartSettled(Problem):
    """The item stands like that already, or the network has met and its start is history."""

    slug = "start-settled"
    kind = Kind.RULE_REFUSED
    titles = MappingProxyType(
        {
            "et": "Siin ei ole enam midagi muuta",
            "ru": "Здесь больше нечего менять",
            "en": "There is nothing left to change here",
        }
    )
