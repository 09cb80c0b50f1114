#include <sqlite3.h>

// Tells SQLite to copy the bytes it is given; a cast that Swift cannot import.
static inline sqlite3_destructor_type egret_sqlite_transient(void) { return SQLITE_TRANSIENT; }
