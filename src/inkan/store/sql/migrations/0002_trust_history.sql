CREATE TABLE trust_changes (
  id {identity},
  created_at {integer} NOT NULL,
  gun {text} NOT NULL,
  version {integer} NOT NULL,
  sha256 {text} NOT NULL,
  category {text} NOT NULL
);

CREATE INDEX trust_changes_by_gun ON trust_changes (gun, id);

CREATE TABLE trust_events (
  id {identity},
  at {integer} NOT NULL,
  gun {text} NOT NULL,
  namespace {text} NOT NULL,
  act {text} NOT NULL,
  account {text} NOT NULL,
  address {text} NOT NULL,
  is_refused {integer} NOT NULL,
  detail {text} NOT NULL
);

CREATE INDEX trust_events_by_gun ON trust_events (gun, id);

CREATE TABLE trust_archives (
  id {text} PRIMARY KEY,
  gun {text} NOT NULL,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL
);

CREATE INDEX trust_archives_by_gun ON trust_archives (gun, created_at);

CREATE TABLE trust_archived_files (
  archive {text} NOT NULL REFERENCES trust_archives (id),
  gun {text} NOT NULL,
  role {text} NOT NULL,
  version {integer} NOT NULL,
  repository {text} NOT NULL,
  namespace {text} NOT NULL,
  sha256 {text} NOT NULL,
  payload {bytes} NOT NULL,
  expires_at {integer} NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (archive, role, version)
);
