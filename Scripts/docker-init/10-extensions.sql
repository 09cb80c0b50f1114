-- Runs once, when the container makes its database.
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
