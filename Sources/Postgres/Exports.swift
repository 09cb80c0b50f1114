// One import gives users the driver, the value types and the errors.
@_exported public import PostgresTypes
@_exported public import PostgresWire
