"""Identity, tax and insurance numbers of Asia, Oceania and Africa."""

from __future__ import annotations

from guard.core.redact.catalogue.national import alone, announced, both, sole

INDIA = (
    alone("in_aadhaar", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", "in_aadhaar"),
    sole("in_aadhaar", r"[2-9]\d{11}", "in_aadhaar"),
    announced(
        "in_aadhaar", r"[2-9]\d{3}[ :\-]?\d{4}[ :\-]?\d{4}", r"aadh?aar|uidai|adhaar|uid", "in_aadhaar"
    ),
    alone("in_pan", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", "in_pan"),
    announced("in_pan", r"[A-Z]{5}\d{4}[A-Z]", r"pan|permanent account"),
    alone("in_gstin", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", "in_gstin"),
    alone("in_voter_id", r"[A-Z]{3}\d{7}", "in_epic"),
    announced("in_voter_id", r"[A-Z]{3}\d{7}", r"voter|epic|election"),
    announced("in_passport", r"[A-PR-WY][1-9]\d ?\d{4}[1-9]", r"passport"),
    announced(
        "in_vehicle_registration",
        r"[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4}",
        r"vehicle|registration|rto|number plate|plate|car|bike",
    ),
)
EAST_ASIA = (
    alone("cn_resident_identity", r"[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[0-9X]", "cn_ric"),
    alone("cn_social_credit", r"[159Y][1239]\d{6}[0-9A-HJ-NPQRTUWXY]{10}", "cn_uscc"),
    announced("cn_passport", r"[EGD][A-Z0-9]\d{7}", r"passport|护照"),
    announced(
        "jp_my_number",
        r"\d{4}[ -]?\d{4}[ -]?\d{4}",
        r"my ?number|マイナンバー|個人番号",
        "jp_my_number",
    ),
    alone("kr_resident_registration", r"\d{2}[01]\d[0-3]\d-[1-8]\d{6}", "kr_rrn"),
    alone("kr_resident_registration_bare", r"\d{2}[01]\d[0-3]\d[1-8]\d{6}", "kr_rrn"),
    announced(
        "kr_resident_registration",
        r"\d{2}[01]\d[0-3]\d-?[1-8]\d{6}",
        r"rrn|주민\S{0,6}|resident registration|foreigner",
    ),
    *both(
        "kr_business_registration",
        r"\d{3}-\d{2}-\d{5}",
        r"\d{3}-?\d{2}-?\d{5}",
        r"brn|사업자\S{0,6}|business",
        "kr_brn",
    ),
    announced("kr_passport", r"[MSRGD]\d{3}[A-Z0-9]\d{4}", r"passport|여권\S{0,4}"),
    announced(
        "kr_driver_license",
        r"(?:1[1-9]|2[0-8])-?\d{2}-?\d{6}-?\d{2}",
        r"licen[cs]e|driv\w+|운전면허\S{0,4}",
    ),
    alone("kr_driver_license", r"(?:1[1-9]|2[0-8])-\d{2}-\d{6}-\d{2}"),
    alone("tw_identity_number", r"[A-Z][1289]\d{8}", "tw_id"),
    alone("hk_identity_card", r"[A-Z]{1,2}\d{6}\([0-9A]\)|[A-Z]\d{6}[0-9A]", "hk_id"),
)
SOUTH_EAST_ASIA = (
    alone("sg_nric", r"[STFGM]\d{7}[A-Z]", "sg_nric"),
    announced("sg_nric", r"[STFGM]\d{7}[A-Z]", r"nric|fin|singapore"),
    announced(
        "sg_uen", r"\d{8,9}[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z]", r"uen|entity number|business", "sg_uen"
    ),
    sole("sg_uen", r"\d{8,9}[A-Z]", "sg_uen"),
    alone("th_citizen_number", r"\d-\d{4}-\d{5}-\d{2}-\d", "th_pin"),
    sole("th_citizen_number", r"[2-8]\d{12}|1[0-39]\d{11}", "th_pin"),
    alone("my_identity_card", r"\d{2}[01]\d[0-3]\d-\d{2}-\d{4}", "my_nric"),
    announced(
        "my_identity_card", r"\d{2}[01]\d[0-3]\d-?\d{2}-?\d{4}", r"mykad|nric|ic|malaysian?", "my_nric"
    ),
    announced("id_nik", r"\d{16}", r"nik|ktp", "id_nik"),
    sole("id_nik", r"\d{16}", "id_nik"),
    sole("my_identity_card", r"\d{12}", "my_nric"),
    announced(
        "ph_numbers",
        r"\d{2}-\d{7}-\d|\d{4}-\d{7}-\d|\d{2}-\d{9}-\d|\d{4}-\d{4}-\d{4}-\d{4}",
        r"sss|gsis|philhealth|umid|philsys|psn|tin",
    ),
    *both("pk_cnic", r"\d{5}-\d{7}-\d", r"\d{13}", r"cnic|nic", "pk_cnic"),
)
OCEANIA = (
    *both(
        "au_abn",
        r"\d{2} \d{3} \d{3} \d{3}|[1-9]\d{10}",
        r"\d{2} ?\d{3} ?\d{3} ?\d{3}",
        r"abn|australian business",
        "au_abn",
    ),
    *both(
        "au_acn",
        r"[06]\d{2} \d{3} \d{3}",
        r"\d{3}[ -]?\d{3}[ -]?\d{3}",
        r"acn|company number",
        "au_acn",
        r"00\d{7}",
    ),
    *both(
        "au_tfn", r"\d{3} \d{3} \d{2,3}", r"\d{3}[ -]?\d{3}[ -]?\d{2,3}", r"tfn|tax file", "au_tfn", r"\d{9}"
    ),
    *both(
        "au_medicare",
        r"[2-6]\d{3} \d{5} \d(?:[ -]?\d)?",
        r"[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?\d)?",
        r"medicare",
        "au_medicare",
        r"[2-6]\d{9}",
    ),
    announced("au_passport", r"[A-Z]{1,2}\d{7}", r"passport"),
    announced("nz_ird", r"\d{2,3}[ -]?\d{3}[ -]?\d{3}", r"ird|inland revenue", "nz_ird"),
)
AFRICA = (
    alone("za_identity_number", r"\d{6} ?\d{4} ?\d{2} ?\d|\d{13}", "za_idnr"),
    announced("ng_identity_number", r"\d{11}", r"nin|bvn|national identification number"),
    alone("ke_tax_number", r"[AP]\d{9}[A-Z]", "ke_pin"),
    announced("ke_identity_number", r"\d{7,8}|[AP]\d{9}[A-Z]", r"kra(?: pin)?|huduma|national id"),
    announced(
        "eg_identity_number",
        r"[23]\d{13}",
        r"national id|الرقم القومي",
    ),
)
