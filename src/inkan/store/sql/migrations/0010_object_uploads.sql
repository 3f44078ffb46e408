CREATE TABLE object_uploads (
  id {text} PRIMARY KEY,
  created_at {integer} NOT NULL,
  owner {text} NOT NULL,
  held_until {integer} NOT NULL
);

CREATE INDEX object_uploads_by_age ON object_uploads (created_at);

CREATE TABLE object_segments (
  storage_key {text} PRIMARY KEY,
  upload {text} NOT NULL,
  start_bytes {integer} NOT NULL,
  size_bytes {integer} NOT NULL,
  object_bytes {integer} NOT NULL,
  noted_at {integer} NOT NULL
);

CREATE INDEX object_segments_by_upload ON object_segments (upload, start_bytes);

CREATE INDEX object_segments_by_age ON object_segments (noted_at);
