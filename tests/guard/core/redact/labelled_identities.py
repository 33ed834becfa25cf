"""Labelled identity, tax and insurance numbers: valid by construction, written as on the card, with and without their name."""
# ruff: noqa: E501  (tables: one entry, one line)

from __future__ import annotations

from random import Random

from labelled_numbers import Made, filled, valid_number

# (module of python-stdnum or empty, shape, how it is written, what it is called, whether it is known without its name).
# d and C are digits, ? letters, YY MM DD a day; in writing, # is the next character.
_IDENTITIES = [
    ("gb.nhs", "dddddddddC", "### ### #### | ### ### #### | ###-###-#### | ##########", "NHS number | NHS | nhs no | national health service number", True),
    ("gb.utr", "4ddddddddd", "########## | ##### #####", "UTR | unique taxpayer reference", False),
    ("gb.vat", "dddddddCC", "GB######### | GB ### #### ## | ### #### ##", "VAT number | VAT reg", True),
    ("es.dni", "dddddddd?", "######### | ########-# | ##.###.###-# | ######## #", "DNI | NIF | documento nacional de identidad", True),
    ("es.nie", "Xddddddd?", "######### | #-#######-# | #-########", "NIE | número de extranjero", True),
    ("es.cif", "BdddddddC", "######### | #-######## | #-#######-#", "CIF | NIF", True),
    ("it.codicefiscale", "??????YYADDHddd?", "################ | ### ### ##### #####", "codice fiscale | CF | fiscal code", True),
    ("it.iva", "ddddddddddC", "########### | IT########### | IT ###########", "partita IVA | P.IVA | VAT", True),
    ("fr.nir", "1ddMMddddddddCC", "# ## ## ## ### ### ## | ############### | # ## ## ## ### ###-##", "numéro de sécurité sociale | NIR | sécu | INSEE", True),
    ("fr.siren", "ddddddddC", "### ### ### | #########", "SIREN", False),
    ("fr.siret", "dddddddddddddC", "### ### ### ##### | ##############", "SIRET", True),
    ("fr.nif", "0dddddddddCCC", "## ## ### ### ### | #############", "numéro fiscal | SPI", True),
    ("fr.tva", "CCdddddddCC", "FR########### | FR ## ### ### ###", "TVA | VAT", True),
    ("de.idnr", "1dddddddddC", "## ### ### ### | ########### | ## ### ### ###", "Steuer-ID | IdNr | Steueridentifikationsnummer | tax ID | TIN", True),
    ("de.stnr", "ddddddddddd", "###/####/#### | ###########", "Steuernummer | St.-Nr. | tax number", False),
    ("de.vat", "ddddddddC", "DE######### | DE ### ### ###", "USt-IdNr. | VAT ID", True),
    ("nl.bsn", "ddddddddC", "######### | ####.##.### | ### ### ###", "BSN | burgerservicenummer | sofinummer", False),
    ("nl.btw", "dddddddddB01", "NL############ | ############", "BTW | VAT", True),
    ("be.nn", "YYMMDDdddCC", "##.##.##-###.## | ########### | ## ## ## ### ## | ######-###-## | ######-###.##", "rijksregisternummer | numéro national | national number | NN", True),
    ("be.vat", "0dddddddCC", "BE########## | ####.###.###", "BTW | TVA | ondernemingsnummer", True),
    ("ch.ssn", "756dddddddddC", "###.####.####.## | #############", "AHV | AVS | AHV-Nummer", True),
    ("at.vnr", "ddddDDMMYY", "#### ###### | ########## | ####-######", "SVNr | Sozialversicherungsnummer", True),
    ("at.uid", "Udddddddd", "AT######### | #########", "UID | USt", True),
    ("pt.nif", "2dddddddC", "######### | ### ### ### | PT######### | PT ### ### ###", "NIF | contribuinte | número de contribuinte", False),
    ("pt.cc", "ddddddddd??d", "############ | ######## # ###", "cartão de cidadão | CC", True),
    ("ie.pps", "ddddddd?", "########", "PPS number | PPSN | PPS No", True),
    ("pl.pesel", "YYMMDDddddC", "###########", "PESEL | numer PESEL", True),
    ("pl.nip", "dddddddddC", "###-###-##-## | ########## | ### ### ## ## | PL##########", "NIP", True),
    ("pl.regon", "ddddddddC", "#########", "REGON", False),
    ("se.personnummer", "YYMMDDdddC", "######-#### | ######+####", "personnummer | Swedish id", True),
    ("se.personnummer", "YYYYMMDDdddC", "########-#### | ############", "personnummer | pnr", True),
    ("se.orgnr", "556ddddddC", "######-#### | ##########", "organisationsnummer | org.nr", True),
    ("no.fodselsnummer", "DDMMYYdddCC", "########### | ###### #####", "fødselsnummer | personnummer | fnr", True),
    ("no.orgnr", "9dddddddC", "### ### ### | #########", "organisasjonsnummer | orgnr", False),
    ("dk.cpr", "DDMMYYdddC", "######-#### | ##########", "CPR | CPR-nummer | personnummer", True),
    ("dk.cvr", "4ddddddC", "######## | DK######## | DK ## ## ## ## | ## ## ## ##", "CVR | moms", False),
    ("fi.hetu", "DDMMYY-ddd?", "###########", "henkilötunnus | HETU", True),
    ("fi.ytunnus", "dddddddC", "#######-#", "Y-tunnus", True),
    ("is_.kennitala", "DDMMYYddC9", "######-#### | ##########", "kennitala", True),
    ("ee.ik", "3YYMMDDdddC", "###########", "isikukood", True),
    ("lt.asmens", "3YYMMDDdddC", "###########", "asmens kodas", True),
    ("lv.pvn", "DDMMYY1dddd", "######-##### | ###########", "personas kods", True),
    ("cz.rc", "YYMMDDdddC", "######/#### | ##########", "rodné číslo | RČ", True),
    ("sk.rc", "YYMMDDdddC", "######/####", "rodné číslo", True),
    ("si.emso", "DDMM99950dddd", "#############", "EMŠO", True),
    ("hr.oib", "ddddddddddC", "###########", "OIB", False),
    ("ro.cnp", "1YYMMDD12dddC", "#############", "CNP | cod numeric personal", True),
    ("bg.egn", "YYMMDDdddC", "##########", "ЕГН | EGN", True),
    ("gr.amka", "DDMMYYddddC", "###########", "AMKA | ΑΜΚΑ", True),
    ("gr.vat", "0dddddddC", "######### | EL######### | GR#########", "ΑΦΜ | AFM | VAT", False),
    ("hu.anum", "ddddddd1", "HU######## | ########", "adószám | VAT", False),
    ("ru.inn", "dddddddddC", "##########", "ИНН | INN", False),
    ("ua.rntrc", "dddddddddC", "##########", "РНОКПП | ІПН", False),
    ("tr.tckimlik", "4dddddddddd", "###########", "TC kimlik no | T.C. Kimlik | TCKN", True),
    ("il.idnr", "ddddddddC", "######### | ########-#", "teudat zehut | תעודת זהות | Israeli ID", False),
    ("rs.pib", "ddddddddC", "#########", "PIB", False),
    ("br.cpf", "dddddddddCC", "###.###.###-## | ###########", "CPF | meu CPF", True),
    ("br.cnpj", "dddddddd0001CC", "##.###.###/####-## | ##############", "CNPJ", True),
    ("mx.curp", "GOPRYYMMDDHDFRRN0C", "##################", "CURP", True),
    ("mx.rfc", "GODEYYMMDDddC", "############# | #### ###### ###", "RFC", True),
    ("ar.cuit", "20ddddddddC", "##-########-# | ###########", "CUIT | CUIL", True),
    ("", "dddddddd", "##.###.### | ########", "DNI argentino | DNI | documento", False),
    ("cl.rut", "1dddddddC", "##.###.###-# | ########-# | #########", "RUT | RUN", True),
    ("co.nit", "dddddddddC", "###.###.###-# | ##########", "NIT", True),
    ("pe.ruc", "20ddddddddC", "###########", "RUC", False),
    ("pe.cui", "ddddddddC", "########-# | #########", "DNI | CUI", False),
    ("ec.ci", "17dddddddC", "########## | #########-#", "cédula | CI", False),
    ("uy.rut", "21dddddd001C", "############", "RUT", False),
    ("ve.rif", "VddddddddC", "#-########-# | ##########", "RIF", True),
    ("do.cedula", "00ddddddddC", "###-#######-# | ###########", "cédula", True),
    ("py.ruc", "ddddddddC", "########-#", "RUC", False),
    ("gt.nit", "dddddddC", "#######-#", "NIT", False),
    ("ca.sin", "4dddddddC", "### ### ### | ###-###-### | #########", "SIN | social insurance number | NAS", True),
    ("in_.aadhaar", "4ddddddddddC", "#### #### #### | ############ | ####-####-####", "Aadhaar | Aadhaar number | आधार", True),
    ("in_.pan", "???P?dddd?", "##########", "PAN | PAN card", True),
    ("in_.gstin", "27???P?dddd?1Z?", "###############", "GSTIN | GST", True),
    ("in_.epic", "???ddddddC", "##########", "voter id | EPIC", True),
    ("cn.ric", "110101YYYYMMDDdddC", "##################", "身份证号 | ID card | 身份证", True),
    ("cn.uscc", "91110000dddddddddC", "##################", "统一社会信用代码 | USCC", True),
    ("kr.rrn", "YYMMDD1dddddC", "######-####### | #############", "주민등록번호 | RRN | resident registration number", True),
    ("jp.in_", "dddddddddddC", "#### #### #### | ############", "マイナンバー | My Number | 個人番号", True),
    ("tw.ubn", "dddddddC", "########", "統一編號 | UBN", False),
    ("sg.uen", "dddddddd?", "#########", "UEN", True),
    ("my.nric", "YYMMDD14dddd", "######-##-#### | ############", "MyKad | IC | NRIC", True),
    ("id.nik", "317101DDMMYYdddd", "################", "NIK | KTP", True),
    ("th.pin", "1dddddddddddC", "#-####-#####-##-# | #############", "เลขประจำตัวประชาชน | citizen ID | Thai ID", True),
    ("pk.cnic", "35202ddddddd4", "#####-#######-# | #############", "CNIC", True),
    ("", "dddddddddddd", "####-#######-#", "CRN | PhilSys | UMID", False),
    ("vn.mst", "0ddddddddC", "########## | ##########-001", "MST | mã số thuế", False),
    ("au.abn", "5ddddddddCC", "## ### ### ### | ###########", "ABN", True),
    ("au.acn", "00ddddddC", "### ### ### | #########", "ACN", True),
    ("au.tfn", "1ddddddCC", "### ### ### | #########", "TFN | tax file number", False),
    ("nz.ird", "0dddddddC", "#########", "IRD | IRD number", False),
    ("za.idnr", "YYMMDD5ddd08C", "############# | ###### #### ## #", "ID number | SA ID", True),
    ("", "ddddddddddd", "###########", "NIN | BVN | national identification number", False),
    ("ke.pin", "Addddddddd?", "###########", "KRA PIN", True),
    ("us.itin", "9dd7ddddd", "###-##-#### | #########", "ITIN | individual taxpayer number", True),
    ("us.ein", "12ddddddd", "##-#######", "EIN | employer identification number | FEIN | federal tax ID", False),
    ("us.rtn", "021dddddC", "#########", "routing number | ABA | ABA routing", False),
    ("", "4dddddddd", "#########", "US passport | passport number | passport no. | passport", False),
    ("", "Adddddddd", "#########", "passport | passport number", False),
    ("", "Dddddddd", "########", "driver's license | driver license number | DL | drivers licence", False),
    ("", "4ddddddddd", "########## | ##########", "bank account number | account number | checking account", False),
    ("", "AAdddddd", "########", "passeport | passport number | numéro de passeport", False),
    ("", "?dd?ddddd", "#########", "Reisepass | Passnummer | passport number", False),
    ("", "YAddddddd", "#########", "passaporto | passport", False),
    ("", "???dddddd", "######### | ### ######", "pasaporte | dowód osobisty | ID card number | identity card", False),
    ("", "dddddddddd", "##########", "паспорт | national ID | ID number | identification number", False),
    ("", "ddddddddd", "#########", "tax ID | taxpayer number | identity number | national identity number | social insurance number", False),
    ("", "??ddddddd", "#########", "driver licence number | licencia de conducir | permis de conduire | Führerschein | patente di guida", False),
]  # fmt: skip
_ANNOUNCED = [
    "My {name} is {}.", "{name}: {}", "{name} {}", "the {name} on file is {}, please check", "{} is my {name}", "{} ({name})", "{name}={}", "{name} no. {}", '"{name}": "{}"', "{name}:{}",
    "Her {name} number is {}", "Name: Jo Doe\n{name}: {}\nCity: X", "Mi {name} es {}", "Meine {name} lautet {}", "mon {name} est {}", "il mio {name} è {}", "meu {name} é {}",
    "Can you check {name} {} for me", "| {name} | {} |", "{name} # {}", "<{name}>{}</{name}>", "{name} – {}", "Please verify the {name} for Mr Smith, which is {}",
]  # fmt: skip
_BARE = [
    "{}", "the paper {} is here", "id={}", "John,{},Paris", "He gave me {} yesterday", "('{}')", "value: {}",
]  # fmt: skip


def identity(chance: Random) -> Made:
    """A number with its name."""
    module, shape, styles, names, _ = chance.choice(_IDENTITIES)
    text = chance.choice(_ANNOUNCED).replace("{name}", _spelled(chance, chance.choice(names.split(" | "))))
    return _written(chance, module, shape, styles), text


def identity_bare(chance: Random) -> Made:
    """One that its shape and check digits tell."""
    module, shape, styles, *_ = chance.choice([row for row in _IDENTITIES if row[4]])
    return _written(chance, module, shape, styles), chance.choice(_BARE)


def _spelled(chance: Random, name: str) -> str:
    """As it is, or as a field of a form or a program is called."""
    first, *others = name.split()
    field = chance.choice(
        ["_".join([first, *others]).lower(), first.lower() + "".join(map(str.capitalize, others))]
    )
    return field if name.isascii() and chance.random() < 0.12 else name


def _written(chance: Random, module: str, shape: str, styles: str) -> str:
    number = iter(valid_number(chance, module, shape) if module else filled(chance, shape))
    return "".join(next(number) if char == "#" else char for char in chance.choice(styles.split(" | ")))
