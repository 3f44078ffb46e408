CREATE TABLE exemptions (
  scope {text} NOT NULL,
  issue_type {text} NOT NULL,
  issue_id {text} NOT NULL,
  namespace {text} NOT NULL,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL,
  PRIMARY KEY (scope, issue_type, issue_id)
);

CREATE INDEX exemptions_by_namespace ON exemptions (namespace);
