//! Names of keys whose values are secrets.

/// What a name that is lower-case and without separators contains, and the kind that it tells.
const CONTAINED: [(&str, &str); 22] = [
    ("password", "password"),
    ("passwd", "password"),
    ("passphrase", "password"),
    ("passcode", "password"),
    ("secret", "secret"),
    ("apikey", "api-key"),
    ("accesskey", "api-key"),
    ("accountkey", "api-key"),
    ("privatekey", "private-key"),
    ("signingkey", "private-key"),
    ("encryptionkey", "private-key"),
    ("credential", "secret"),
    ("authorization", "authorization"),
    ("cookie", "cookie"),
    ("bearer", "authorization"),
    ("recoverycode", "password"),
    ("seedphrase", "password"),
    ("mnemonic", "password"),
    ("cardnumber", "card"),
    ("connectionstring", "secret"),
    ("socialsecurity", "national-id"),
    ("webhookurl", "webhook"),
];

/// What it ends with.
const ENDING: [(&str, &str); 2] = [("token", "token"), ("pwd", "password")];

/// What it is.
const WHOLE: [(&str, &str); 8] = [
    ("pin", "password"),
    ("otp", "password"),
    ("cvv", "card"),
    ("cvc", "card"),
    ("ssn", "national-id"),
    ("iban", "iban"),
    ("pass", "password"),
    ("auth", "authorization"),
];

/// The kind of secret that stands under `name`, if one does.
pub(super) fn secret(name: &str) -> Option<&'static str> {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let kind = |(_, kind): &(&str, &'static str)| *kind;
    WHOLE
        .iter()
        .find(|(whole, _)| name == *whole)
        .or_else(|| CONTAINED.iter().find(|(part, _)| name.contains(part)))
        .or_else(|| ENDING.iter().find(|(end, _)| name.ends_with(end)))
        .map(kind)
}
