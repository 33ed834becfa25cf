"""Identity, tax and insurance numbers of western and southern Europe."""

from __future__ import annotations

from guard.core.redact.catalogue.national import alone, announced, both, sole

BRITAIN = (
    *both(
        "gb_nhs",
        r"\d{3}[ -]\d{3}[ -]\d{4}",
        r"\d{3}[ -]?\d{3}[ -]?\d{4}",
        r"nhs|national health(?: service)?|patient",
        "gb_nhs",
        r"\d{3}[ -]\d{3}[ -]\d{4}|[02-9]\d{9}|1[0-39]\d{8}",
    ),
    alone(
        "gb_nino", r"[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]", "gb_nino"
    ),
    announced(
        "gb_utr", r"\d{5} ?\d{5}", r"utr|unique tax(?:payer)?(?: reference)?|self assessment", "gb_utr"
    ),
    alone("gb_vat", r"GB ?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?", "gb_vat"),
    announced("gb_passport", r"[A-Z]{2}\d{7}|\d{9}|[A-Z]\d{8}", r"passport|travel document"),
    alone(
        "gb_driving_licence",
        r"[A-Z9]{5}\d[0156]\d[0-3]\d{2}[A-Z9]{2}[A-Z0-9]{3}(?: ?\d{2})?|"
        r"(?-i:[A-Z9]{5} \d[0156]\d[0-3]\d{2} [A-Z9]{2}[A-Z0-9]{3})",
    ),
    announced(
        "gb_bank_account", r"\d{2}-\d{2}-\d{2}(?:\W{1,20}\d{8})?|\d{8}", r"sort code|account(?: number| no)?"
    ),
    announced(
        "gb_vehicle_registration",
        r"[A-Z]{2}\d{2} ?[A-Z]{3}",
        r"registration|number plate|licen[cs]e plate|plate|vehicle|reg|car",
    ),
)
IRELAND = (alone("ie_pps", r"\d{7}[A-W][A-IW]?", "ie_pps"),)
SPAIN = (
    alone("es_nif", r"\d{8}[ -]?[A-Z]|[KLMXYZ][ -]?\d{7}[ -]?[A-Z]", "es_nif"),
    alone("es_dni", r"\d{1,2}\.?\d{3}\.?\d{3}[ -]?[TRWAGMYFPDXBNJZSQVHLCKE]", "es_dni"),
    alone("es_nie", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", "es_nie"),
    alone("es_cif", r"[ABCDEFGHJNPQRSUVW]-?\d{7}-?[0-9A-J]", "es_cif"),
    announced("es_passport", r"[A-Z]{3}\d{6}", r"pasaporte|passport"),
)
ITALY = (
    alone(
        "it_fiscal_code",
        r"[A-Z]{3} ?[A-Z]{3} ?[\dLMNP-V]{2} ?[A-EHLMPRST] ?[\dLMNP-V]{2} ?[A-Z][\dLMNP-V]{3} ?[A-Z]",
        "it_codicefiscale",
    ),
    alone("it_vat", r"IT ?\d{11}", "it_iva"),
    alone("it_electronic_identity_card", r"C[A-Z]\d{5}[A-Z]{2}"),
    sole("it_vat_number", r"[01]\d{10}", "it_iva"),
    announced("it_vat_number", r"\d{11}", r"p(?:artita)?\.? ?iva|vat|codice fiscale|piva", "it_iva"),
    announced(
        "it_identity_card",
        r"[A-Z]{2} ?\d{7}|C[A-Z]\d{5}[A-Z]{2}|\d{7}[A-Z]{2}",
        r"carta d.identit[aà]|identity card|cie|documento|id card",
    ),
    announced("it_passport", r"[A-Z]{2} ?\d{7}", r"passaporto|passport"),
    announced(
        "it_driver_license",
        r"[A-Z]{2}\d{7}[A-Z]|U1[BCDFGHLJKMNPRSTUWYXZ0-9]{7}[A-Z]",
        r"patente|licen[sz]a|licen[cs]e|driv\w+",
    ),
)
FRANCE = (
    alone(
        "fr_nir",
        r"[1278] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3}[ -]?\d{2}",
        "fr_nir",
    ),
    announced(
        "fr_tax_number", r"[0-3]\d ?\d{2} ?\d{3} ?\d{3} ?\d{3}", r"spi|num[eé]ro fiscal|fiscal", "fr_nif"
    ),
    announced(
        "fr_identity_card", r"\d{12}|[A-Z0-9]{9}", r"cni|carte nationale|carte d.identit[eé]|identity card"
    ),
    announced("fr_passport", r"\d{2}[A-Z]{2}\d{5}", r"passeport|passport"),
    alone("fr_tax_number", r"[0-3]\d ?\d{2} ?\d{3} ?\d{3} ?\d{3}", "fr_nif"),
    announced("fr_siret", r"\d{3} ?\d{3} ?\d{3} ?\d{5}", r"siret", "fr_siret"),
    sole("fr_siret", r"[3-9]\d{2} ?\d{3} ?\d{3} ?\d{5}", "fr_siret"),
    announced("fr_siren", r"\d{3} ?\d{3} ?\d{3}", r"siren", "fr_siren"),
)
GERMANY = (
    *both(
        "de_tax_id",
        r"\d{2} \d{3} \d{3} \d{3}",
        r"\d{2}[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}",
        r"steuer\S*|idnr|tin",
        "de_idnr",
        r"\d{2}[ /]?\d{3}[ /]?\d{3}[ /]?\d{3}",
    ),
    alone("de_pension_insurance", r"\d{2} ?\d{6} ?[A-Z] ?\d{3}", "de_rvnr"),
    announced(
        "de_health_insurance",
        r"[A-Z]\d{9}",
        r"kvnr|krankenversich\w+|versichert\w+|health insurance",
        "de_kvnr",
    ),
    alone("de_identity_card", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d", "de_id_card"),
    announced(
        "de_identity_document",
        r"[CFGHJKLMNPRTVWXYZ0-9]{9}|T\d{8}|[A-Z]\d{8}",
        r"personalausweis\w*|ausweis\w*|reisepass\w*|pass(?:port)?(?:nummer)?|identity card",
    ),
    announced(
        "de_driver_license",
        r"[A-Z0-9]{2}\d{2}[A-Z0-9]{5}\d[A-Z0-9]",
        r"f[uü]hrerschein\w*|licen[cs]e|fahrerlaubnis",
    ),
    announced(
        "de_trade_register",
        r"HR[AB] ?\d{1,6}(?: ?[A-Z]{1,2})?",
        r"handelsregister\w*|amtsgericht \w+|register",
    ),
    announced(
        "de_vehicle_registration",
        r"[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?",
        r"kennzeichen|licen[cs]e plate|plate|kfz|auto",
    ),
)
LOW_COUNTRIES = (
    *both(
        "nl_bsn",
        r"\d{4}\.\d{2}\.\d{3}|\d{3}\.\d{3}\.\d{3}",
        r"\d{4}[. ]?\d{2}[. ]?\d{3}|\d{3}[. ]\d{3}[. ]\d{3}",
        r"bsn|burgerservice\w*|sofi\w*",
        "nl_bsn",
        r"\d{9}|\d{4}\.\d{2}\.\d{3}",
    ),
    alone("nl_vat", r"(?:NL)?\d{9}B\d{2}", "nl_btw"),
    alone("be_national_number", r"\d{2}[. ]?\d{2}[. ]?\d{2}[-. ]?\d{3}[-. ]?\d{2}", "be_nn"),
)
ALPS = (
    alone("ch_business", r"CHE-?\d{3}\.?\d{3}\.?\d{3}", "ch_uid"),
    alone("at_business", r"(?:AT ?)?U ?\d{8}", "at_uid"),
    alone("ch_ahv", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}", "ch_ssn"),
    *both(
        "at_social_insurance",
        r"\d{4}[ -]\d{6}",
        r"\d{4}[ -]?\d{6}",
        r"sv-?nummer|svnr|sozialversicherung\w*",
        "at_vnr",
        r"\d{4}[ -]\d{6}|[2-9]\d{9}|1[0-39]\d{8}",
    ),
)
PORTUGAL = (
    *both(
        "pt_nif",
        r"PT ?\d{9}",
        r"\d{3}[ .]?\d{3}[ .]?\d{3}",
        r"nif|contribuinte|n[uú]mero fiscal",
        "pt_nif",
        r"[1235]\d{8}",
    ),
    alone("pt_citizen_card", r"\d{8} ?\d ?[A-Z]{2}\d", "pt_cc"),
)
