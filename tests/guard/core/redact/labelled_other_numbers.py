"""Numbers that are nobody's: of orders, articles, versions, moments, places and sciences, also beside telling words.

In templates # is a digit, % one but nought, @ a capital letter and ~ a hexadecimal digit.
"""
# ruff: noqa: E501  (tables: one entry, one line)

from __future__ import annotations

from random import Random

from labelled_cards import iban_number
from labelled_numbers import card_number, grouped, luhn_check

_TEMPLATES = [
    "order ######", "Order ###### has shipped", "order number %#########", "Order ID: ###-#######-#######", "invoice INV-20##-#####", "Invoice no. ########",
    "PO %#########", "ticket #######", "case ########", "SKU @@@-#####", "part no. ###-####-##", "part number #####-###", "serial @@########",
    "tracking 1Z@@@#############", "tracking 9400 1### #### #### #### ##", "RR#########DE is the parcel", "batch ######/##", "your reference %###########",
    "transaction id %#############", "Ticket number: %########", "version #.##.####.###", "build #####.####", "v#.##.#-rc.#", "Chrome/1##.0.####.###",
    "20##-1#-2# 1#:2#:3#", "2#/1#/20##", "1#.0%.20## 1#:3#", "20##0%2#", "20##0%2#1#4#5#", "20##0%2#T1#4#5#Z", "timestamp=16########", "17########",
    "ts: 16###########", "17###########", "1#:4#:5#.###", "1#-0%-20## to 2#-0%-20##", "2#.######, 1#.######", "lat 5#.#### lon 1#.#####", "%##,###,###.##",
    "$ ###.###,##", "1 ### ### inhabitants", "%.########e-##", "0.############", "%### x %### pixels", "%# %# %# %# %#", "range 1000-2000", "pages 123-1##",
    "vol. 12(3), pp. 12##-13##", "Nature 171 (4###), 737-7##", "[%##, %##, %##, %##]", "%## %## %## %## bytes", "~~~~~~~~-~~~~-~~~~-~~~~-~~~~~~~~~~~~",
    "id ~~~~~~~~-~~~~-~~~~-~~~~-~~~~~~~~~~~~", "sha1 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", "0x~~~~~~~~", "commit ~~~~~~~", "trace ~~~~~~~~~~~~~~~~",
    "doi:10.####/j.####.##.#####", "arXiv:####.#####", "ISSN ####-###X", "call me about order ########", "phone model SM-G###F",
    "Please call before 1#:00 on 2#.1#.20##", "Call of Duty sold %#,###,### copies", "telephone bill 20##: $ ###.##", "mobile sales rose to %##,### in 20##",
    "contact form ######", "the phone costs 1 ### euros", "zip %####-####", "IMEI 35#############", "UPC 0 ##### ##### #", "CAS %####-##-#", "NCT0#######",
    "CVE-20##-#####", "KB%######", "JIRA-####", "PMID: %#######", "patent US %#,###,###", "%####-#####-#####-OEM", "Art.-Nr. ######", "Rechnung 20##/####",
    "Bestellung %########", "facture n° ########", "pedido %########", "insurance premium of %###.## euros", "account opened on 1#.0%.20##",
    "social housing for %#### people", "user_id=######", '{"id": #######, "count": ###}', "log 20##0%2#_1#4#5#_######", "size=%########", "took ###.###### s",
    "000-%#-%###", "666-%#-%###", "%##-00-%###",
]  # fmt: skip
_TEXTS = [
    "contact form 2024-001234", "NI 43/44 2.1.0", "GSM 850 900 1800 1900", "AWB 020-12345675", "Powerball 04 17 23 38 41 and 12",
    "Your ID number is listed below", "phone 2 of 3", "My phone has 128 GB and cost 1,099.00 dollars", "Passport applications rose from 15000 to 23000",
    "VAT rate 20 % on 1500.00", "a tax of 12 345.67 was due", "contact us within 30 days of 2024-05-12", "contact us before 12/05/2024 10:30",
    "tel aviv 2024", "sin(45) = 0.70710678", "SIN 45 degrees, cos 30", "IC 7805 regulator", "the mobile app version 12.3.4567", "mobile users: 12 million",
    "please ring between 10:00 and 12:30", "PAN 1080p", "fin de l'exercice 2024", "VAT 2019/2020", "medicare costs 1234.50 dollars per year",
    "social security paid 1,234,567 dollars", "card 52 of 54", "gift card worth 50.00", "Visa requirements for 2024-2025", "visa application 12 pages",
    "Mastercard revenue grew 12.5 % to 25,098 million", "account opened 01.02.2020", "account 1234 and 5678", "the licence expires 2027-01-31",
    "license plate with 7 characters", "MIT License 2019-2024", "driver version 535.104.05", "driver 31.0.15.3623", "printer driver 10.0.19041.1",
    "national identity in the 19th century, 1850-1900", "identity card fees: 20 euros, 10.50 reduced", "health insurance 2024: 14.6 percent",
    "insurance number of cases 1200", "tax code section 501(c)(3)", "steuer 2023 12.345,67 Euro", "Steuerbescheid 2023 vom 12.03.2024",
    "passport control 08:30 to 22:15", "UTR error 0x80070057", "run 12345678 finished", "sss 3.14159", "nn 1024 x 768", "uid 1000 gid 1000",
    "uid=1000(ubuntu) gid=1000(ubuntu)", "user id 48213", "pib 2.5 percent in 2023", "ktp 12", "nie 2024", "rif 12", "kra 5", "text 1 2 3 4 5 6 7",
    "dial 0 for operator", "call 911 now", "ring 5 times", "Call me at 5 or 6", "phone 5551", "call sign W1AW 14.070.150", "reach 100000 users",
    "reach level 1234567", "mobile 4.2 million", "signal 1234567 Hz", "portable 20.04", "fax machines sold in 1998: 1200000", "gsm 900/1800/1900",
    "whatsapp 2.23.20.79", "telegram 10.3.2", "contact 10.0.0.1", "o: 123", "f: 98.6", "t: 1699999999", "p: 0.0001234", "m: 12.5", "c: 299792458",
    "the number 1234567 is prime", "my number is 42", "their numbers: 12, 15, 18", "numero 12", "number 7", "page 1 of 10 2 3 4 5 6 7 8 9",
    "2, 4, 8, 16, 32, 64, 128, 256, 512", "1 1 2 3 5 8 13 21 34", "10.0.0.1 10.0.0.2", "2024-01-01 2024-12-31", "08.04.2026.", "Build 20240115.3",
    "1.2.3.4.5", "3.0.0-beta.12", "ID: 550e8400-e29b-41d4-a716-446655440000", "x=1234567890.123", "[1699999999.123456] usb 1-1: new device",
    'GET /items/1234567890?page=2 HTTP/1.1" 200 5316', "Content-Length: 1234567", '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326',
    "1699999999999 INFO started in 1234 ms", "0 0 * * 1-5", "matrix 1 0 0 1 0 0 1 0 0", "12-24-36-48", "100-200-300", "AB-1234-5678", "A1234567 bus route",
    "EUR 1.234.567,89", "USD 12,345,678", "$1 000 000 000", "1.000.000 Euro", "3 000 000 000 km", "6.022 140 76", "9 780 306 406 157",
    "population: 331 449 281", "331,449,281", "1 425 893 465 people", "ISO 9001:2015, DIN 66001", "RFC 3986 and RFC 7231 7.1.2", "Dewey 005.133 21",
    "49.2827 -123.1207", "40.7128° N, 74.0060° W", "E 500 000 N 4 649 776", "GTIN 04006381333931", "UPC 036000291452", "ASIN B08N5WRWNW",
    "tracking 1Z999AA10123456784", "container MSKU1234565", "IMO 9074729", "VIN 1HGCM82633A004352", "ISIN US0378331005", "LEI 5493001KJTIIGC8Y1R12",
    "ISSN 0378-5955", "DOI 10.1000/182", "ORCID 0000-0002-1825-0097", "PMID 12345678", "chemical 7732-18-5", "NDC 12345-678-90", "HS code 8471.30.00",
    "NAICS 541511", "sort order 10-20-30", "chess rating 2850 2790", "football 4-4-2, 3-5-2", "score 110-102 98-95", "lottery 04 17 23 38 41 12",
    "model EOS-1D 20.2", "iPhone14,2", "Boeing 737-800, 747-400", "route 101-280-880", "Luke 10:25-37", "Psalm 119:105", "track 01 02 03",
    "0800 to 1700 hours", "1-2-3", "zip 94105-1234", "PO Box 12345", "95014-2083", "NGC 224 2MASX", "PSR B1937+21", "2MASS J00424433+4116074", "HD 209458",
    "TIC 307210830", "order 123-4567890-1234567", "Order number 302-1234567-7654321", "case 2:21-cv-01234", "docket 21-1234", "Bill No. 2345/2023",
    "invoice 2024-0001", "invoice number 100023456", "Reference: 2023/12345", "Ref 12-3456-78", "ticket ZD-1234567", "SKU 123-456-78",
    "serial no. 1234-5678-9012", "key 12345-67890", "code 123456", "PIN 1234", "OTP 482913", "verification code: 482 913", "your code is 123-456",
    "room 12, floor 3, building 456", "lat=52.520008&lon=13.404954", "seed 1234567890", "random 0.123456789", "0.1 0.2 0.3 0.4", "2147483647 and 4294967295",
    "9007199254740991", "1e10 2e-5", "0b1010 0o755", "#123456", "rgb(255, 255, 255)", "1920x1080 2560x1440", "5000 mAh 65 W", "12 34 56",
    "555-1234 is fictional",
]  # fmt: skip


