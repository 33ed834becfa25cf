"""Keys of messaging, payment, shop and marketing services."""

from __future__ import annotations

from guard.core.redact.catalogue.tokens import tokens
from guard.core.redact.rule import Rule

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

SERVICE_SECRETS = (
    *tokens(
        {
            "slack_token": r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,200}",
            "slack_app_token": r"xapp-\d-[A-Z0-9]{8,14}-\d{10,14}-[A-Fa-f0-9]{32,70}",
            "slack_webhook": r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,60}",
            "discord_webhook": r"(?:https?://)?(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,70}",
            "discord_token": r"(?:mfa\.[\w-]{80,90}|[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40})",
            "telegram_bot_token": r"\d{8,10}:A[A-Za-z0-9_-]{34}",
            "teams_webhook": r"(?:https?://[a-z0-9]{2,30}\.)?webhook\.office\.com/webhookb2/[0-9a-f@-]{73}"
            rf"/IncomingWebhook/[0-9a-f]{{32}}/{_UUID}",
            "twilio_key": r"(?:SK|AC)[0-9a-f]{32}",
            "sendgrid_key": r"SG\.[A-Za-z0-9_=-]{16,24}\.[A-Za-z0-9_=-]{40,45}|SG\.[A-Za-z0-9_.=-]{66}",
            "sendinblue_key": r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
            "mailgun_key": r"key-[0-9a-f]{32}|pubkey-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
            "mailchimp_key": r"[0-9a-f]{32}-us\d{1,2}",
            "mailerlite_key": r"mlsn\.[0-9a-f]{64}",
            "postmark_key": r"pmk-[A-Za-z0-9-]{30,40}",
            "resend_key": r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,26}",
            "onesignal_key": r"os_v2_(?:app|org)_[a-z0-9]{80,120}",
            "stripe_key": r"(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,120}|whsec_[A-Za-z0-9+/]{24,64}",
            "square_token": r"(?:EAAA|sq0atp-|sq0csp-|sq0idp-)[\w+=-]{22,60}",
            "paypal_token": r"access_token\$production\$[a-z0-9]{16}\$[0-9a-f]{32}",
            "braintree_token": r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}",
            "adyen_key": r"AQE[a-z]hm[A-Za-z0-9+/=_-]{60,200}",
            "razorpay_key": r"rzp_(?:live|test)_[A-Za-z0-9]{14}",
            "flutterwave_key": r"FLW(?:PUB|SEC)K(?:_TEST)?-[a-hA-H0-9]{32}-X|FLWSECK_TEST-?[a-hA-H0-9]{12}",
            "plaid_token": rf"access-(?:sandbox|development|production)-{_UUID}",
            "gocardless_token": r"live_[A-Za-z0-9\-_=]{40}",
            "shopify_token": r"shp(?:at|ca|pa|ss|ka|tka)_[A-Fa-f0-9]{32}",
            "duffel_token": r"duffel_(?:test|live)_[A-Za-z0-9_=-]{43}",
            "easypost_key": r"EZ[AT]K[A-Za-z0-9]{54}",
            "shippo_token": r"shippo_(?:live|test)_[A-Fa-f0-9]{40}",
            "lob_key": r"(?:live|test)(?:_pub)?_[0-9a-f]{31,35}",
            "frameio_token": r"fio-u-[A-Za-z0-9\-_=]{64}",
            "facebook_token": r"EAA[A-Za-z0-9]{30,200}|\d{15,16}(?:\||%)[0-9A-Za-z\-_]{27,40}",
            "instagram_token": r"IGQ[A-Za-z0-9_-]{80,200}",
            "linkedin_token": r"AQ[A-Za-z0-9_-]{60,200}(?:==)?|WPL_AP1\.[A-Za-z0-9]{16}\.[A-Za-z0-9+/=]{8,12}",
            "twitter_bearer": r"A{22}[A-Za-z0-9%]{80,100}",
            "twitch_token": r"oauth:[a-z0-9]{30}",
            "dropbox_token": r"sl\.(?:u\.)?[A-Za-z0-9\-=_]{130,200}",
            "hubspot_token": rf"pat-(?:na|eu|ap)\d-{_UUID}",
            "intercom_token": r"dG9rO[A-Za-z0-9+/]{54}=",
            "typeform_token": r"tfp_[A-Za-z0-9\-_.=]{59}",
            "zapier_webhook": r"(?:https?://)?hooks\.zapier\.com/hooks/catch/\d{5,9}/[a-z0-9]{6,10}",
            "contentful_token": r"CFPAT-[\w-]{43}",
            "maxmind_key": r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk",
            "mapbox_token": r"[ps]k\.(?:[a-z0-9]{60,90}|eyJ1Ijoi[A-Za-z0-9_-]{20,100})\.[A-Za-z0-9_-]{20,30}",
            "algolia_key": r"alg_[A-Za-z0-9]{32,40}",
            "firebase_messaging_key": r"AAAA[\w-]{7}:APA91b[\w-]{100,180}",
            "intra42_secret": r"s-s4t2(?:ud|af)-[0-9a-f]{64}",
            "authress_key": r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}"
            r"\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}",
            "adafruit_key": r"aio_[A-Za-z0-9]{28}",
            "render_key": r"rnd_[A-Za-z0-9]{28,32}",
            "posthog_key": r"ph[cx]_[A-Za-z0-9]{40,50}",
            "secret_token_uri": r"secret-token:[A-Za-z0-9_.~%-]{16,200}",
            "adobe_key": r"p8e-[a-z0-9]{32}",
            "beamer_token": r"b_[a-z0-9=_-]{44}",
            "freemius_key": r"sk_[\S]{29}",
            "settlemint_token": r"sm_(?:aat|pat|sat)_[A-Za-z0-9]{16}",
            "endorlabs_key": r"endr\+[A-Za-z0-9-]{16}",
            "looker_secret": r"looker_[A-Za-z0-9]{24}",
            "nylas_key": r"nyk_v0_[A-Za-z0-9]{60,70}",
            "workos_key": r"sk_(?:test|live)_[A-Za-z0-9_]{40,80}",
            "clerk_key": r"sk_(?:test|live)_[A-Za-z0-9]{40,50}",
            "ngrok_token": r"2[A-Za-z0-9]{26}_[A-Za-z0-9]{20,24}",
            "auth_bearer_paseto": r"v[1-4]\.(?:local|public)\.[\w-]{40,200}",
        }
    ),
    # Two digits are little of a prefix.
    *tokens({"okta_token": r"00[\w-]{40}"}, "token"),
    # Longer than the cap, so without a validator; what follows "eyJ" twice is a token whatever it says.
    Rule(
        "json_web_token",
        r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.(?:eyJ[A-Za-z0-9_-]{5,}|[A-Za-z0-9_-]{20,})(?:\.[A-Za-z0-9_-]{0,}){0,3}",
        priority=56,
    ),
    Rule("json_web_token_in_base64", r"(?<![A-Za-z0-9])ZXlK[A-Za-z0-9+/_-]{60,}={0,2}", priority=56),
)
