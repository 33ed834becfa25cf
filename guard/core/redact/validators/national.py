"""National numbers, each judged by the module of ``python-stdnum`` that knows its check digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

# ``ar.cuit`` becomes the validator ``ar_cuit``. Imported when first used: eighty modules are too many for every start.
_MODULES = """
ar.cuit at.uid at.vnr au.abn au.acn au.tfn be.nn bg.egn br.cnpj br.cpf ca.sin ch.ssn ch.uid cl.rut cn.ric cn.uscc
co.nit cz.rc de.idnr dk.cpr dk.cvr do.cedula ec.ci ee.ik es.cif es.dni es.nie es.nif fi.hetu fi.ytunnus fr.nif fr.nir
fr.siren fr.siret gb.nhs gb.utr gb.vat gr.amka hr.oib id.nik ie.pps il.idnr in_.aadhaar in_.epic in_.gstin in_.pan
is_.kennitala it.codicefiscale it.iva jp.in_ ke.pin kr.brn kr.rrn lt.asmens lv.pvn mx.curp mx.rfc my.nric nl.bsn
nl.btw no.fodselsnummer no.orgnr nz.ird pe.cui pk.cnic pl.nip pl.pesel pl.regon pt.cc pt.nif ro.cnp ru.inn se.orgnr
se.personnummer sg.uen si.emso sk.rc th.pin tr.tckimlik tw.ubn ua.rntrc us.ein us.itin us.rtn uy.rut ve.rif za.idnr
"""
MODULES = tuple(_MODULES.split())
_SEPARATORS = re.compile(r"[\s./-]")


def validator_name(module: str) -> str:
    """``"ar.cuit"`` becomes ``ar_cuit``, ``"in_.pan"`` becomes ``in_pan``."""
    return "jp_my_number" if module == "jp.in_" else module.replace("_.", "_").replace(".", "_")


def national(module: str) -> Callable[[str], bool]:
    """Some modules know the national separators and insist on them, so the number is tried as written, then bare."""

    def valid(text: str) -> bool:
        is_valid = _module(module)
        return is_valid(text) or is_valid(_SEPARATORS.sub("", text))

    return valid


@cache
def _module(module: str) -> Callable[[str], bool]:
    is_valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return is_valid
