//! Each kind has a secret that is found and something close to one that is not. The secrets are
//! invented, and written with `~` in them so that nobody's scanner takes this file for a leak.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The kind, a text with a secret between `«` and `»`, and a text that is left alone.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "ssh-private-key",
        "«-----BEGIN OPENSSH ~PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH ~PRIVATE KEY-----»",
        "openssh private key files begin with dashes",
    ),
    (
        "pgp-private-key",
        "x «-----BEGIN PGP ~PRIVATE KEY BLOCK-----\n\nlQOYBGAAAA\n-----END PGP ~PRIVATE KEY BLOCK-----» y",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    ),
    (
        "private-key",
        "key: «-----BEGIN RSA ~PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA ~PRIVATE KEY-----»",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg\n-----END PUBLIC KEY-----",
    ),
    (
        "private-key",
        "cut off: «-----BEGIN EC ~PRIVATE KEY-----\nMHcCAQEEI»",
        "a private key----- is no block",
    ),
    (
        "putty-private-key",
        "Private-Lines: 3\n«AAAAB3NzaC1yc2EAAAADAQABAAABAQDJ\nAAAA\n»Private-MAC: x",
        "Public-Lines: 3 AAAAB3NzaC1yc2EAAAADAQABAAABAQDJ",
    ),
    (
        "age-key",
        "«AGE-SECRET-~KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQQPZRY9X8GF2TVDW0S3JN54KH»",
        "AGE-SECRET-KEY-1SHORT",
    ),
    (
        "otp-uri",
        "otpauth://totp/Shop:me?secret=«JBSWY3DPEHPK3PXP»&issuer=Shop",
        "otpauth://totp/Shop:me?issuer=Shop",
    ),
    (
        "fame-key",
        "use «fame_~k7_Zk3bQ9mX2pL8vT4nR6wY1cD5» for it",
        "fame_plugin_universal_developer is a crate",
    ),
    (
        "aws-access-key",
        "id «AKIA~IOSFODNN7EXAMPLE»",
        "id AKIAIOSFODNN",
    ),
    (
        "aws-secret-key",
        "aws secret access key «wJalrXUtnFEMI~/K7MDENG/bPxRfiCYEXAMPLEKEY»",
        "aws has a secret key service",
    ),
    (
        "google-api-key",
        "«AIza~SyA1234567890abcdefghijklmnopqrstuv»",
        "AIzaSyA123",
    ),
    (
        "google-oauth-token",
        "«ya29~.a0AfH6SMBx1234567890abcdef»",
        "ya29.short",
    ),
    (
        "google-client-secret",
        "«GOCSPX~-abcdefghijklmnopqrstuvwx1234»",
        "GOCSPX-abc",
    ),
    (
        "gcp-key-id",
        "\"private_key_id\": \"«0123456789abcdef0123456789abcdef01234567»\"",
        "\"private_key_id\": \"none\"",
    ),
    (
        "azure-storage-key",
        "AccountName=x;AccountKey=«abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwx~yz==»;End",
        "AccountName=storage;Suffix=core",
    ),
    (
        "azure-client-secret",
        "«abc8Q~~1234567890abcdefghijklmnopqrstuvw»",
        "abc8Q~short",
    ),
    (
        "azure-sas",
        "https://x.blob.example/c?sv=2022&sig=«abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG~%3D»",
        "https://x.example/c?sig=none",
    ),
    (
        "github-fine-grained",
        "«github_pat_~11ABCDEFG0123456789abc_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW»",
        "github_pat_ is a prefix",
    ),
    (
        "github-token",
        "push with «ghp_~0123456789abcdefghijklmnopqrstuvwxyz»",
        "ghp_0123456789 is too short",
    ),
    (
        "gitlab-token",
        "«glpat-~0123456789abcdefghij»",
        "glpat-0123",
    ),
    (
        "bitbucket-token",
        "«ATBB~0123456789abcdefghijklmnopqrstuv»",
        "ATBB0123",
    ),
    (
        "atlassian-token",
        "«ATATT3~xFfGF00123456789abcdefghijklmnopqrstuvwxyz0123456789ABCD»",
        "ATATT3 short",
    ),
    (
        "slack-token",
        "«xoxb~-123456789012-abcdefABCDEF»",
        "xoxb-12",
    ),
    (
        "slack-app-token",
        "«xapp~-1-A0123456789-1234567890123-0123456789abcdef0123456789abcdef0123456789abcdef»",
        "xapp-1-A",
    ),
    (
        "slack-webhook",
        "https://hooks.slack.com/services/«T00000000/B00000000/~XXXXXXXXXXXXXXXXXXXXXXXX»",
        "https://hooks.slack.com/docs",
    ),
    (
        "stripe-key",
        "«sk_live_~0123456789abcdefghijABCD»",
        "sk_live_short",
    ),
    (
        "webhook-secret",
        "«whsec_~0123456789abcdefghijABCDEFGHIJKL»",
        "whsec_short",
    ),
    (
        "anthropic-key",
        "«sk-ant-~api03-0123456789abcdefghij_ABCDEFGHIJ-AA»",
        "sk-ant-farm",
    ),
    (
        "openrouter-key",
        "«sk-or-~v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
        "sk-or-swim",
    ),
    (
        "openai-key",
        "«sk-proj-~0123456789abcdefghij_ABCDEFGHIJ»",
        "sk-project",
    ),
    (
        "groq-key",
        "«gsk_~0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB»",
        "gsk_short",
    ),
    (
        "xai-key",
        "«xai-~0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij»",
        "xai-short",
    ),
    (
        "perplexity-key",
        "«pplx-~0123456789abcdefghij0123456789abcdefghij»",
        "pplx-short",
    ),
    (
        "replicate-token",
        "«r8_~0123456789abcdefghij0123456789abcdefg»",
        "r8_short",
    ),
    (
        "huggingface-token",
        "«hf_~abcdefghijklmnopqrstuvwxyzABCDEFGH»",
        "hf_model_name",
    ),
    (
        "npm-token",
        "«npm_~0123456789abcdefghijABCDEFGHIJ012345»",
        "npm_config_cache",
    ),
    (
        "pypi-token",
        "«pypi-~AgEIcHlwaS5vcmcCJDAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFiY2RlZg»",
        "pypi-AgE",
    ),
    (
        "rubygems-key",
        "«rubygems_~0123456789abcdef0123456789abcdef0123456789abcdef»",
        "rubygems_version",
    ),
    (
        "crates-token",
        "«cio~0123456789abcdefghijABCDEFGHIJ01»",
        "ciocolata",
    ),
    (
        "nuget-key",
        "«oy2~0123456789abcdefghijklmnopqrstuvwxyz0123456»",
        "oy2abc",
    ),
    (
        "docker-token",
        "«dckr_pat_~0123456789abcdefghij-ABCDEF»",
        "dckr_pat_short",
    ),
    (
        "twilio-key",
        "«SK~0123456789abcdef0123456789abcdef»",
        "SK0123456789",
    ),
    (
        "sendgrid-key",
        "«SG.~0123456789abcdefghijAB.0123456789abcdefghijABCDEFGHIJ0123456789abc»",
        "SG.1.2",
    ),
    (
        "mailgun-key",
        "«key-~0123456789abcdef0123456789abcdef»",
        "key-0123",
    ),
    (
        "mailchimp-key",
        "«0123456789abcdef0123456789abcdef~-us12»",
        "made-us12",
    ),
    (
        "brevo-key",
        "«xkeysib-~0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-0123456789abcdEF»",
        "xkeysib-0",
    ),
    (
        "telegram-token",
        "«123456789:~AAabcdefghijklmnopqrstuvwxyz0123456»",
        "at 10:AA",
    ),
    (
        "discord-webhook",
        "https://discord.com/api/webhooks/«123456789012345678/~0123456789abcdefghij0123456789abcdefghij0123456789abcdefghijABCDEFGH»",
        "https://discord.com/api/webhooks/docs",
    ),
    (
        "discord-token",
        "«MTIzNDU2Nzg5MDEyMzQ1Njc4.~GabcDE.0123456789abcdefghijABCDEFG»",
        "Mr. Smith. Hello",
    ),
    (
        "shopify-token",
        "«shpat_~0123456789abcdef0123456789abcdef»",
        "shpat_0123",
    ),
    (
        "digitalocean-token",
        "«dop_v1_~0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
        "dop_v1_0",
    ),
    (
        "heroku-key",
        "«HRKU-~01234567-89ab-cdef-0123-456789abcdef»",
        "HRKU-01",
    ),
    (
        "linear-key",
        "«lin_api_~0123456789abcdefghij0123456789abcdefghij»",
        "lin_api_doc",
    ),
    (
        "notion-token",
        "«ntn_~0123456789abcdefghij0123456789abcdefghijABCDEF»",
        "ntn_short",
    ),
    (
        "figma-token",
        "«figd_~0123456789abcdefghij0123456789abcdefghij»",
        "figd_short",
    ),
    (
        "databricks-token",
        "«dapi~0123456789abcdef0123456789abcdef»",
        "dapi0123",
    ),
    (
        "grafana-token",
        "«glsa_~0123456789abcdefghijABCDEFGHIJKL_01234567»",
        "glsa_short",
    ),
    (
        "newrelic-key",
        "«NRAK-~0123456789ABCDEFGHIJ0123456»",
        "NRAK-0",
    ),
    (
        "sentry-token",
        "«sntrys_~0123456789abcdefghij0123456789abcdefghij»",
        "sntrys_0",
    ),
    (
        "vault-token",
        "«hvs.~0123456789abcdefghijABCD»",
        "hvs.short",
    ),
    (
        "terraform-token",
        "«0123456789abcd.~atlasv1.0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij»",
        "x.atlasv1.y",
    ),
    (
        "pulumi-token",
        "«pul-~0123456789abcdef0123456789abcdef01234567»",
        "pul-0123",
    ),
    (
        "postman-key",
        "«PMAK-~0123456789abcdef01234567-0123456789abcdef0123456789abcdef01»",
        "PMAK-0",
    ),
    (
        "square-token",
        "«sq0atp~-0123456789abcdefghijAB»",
        "sq0atp-0",
    ),
    (
        "tailscale-key",
        "«tskey-~auth-k0123456789CNTRL-0123456789abcdefghijABCDEF»",
        "tskey-auth",
    ),
    (
        "cloudflare-origin-key",
        "«v1.0-~0123456789abcdef01234567-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01»",
        "v1.0-0123 is a tag",
    ),
    (
        "dropbox-token",
        "«sl.~B0123456789abcdefghij0123456789abcdefghij0123456789abcdefghij0»",
        "sl.short",
    ),
    (
        "airtable-token",
        "«pat~0123456789abcd.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
        "pattern.0123",
    ),
    (
        "facebook-token",
        "«EAA~B0123456789abcdefghij0123456789abcdefghij0123456789abcdefghijAB»",
        "EAAB0123",
    ),
    (
        "bitcoin-key",
        "«5Kb8kLf9zgWQnogidDA76~MzPL6TsZZY36hWXMssSzNydYXYB9KF»",
        "5 Knights and 5 Jacks",
    ),
    (
        "ethereum-key",
        "private key «0x~0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
        "private 0x0123",
    ),
    (
        "jwt",
        "«eyJhbGciOiJIUzI1NiJ9.~eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P»",
        "eyJhbGci.only.two",
    ),
    (
        "bearer",
        "Bearer «0123456789abcdefABCDEF~»",
        "the bearer of good news",
    ),
    (
        "basic-auth",
        "Authorization: Basic «dXNlcjpwYXNz~d29yZA==»",
        "a basic example",
    ),
    (
        "authorization",
        "X-Api-Key: «hello-~world-1234»",
        "authorization: none",
    ),
    (
        "cookie",
        "Set-Cookie: «sid=31d4d96e407aad42; ~Path=/»",
        "bake a cookie for me",
    ),
    (
        "url-password",
        "postgres://me:«hunter2~»@db.example/x",
        "https://example.com:8080/@me",
    ),
    (
        "url-password",
        "https://«0123456789abcdefghij~ABCD»@git.example/x.git",
        "https://someone@git.example/x.git",
    ),
    (
        "password",
        "curl -u me:«hunter2~x» https://x.example",
        "docker run -u 1000:1000 image",
    ),
    (
        "secret",
        "password=«hunter2~»",
        "the password field = required",
    ),
    ("secret", "API_KEY: '«abc~def123»'", "the key: see below"),
    (
        "secret",
        "login --password «hunter2~»",
        "login --password-file",
    ),
    (
        "password",
        "my password is «hunter2~ and a cat»",
        "the password is wrong",
    ),
    (
        "password",
        "the password for the router is «swordfish~»",
        "what is my password",
    ),
    (
        "pin",
        "my pin is «one two three four~»",
        "the pin is on the map",
    ),
    ("pin", "verification code: «123456~»", "area code 030"),
    (
        "iban",
        "pay «DE89 3704 0044 ~0532 0130 00» now",
        "pay DE89 3704 0044 0532 0130 03 now",
    ),
    (
        "card",
        "card «4111 1111 ~1111 1111» thanks",
        "card 4111 1111 1111 1112 thanks",
    ),
    ("card", "«3782822463~10005»", "call 0049 30 1234567890"),
    ("national-id", "it is «078-05-~1120»", "it is 000-05-1120"),
];

