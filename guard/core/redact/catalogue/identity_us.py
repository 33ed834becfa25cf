"""Identity numbers of the United States."""

from __future__ import annotations

from guard.core.redact.catalogue.context import LIST_ENDS, NOT_LISTED, announced_by, called, heading
from guard.core.redact.catalogue.national import sole
from guard.core.redact.rule import Rule

_SAID = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|niner?)"
_SAID_TIMES = rf"(?:(?:double|triple)[ -])?{_SAID}"
_SSN_NAMES = r"ss ?n|ssnumber|ss#|social security|social insurance|social|soc sec|segur(?:o|idad) social"
_ITIN_GROUP = r"(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])"
_STATE_LICENSES = (
    r"[A-Z]\d{7,8}|[A-Z]\d{3}[ -]?\d{3}[ -]?\d{2}[ -]?\d{3}[ -]?\d?|[A-Z]\d{11,14}|\d{7,10}|[A-Z]{2}\d{6}[A-Z]?|"
    r"[A-Z]{2}[- ]?\d{2}[- ]?\d{4}|\d{2,3}[A-Z]{2}\d{4,5}|[A-Z]\d{5,6}[A-Z]?|\d{3}[ -]\d{3}[ -]\d{3}|"
    r"[A-Z]\d{4}-\d{5}-\d{5}|[A-Z]{1,4}[A-Z*]{1,5}\d{3}[A-Z0-9]{2}"
)

UNITED_STATES = (
    Rule("us_ssn", r"(?<![\w-])\d{3}([- .])\d{2}[- .]\d{4}(?![\w-])", validator="us_ssn", priority=35),
    Rule(
        "us_ssn_spaced",
        r"\d(?:(?:[ -]|, |- ){1,2}\d){8}",
        before=NOT_LISTED,
        after=LIST_ENDS,
        validator="us_ssn_spaced",
        priority=33,
    ),
    Rule(
        "us_ssn_announced",
        r"(?:\d{3}[- .]?\d{2}[- .]?\d{4}|\d(?:[ ,.-]{1,2}\d){8})(?![\w-])",
        before=heading(rf"{_SSN_NAMES}|tax payer|tin|itin"),
        validator="us_ssn_sized",
        priority=34,
    ),
    Rule(
        "us_ssn_called",
        r"(?<![\w-])\d{3}[- .]?\d{2}[- .]?\d{4}",
        after=called(_SSN_NAMES),
        validator="us_ssn_sized",
        priority=34,
    ),
    Rule(
        "us_ssn_spoken",
        rf"\b{_SAID_TIMES}(?:[ ,.\-]{{1,2}}{_SAID_TIMES}){{4,8}}\b",
        ignore_case=True,
        validator="us_ssn_spoken",
        priority=32,
    ),
    Rule(
        "us_itin",
        rf"(?<![\w-])9\d{{2}}(?:[- ]{_ITIN_GROUP}[- ]?|{_ITIN_GROUP}[- ])\d{{4}}(?![\w-])",
        priority=34,
    ),
    Rule(
        "us_itin_announced",
        r"(?<!\d)9\d{8}(?!\d)",
        before=announced_by(r"itin|individual taxpayer(?: identification)?(?: number)?|tax ?payer|tax id"),
        validator="us_itin",
        priority=34,
    ),
    sole("us_itin", rf"9\d{{2}}{_ITIN_GROUP}\d{{4}}", "us_itin"),
    Rule(
        "us_ein",
        r"(?<!\d)\d{2}-?\d{7}(?!\d)",
        before=announced_by(r"ein|fein|employer id(?:entification)?(?: number)?|federal tax id|tax id"),
        priority=33,
    ),
    Rule(
        "us_passport",
        r"(?<![A-Za-z0-9])(?:[A-Z]\d{8}|\d{9})(?![A-Za-z0-9])",
        before=announced_by(r"passport|travel document|passport#"),
        ignore_case=True,
        priority=31,
    ),
    Rule(
        "us_driver_license",
        rf"(?<![A-Za-z0-9])(?:{_STATE_LICENSES})(?![A-Za-z0-9])",
        before=announced_by(
            r"driver'?s?'? ?licen[cs]es?|driving licen[cs]e|licen[cs]e|permit|d\.?l\.?|dl#|lic|identification"
        ),
        ignore_case=True,
        priority=30,
    ),
    Rule(
        "us_npi",
        r"(?<!\d)[12]\d{3}[ -]?\d{3}[ -]?\d{3}(?!\d)",
        before=announced_by(r"npi|national provider(?: identifier)?|provider (?:id|number|identifier)"),
        validator="us_npi",
        priority=30,
    ),
    Rule(
        "us_medicare_beneficiary",
        r"(?<![A-Za-z0-9])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?"
        r"[AC-HJKMNP-RT-Y]{2}\d{2}(?![A-Za-z0-9])",
        ignore_case=True,
        priority=30,
    ),
    Rule(
        "us_dea_number",
        r"(?<![A-Za-z0-9])[ABFGMPRX][A-Z9]-?\d{7}(?!\d)",
        ignore_case=True,
        validator="us_dea",
        priority=30,
    ),
    Rule(
        "us_health_plan_id",
        r"(?<![A-Za-z0-9])[A-Z0-9][A-Z0-9-]{5,18}\d(?![A-Za-z0-9])",
        before=announced_by(
            r"member id|policy (?:number|no)|medical record(?: number)?|mrn|health plan(?: id)?|subscriber id"
        ),
        ignore_case=True,
        priority=18,
    ),
)
