CREATE TABLE webhooks (
  id {text} PRIMARY KEY,
  url {text} NOT NULL,
  namespace {text} NOT NULL,
  events {text} NOT NULL,
  sealed {bytes} NOT NULL,
  created_at {integer} NOT NULL,
  created_by {text} NOT NULL,
  due_at {integer} NOT NULL,
  failures {integer} NOT NULL,
  outcome {text} NOT NULL
);

CREATE INDEX webhooks_by_namespace ON webhooks (namespace);

CREATE TABLE webhook_events (
  id {identity},
  webhook {text} NOT NULL REFERENCES webhooks (id),
  attempts {integer} NOT NULL,
  event {text} NOT NULL
);

CREATE INDEX webhook_events_by_webhook ON webhook_events (webhook, id);
