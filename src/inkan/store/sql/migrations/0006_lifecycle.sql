CREATE TABLE trash_manifests (
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
  annotations {text} NOT NULL,
  deleted_at {integer} NOT NULL,
  deleted_by {text} NOT NULL,
  PRIMARY KEY (repository, digest)
);

CREATE INDEX trash_manifests_by_namespace ON trash_manifests (namespace);

CREATE INDEX trash_manifests_by_age ON trash_manifests (deleted_at);

CREATE TABLE trash_blobs (
  repository {text} NOT NULL,
  manifest {text} NOT NULL,
  blob {text} NOT NULL REFERENCES blobs (digest),
  PRIMARY KEY (repository, manifest, blob),
  FOREIGN KEY (repository, manifest) REFERENCES trash_manifests (repository, digest)
);

CREATE INDEX trash_blobs_by_blob ON trash_blobs (blob);

CREATE TABLE trash_children (
  repository {text} NOT NULL,
  parent {text} NOT NULL,
  child {text} NOT NULL,
  PRIMARY KEY (repository, parent, child),
  FOREIGN KEY (repository, parent) REFERENCES trash_manifests (repository, digest)
);

CREATE TABLE trash_tags (
  repository {text} NOT NULL,
  manifest {text} NOT NULL,
  name {text} NOT NULL,
  PRIMARY KEY (repository, manifest, name),
  FOREIGN KEY (repository, manifest) REFERENCES trash_manifests (repository, digest)
);

CREATE INDEX trash_tags_by_name ON trash_tags (repository, name);

CREATE TABLE immutable_tags (
  namespace {text} NOT NULL,
  pattern {text} NOT NULL,
  PRIMARY KEY (namespace, pattern)
);

CREATE TABLE retention_policies (
  namespace {text} PRIMARY KEY,
  images_per_repository {integer} NOT NULL,
  threshold_days {integer} NOT NULL,
  keeps_untagged {integer} NOT NULL
);

CREATE TABLE quotas (
  namespace {text} PRIMARY KEY,
  storage_bytes {integer},
  traffic_bytes {integer}
);

CREATE TABLE traffic (
  month {text} NOT NULL,
  namespace {text} NOT NULL,
  bytes {integer} NOT NULL,
  PRIMARY KEY (month, namespace)
);

ALTER TABLE garbage_links ADD COLUMN was_named {integer} NOT NULL DEFAULT 0;
