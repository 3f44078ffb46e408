CREATE TABLE namespaces (
  name {text} PRIMARY KEY,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL
);

CREATE TABLE accounts (
  name {text} PRIMARY KEY,
  password_hash {text} NOT NULL,
  is_admin {integer} NOT NULL,
  is_disabled {integer} NOT NULL,
  created_at {integer} NOT NULL
);

CREATE TABLE blobs (
  digest {text} PRIMARY KEY,
  size_bytes {integer} NOT NULL,
  storage_key {text} NOT NULL UNIQUE
);

CREATE TABLE repository_blobs (
  repository {text} NOT NULL,
  digest {text} NOT NULL REFERENCES blobs (digest),
  namespace {text} NOT NULL,
  PRIMARY KEY (repository, digest)
);

CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);

CREATE INDEX repository_blobs_by_namespace ON repository_blobs (namespace);

CREATE TABLE manifests (
  repository {text} NOT NULL,
  digest {text} NOT NULL,
  namespace {text} NOT NULL,
  media_type {text} NOT NULL,
  artifact_type {text} NOT NULL,
  subject {text},
  image_bytes {integer} NOT NULL,
  payload {bytes} NOT NULL,
  pushed_by {text} NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (repository, digest)
);

CREATE INDEX manifests_by_namespace ON manifests (namespace);

CREATE INDEX manifests_by_subject ON manifests (repository, subject);

CREATE TABLE manifest_blobs (
  repository {text} NOT NULL,
  manifest {text} NOT NULL,
  blob {text} NOT NULL,
  PRIMARY KEY (repository, manifest, blob),
  FOREIGN KEY (repository, manifest) REFERENCES manifests (repository, digest),
  FOREIGN KEY (repository, blob) REFERENCES repository_blobs (repository, digest)
);

CREATE INDEX manifest_blobs_by_blob ON manifest_blobs (repository, blob);

CREATE TABLE manifest_children (
  repository {text} NOT NULL,
  parent {text} NOT NULL,
  child {text} NOT NULL,
  PRIMARY KEY (repository, parent, child),
  FOREIGN KEY (repository, parent) REFERENCES manifests (repository, digest)
);

CREATE INDEX manifest_children_by_child ON manifest_children (repository, child);

CREATE TABLE tags (
  repository {text} NOT NULL,
  name {text} NOT NULL,
  namespace {text} NOT NULL,
  digest {text} NOT NULL,
  updated_at {integer} NOT NULL,
  PRIMARY KEY (repository, name),
  FOREIGN KEY (repository, digest) REFERENCES manifests (repository, digest)
);

CREATE INDEX tags_by_namespace ON tags (namespace, repository, name);

CREATE INDEX tags_by_digest ON tags (repository, digest);

CREATE TABLE uploads (
  id {text} PRIMARY KEY,
  repository {text} NOT NULL,
  account {text} NOT NULL,
  offset_bytes {integer} NOT NULL,
  sha256 {text},
  updated_at {integer} NOT NULL
);

CREATE INDEX uploads_by_age ON uploads (updated_at);

CREATE TABLE trust_files (
  gun {text} NOT NULL,
  role {text} NOT NULL,
  version {integer} NOT NULL,
  repository {text} NOT NULL,
  namespace {text} NOT NULL,
  sha256 {text} NOT NULL,
  payload {bytes} NOT NULL,
  expires_at {integer} NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (gun, role, version)
);

CREATE INDEX trust_files_by_checksum ON trust_files (gun, role, sha256);

CREATE INDEX trust_files_by_repository ON trust_files (namespace, repository, gun);

CREATE INDEX trust_files_by_expiry ON trust_files (role, expires_at);

CREATE TABLE online_keys (
  gun {text} NOT NULL,
  role {text} NOT NULL,
  key_id {text} NOT NULL,
  public {bytes} NOT NULL,
  sealed {bytes} NOT NULL,
  created_at {integer} NOT NULL,
  PRIMARY KEY (gun, role, key_id)
);

CREATE TABLE token_keys (
  key_id {text} PRIMARY KEY,
  sealed {bytes} NOT NULL,
  created_at {integer} NOT NULL
);
