"""Where a measure applies: countries by their two-letter codes, and the unions that stand for their members."""

from collections.abc import Iterable

from seawall.errors import InputError

# Regulation (EU) 2022/2065 applies in the 27 member states; codes as in the Transparency Database (GR, not EL).
EU = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
_UNIONS = {"EU": EU, "EEA": tuple(sorted((*EU, "IS", "LI", "NO")))}

# ISO 3166-1 alpha-2, officially assigned, and XK, which the European Commission uses for Kosovo.
_CODES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - two hundred and fifty pairs of quotes would hide the codes
)
_MEANT = {"EL": "GR", "UK": "GB"}


def territory(name: str) -> str:
    """
    The code of one territory, in capitals: where somebody is, who cannot be in a whole union at once.

    Raises:
        InputError: It is no country's code.

    """
    code = name.strip().upper()
    if code in _CODES:
        return code
    meant = (
        f"write {_MEANT[code]}" if code in _MEANT else "write one country's two letters, such as DE"
    )
    raise InputError(f"'{name}' is no territory's code (ISO 3166-1); {meant}.")


def territories(names: Iterable[str]) -> tuple[str, ...]:
    """
    Codes, each once, sorted; `EU` and `EEA` stand for their members.

    Raises:
        InputError: Something is no territory's code.

    """
    spelled: set[str] = set()
    for name in names:
        spelled.update(_UNIONS.get(name.strip().upper()) or (territory(name),))
    return tuple(sorted(spelled))
