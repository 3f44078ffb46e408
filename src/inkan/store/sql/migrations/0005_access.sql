ALTER TABLE namespaces ADD COLUMN is_public {integer} NOT NULL DEFAULT 0;

ALTER TABLE accounts ADD COLUMN kind {text} NOT NULL DEFAULT 'person';

ALTER TABLE accounts ADD COLUMN display_name {text} NOT NULL DEFAULT '';

ALTER TABLE accounts ADD COLUMN email {text} NOT NULL DEFAULT '';

ALTER TABLE accounts ADD COLUMN issuer {text};

ALTER TABLE accounts ADD COLUMN subject {text};

CREATE UNIQUE INDEX accounts_by_identity ON accounts (issuer, subject);

CREATE TABLE api_keys (
  id {text} PRIMARY KEY,
  account {text} NOT NULL,
  name {text} NOT NULL,
  secret_sha256 {text} NOT NULL,
  created_at {integer} NOT NULL,
  expires_at {integer},
  last_used_at {integer},
  revoked_at {integer},
  roles {text} NOT NULL,
  namespaces {text} NOT NULL
);

CREATE INDEX api_keys_by_account ON api_keys (account, created_at);

CREATE TABLE account_groups (
  name {text} PRIMARY KEY,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL
);

CREATE TABLE group_members (
  group_name {text} NOT NULL REFERENCES account_groups (name),
  account {text} NOT NULL,
  source {text} NOT NULL,
  PRIMARY KEY (group_name, account, source)
);

CREATE INDEX group_members_by_account ON group_members (account);

CREATE TABLE policies (
  subject_kind {text} NOT NULL,
  subject {text} NOT NULL,
  role {text} NOT NULL,
  namespace {text} NOT NULL,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL,
  PRIMARY KEY (subject_kind, subject, role, namespace)
);

CREATE INDEX policies_by_namespace ON policies (namespace);

CREATE TABLE refresh_tokens (
  sha256 {text} PRIMARY KEY,
  family {text} NOT NULL,
  account {text} NOT NULL,
  created_at {integer} NOT NULL,
  expires_at {integer} NOT NULL,
  replaced_at {integer},
  revoked_at {integer}
);

CREATE INDEX refresh_tokens_by_account ON refresh_tokens (account);

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);

CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE audit_events (
  id {identity},
  at {integer} NOT NULL,
  act {text} NOT NULL,
  account {text} NOT NULL,
  address {text} NOT NULL,
  namespace {text} NOT NULL,
  target {text} NOT NULL,
  outcome {text} NOT NULL,
  times {integer} NOT NULL,
  detail {text} NOT NULL
);

CREATE INDEX audit_events_by_time ON audit_events (at);

CREATE INDEX audit_events_by_account ON audit_events (account, at);

CREATE INDEX audit_events_by_namespace ON audit_events (namespace, at);

CREATE INDEX trust_events_by_time ON trust_events (at);
