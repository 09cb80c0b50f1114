/// The demo's SQLite database: a music store of 200,000 rows with the awkward things that real ones have.
///
/// Composite and textual keys, a table that refers to itself, money as NUMERIC(10,2), instants as text and as
/// milliseconds, booleans as 0 and 1, NULL beside the empty string, blobs, a table without rowid, a table that is
/// empty but whose AUTOINCREMENT is not at 1, partial and descending indexes, names in mixed case and reserved words.
enum DemoDatabase {
    /// How many rows each table gets.
    enum Count {
        static let artists = 2_500
        static let albums = 7_500
        static let tracks = 45_000
        static let playlists = 125
        static let playlistTracks = 40_000
        static let employees = 60
        static let customers = 6_000
        static let invoices = 20_000
        static let invoiceLines = 58_000
        static let playEvents = 18_885
        static let settings = 400
        static let covers = 300
        static let orders = 1_200
    }

    static let schema = """
        CREATE TABLE artist (
            artist_id INTEGER PRIMARY KEY AUTOINCREMENT,
            name NVARCHAR(120) NOT NULL,
            biography TEXT
        );
        CREATE TABLE album (
            album_id INTEGER PRIMARY KEY,
            title NVARCHAR(160) NOT NULL,
            artist_id INTEGER NOT NULL REFERENCES artist (artist_id) ON DELETE CASCADE,
            released DATE
        );
        CREATE INDEX album_by_artist ON album (artist_id);
        CREATE TABLE media_type (media_type_id INTEGER PRIMARY KEY, name NVARCHAR(120));
        CREATE TABLE genre (genre_id INTEGER PRIMARY KEY, name NVARCHAR(120) UNIQUE);
        CREATE TABLE track (
            track_id INTEGER PRIMARY KEY,
            name NVARCHAR(200) NOT NULL,
            album_id INTEGER REFERENCES album (album_id),
            media_type_id INTEGER NOT NULL REFERENCES media_type (media_type_id),
            genre_id INTEGER REFERENCES genre (genre_id),
            composer NVARCHAR(220),
            milliseconds INTEGER NOT NULL,
            bytes BIGINT,
            unit_price NUMERIC(10,2) NOT NULL,
            gain REAL
        );
        CREATE INDEX track_by_album ON track (album_id, name DESC);
        CREATE INDEX track_long ON track (milliseconds DESC) WHERE milliseconds > 600000;
        CREATE TABLE playlist (playlist_id INTEGER PRIMARY KEY, name NVARCHAR(120));
        CREATE TABLE playlist_track (
            playlist_id INTEGER NOT NULL REFERENCES playlist (playlist_id),
            track_id INTEGER NOT NULL REFERENCES track (track_id),
            PRIMARY KEY (playlist_id, track_id)
        );
        CREATE TABLE employee (
            employee_id INTEGER PRIMARY KEY,
            name NVARCHAR(60) NOT NULL,
            reports_to INTEGER REFERENCES employee (employee_id),
            birth_date DATETIME,
            hired DATETIME NOT NULL
        );
        CREATE TABLE customer (
            customer_id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            email VARCHAR(255) NOT NULL UNIQUE,
            city TEXT,
            country TEXT,
            is_active BOOLEAN NOT NULL DEFAULT 1,
            support_rep INTEGER REFERENCES employee (employee_id) ON DELETE SET NULL,
            notes TEXT,
            created_at DATETIME NOT NULL
        );
        CREATE INDEX customer_active ON customer (country, name) WHERE is_active = 1;
        CREATE TABLE invoice (
            invoice_id INTEGER PRIMARY KEY AUTOINCREMENT,
            customer_id TEXT NOT NULL REFERENCES customer (customer_id),
            invoice_date DATETIME NOT NULL,
            total NUMERIC(10,2) NOT NULL DEFAULT 0
        );
        CREATE INDEX invoice_newest ON invoice (invoice_date DESC);
        CREATE TABLE invoice_line (
            invoice_id INTEGER NOT NULL REFERENCES invoice (invoice_id),
            line_number SMALLINT NOT NULL,
            track_id INTEGER NOT NULL REFERENCES track (track_id),
            unit_price NUMERIC(10,2) NOT NULL,
            quantity INTEGER NOT NULL,
            PRIMARY KEY (invoice_id, line_number)
        );
        CREATE TABLE play_event (
            id INTEGER PRIMARY KEY,
            customer_id TEXT REFERENCES customer (customer_id),
            track_id INTEGER NOT NULL REFERENCES track (track_id),
            played_at DATETIME NOT NULL,
            seconds DOUBLE,
            client JSON
        );
        CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
        CREATE TABLE cover (album_id INTEGER PRIMARY KEY REFERENCES album (album_id), image BLOB, thumbnail BLOB);
        CREATE TABLE "Order" (
            "orderID" INTEGER PRIMARY KEY,
            "select" TEXT,
            "User Name" TEXT,
            "group" INTEGER,
            "from" DATETIME,
            "isPaid" BOOLEAN
        );
        CREATE INDEX "Order by user" ON "Order" ("User Name", "select");
        CREATE TABLE import_batch (id INTEGER PRIMARY KEY AUTOINCREMENT, started DATETIME, rows_read INTEGER);
        """

    /// Makes the file; it is the same every time.
    /// - Returns: how many rows it has.
    static func write(to path: String) throws(CommandError) -> Int {
        let writer = try SQLiteWriter(path: path)
        try writer.execute(schema)
        var random = DemoRandom(seed: 2026)
        var rows = 0
        rows += try DemoCatalogue.write(writer, &random)
        rows += try DemoBusiness.write(writer, &random)
        rows += try DemoCurios.write(writer, &random)
        try writer.finish()
        return rows
    }
}