fn clean(text: &str) -> String {
    // The secret of one kind has this mark in it.
    text.replace("Q~~", "Q\u{1}")
        .replace('~', "")
        .replace('\u{1}', "~")
}

fn redactor() -> Redactor {
    Redactor::new(b"the installation's secret")
}

#[test]
fn each_kind_is_found_and_what_is_close_is_not() {
    let redactor = redactor();
    let mut wrong = Vec::new();
    for (kind, with, without) in TABLE {
        let with = clean(with);
        let (before, rest) = with.split_once('«').unwrap();
        let (secret, after) = rest.split_once('»').unwrap();
        let expected = format!("{before}{}{after}", redactor.mark(kind, secret));
        let found = redactor
            .text(&format!("{before}{secret}{after}"))
            .into_owned();
        if found != expected {
            wrong.push(format!("{kind}: {found:?} and not {expected:?}"));
        }
        let without = if *kind == "azure-client-secret" {
            (*without).to_owned()
        } else {
            clean(without)
        };
        let found = redactor.text(&without);
        if found != without {
            wrong.push(format!("{kind}: {without:?} became {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_kind_and_there_are_many() {
    let tried: BTreeSet<_> = TABLE.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds().into_iter().collect::<BTreeSet<_>>(), tried);
    assert!(tried.len() >= 70, "{}", tried.len());
    assert!(compiled().is_some());
}

#[test]
fn secrets_stay_secret_within_other_text_and_beside_each_other() {
    let redactor = redactor();
    for (_, with, _) in TABLE {
        let with = clean(with);
        let text = with.replace(['«', '»'], "");
        let secret = with.split_once('«').unwrap().1.split_once('»').unwrap().0;
        let twice = format!("ünïcode “{text}\n{text}” end");
        let found = redactor.text(&twice);
        assert!(!found.contains(secret), "{found}");
    }
}

#[test]
fn the_fingerprint_is_the_same_here_and_another_elsewhere() {
    let text = "password=hunter22";
    let here = redactor().text(text).into_owned();
    assert_eq!(here, redactor().text(text));
    assert_ne!(here, Redactor::new(b"another").text(text));
    assert_eq!(here.len(), "password=[secret:00000000]".len());
    assert_eq!(
        redactor().text(&here),
        here,
        "what was redacted stays as it is"
    );
}

#[test]
fn ordinary_requests_are_left_alone() {
    let redactor = redactor();
    for text in [
        "what time is it in Tokyo",
        "set a timer for 12 minutes and 30 seconds",
        "what is 4111 times 1111",
        "call 0170 1234567",
        "remind me tomorrow at 10:30 to renew the api key",
        "generate a strong password",
        "is my password safe",
        "how many tokens does this model take",
        "open https://example.com/path?id=12345678901234567890",
        "write a program that prints the first 20 primes",
        "my secret santa is on friday",
        "set the key of the song to c minor",
        "meet me at the bearer street 12",
        "commit 3f2a9c01d4e5b6a7c8d9e0f1a2b3c4d5e6f7a8b9",
        "the uuid is 123e4567-e89b-12d3-a456-426614174000",
        "2026-11-26T15:21:12.123456Z",
    ] {
        assert_eq!(redactor.text(text), text);
    }
}

#[test]
fn values_are_walked_and_keys_tell() {
    let redactor = redactor();
    let mark = |kind, text| redactor.mark(kind, text);
    let value = redactor.value(json!({
        "city": "Berlin",
        "api_key": "plain words",
        "Login": {"User-Password": "x y", "nested": {"list": ["my password is swordfish", 7, true, null]}},
        "credentials": {"user": "me", "pin": 1234, "ok": true},
        "max_tokens": 100,
        "number": 4_111_111_111_111_111_u64,
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH": 1,
    }));
    assert_eq!(
        value,
        json!({
            "city": "Berlin",
            "api_key": mark("api-key", "plain words"),
            "Login": {
                "User-Password": mark("password", "x y"),
                "nested": {"list": [
                    format!("my password is {}", mark("password", "swordfish")), 7, true, null
                ]},
            },
            "credentials": {"user": mark("secret", "me"), "pin": mark("password", "1234"), "ok": true},
            "max_tokens": 100,
            "number": mark("card", "4111111111111111"),
            mark("huggingface-token", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"): 1,
        })
    );
}

#[test]
fn nobody_can_print_the_secret() {
    assert_eq!(format!("{:?}", Redactor::new(b"s3cret")), "Redactor");
}

proptest! {
    #[test]
    fn any_text_is_taken_and_is_the_same_the_second_time(text: String) {
        let redactor = redactor();
        let once = redactor.text(&text).into_owned();
        prop_assert_eq!(redactor.text(&once).into_owned(), once);
    }

    #[test]
    fn a_key_is_found_wherever_it_stands(before in "[ a-zäöü\\n\"'=:,(]{0,30}", after in "[ \\n\"',;)]{1}.{0,30}") {
        let secret = clean("ghp_~0123456789abcdefghijklmnopqrstuvwxyz");
        let separated = format!("{before} {secret}{after}");
        prop_assert!(!redactor().text(&separated).contains(&secret));
    }
}
