//! What secrets look like. Where two match, the one that stands first names the secret.

use super::checks;

/// One kind of secret.
pub(super) struct Rule {
    /// Its name, which stands in its place.
    pub(super) kind: &'static str,
    /// One of these has to be in the text, in any case; none means digits.
    pub(super) literals: &'static [&'static str],
    /// What it looks like; the group `secret`, if there is one, is the secret.
    pub(super) pattern: &'static str,
    /// What else has to hold for it.
    pub(super) check: Option<fn(&str) -> bool>,
}

const fn rule(
    kind: &'static str,
    literals: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule {
        kind,
        literals,
        pattern,
        check: None,
    }
}

const fn checked(
    kind: &'static str,
    literals: &'static [&'static str],
    pattern: &'static str,
    check: fn(&str) -> bool,
) -> Rule {
    Rule {
        kind,
        literals,
        pattern,
        check: Some(check),
    }
}

/// All of them: blocks, then what providers give out, then what only its surroundings tell.
#[rustfmt::skip]
pub(super) const RULES: [Rule; 85] = [
    rule("ssh-private-key", &["openssh private key"], r"(?s)-----BEGIN OPENSSH PRIVATE KEY-----.*?(?:-----END OPENSSH PRIVATE KEY-----|\z)"),
    rule("pgp-private-key", &["pgp private key"], r"(?s)-----BEGIN PGP PRIVATE KEY BLOCK-----.*?(?:-----END PGP PRIVATE KEY BLOCK-----|\z)"),
    rule("private-key", &["private key-----"], r"(?s)-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----.*?(?:-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----|\z)"),
    rule("putty-private-key", &["private-lines:"], r"(?s)Private-Lines: \d+\s(?P<secret>.*?)(?:Private-MAC:|\z)"),
    rule("age-key", &["age-secret-key-"], r"(?i)\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
    rule("otp-uri", &["otpauth://"], r"(?i)\botpauth://[^\s\x22']*secret=(?P<secret>[A-Z2-7=]{8,})"),

    checked("fame-key", &["fame_"], r"\bfame_[A-Za-z0-9_.\-]{20,}", checks::random),
    rule("aws-access-key", &["akia", "asia", "abia", "acca"], r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    rule("aws-secret-key", &["aws"], r#"(?i)aws.{0,20}?(?:secret|key).{0,20}?[=:\s'"]+(?P<secret>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|\z)"#),
    rule("google-api-key", &["aiza"], r"\bAIza[0-9A-Za-z_\-]{35}"),
    rule("google-oauth-token", &["ya29."], r"\bya29\.[0-9A-Za-z_\-]{20,}"),
    rule("google-client-secret", &["gocspx-"], r"\bGOCSPX-[A-Za-z0-9_\-]{28}"),
    rule("gcp-key-id", &["private_key_id"], r#""private_key_id"\s*:\s*"(?P<secret>[0-9a-f]{40})""#),
    rule("azure-storage-key", &["accountkey="], r"(?i)AccountKey=(?P<secret>[A-Za-z0-9+/]{60,}={0,2})"),
    rule("azure-client-secret", &["q~"], r"\b[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}"),
    rule("azure-sas", &["sig="], r"(?i)[?&]sig=(?P<secret>[A-Za-z0-9%+/]{40,}(?:%3D|=)?)"),
    rule("github-fine-grained", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    rule("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    rule("gitlab-token", &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-"], r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_\-.]{20,}"),
    rule("bitbucket-token", &["atbb"], r"\bATBB[A-Za-z0-9]{32}\b"),
    rule("atlassian-token", &["atatt3"], r"\bATATT3[A-Za-z0-9_\-=]{50,}"),
    rule("slack-token", &["xoxa-", "xoxb-", "xoxp-", "xoxo-", "xoxs-", "xoxr-", "xoxe-", "xoxe.", "xoxc-", "xoxd-"], r"\bxox[abposrecd][.-][A-Za-z0-9%.\-]{10,}"),
    rule("slack-app-token", &["xapp-"], r"\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{40,}"),
    rule("slack-webhook", &["hooks.slack.com"], r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/+]{30,})"),
    rule("stripe-key", &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"], r"\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,}"),
    rule("webhook-secret", &["whsec_"], r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    rule("anthropic-key", &["sk-ant-"], r"\bsk-ant-[a-z]{2,10}[0-9]{2}-[A-Za-z0-9_\-]{20,}"),
    rule("openrouter-key", &["sk-or-"], r"\bsk-or-v\d-[a-f0-9]{64}\b"),
    rule("openai-key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-"], r"\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{32,64}\b)"),
    rule("groq-key", &["gsk_"], r"\bgsk_[A-Za-z0-9]{52}\b"),
    rule("xai-key", &["xai-"], r"\bxai-[A-Za-z0-9]{70,}"),
    rule("perplexity-key", &["pplx-"], r"\bpplx-[A-Za-z0-9]{40,}"),
    rule("replicate-token", &["r8_"], r"\br8_[A-Za-z0-9]{37}\b"),
    rule("huggingface-token", &["hf_", "api_org_"], r"\b(?:hf_|api_org_)[A-Za-z0-9]{34,}\b"),
    rule("npm-token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    rule("pypi-token", &["pypi-age"], r"\bpypi-AgE[A-Za-z0-9_\-]{50,}"),
    rule("rubygems-key", &["rubygems_"], r"\brubygems_[a-f0-9]{48}\b"),
    checked("crates-token", &["cio"], r"\bcio[A-Za-z0-9]{32}\b", checks::mixed),
    rule("nuget-key", &["oy2"], r"\boy2[a-z0-9]{43}\b"),
    rule("docker-token", &["dckr_pat_", "dckr_oat_"], r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{27,}"),
    checked("twilio-key", &["sk", "ac"], r"\b(?:SK|AC)[0-9a-f]{32}\b", checks::mixed),
    rule("sendgrid-key", &["sg."], r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"),
    rule("mailgun-key", &["key-"], r"\bkey-[0-9a-f]{32}\b"),
    rule("mailchimp-key", &["-us"], r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    rule("brevo-key", &["xkeysib-"], r"\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}\b"),
    rule("telegram-token", &[":aa"], r"\b[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}"),
    rule("discord-webhook", &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/(?P<secret>[0-9]+/[A-Za-z0-9_\-]{60,})"),
    rule("discord-token", &["."], r"\b[MNO][A-Za-z0-9_\-]{23,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,}"),
    rule("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}\b"),
    rule("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    rule("heroku-key", &["hrku-"], r"\bHRKU-[A-Za-z0-9_\-]{30,}"),
    rule("linear-key", &["lin_api_", "lin_oauth_"], r"\blin_(?:api|oauth)_[A-Za-z0-9]{40,}"),
    rule("notion-token", &["ntn_", "secret_"], r"\b(?:ntn|secret)_[A-Za-z0-9]{43,}"),
    rule("figma-token", &["figd_"], r"\bfigd_[A-Za-z0-9_\-]{40}"),
    rule("databricks-token", &["dapi"], r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    rule("grafana-token", &["glsa_", "glc_"], r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{32,}"),
    rule("newrelic-key", &["nrak-"], r"\bNRAK-[A-Z0-9]{27}\b"),
    rule("sentry-token", &["sntrys_", "sntryu_"], r"\bsntry[su]_[A-Za-z0-9+/=_\-]{40,}"),
    rule("vault-token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_\-]{24,}"),
    rule("terraform-token", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,}"),
    rule("pulumi-token", &["pul-"], r"\bpul-[a-f0-9]{40}\b"),
    rule("postman-key", &["pmak-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    rule("square-token", &["eaaa", "sq0"], r"\b(?:EAAA[A-Za-z0-9_\-]{60}|sq0[a-z]{3}-[A-Za-z0-9_\-]{22,43})"),
    rule("tailscale-key", &["tskey-"], r"\btskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}"),
    rule("cloudflare-origin-key", &["v1.0-"], r"\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b"),
    rule("dropbox-token", &["sl."], r"\bsl\.[A-Za-z0-9_\-]{60,}"),
    rule("airtable-token", &["pat"], r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b"),
    rule("facebook-token", &["eaa"], r"\bEAA[A-Za-z0-9]{60,}"),
    checked("bitcoin-key", &["5", "k", "l"], r"\b(?:5[HJK][1-9A-HJ-NP-Za-km-z]{49}|[KL][1-9A-HJ-NP-Za-km-z]{51})\b", checks::mixed),
    rule("ethereum-key", &["private"], r"(?i)private.{0,20}?(?P<secret>\b(?:0x)?[0-9a-f]{64})\b"),
    rule("jwt", &["eyj"], r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]{8,}"),

    rule("bearer", &["bearer"], r#"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/\-]{16,}=*)"#),
    rule("basic-auth", &["basic"], r"(?i)\bauthorization:?\s*['\x22]?basic\s+(?P<secret>[A-Za-z0-9+/]{8,}={0,2})"),
    rule("authorization", &["authorization:", "x-api-key:", "x-auth-token:"], r"(?i)\b(?:proxy-)?(?:authorization|x-api-key|x-auth-token):\s*(?:(?:token|digest|apikey|negotiate|basic|bearer)\s+)?(?P<secret>[^\s,;'\x22]{8,})"),
    rule("cookie", &["cookie:"], r"(?im)\b(?:set-)?cookie:[ \t]*(?P<secret>[^\r\n]+)"),
    checked("url-password", &["://"], r"(?i)\b[a-z][a-z0-9+.\-]{1,20}://[^\s/?#:@]*:(?P<secret>[^\s/?#@]+)@", checks::userinfo),
    checked("url-password", &["://"], r"(?i)\b(?:https?|git|ssh)://(?P<secret>[A-Za-z0-9_\-]{20,})@", checks::mixed),
    checked("password", &["-u ", "--user "], r"(?:\s|^)(?:-u|--user)\s+[^\s:]+:(?P<secret>[^\s'\x22]{3,})", checks::login),
    checked("secret", &["password", "passwd", "pwd", "secret", "token", "key", "passphrase", "credential"], r#"(?i)(?:password|passwd|passphrase|pwd|secret|token|credentials?|(?:api|access|private|signing|encryption|auth|account|secret|master)[_.\- ]?key)["']?\s{0,3}(?::=|=>|=|:)\s{0,3}["'`]?(?P<secret>[^\s"'`,;&\\]{4,})"#, checks::assigned),
    checked("secret", &["--"], r#"(?i)--(?:password|passwd|token|secret|api-?key|access-?key|passphrase)\s+["']?(?P<secret>[^\s"']{4,})"#, checks::assigned),
    checked("password", &["password", "passphrase", "passcode", "pass phrase", "pass word", "seed phrase", "recovery phrase"], r"(?i)\b(?:password|pass ?phrase|pass ?code|pass word|seed phrase|recovery phrase)(?:\s+(?:for|to|of|on)\s+(?:\S+\s+){1,4}?)?\s*(?:is|are|was|equals|to be)\s+(?P<secret>[^.,;!?\r\n]{3,200})", checks::spoken),
    rule("pin", &["pin", "code", "cvv", "cvc"], r"(?i)\b(?:pin|pin ?code|pin number|security code|verification code|access code|one[- ]time code|otp|cvv|cvc)\s*(?:is|are|=|:)\s*(?P<secret>(?:[0-9][ \-]?){3,10}|(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b[ ,\-]{0,2}){3,12})"),
    checked("iban", &[], r"(?i)\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", checks::iban),
    checked("card", &[], r"\b(?:[0-9][ \-]?){12,18}[0-9]\b", checks::card),
    checked("national-id", &[], r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", checks::social_security),
];
