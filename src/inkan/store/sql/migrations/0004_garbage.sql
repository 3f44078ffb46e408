CREATE TABLE garbage_links (
  repository {text} NOT NULL,
  digest {text} NOT NULL,
  namespace {text} NOT NULL,
  seen_at {integer} NOT NULL,
  PRIMARY KEY (repository, digest)
);

CREATE INDEX garbage_links_by_age ON garbage_links (seen_at);

CREATE INDEX garbage_links_by_namespace ON garbage_links (namespace);

CREATE TABLE garbage_blobs (
  digest {text} PRIMARY KEY
);

CREATE TABLE garbage_keys (
  storage_key {text} PRIMARY KEY,
  since {integer} NOT NULL
);

CREATE INDEX garbage_keys_by_age ON garbage_keys (since);

INSERT INTO garbage_links (repository, digest, namespace, seen_at)
  SELECT r.repository, r.digest, r.namespace, 0 FROM repository_blobs r
  WHERE NOT EXISTS (SELECT 1 FROM manifest_blobs m WHERE m.repository = r.repository AND m.blob = r.digest);

INSERT INTO garbage_blobs (digest)
  SELECT b.digest FROM blobs b WHERE NOT EXISTS (SELECT 1 FROM repository_blobs r WHERE r.digest = b.digest);
