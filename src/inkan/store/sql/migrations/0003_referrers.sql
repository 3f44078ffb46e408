ALTER TABLE manifests ADD COLUMN annotations {text} NOT NULL DEFAULT '{}';
