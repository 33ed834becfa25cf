"""What the keys of the common services look like, as their makers describe them. Each entry is a pattern to make one from.

``PREFIXED`` are known by their own looks wherever they stand. ``NAMED`` are letters and digits like any other: they are
known by the name of the service beside them.
"""
# ruff: noqa: E501  (tables: one entry, one line)

from __future__ import annotations

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_WORD = "[A-Za-z0-9]"
_URL = "[A-Za-z0-9_-]"

PREFIXED = [
    "AKIA[A-Z2-7]{16}", "ASIA[A-Z2-7]{16}", "ABIA[A-Z2-7]{16}", "ACCA[A-Z2-7]{16}", f"ABSKQmVkcm9ja0FQSUtleS{_WORD}{{110}}",
    f"AIza{_URL}{{34}}{_WORD}", f"ya29\\.{_URL}{{80}}{_WORD}", f"GOCSPX-{_URL}{{27}}{_WORD}", "LTAI[A-Za-z0-9]{20}", f"AKID{_WORD}{{32}}",
    f"[a-zA-Z0-9_~.]{{3}}[0-9]Q~{_WORD}{{33}}", "do[opr]_v1_[0-9a-f]{64}", "HRKU-AA[A-Za-z0-9_-]{57}[a-z]", f"HRKU-{_UUID}", f"fo1_{_URL}{{42}}{_WORD}",
    f"fm2_{_WORD}{{100}}", f"nfp_{_WORD}{{36}}", f"pscale_tkn_{_URL}{{42}}{_WORD}", f"pscale_pw_{_URL}{{42}}{_WORD}", "dapi[0-9a-f]{32}", "dapi[0-9a-f]{32}-2",
    "sbp_[0-9a-f]{40}", f"{_WORD}{{14}}\\.atlasv1\\.{_URL}{{66}}{_WORD}", f"hvs\\.{_URL}{{90}}{_WORD}", f"hvb\\.{_URL}{{139}}{_WORD}", f"s\\.{_WORD}{{24}}",
    f"dp\\.pt\\.{_WORD}{{43}}", f"dp\\.st\\.dev\\.{_WORD}{{43}}", "pul-[0-9a-f]{40}", f"sha256~{_URL}{{42}}{_WORD}", f"tskey-auth-{_WORD}{{12}}CNTRL-{_WORD}{{32}}",
    "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", f"ops_eyJ{_WORD}{{240}}", "A3-[A-Z0-9]{6}-[A-Z0-9]{11}-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    f"ico-{_WORD}{{32}}", f"pnu_{_WORD}{{36}}", f"pat\\.{_WORD}{{22}}\\.[0-9a-f]{{24}}\\.{_WORD}{{20}}", "API-[A-Z0-9]{26}", f"4b1d{_WORD}{{38}}", "dnkey-[a-z0-9]{26}-[a-z0-9]{52}",
    f"gh[pousr]_{_WORD}{{36}}", f"github_pat_{_WORD}{{22}}_{_WORD}{{59}}", f"glpat-{_URL}{{19}}{_WORD}", f"gldt-{_URL}{{19}}{_WORD}", f"glrt-{_URL}{{19}}{_WORD}", "glptt-[0-9a-f]{40}",
    f"glft-{_URL}{{19}}{_WORD}", f"glimt-{_URL}{{24}}{_WORD}", f"glagent-{_URL}{{49}}{_WORD}", f"gloas-{_URL}{{63}}{_WORD}", f"glsoat-{_URL}{{19}}{_WORD}", f"glcbt-{_WORD}{{2}}_{_URL}{{19}}{_WORD}",
    f"glpat-{_URL}{{27}}\\.01\\.{_WORD}{{9}}", f"GR1348941{_URL}{{19}}{_WORD}", f"ATATT3{_URL}{{185}}{_WORD}", f"ATCTT3{_URL}{{185}}{_WORD}", f"ATBB{_WORD}{{32}}", f"npm_{_WORD}{{36}}",
    f"pypi-AgEIcHlwaS5vcmc{_URL}{{80}}{_WORD}", "rubygems_[0-9a-f]{48}", f"cio{_WORD}{{32}}", "CLOJARS_[a-z0-9]{60}", "oy2[a-z0-9]{43}", f"dckr_pat_{_URL}{{26}}{_WORD}", f"dckr_oat_{_WORD}{{32}}",
    f"AKCp{_WORD}{{69}}", f"cmVmd{_WORD}{{59}}", "bkua_[0-9a-f]{40}", "sq[uap]_[0-9a-f]{40}", f"squ_{_WORD}{{40}}", "sgp_[0-9a-f]{16}_[0-9a-f]{40}", "sgp_[0-9a-f]{40}", "rdme_[a-z0-9]{70}",
    "PMAK-[0-9a-f]{24}-[0-9a-f]{34}", f"lin_api_{_WORD}{{40}}", f"figd_{_URL}{{39}}{_WORD}", f"ntn_[0-9]{{11}}{_WORD}{{35}}", f"secret_{_WORD}{{43}}", f"pat{_WORD}{{14}}\\.[0-9a-f]{{64}}",
    "NRAK-[A-Z0-9]{27}", "NRJS-[0-9a-f]{19}", f"NRII-{_URL}{{31}}{_WORD}", f"sntrys_eyJ{_WORD}{{120}}_{_WORD}{{43}}", "sntryu_[0-9a-f]{64}", f"glsa_{_WORD}{{32}}_[0-9a-f]{{8}}", f"glc_eyJ{_WORD}{{80}}",
    f"eyJrIjoi{_WORD}{{80}}", "dt0c01\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}", f"sdk-{_UUID}", f"sk-{_WORD}{{20}}T3BlbkFJ{_WORD}{{20}}", f"sk-proj-{_URL}{{74}}T3BlbkFJ{_URL}{{73}}{_WORD}", f"sk-svcacct-{_URL}{{58}}T3BlbkFJ{_URL}{{57}}{_WORD}",
    f"sk-admin-{_URL}{{58}}T3BlbkFJ{_URL}{{57}}{_WORD}", f"sk-ant-api03-{_URL}{{93}}AA", f"sk-ant-admin01-{_URL}{{93}}AA", "hf_[A-Za-z]{34}", f"r8_{_WORD}{{37}}", f"gsk_{_WORD}{{52}}", f"pplx-{_WORD}{{48}}", f"xai-{_WORD}{{80}}",
    "lsv2_pt_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_sk_[0-9a-f]{32}_[0-9a-f]{10}", f"pcsk_{_WORD}{{6}}_{_WORD}{{63}}", "sk-or-v1-[0-9a-f]{64}", f"nvapi-{_URL}{{63}}{_WORD}", f"tvly-{_WORD}{{32}}", f"rnd_{_WORD}{{28}}", "phc_[A-Za-z0-9]{43}",
    f"sk-lf-{_UUID}", f"pk-lf-{_UUID}", f"voyage-{_URL}{{42}}{_WORD}", f"jina_{_WORD}{{60}}", f"fc-{_WORD}{{32}}", f"sk_{_WORD}{{48}}", f"csk-{_WORD}{{48}}", f"ABSK{_WORD}{{128}}",
    "xoxb-[0-9]{12}-[0-9]{13}-[A-Za-z0-9]{24}", "xoxp-[0-9]{11}-[0-9]{11}-[0-9]{12}-[0-9a-f]{32}", "xoxa-2-[0-9]{11}-[0-9]{11}-[0-9a-f]{32}", "xoxe\\.xoxp-1-[A-Za-z0-9]{163}", "xoxe-1-[A-Za-z0-9]{146}", "xoxs-[0-9]{11}-[0-9]{11}-[0-9]{11}-[0-9a-f]{10}",
    "xapp-1-A[A-Z0-9]{10}-[0-9]{13}-[0-9a-f]{64}", "https://hooks\\.slack\\.com/services/T[A-Z0-9]{8}/B[A-Z0-9]{8}/[A-Za-z0-9]{24}", "https://discord\\.com/api/webhooks/[0-9]{18}/[A-Za-z0-9_-]{67}[A-Z]", "[MN][A-Za-z0-9]{23}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{26}[A-Z]",
    "[0-9]{10}:AA[A-Za-z0-9_-]{32}[A-Z]", f"https://contoso\\.webhook\\.office\\.com/webhookb2/{_UUID}@{_UUID}/IncomingWebhook/[0-9a-f]{{32}}/{_UUID}", "SK[0-9a-f]{32}", f"SG\\.{_URL}{{22}}\\.{_URL}{{42}}{_WORD}", f"xkeysib-[0-9a-f]{{64}}-{_WORD}{{16}}",
    "key-[0-9a-f]{32}", "[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}", "[0-9a-f]{32}-us[0-9]{1,2}", f"[sr]k_live_{_WORD}{{24}}", f"sk_test_{_WORD}{{99}}", f"rk_test_{_WORD}{{24}}", f"sk_prod_{_WORD}{{24}}", f"whsec_{_WORD}{{32}}", f"EAAA{_URL}{{59}}{_WORD}", f"sq0atp-{_URL}{{21}}{_WORD}",
    f"sq0csp-{_URL}{{42}}{_WORD}", "access_token\\$production\\$[a-z0-9]{16}\\$[0-9a-f]{32}", f"rzp_live_{_WORD}{{14}}", "FLWSECK_TEST-[a-h0-9]{32}-X", "FLWPUBK_TEST-[a-h0-9]{32}-X", "FLWSECK_TEST-[a-h0-9]{12}", f"access-sandbox-{_UUID}", f"access-production-{_UUID}",
    f"live_{_URL}{{39}}{_WORD}", "shpat_[0-9a-f]{32}", "shpca_[0-9a-f]{32}", "shppa_[0-9a-f]{32}", "shpss_[0-9a-f]{32}", f"duffel_test_{_URL}{{42}}{_WORD}", f"EZAK{_WORD}{{54}}", f"EZTK{_WORD}{{54}}", "shippo_live_[0-9a-f]{40}", "live_[0-9a-f]{35}", "test_pub_[0-9a-f]{31}",
    f"fio-u-{_URL}{{63}}{_WORD}", f"EAACEdEose0cBA{_WORD}{{120}}", f"EAAM{_WORD}{{130}}", "[0-9]{15}\\|[A-Za-z0-9_-]{26}[A-Z]", "A{22}[A-Za-z0-9]{80}", "oauth:[a-z0-9]{30}", f"sl\\.{_URL}{{134}}{_WORD}", f"pat-na1-{_UUID}", f"tfp_{_URL}{{58}}{_WORD}", f"CFPAT-{_URL}{{42}}{_WORD}",
    f"{_WORD}{{6}}_{_WORD}{{29}}_mmk", f"pk\\.eyJ1Ijoi{_WORD}{{50}}\\.{_WORD}{{22}}", "pk\\.[a-z0-9]{60}\\.[a-z0-9]{22}", "p8e-[a-z0-9]{32}", f"sm_aat_{_WORD}{{16}}", f"sm_pat_{_WORD}{{16}}", f"00{_URL}{{39}}{_WORD}", "s-s4t2ud-[0-9a-f]{64}", "s-s4t2af-[0-9a-f]{64}",
    f"AQVN{_URL}{{36}}{_WORD}", f"t1\\.{_WORD}{{40}}\\.{_WORD}{{86}}", f"YCAJE{_WORD}{{20}}", f"YC{_WORD}{{38}}", f"aio_{_WORD}{{28}}", f"sk_live_{_WORD}{{40}}", f"tk-us-{_URL}{{47}}{_WORD}", f"vercel_blob_rw_{_WORD}{{16}}_{_WORD}{{30}}", "v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    "AC[0-9a-f]{32}", "amzn\\.mws\\." + _UUID, "1/[0-9]{16}:[0-9a-f]{32}", "sc_[a-z0-9]{12}\\.[a-z0-9]{5}\\.acc-[a-z0-9]{12}\\.[a-z0-9]{60}", f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\\.eyJ{_WORD}{{60}}\\.{_URL}{{42}}{_WORD}", f"ZXlKaGJHY2lPaUpJVXpJMU5pSX{_WORD}{{120}}",
    f"github_pat_11{_WORD}{{20}}_{_WORD}{{59}}", f"re_{_WORD}{{8}}_{_WORD}{{24}}", "tok_[a-z0-9]{24}", f"ghu_{_WORD}{{36}}", f"gho_{_WORD}{{36}}", f"CCIPAT_{_WORD}{{22}}_[0-9a-f]{{40}}",
    "\\$2[aby]\\$1[0-2]\\$[A-Za-z0-9./]{53}", "\\$6\\$[A-Za-z0-9./]{16}\\$[A-Za-z0-9./]{86}", "\\$apr1\\$[A-Za-z0-9./]{8}\\$[A-Za-z0-9./]{22}", "\\$argon2id\\$v=19\\$m=65536,t=3,p=4\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}",
    f"sk-{_WORD}{{32}}", f"ek_{_WORD}{{32}}", "tgp_v1_[A-Za-z0-9_-]{42}[A-Z]", f"sb_secret_{_URL}{{30}}_{_WORD}{{8}}", f"whsec_{_WORD}{{42}}", f"wandb_v1_{_WORD}{{60}}", "e2b_[0-9a-f]{40}", f"apify_api_{_WORD}{{36}}", f"sess-{_WORD}{{40}}", f"secret-token:{_URL}{{26}}{_WORD}",
]  # fmt: skip

