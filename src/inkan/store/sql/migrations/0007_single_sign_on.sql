CREATE TABLE one_time_codes (
  sha256 {text} NOT NULL,
  kind {text} NOT NULL,
  second_sha256 {text} NOT NULL,
  account {text} NOT NULL,
  detail {text} NOT NULL,
  expires_at {integer} NOT NULL,
  PRIMARY KEY (kind, sha256)
);

CREATE INDEX one_time_codes_by_second ON one_time_codes (kind, second_sha256);

CREATE INDEX one_time_codes_by_end ON one_time_codes (expires_at);

CREATE TABLE trusted_issuers (
  name {text} PRIMARY KEY,
  issuer {text} NOT NULL,
  audience {text} NOT NULL,
  subject {text} NOT NULL,
  claims {text} NOT NULL,
  account {text} NOT NULL,
  roles {text} NOT NULL,
  namespaces {text} NOT NULL,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL
);
