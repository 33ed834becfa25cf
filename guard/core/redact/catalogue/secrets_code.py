"""Keys of the places where code is kept, built and published."""

from __future__ import annotations

from guard.core.redact.catalogue.tokens import tokens

CODE_SECRETS = tokens(
    {
        "github_token": r"gh[pousr]_[A-Za-z0-9]{36,76}",
        "github_fine_grained_token": r"github_pat_[A-Za-z0-9_]{60,90}",
        "gitlab_token": r"gl(?:pat|dt|rt|ptt|ft|imt|agent|soat|cbt|oas|ffct|rtr|wt)-[A-Za-z0-9_.-]{20,100}",
        "gitlab_runner_token": r"GR1348941[\w-]{20}",
        "gitlab_session": r"_gitlab_session=[0-9a-z]{32}",
        "bitbucket_token": r"ATBB[A-Za-z0-9]{28,40}|ATCTT3[A-Za-z0-9_=-]{60,190}",
        "atlassian_token": r"ATATT3[A-Za-z0-9_=-]{60,200}",
        "npm_token": r"npm_[A-Za-z0-9]{36}",
        "pypi_token": r"pypi-AgE[A-Za-z0-9_-]{50,200}",
        "rubygems_token": r"rubygems_[0-9a-f]{48}",
        "crates_token": r"cio[A-Za-z0-9]{32}",
        "clojars_token": r"CLOJARS_[a-z0-9]{60}",
        "nuget_key": r"oy2[a-z0-9]{43}",
        "docker_token": r"dckr_(?:pat|oat)_[\w-]{27,40}",
        "artifactory_key": r"AKCp[A-Za-z0-9]{69}",
        "artifactory_token": r"cmVmd[A-Za-z0-9]{59}",
        "circleci_token": r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}",
        "buildkite_token": r"bkua_[0-9a-f]{40}",
        "sonar_token": r"sq[uap]_[A-Za-z0-9]{40}",
        "snyk_token": r"snyk_(?:uat|sat)\.[0-9a-f]{8}\.[A-Za-z0-9_.-]{40,200}",
        "sourcegraph_token": r"sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}|slk_[0-9a-f]{64}",
        "codecov_token": r"codecov_[A-Za-z0-9-]{32,40}",
        "e2b_key": r"e2b_[0-9a-f]{40}",
        "apify_token": r"apify_api_[A-Za-z0-9]{34,40}",
        "readme_key": r"rdme_[a-z0-9]{70}",
        "postman_key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        "swaggerhub_token": r"swaggerhub_[A-Za-z0-9]{32,64}",
        "linear_key": r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}",
        "figma_token": r"fig[dou]_[\w-]{40,46}",
        "notion_token": r"ntn_[A-Za-z0-9]{40,50}|secret_[A-Za-z0-9]{43}",
        "airtable_token": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
        "asana_token": r"[12]/\d{13,19}(?:/\d{13,19})?:[0-9a-f]{32}",
        "shortcut_token": r"sct_[rw]{1,2}_[\w-]{30,60}",
        "new_relic_key": r"NRAK-[A-Z0-9]{27}|NR(?:II|AA|JS|IQ|RA)-[A-Za-z0-9_-]{19,32}",
        "sentry_token": r"sntry[su]_[A-Za-z0-9_+/=-]{60,200}",
        "grafana_key": r"gl(?:c|sa)_[A-Za-z0-9+/_]{32,200}={0,2}(?:_[0-9a-f]{8})?|eyJrIjoi[A-Za-z0-9+/]{60,200}={0,3}",
        "datadog_key": r"dd(?:api|app)_[A-Za-z0-9]{32,44}",
        "dynatrace_token": r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
        "honeycomb_key": r"hc[abx]i[kc]_[A-Za-z0-9]{26,64}",
        "launchdarkly_key": r"(?:sdk|api|mob)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "pagerduty_key": r"pd[a-z]\+[\w+-]{18,30}",
        "opsgenie_key": r"genie[kK]ey [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "browserstack_key": r"bs_[A-Za-z0-9]{32,40}",
    }
)
