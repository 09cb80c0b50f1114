/// The names of libpq 18's connection parameters (PostgreSQL documentation, "Parameter Key Words").
enum ConnectionKeyword: String, CaseIterable, Sendable {
    case service, servicefile
    case user, password, passfile
    case host, hostaddr, port, dbname
    case options
    case applicationName = "application_name"
    case fallbackApplicationName = "fallback_application_name"
    case clientEncoding = "client_encoding"
    case replication
    case connectTimeout = "connect_timeout"
    case keepalives
    case keepalivesIdle = "keepalives_idle"
    case keepalivesInterval = "keepalives_interval"
    case keepalivesCount = "keepalives_count"
    case tcpUserTimeout = "tcp_user_timeout"
    case targetSessionAttributes = "target_session_attrs"
    case loadBalanceHosts = "load_balance_hosts"
    case sslmode, sslnegotiation, sslrootcert, sslcert, sslkey, sslpassword, sslcrl, sslsni
    case sslcompression, sslcertmode, sslcrldir, sslkeylogfile
    case minimumTLS = "ssl_min_protocol_version"
    case maximumTLS = "ssl_max_protocol_version"
    case minimumProtocol = "min_protocol_version"
    case maximumProtocol = "max_protocol_version"
    case channelBinding = "channel_binding"
    case requireAuthentication = "require_auth"
    case requirepeer
    case gssencmode, krbsrvname, gsslib, gssdelegation
    case scramClientKey = "scram_client_key"
    case scramServerKey = "scram_server_key"
    case oauthIssuer = "oauth_issuer"
    case oauthClientID = "oauth_client_id"
    case oauthClientSecret = "oauth_client_secret"
    case oauthScope = "oauth_scope"

    /// Never shown.
    var isSecret: Bool {
        switch self {
        case .password, .sslpassword, .oauthClientSecret, .scramClientKey, .scramServerKey: true
        default: false
        }
    }

    /// libpq's environment variable ("Environment Variables"); the rest have none.
    var variable: String? {
        switch self {
        case .service: "PGSERVICE"
        case .servicefile: "PGSERVICEFILE"
        case .user: "PGUSER"
        case .password: "PGPASSWORD"
        case .passfile: "PGPASSFILE"
        case .host: "PGHOST"
        case .hostaddr: "PGHOSTADDR"
        case .port: "PGPORT"
        case .dbname: "PGDATABASE"
        case .options: "PGOPTIONS"
        case .applicationName: "PGAPPNAME"
        case .clientEncoding: "PGCLIENTENCODING"
        case .connectTimeout: "PGCONNECT_TIMEOUT"
        case .targetSessionAttributes: "PGTARGETSESSIONATTRS"
        case .loadBalanceHosts: "PGLOADBALANCEHOSTS"
        case .sslmode: "PGSSLMODE"
        case .sslnegotiation: "PGSSLNEGOTIATION"
        case .sslrootcert: "PGSSLROOTCERT"
        case .sslcert: "PGSSLCERT"
        case .sslkey: "PGSSLKEY"
        case .sslcrl: "PGSSLCRL"
        case .sslsni: "PGSSLSNI"
        case .sslcompression: "PGSSLCOMPRESSION"
        case .sslcertmode: "PGSSLCERTMODE"
        case .sslcrldir: "PGSSLCRLDIR"
        case .minimumTLS: "PGSSLMINPROTOCOLVERSION"
        case .maximumTLS: "PGSSLMAXPROTOCOLVERSION"
        case .minimumProtocol: "PGMINPROTOCOLVERSION"
        case .maximumProtocol: "PGMAXPROTOCOLVERSION"
        case .channelBinding: "PGCHANNELBINDING"
        case .requireAuthentication: "PGREQUIREAUTH"
        case .requirepeer: "PGREQUIREPEER"
        case .gssencmode: "PGGSSENCMODE"
        case .krbsrvname: "PGKRBSRVNAME"
        case .gsslib: "PGGSSLIB"
        case .gssdelegation: "PGGSSDELEGATION"
        default: nil
        }
    }

    /// The variables that are settings of the session ("Environment Variables", the second list).
    static let sessionVariables = ["PGDATESTYLE": "DateStyle", "PGTZ": "TimeZone", "PGGEQO": "geqo"]
}
