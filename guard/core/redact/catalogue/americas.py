"""Identity, tax and insurance numbers of Canada, Mexico and South America."""

from __future__ import annotations

from guard.core.redact.catalogue.national import alone, announced, both

CANADA = (
    *both(
        "ca_sin",
        r"\d{3}[ -]\d{3}[ -]\d{3}",
        r"\d{3}[ -]?\d{3}[ -]?\d{3}",
        r"sin|social insurance|nas",
        "ca_sin",
        r"[1-79]\d{8}|\d{3}[ -]\d{3}[ -]\d{3}",
    ),
    announced("ca_passport", r"[A-Z]{2}\d{6}|[A-Z]\d{6}[A-Z]{2}", r"passport|passeport"),
    announced(
        "ca_health_card",
        r"\d{4}[ -]?\d{3}[ -]?\d{3}(?:[ -]?[A-Z]{2})?|[A-Z]{4} ?\d{4} ?\d{4}",
        r"health card|ohip|ramq|health number",
    ),
)
MEXICO = (
    alone("mx_curp", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", "mx_curp"),
    alone("mx_rfc", r"[A-Z&]{3,4}\d{6}[A-Z0-9]{3}|[A-Z&]{4}[ -]\d{6}[ -][A-Z0-9]{3}", "mx_rfc"),
)
BRAZIL = (
    alone("br_cpf", r"\d{3}\.?\d{3}\.?\d{3}[-.]?\d{2}", "br_cpf"),
    alone("br_cnpj", r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}", "br_cnpj"),
)
SOUTH_AMERICA = (
    *both(
        "ar_cuit", r"(?:20|2[347]|30|3[34])(?:-\d{8}-|\d{8})\d", r"\d{2}-?\d{8}-?\d", r"cui[tl]", "ar_cuit"
    ),
    announced("ar_dni", r"\d{2}\.?\d{3}\.?\d{3}", r"dni|documento"),
    *both(
        "cl_rut",
        r"\d{1,2}\.\d{3}\.\d{3}-[0-9K]|\d{8}-[0-9K]",
        r"\d{1,2}\.?\d{3}\.?\d{3}-?[0-9K]",
        r"rut|run|rol [uú]nico",
        "cl_rut",
    ),
    *both("co_nit", r"\d{3}\.\d{3}\.\d{3}-\d", r"\d{3}\.?\d{3}\.?\d{3}-?\d", r"nit|rut", "co_nit"),
    announced("co_cedula", r"\d{1,3}(?:\.?\d{3}){2,3}", r"c[eé]dula(?: de ciudadan[ií]a)?|c\.?c\.?"),
    announced("ec_cedula", r"\d{9}-?\d", r"c[eé]dula|ruc", "ec_ci"),
    announced("pe_dni", r"\d{8}-?[0-9A-K]?", r"dni|cui", "pe_cui"),
    announced("uy_rut", r"\d{12}", r"rut|ruc", "uy_rut"),
    *both("ve_rif", r"[VEJPG](?:-\d{8}-|\d{8})\d", r"[VEJPG]-?\d{8}-?\d", r"rif|c[eé]dula", "ve_rif"),
    *both("do_cedula", r"\d{3}-\d{7}-\d", r"\d{11}", r"c[eé]dula", "do_cedula"),
)
