"""Identity, tax and insurance numbers of northern and eastern Europe, Turkey and Israel."""

from __future__ import annotations

from guard.core.redact.catalogue.national import alone, announced, both, sole

NORDIC = (
    alone(
        "se_personal_number",
        r"(?:19|20)?\d{6}[-+ ]\d{4}|(?:19[2-9]\d|200\d)[01]\d[0-3]\d{5}",
        "se_personnummer",
    ),
    announced(
        "se_personal_number",
        r"(?:19|20)?\d{6}[-+ ]?\d{4}",
        r"person\w{0,3}nummer|pnr|samordningsnummer|swedish",
        "se_personnummer",
    ),
    alone("se_organisation_number", r"[1-9]\d[2-9]\d{3}-\d{4}", "se_orgnr"),
    announced(
        "se_organisation_number",
        r"\d{6}-?\d{4}",
        r"org\w*\.?(?: ?n(?:r|ummer))?|company|business",
        "se_orgnr",
    ),
    alone("no_birth_number", r"\d{6}[ -]?\d{5}", "no_fodselsnummer"),
    announced("no_organisation_number", r"\d{3} ?\d{3} ?\d{3}", r"org\w*\.?(?: ?nr)?|mva", "no_orgnr"),
    alone("dk_cpr", r"[0-3]\d[01]\d{3}-\d{4}", "dk_cpr"),
    announced("dk_cpr", r"[0-3]\d[01]\d{3}[- ]?\d{4}", r"cpr\w*|personnummer|danish", "dk_cpr"),
    announced("dk_cvr", r"\d{2} ?\d{2} ?\d{2} ?\d{2}", r"cvr\w*", "dk_cvr"),
    alone("fi_personal_identity_code", r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Y]", "fi_hetu"),
    alone("fi_business_id", r"\d{7}-\d", "fi_ytunnus"),
    announced("fi_business_id", r"\d{7}-\d", r"y-tunnus|business id", "fi_ytunnus"),
    alone("is_kennitala", r"[0-7]\d[01]\d{3}-\d{4}", "is_kennitala"),
    sole("is_kennitala", r"[0-7]\d[01]\d{6}[089]", "is_kennitala"),
    announced("is_kennitala", r"[0-7]\d[01]\d{3}-?\d{4}", r"kennitala|icelandic", "is_kennitala"),
)
BALTIC = (
    alone("ee_personal_code", r"[1-8]\d{2}[01]\d[0-3]\d{5}", "ee_ik"),
    alone("lt_personal_code", r"[1-8]\d{2}[01]\d[0-3]\d{5}", "lt_asmens"),
    alone("lv_personal_code", r"[0-3]\d[01]\d{3}-[0-2]\d{4}|32\d{4}-\d{5}", "lv_pvn"),
)
POLAND = (
    alone("pl_pesel", r"\d{11}", "pl_pesel"),
    *both(
        "pl_nip",
        r"\d{3}[- ]\d{3}[- ]\d{2}[- ]\d{2}|\d{3}-\d{2}-\d{2}-\d{3}",
        r"\d{3}[- ]?\d{3}[- ]?\d{2}[- ]?\d{2}",
        r"nip",
        "pl_nip",
        r"[2-9]\d{9}|1[0-39]\d{8}",
    ),
    announced("pl_regon", r"\d{9}|\d{14}", r"regon", "pl_regon"),
    announced(
        "pl_identity_card", r"[A-Z]{3} ?\d{6}", r"dow[oó]d\w*(?: osobist\w+)?|identity card|numer dowodu"
    ),
    announced("pl_passport", r"[A-Z]{2} ?\d{7}", r"paszport\w*|passport"),
)
CENTRAL_EUROPE = (
    alone("cz_birth_number", r"\d{2}[0-8]\d[0-3]\d/\d{3,4}", "cz_rc"),
    announced(
        "cz_birth_number",
        r"\d{2}[0-8]\d[0-3]\d{4,5}",
        r"rodn[eéaá] [cč][ií]slo|r\.? ?[cč]\.?|birth number",
        "cz_rc",
    ),
    sole("cz_birth_number", r"\d{2}[0156]\d[0-3]\d{5}", "cz_rc"),
    alone("sk_birth_number", r"\d{2}[0-8]\d[0-3]\d/\d{3,4}", "sk_rc"),
    alone("si_emso", r"[0-3]\d[01]\d{5}\d{5}", "si_emso"),
    announced("hr_oib", r"\d{11}", r"oib", "hr_oib"),
    alone("ro_cnp", r"[1-9]\d{2}[01]\d[0-3]\d{7}", "ro_cnp"),
    alone("bg_egn", r"\d{2}[0-5]\d[0-3]\d{5}", "bg_egn"),
    alone("gr_amka", r"[0-3]\d[01]\d{8}", "gr_amka"),
)
RUSSIA_UKRAINE = (
    *both(
        "ru_snils",
        r"\d{3}-\d{3}-\d{3}[ -]\d{2}|\d{11}",
        r"\d{11}",
        r"снилс|СНИЛС|snils",
        "ru_snils",
    ),
    announced("ru_inn", r"\d{12}|\d{10}", r"инн|ИНН|inn", "ru_inn"),
    announced("ru_passport", r"\d{2} ?\d{2} ?\d{6}", r"паспорт\w*|passport"),
    announced(
        "ua_tax_number",
        r"\d{10}",
        r"рнокпп|РНОКПП|іпн|ІПН|rnokpp|ipn",
        "ua_rntrc",
    ),
)
TURKEY_ISRAEL = (
    alone("tr_identity_number", r"[1-9]\d{10}", "tr_tckimlik"),
    announced(
        "il_identity_number",
        r"\d{5,8}-?\d",
        r"teudat zehut|תעודת|israeli?|ת\.?ז",
        "il_idnr",
    ),
)
