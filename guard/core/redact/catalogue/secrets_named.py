"""Keys without a prefix of their own: known by the name of what they are assigned to, a use or a provider."""

from __future__ import annotations

from guard.core.redact.catalogue.notation import NAMES_ANYTHING, not_behind
from guard.core.redact.rule import Rule

# Keys that are meant to be seen, or only name things: public, cache, hash, idempotency, publishable. A ``before`` that
# begins with a complement costs a state for each letter, so only of these, and only their ends.
_KEY = rf"{not_behind('public cache hash tency shable', '_ -')}[_ -]*key"
_TOKEN = rf"{not_behind('publickey public_key', '_ -')}[_ -]*token"
_USES = (
    rf"{_KEY}|{_TOKEN}|secret|credential|creds|auth(?![a-z])|authorization|salt|signature|passw(?:or)?d|passphrase|bearer|"
    r"webhook|client_?id|sess(?:ion)?[_.-]?id|connect\.sid|(?:session|remember|auth|csrf|xsrf)[\w-]*(?=[=:])|"
    r"connection_?string|[_-]pat(?![a-z])|ключ|токен|clave|schl[uü]ssel|密钥|令牌"
)
_PROVIDERS = """
adafruit adobe agora airbrake airtable alchemy algolia alibaba amazon amplitude anthropic apify appdynamics apple
artifactory asana atlassian auth0 authress aws azure backblaze bigcommerce binance bitbucket bitfinex bitly bittrex
braintree bugsnag buildkite bugherd bitmex calendly circleci clearbit clickup clojars cloudflare cloudinary codacy
codecov codeclimate cohere coinbase coinmarketcap confluence confluent consul contentful coveralls crowdin curseforge
cypress databricks datadog deepgram digitalocean discord docker doppler droneci dropbox duffel dynatrace easypost
elastic elevenlabs etherscan etsy eventbrite facebook fastly fastspring figma finicity finnhub firebase flickr
flutterwave foursquare frameio freshbooks freshdesk github gitlab gitter gocardless google grafana groq hashicorp
helpscout heroku hetzner honeycomb hubspot huggingface infura instagram intercom ipstack jenkins jfrog jira kafka
kraken kucoin kubernetes launchdarkly lastfm linear linkedin linode logdna loggly logz looker lyft mailchimp mailgun
mailjet mandrill mapbox mapquest mattermost maxmind meraki messagebird microsoft mistral mixpanel mongodb netlify
new_?relic ngrok npm nuget nytimes okta onesignal openai openshift openweather(?:map)? opsgenie optimizely pagerduty
paypal pinata pinecone pinterest pipedrive plaid planetscale posthog postman postmark private_?ai pubnub pulumi pusher
quickbooks rabbitmq rapid_?api razorpay recaptcha reddit rollbar rubygems runkit salesforce sendbird sendgrid
sendinblue sentry servicenow shippo shodan shopify shutterstock sidekiq skyscanner slack snapchat snowflake snyk
softlayer sonar(?:qube)? sourcegraph splunk spotify squarespace stability strava stripe sumo(?:logic)? supabase
surveymonkey telegram terraform tiktok tomtom travis(?:ci)? trello tumblr twilio twitch twitter typeform uber unsplash
vercel vimeo virustotal vonage wakatime weatherapi webex whatsapp wistia woocommerce wordpress xero yahoo yandex yelp
youtube zapier zendesk zoho
"""
_PROVIDER = "|".join(_PROVIDERS.split())
# A commit, an image or a request of a provider's is no key of its.
_OF_PROVIDER = (
    r"(?:[_. -]?(?:api|app|client|access|account|auth|user|login|id|sid|pat|dsn|key|token|secret|io))*"
)
_END = r"""["'`,;:)}\]<>\\\s&|#?]|\Z"""

NAMED_SECRETS = (
    # In quotes any sign may be part of it.
    Rule(
        "token_assigned",
        r"""[A-Za-z0-9_\-+/=.~!@#$%^*]{10,240}|(?<=["'`])[^\s"'`:=,;)\]>}][^\s"'`]{7,199}(?=["'`])""",
        before=rf"(?i:{_USES})s?[\w.-]*{NAMES_ANYTHING}",
        after=_END,
        validator="token",
        priority=10,
    ),
    # Longer than a validator may look at; from the cap on it is masked as it comes.
    Rule(
        "token_assigned_long",
        r"[A-Za-z0-9_\-+/=.~%]{200,}",
        before=rf"(?i:token|secret|key|session|auth|credential|bearer|assertion|cookie)[\w.-]*{NAMES_ANYTHING}",
        priority=10,
    ),
    Rule(
        "provider_secret",
        r"[A-Za-z0-9_\-+/=.]{10,128}",
        before=rf"(?<![a-z])(?i:(?:{_PROVIDER}){_OF_PROVIDER}){NAMES_ANYTHING}",
        after=_END,
        validator="token",
        priority=9,
    ),
    Rule(
        "provider_client_id",
        r"\d{15,20}",
        before=rf"(?i:(?:asana|discord|facebook|google|twitter|instagram){_OF_PROVIDER}){NAMES_ANYTHING}",
        after=_END,
        priority=9,
    ),
    Rule(
        "aws_secret_key",
        r"[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])",
        before=r"""(?<![a-z])(?i:(?:aws|secret|amazon)[\w .\-]*["'`\])]*\s*(?:=>|[:=,]|\s)\s*["'`]*)""",
        validator="token",
        priority=13,
    ),
    Rule(
        "azure_connection_key",
        r"[A-Za-z0-9+/]{40,86}={0,2}",
        before=r"(?i:\b(?:accountkey|sharedaccesskey|sharedsecret|sig)=)",
        validator="token",
        priority=13,
    ),
    Rule(
        "url_secret",
        r"[A-Za-z0-9_\-+/=.~%]{12,200}",
        before=r"(?i:[?&;][\w.-]*(?:key|token|secret|password|passwd|pwd|sig|signature|auth|code)=)",
        after=r"""[&#"'<>\s;,)]|\Z""",
        validator="token",
        priority=10,
    ),
    Rule(
        "authorization_header",
        r"[A-Za-z0-9_\-+/=.~%]{12,240}",
        before=r"(?i:\b(?:bearer|basic|token|apikey)(?:[ \t]+|%20|:[ \t]*))",
        after=_END,
        validator="token",
        priority=10,
    ),
    Rule(
        "url_token",
        r"[A-Za-z0-9_\-+=~]{16,200}",
        before="://",
        after="@",
        validator="token",
        priority=10,
    ),
    Rule(
        "sealed_url_credentials",
        r"[0-9a-fA-F]{6,32}:[0-9a-fA-F]{6,32}",
        before=r"(?i:\bbundle_\w*__contribsys__com\b[=: \"']+)",
        priority=10,
    ),
)
