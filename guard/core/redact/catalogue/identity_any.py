"""Identity, tax and insurance numbers of any country, by what people call them.

Whoever says "passport number" or ``taxId`` says that a number follows, valid or not: check digits are not asked.
"""

from __future__ import annotations

from guard.core.redact.catalogue.context import announced_by, called, labelled_by
from guard.core.redact.rule import Rule

_NUMBER = r"[A-Z]{0,6}[ .\-]?\d(?:[ .\-/]?[A-Z0-9]){4,19}|[a-z]{0,4}\d[a-z0-9\-]{4,19}"
_STARTING = r"(?<![A-Za-z0-9.\-/])"

# Names that can mean nothing else, so that other words may stand between them and the number.
_DOCUMENTS = (
    r"passport|pasaporte|passeport|passaporto|passaporte|reise ?pass\w*|pass ?nummer|paspoort\w*|paszport\w*|pasaport|"
    r"паспорт\w*|護照|护照|パスポート|여권\w*|travel document|"
    r"driver'?s?'? ?(?:licen[cs]e|permit)|driving licen[cs]e|driver number|permis de conduire|f[uü]hrerschein\w*|"
    r"patente(?: di guida)?|licencia(?: de conducir)?|carn[eé] de conducir|cnh|rijbewijs\w*|prawo jazdy|k[oø]rekort|"
    r"k[oö]rkort|運転免許\w*|운전면허\w*|водительск\w*|"
    r"national id\w*|identity (?:card|number|no|document|code)|identification (?:number|no|card|code)|"
    r"(?:citizen|personal|voter|foreigner|resident|residence) (?:id\w*|identity|code|registration|permit)|"
    r"carte (?:nationale )?d.identit[eé]|cni|documento (?:nacional )?de identi\w*|c[eé]dula\w*|carta d.identit[aà]|"
    r"cart[aã]o de cidad[aã]o|(?:personal)?ausweis\w*|identiteitskaart\w*|dow[oó]d osobist\w*|numer dowodu|"
    r"身份证\w*|身份證\w*|身分證\w*|удостоверени\w*"
)
_OFFICES = (
    r"tax ?(?:payer)? (?:id\w*|numbers?|no|code|ref\w*|file)|vat (?:id\w*|numbers?|no|code|reg\w*)|steuer\w*|"
    r"codice fiscale|partita iva|num[eé]ro fiscal|n[uú]mero fiscal|identifica\w+ fiscal|"
    r"social (?:security|insurance)|s[eé]curit[eé] sociale|s[eé]cu|seguridad social|sozialversicherung\w*|"
    r"national insurance|health (?:card|insurance|id|number)|krankenversicher\w*|burgerservice\w*|rijksregister\w*|"
    r"num[eé]ro national|person\w{0,2}nummer|henkil[oö]tunnus|f[oø]dselsnummer|rodn[eé] [cč][ií]slo|isikukood|"
    r"asmens kodas|personas kods|kennitala|organi[sz]a[st]\w+nummer|ondernemingsnummer|"
    r"ad[oó]sz[aá]m|m[aã] s[oố] thu[eế]|统一社会信用代码|統一編號|マイナンバー|個人番号|法人番号|주민등록\w*|"
    r"사업자등록\w*|"
    r"teudat zehut|תעודת זהות|मतदाता|आधार|เลขประจำตัวประชาชน\w*|kimlik|inland revenue"
)
# Short ones are words of other trades as well; they must be right in front.
_ACRONYMS = (
    r"nhs|nino|ni|utr|vat|tin|itin|atin|ptin|e?i?dni|nif|nie|cif|cuit|cuil|rut|ruc|nit|rif|rnc|curp|nss|cpf|cnpj|cnh|"
    r"nir|insee|siren|siret|tva|spi|iva|p\.? ?iva|cf|idnr|ust[. ]?id\w*|ust|mwst|uid|ahv|avs|svnr|bsn|btw|kvk|"
    r"rsin|nn|niss|insz|cvr|cpr|moms|org\.? ?nr|fnr|hetu|y-tunnus|pesel|nip|regon|krs|r[cč]|di[cč]|em[sš]o|oib|"
    r"jmbg|pib|cnp|cui|egn|afm|amka|inn|snils|ogrn|edrpou|t\.?c\.?kn?|vkn|ci|"
    r"инн|ИНН|снилс|СНИЛС|огрн|ОГРН|егн|ЕГН|лнч|ЛНЧ|рнокпп|РНОКПП|іпн|ІПН|єдрпоу|ЄДРПОУ|αφμ|ΑΦΜ|αμκα|ΑΜΚΑ|"
    r"aadh?aar|uidai|pan|epic|gstin?|uscc|ubn|hkid|香港身份證|nric|fin|uen|my ?kad|ic|nik|npwp|ktp|cccd|cmnd|mst|crn|"
    r"sss|gsis|philhealth|umid|philsys|psn|cnic|nid|abn|acn|tfn|medicare|ird|sin|nas|phn|nin|bvn|kra(?: pin)?|ein|fein|"
    r"npi|mbi|mrn|rrn|brn|frn|pps[n]?|st\.?-?nr|dl|id (?:number|no|nr|card|code)|tax ?id|id ?nummer|"
    r"(?:israeli|thai|sa|swedish|danish|finnish|korean|indian|malaysian|singapore|emirates|turkish|qatar) id"
)
_ANY_NAME = f"{_DOCUMENTS}|{_OFFICES}|{_ACRONYMS}|routing|aba|unique tax(?:payer)? reference"

ANY_COUNTRY = (
    Rule(
        "identity_number_announced",
        rf"(?:{_NUMBER})(?![A-Za-z0-9])",
        before=announced_by(f"{_DOCUMENTS}|{_OFFICES}"),
        validator="identifier",
        priority=20,
    ),
    Rule(
        "identity_number_labelled",
        rf"(?:{_NUMBER})(?![A-Za-z0-9])",
        before=labelled_by(_ACRONYMS),
        validator="identifier",
        priority=20,
    ),
    Rule(
        "identity_number_called",
        rf"{_STARTING}(?:{_NUMBER})",
        after=called(_ANY_NAME),
        validator="identifier",
        priority=20,
    ),
    Rule(
        "eu_vat_number",
        r"(?<![A-Za-z0-9])(?:AT ?U|B[EG]|C[YZ]|D[EK]|E[ELS]|F[IR]|GR|H[RU]|I[ET]|L[TUV]|MT|NL|P[LT]|RO|S[EIK])"
        r"[ .\-]?\d?[A-Z0-9](?:[ .\-]?[A-Z0-9]){6,11}(?![A-Za-z0-9])",
        validator="eu_vat",
        priority=22,
    ),
)
