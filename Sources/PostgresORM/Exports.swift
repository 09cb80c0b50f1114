// The driver's types stand in every model and every call: `import PostgresORM` is enough.
@_exported public import Postgres
