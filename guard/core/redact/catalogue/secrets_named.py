"""Keys without a prefix of their own: known by the provider's name in what they are assigned to."""

from __future__ import annotations

from guard.core.redact.rule import Rule

_PROVIDERS = """
adafruit adobe agora airbrake airtable alchemy algolia alibaba amazon amplitude anthropic apify appdynamics apple
artifactory asana atlassian auth0 authress aws azure backblaze bigcommerce binance bitbucket bitfinex bitly bittrex
braintree bugsnag buildkite bugherd bitmex calendly circleci clearbit clickup clojars cloudflare cloudinary codacy
codecov codeclimate cohere coinbase coinmarketcap confluent contentful coveralls crowdin curseforge cypress
databricks datadog deepgram digitalocean discord docker doppler droneci dropbox duffel dynatrace easypost elastic
elevenlabs etherscan etsy eventbrite facebook fastly fastspring figma finicity finnhub firebase flickr flutterwave
foursquare frameio freshbooks freshdesk github gitlab gitter gocardless google grafana groq hashicorp helpscout
heroku hetzner honeycomb hubspot huggingface infura instagram intercom ipstack jenkins jfrog jira kafka kraken
kucoin kubernetes launchdarkly lastfm linkedin linode logdna loggly logz looker lyft mailchimp mailgun mailjet
mandrill mapbox mapquest mattermost maxmind messagebird microsoft mixpanel mongodb mongo mysql netlify new_?relic
ngrok npm nuget nytimes okta onesignal openai openshift openweather(?:map)? opsgenie optimizely oracle pagerduty
paypal pinata pinecone pinterest pipedrive pivotal plaid planetscale postgres(?:ql)? posthog postman postmark pubnub
pulumi pusher quickbooks rabbitmq rapid_?api razorpay recaptcha reddit redis rollbar rubygems runkit sauce
salesforce sendbird sendgrid sendinblue sentry servicenow shippo shodan shopify shutterstock sidekiq skyscanner
slack snapchat snowflake snyk sonar(?:qube)? sourcegraph splunk spotify squarespace stability strava stripe
sumo(?:logic)? supabase surveymonkey telegram terraform tiktok tomtom travis(?:ci)? trello tumblr twilio twitch
twitter typeform uber unsplash vercel vimeo virustotal vonage wakatime weatherapi webex whatsapp wistia woocommerce
wordpress xero yahoo yandex yelp youtube zapier zendesk zoho
"""
_PROVIDER = "|".join(_PROVIDERS.split())

NAMED_SECRETS = (
    Rule(
        "provider_secret",
        r"[A-Za-z0-9_\-+/=.]{10,128}",
        # The name may be anywhere in an identifier, with a type behind it: let stripeKey: String = "...".
        before=rf"""(?<![a-z])(?i:(?:{_PROVIDER})[\w .\-"'`\]):]*(?::=|=>|={{1,3}}|:|\|\|?|<-|>|,)[=>"'`\s]*)""",
        after=r"""["'`,;)}\]<>\\\s&|]|\Z""",
        validator="token",
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
)
