"""Keys of clouds, hosts and infrastructure."""

from __future__ import annotations

from guard.core.redact.catalogue.tokens import tokens

CLOUD_SECRETS = tokens(
    {
        "aws_access_key": r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}",
        "aws_bedrock_key": r"ABSK[A-Za-z0-9+/]{100,200}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{40,200}",
        "aws_mws_key": r"amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "google_api_key": r"AIza[\w-]{35}",
        "google_oauth_token": r"ya29\.[\w-]{20,200}",
        "google_oauth_secret": r"GOCSPX-[\w-]{28}",
        "google_refresh_token": r"1//0[\w-]{40,120}",
        "azure_client_secret": r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
        "azure_devops_token": r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        "alibaba_access_key": r"LTAI[A-Za-z0-9]{17,21}",
        "tencent_secret_id": r"AKID[A-Za-z0-9]{32}",
        "oracle_cloud_id": r"ocid1\.(?:user|tenancy)\.[a-z0-9]{2,6}\.\.[a-z0-9]{60}",
        "yandex_key": r"AQVN[A-Za-z0-9_-]{35,38}|t1\.[A-Za-z0-9_-]{16,120}={0,2}\.[A-Za-z0-9_-]{86}={0,2}|YC[\w-]{38}",
        "digitalocean_token": r"do[opr]_v1_[0-9a-f]{64}",
        "heroku_key": r"HRKU-[A-Za-z0-9_-]{50,70}|HRKU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "flyio_token": r"fo1_[\w-]{43}|fm1[ar]_[A-Za-z0-9+/]{60,200}={0,3}|fm2_[A-Za-z0-9+/]{60,200}={0,3}",
        "vercel_token": r"vc[pkiar]_[A-Za-z0-9]{24,60}|vercel_blob_rw_[A-Za-z0-9_]{30,60}",
        "netlify_token": r"nf[pcoub]_[A-Za-z0-9]{36,40}",
        "cloudflare_origin_key": r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
        "scaleway_key": r"SCW[A-Z0-9]{17}",
        "scalingo_token": r"tk-us-[\w-]{48}",
        "planetscale_token": r"pscale_(?:tkn|oauth|pw)_[\w.=-]{32,64}",
        "databricks_token": r"dapi[0-9a-f]{32}(?:-\d)?",
        "supabase_key": r"sbp_[0-9a-f]{40}|sb_(?:secret|publishable)_[\w-]{20,60}",
        "neon_key": r"napi_[a-z0-9]{60,70}",
        "terraform_token": r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        "vault_token": r"hv[sbr]\.[A-Za-z0-9_-]{24,200}|s\.[A-Za-z0-9]{24}",
        "doppler_token": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,60}",
        "pulumi_token": r"pul-[0-9a-f]{40}",
        "openshift_token": r"sha256~[\w-]{43}",
        "tailscale_key": r"tskey-[a-z]{2,10}-[A-Za-z0-9]{8,20}(?:-[A-Za-z0-9]{20,40})?",
        "age_secret_key": r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        "onepassword_token": r"ops_eyJ[A-Za-z0-9+/]{150,230}={0,3}",
        "onepassword_secret_key": r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
        "infracost_key": r"ico-[A-Za-z0-9]{32}",
        "prefect_key": r"pn[ub]_[A-Za-z0-9]{36}",
        "harness_key": r"(?:pat|sat)\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}",
        "octopus_key": r"API-[A-Z0-9]{26}",
        "clickhouse_key": r"4b1d[A-Za-z0-9]{38}",
        "defined_networking_key": r"dnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}",
    }
)
