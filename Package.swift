// swift-tools-version: 6.2
import PackageDescription

/// The same language settings for every target.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A library of the system. Linux keeps its headers where the compiler looks; Homebrew does not, and pkg-config tells
/// where. Asking it on Linux too would be a warning on every machine that lacks it.
func systemLibrary(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    #if os(Linux)
    .systemLibrary(name: name, providers: [.apt([apt])])
    #else
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.brew([brew])])
    #endif
}

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func test(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

let package = Package(
    name: "egret",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Postgres", targets: ["Postgres"]),
        .library(name: "PostgresORM", targets: ["PostgresORM"]),
        .library(name: "PostgresImport", targets: ["PostgresImport"]),
        .library(name: "PostgresTestKit", targets: ["PostgresTestKit"]),
        .executable(name: "egret", targets: ["egret"]),
    ],
    targets: [
        .systemLibrary(name: "CLinuxEvents"),
        systemLibrary("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev", brew: "openssl@3"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),

        library("PostgresLocks"),
        library("PostgresWire"),
        library("PostgresPooling"),
        library("PostgresCrypto", ["PostgresLocks", "COpenSSL"]),
        library("PostgresTypes", ["PostgresWire"]),
        library("PostgresTransport", ["PostgresLocks", "CLinuxEvents", "COpenSSL"]),
        library(
            "Postgres",
            [
                "PostgresTypes", "PostgresWire", "PostgresTransport", "PostgresCrypto", "PostgresPooling",
                "PostgresLocks",
            ]),
        library("PostgresORM", ["Postgres", "PostgresWire", "PostgresLocks"]),
        library(
            "PostgresImport",
            ["PostgresORM", "Postgres", "PostgresTypes", "PostgresWire", "PostgresCrypto", "PostgresLocks", "CSQLite"]),
        library("PostgresTestKit", ["Postgres", "PostgresWire", "PostgresCrypto", "PostgresLocks"]),
        .executableTarget(
            name: "egret",
            dependencies: ["PostgresImport", "PostgresORM", "PostgresTestKit", "PostgresLocks", "CSQLite"],
            swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks", dependencies: ["Postgres", "PostgresORM"], path: "Benchmarks",
            exclude: ["RESULTS.md", "import-million", "storm-libpq", "storm-libpq.c"], swiftSettings: settings),
        .executableTarget(
            name: "Laboratory", dependencies: ["Postgres", "PostgresTestKit", "PostgresLocks"], path: "Laboratory",
            swiftSettings: settings),

        test("PostgresWireTests", ["PostgresWire"]),
        test("PostgresCryptoTests", ["PostgresCrypto"]),
        test("PostgresTypesTests", ["PostgresTypes", "PostgresWire"]),
        test("PostgresTransportTests", ["PostgresTransport", "PostgresCrypto", "PostgresLocks", "COpenSSL"]),
        test("PostgresPoolingTests", ["PostgresPooling"]),
        test("PostgresTests", ["Postgres", "PostgresPooling", "PostgresTestKit", "PostgresWire", "PostgresLocks"]),
        test("PostgresORMTests", ["PostgresORM"]),
        test("PostgresImportTests", ["PostgresImport", "PostgresTypes", "PostgresWire", "CSQLite"]),
        test("PostgresTestKitTests", ["PostgresTestKit"]),
        test("EgretTests", ["egret", "PostgresTestKit"]),
        test("LaboratoryTests", ["Laboratory", "Postgres"]),
        test(
            "IntegrationTests",
            ["Postgres", "PostgresORM", "PostgresImport", "PostgresTestKit", "PostgresLocks", "CSQLite"],
            path: "IntegrationTests"),
    ]
)