def other_number(chance: Random) -> tuple[str, str]:
    """(kind, text)."""
    draw = chance.random()
    if draw < 0.1:
        return "like a card", _card(chance)
    if draw < 0.15:
        number = iban_number(chance, chance.choice(["DE", "GB", "FR", "ES"]))
        return "like an account", number[
            :2
        ] + f"{(int(number[2:4]) + chance.randint(1, 90)) % 100:02d}" + number[4:]
    if draw < 0.75:
        return "like a number", _filled(chance, chance.choice(_TEMPLATES))
    return "like a sentence", chance.choice(_TEXTS)


def _card(chance: Random) -> str:
    number = card_number(chance)
    wrong = number[:-1] + str((int(luhn_check(number[:-1])) + chance.randint(1, 9)) % 10)
    groups = (4, 6) if len(wrong) in (14, 15) else (4, 4, 4, 4)
    text = chance.choice(
        ["{}", "tracking {}", "invoice {}", "the code on the box: {}", "reference {} is closed"]
    )
    return text.replace("{}", grouped(wrong, groups, chance.choice(["", " ", "-", "."])))


def _filled(chance: Random, template: str) -> str:
    kinds = {"#": "0123456789", "%": "123456789", "@": "BCDFGHJKLMNPQRSTVWXYZ", "~": "0123456789abcdef"}
    return "".join(chance.choice(kinds[char]) if char in kinds else char for char in template)