NAMED = {
    "adafruit": ["[a-z0-9_-]{31}[0-9]"], "adobe": ["[0-9a-f]{32}"], "airtable": ["[a-z0-9]{17}", "key[A-Za-z0-9]{14}"], "algolia": ["[a-z0-9]{32}"], "alibaba": ["[a-z0-9]{30}"],
    "asana": ["[0-9]{16}", "[a-z0-9]{32}"], "atlassian": ["[a-z0-9]{24}"], "confluence": ["[a-z0-9]{24}"], "jira": ["[A-Za-z0-9]{24}"], "bitbucket": ["[a-z0-9]{32}", "[a-z0-9=_-]{63}[a-z]"], "bittrex": ["[a-z0-9]{32}"],
    "cloudflare": ["[A-Za-z0-9_-]{39}[a-z]", "[0-9a-f]{37}"], "codecov": ["[a-z0-9]{32}", _UUID], "cohere": [f"{_WORD}{{40}}"], "coinbase": ["[a-z0-9_-]{63}[a-z]"], "confluent": ["[a-z0-9]{16}", "[A-Za-z0-9]{64}"],
    "contentful": ["[a-z0-9=_-]{42}[a-z]"], "datadog": ["[a-z0-9]{40}", "[0-9a-f]{32}"], "discord": ["[0-9a-f]{64}", "[0-9]{18}", "[a-z0-9_-]{31}[a-z]"], "droneci": ["[a-z0-9]{32}"], "dropbox": ["[a-z0-9]{15}"],
    "etsy": ["[a-z0-9]{24}"], "facebook": ["[0-9a-f]{32}"], "fastly": ["[a-z0-9=_-]{31}[a-z]"], "finicity": ["[a-z0-9]{20}", "[0-9a-f]{32}"], "finnhub": ["[a-z0-9]{20}"], "flickr": ["[a-z0-9]{32}"], "freshbooks": ["[a-z0-9]{64}"],
    "gitter": ["[a-z0-9_-]{39}[a-z]"], "heroku": [_UUID], "hubspot": [_UUID], "intercom": ["[a-z0-9=_-]{59}[a-z]"], "jfrog": ["[a-z0-9]{73}", "[a-z0-9]{64}"], "kraken": ["[a-z0-9/=_+-]{84}[a-z]"], "kucoin": ["[0-9a-f]{24}", _UUID],
    "launchdarkly": ["[a-z0-9=_-]{39}[a-z]"], "linear": ["[0-9a-f]{32}"], "linkedin": ["[a-z0-9]{14}", "[A-Za-z0-9]{16}"], "looker": ["[a-z0-9]{20}", "[a-z0-9]{24}"], "mattermost": ["[a-z0-9]{26}"], "messagebird": ["[a-z0-9]{25}", _UUID],
    "meraki": ["[0-9a-f]{40}"], "netlify": ["[a-z0-9=_-]{42}[a-z]"], "new_relic": ["[a-z0-9]{64}"], "nytimes": ["[a-z0-9=_-]{31}[a-z]"], "plaid": ["[a-z0-9]{24}", "[a-z0-9]{30}"], "private_ai": ["[a-z0-9]{32}"], "rapidapi": ["[a-z0-9_-]{49}[a-z]"],
    "sendbird": [_UUID, "[0-9a-f]{40}"], "sentry": ["[0-9a-f]{64}"], "snyk": [_UUID], "sonar": ["[a-z0-9=_-]{39}[a-z]"], "squarespace": [_UUID], "sumologic": ["su[A-Za-z0-9]{12}", "[a-z0-9]{64}"], "travis": ["[A-Za-z0-9]{22}"],
    "trello": ["[A-Za-z0-9-]{31}[a-z]"], "twitch": ["[a-z0-9]{30}"], "twitter": ["[A-Za-z0-9]{25}", "[A-Za-z0-9]{50}", "[0-9]{18}-[A-Za-z0-9]{40}"], "zendesk": ["[a-z0-9]{40}"], "mailchimp": ["[0-9a-f]{32}"], "pagerduty": ["[a-z0-9_+-]{19}[a-z]"],
    "twilio": ["[0-9a-f]{32}"], "aws": ["[A-Za-z0-9/+]{40}"], "stripe": [f"{_WORD}{{32}}"], "mistral": [f"{_WORD}{{32}}"], "deepgram": ["[0-9a-f]{40}"], "openweather": ["[0-9a-f]{32}"], "circleci": ["[0-9a-f]{40}"], "pinecone": [_UUID], "virustotal": ["[0-9a-f]{64}"],
    "shodan": [f"{_WORD}{{32}}"], "ibm_cloud_iam": [f"{_URL}{{43}}{_WORD}"], "softlayer": ["[0-9a-f]{64}"], "azure": [f"{_WORD}{{32}}"], "gitlab": [f"{_WORD}{{20}}"], "okta": [f"{_WORD}{{42}}"], "vault": [_UUID], "consul": [_UUID], "pusher": ["[0-9a-f]{20}"],
    "recaptcha": [f"6L{_URL}{{37}}{_WORD}"], "firebase": [f"{_WORD}{{40}}"], "segment": [f"{_WORD}{{32}}"], "mixpanel": ["[0-9a-f]{32}"], "rollbar": ["[0-9a-f]{32}"], "bugsnag": ["[0-9a-f]{32}"], "auth0": [f"{_URL}{{63}}{_WORD}"], "splunk": [_UUID],
}  # fmt: skip

GENERIC = [
    "[0-9a-f]{32}",
    "[0-9a-f]{40}",
    "[0-9a-f]{64}",
    "[A-Za-z0-9]{20}",
    "[A-Za-z0-9]{32}",
    "[A-Za-z0-9_-]{43}[a-z]",
    "[A-Za-z0-9+/]{43}=",
    "[A-Z0-9]{24}",
    "[a-z0-9]{16}",
    "[A-Za-z0-9!@#%^*_-]{24}",
    _UUID,
]
